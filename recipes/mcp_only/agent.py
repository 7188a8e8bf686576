"""An agent that uses the tools over MCP, with the client of MCP's SDK and a loop of one's own around a model."""

import json

from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from openai import AsyncOpenAI
from pytest_pare_agent import Turn, serve

MODEL = "gpt-5-mini"
PROMPT = """You are an assistant on a phone. Propose what helps its owner, by a message. Change nothing before the owner
has accepted; then carry it out, and report by a message. If there is nothing to do, answer without a tool call."""
MESSAGE = "PAREAgentUserInterface__send_message_to_user"


class Assistant:
    """Keeps the conversation of a run."""

    def __init__(self) -> None:
        self.model = AsyncOpenAI()
        self.messages: list = [{"role": "system", "content": PROMPT}]

    async def __call__(self, turn: Turn) -> None:
        """Let the model act, if there is news."""
        if not turn.notifications:
            return
        news = {key: value for key, value in turn.to_dict().items() if key != "tools"}
        self.messages.append({"role": "user", "content": json.dumps(news)})
        http = create_mcp_http_client(headers={"Authorization": f"Bearer {turn.mcp.token}"})
        async with http, Client(streamable_http_client(turn.mcp.url, http_client=http)) as phone:
            tools = [
                {
                    "type": "function",
                    "function": {"name": one.name, "description": one.description, "parameters": one.input_schema},
                }
                for one in (await phone.list_tools()).tools
            ]
            while calls := await self.ask(tools):
                for call in calls:
                    result = await phone.call_tool(call.function.name, json.loads(call.function.arguments))
                    content = "".join(part.text for part in result.content if part.type == "text")
                    self.messages.append({"role": "tool", "tool_call_id": call.id, "content": content})
                if content.startswith("TurnOver") or any(call.function.name == MESSAGE for call in calls):
                    return

    async def ask(self, tools: list) -> list:
        """Return the tool calls of the model's next answer."""
        answer = await self.model.chat.completions.create(model=MODEL, messages=self.messages, tools=tools)
        message = answer.choices[0].message
        self.messages.append(message.model_dump(exclude_none=True))
        return message.tool_calls or []


if __name__ == "__main__":
    serve(Assistant)
