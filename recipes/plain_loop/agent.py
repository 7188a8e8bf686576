"""An agent that is a loop of one's own around a model, with the SDK of OpenAI."""

import json

from openai import OpenAI
from pytest_pare_agent import Turn, TurnOver, serve

MODEL = "gpt-5-mini"
PROMPT = """You are an assistant on a phone. Propose what helps its owner, by a message. Change nothing before the owner
has accepted; then carry it out, and report by a message. If there is nothing to do, answer without a tool call."""
MESSAGE = "PAREAgentUserInterface__send_message_to_user"


class Assistant:
    """Keeps the conversation of a run."""

    def __init__(self) -> None:
        self.messages: list = [{"role": "system", "content": PROMPT}]

    def __call__(self, turn: Turn) -> None:
        """Let the model act, if there is news."""
        if not turn.notifications:
            return
        news = {key: value for key, value in turn.to_dict().items() if key != "tools"}
        self.messages.append({"role": "user", "content": json.dumps(news)})
        client = OpenAI(base_url=turn.models.url, api_key=turn.models.token)
        done = False
        while not done:
            answer = client.chat.completions.create(model=MODEL, messages=self.messages, tools=turn.definitions)
            message = answer.choices[0].message
            self.messages.append(message.model_dump(exclude_none=True))
            for call in message.tool_calls or []:
                try:
                    result = json.dumps(turn.call(call.function.name, json.loads(call.function.arguments)))
                except Exception as error:
                    result = f"{type(error).__name__}: {error}"
                    done = done or isinstance(error, TurnOver)
                self.messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
            done = done or not message.tool_calls or any(call.function.name == MESSAGE for call in message.tool_calls)


if __name__ == "__main__":
    serve(Assistant)
