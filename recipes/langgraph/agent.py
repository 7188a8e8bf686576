"""An agent with LangGraph."""

import json

from langchain.agents import create_agent
from langchain.agents.middleware import ToolErrorMiddleware
from langchain_core.tools import BaseTool, StructuredTool
from langchain_openai import ChatOpenAI
from pytest_pare_agent import Tool, Turn, TurnOver, serve

MODEL = "gpt-5-mini"
PROMPT = """You are an assistant on a phone. Propose what helps its owner, by a message. Change nothing before the owner
has accepted; then carry it out, and report by a message. If there is nothing to do, answer without a tool call."""
MESSAGE = "PAREAgentUserInterface__send_message_to_user"


def tool_of(turn: Turn, tool: Tool) -> BaseTool:
    async def call(**arguments: object) -> object:
        return await turn.acall(tool.name, arguments)

    return StructuredTool.from_function(
        coroutine=call,
        name=tool.name,
        description=tool.description,
        args_schema=tool.parameters,
        return_direct=tool.name == MESSAGE,
    )


def on_error(error: Exception, _request: object) -> str | None:
    return None if isinstance(error, TurnOver) else f"{type(error).__name__}: {error}"


class Assistant:
    """Keeps the conversation of a run."""

    def __init__(self) -> None:
        self.model = ChatOpenAI(model=MODEL)
        self.history: list = []

    async def __call__(self, turn: Turn) -> None:
        """Let the model act, if there is news."""
        if not turn.notifications:
            return
        news = {key: value for key, value in turn.to_dict().items() if key != "tools"}
        tools = [tool_of(turn, tool) for tool in turn.tools.values()]
        graph = create_agent(self.model, tools, system_prompt=PROMPT, middleware=[ToolErrorMiddleware(on_error)])
        state = await graph.ainvoke({"messages": [*self.history, {"role": "user", "content": json.dumps(news)}]})
        self.history = state["messages"]


if __name__ == "__main__":
    serve(Assistant)
