"""An agent with Pydantic AI."""

import json

from pydantic_ai import Agent, Tool, ToolFailed, ToolOutput
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.openai import OpenAIChatModel
from pytest_pare_agent import Turn, TurnOver, serve

MODEL = "gpt-5-mini"
PROMPT = """You are an assistant on a phone. Propose what helps its owner, by a message. Change nothing before the owner
has accepted; then carry it out, and report by a message. If there is nothing to do, answer without a tool call."""
MESSAGE = "PAREAgentUserInterface__send_message_to_user"


def tool_of(turn: Turn, name: str) -> Tool:
    async def call(**arguments: object) -> object:
        try:
            return await turn.acall(name, arguments)
        except TurnOver:
            raise
        except Exception as error:
            raise ToolFailed(f"{type(error).__name__}: {error}") from error

    one = turn.tools[name]
    return Tool.from_schema(call, name, one.description, one.parameters)


class Assistant:
    """Keeps the conversation of a run."""

    def __init__(self) -> None:
        self.model = OpenAIChatModel(MODEL)
        self.history: list[ModelMessage] = []

    async def __call__(self, turn: Turn) -> None:
        """Let the model act, if there is news."""
        if not turn.notifications:
            return
        news = {key: value for key, value in turn.to_dict().items() if key != "tools"}
        tools = [tool_of(turn, name) for name in turn.tools if name != MESSAGE]
        message = ToolOutput(turn.tools[MESSAGE].as_function(is_async=True), name=MESSAGE)
        agent = Agent(self.model, instructions=PROMPT, tools=tools, output_type=[str, message])
        result = await agent.run(json.dumps(news), message_history=self.history)
        self.history = result.all_messages()


if __name__ == "__main__":
    serve(Assistant)
