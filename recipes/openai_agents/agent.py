"""An agent with the OpenAI Agents SDK."""

import json

from agents import Agent, FunctionTool, RunConfig, Runner, UserError
from pytest_pare_agent import Tool, Turn, TurnOver, serve

MODEL = "gpt-5-mini"
PROMPT = """You are an assistant on a phone. Propose what helps its owner, by a message. Change nothing before the owner
has accepted; then carry it out, and report by a message. If there is nothing to do, answer without a tool call."""
MESSAGE = "PAREAgentUserInterface__send_message_to_user"


def tool_of(turn: Turn, tool: Tool) -> FunctionTool:
    async def call(_context: object, arguments: str) -> str:
        try:
            return json.dumps(await turn.acall(tool.name, json.loads(arguments or "{}")))
        except TurnOver:
            raise
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    return FunctionTool(tool.name, tool.description, tool.parameters, call, strict_json_schema=False)


class Assistant:
    """Keeps the conversation of a run."""

    def __init__(self) -> None:
        self.history: list = []

    async def __call__(self, turn: Turn) -> None:
        """Let the model act, if there is news."""
        if not turn.notifications:
            return
        news = {key: value for key, value in turn.to_dict().items() if key != "tools"}
        agent = Agent(
            "assistant",
            instructions=PROMPT,
            model=MODEL,
            tools=[tool_of(turn, tool) for tool in turn.tools.values()],
            tool_use_behavior={"stop_at_tool_names": [MESSAGE]},
        )
        try:
            result = await Runner.run(
                agent,
                [*self.history, {"role": "user", "content": json.dumps(news)}],
                max_turns=50,
                run_config=RunConfig(tool_not_found_behavior="return_error_to_model", tracing_disabled=True),
            )
        except UserError as error:
            if isinstance(error.__cause__, TurnOver):
                return
            raise
        self.history = result.to_input_list()


if __name__ == "__main__":
    serve(Assistant)
