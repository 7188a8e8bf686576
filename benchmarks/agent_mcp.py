"""Tool calls over MCP, compared with those of a bare echo server of the same library."""

from __future__ import annotations

import asyncio
import socket
import statistics
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import uvicorn
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from mcp.server.fastmcp import FastMCP

from benchmarks.figures import Figure
from pytest_pare.agents.protocols import Endpoint
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.simulation.runner import run_scenario
from scenarios.new_number import NewNumber

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pytest_pare.agents.protocols import Turn

HEADING = "an agent that calls tools over MCP, and an echo server, both in the process of the run"

_ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")
_TOOL = "Contacts__search_contacts"


def measure(*, quick: bool = False) -> list[Figure]:
    """Call a tool of a run and the tool of an echo server in turn, in the same turn of an agent."""
    rounds, calls = (2, 5) if quick else (15, 40)
    pairs: list[tuple[float, float]] = []

    async def agent(turn: Turn) -> None:
        with _echo_server() as echo:
            async with _session(turn.mcp) as session, _session(echo) as echo_session:
                for _ in range(rounds + 1):
                    own = await _seconds(session, _TOOL, calls)
                    pairs.append((own, await _seconds(echo_session, "echo", calls)))

    config = MultiScenarioRunnerConfig(
        user_engine_config=_ORACLE,
        observe_engine_config=_ORACLE,
        execute_engine_config=_ORACLE,
        max_turns=1,
        max_tool_calls=None,
    )
    run = run_scenario(NewNumber(), config, agent=agent)
    if run.agent_error is not None or run.result.exception is not None:
        raise RuntimeError(run.result.rationale or run.result.exception)
    # The first round opens connections and fills caches.
    own, echo = (statistics.median(column) for column in zip(*pairs[1:], strict=True))
    bound = None if quick else 1.3
    return [
        Figure("a tool call over MCP", own * 1e3, "ms"),
        Figure("a call of a bare echo server of the same library", echo * 1e3, "ms"),
        Figure("tool call / echo", own / echo, "x", at_most=bound),
    ]


async def _seconds(session: ClientSession, tool: str, calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        result = await session.call_tool(tool, {"query": "Elena"})
        if result.isError:
            raise RuntimeError(result.content)
    return (time.perf_counter() - began) / calls


@asynccontextmanager
async def _session(endpoint: Endpoint) -> AsyncIterator[ClientSession]:
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    async with (
        streamablehttp_client(endpoint.url, headers=headers) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


@contextmanager
def _echo_server() -> Iterator[Endpoint]:
    """Serve one tool by the library's own server, without a token, in a thread."""
    app = FastMCP("echo", stateless_http=True, json_response=True, log_level="ERROR")

    def echo(query: str) -> str:
        """Return the text."""
        return query

    # The library reads no annotations that are texts.
    echo.__annotations__ = {"query": str, "return": str}
    app.add_tool(echo)
    config = uvicorn.Config(app.streamable_http_app(), log_level="error", ws="none")
    server = uvicorn.Server(config)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            yield Endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp/", "none")
        finally:
            server.should_exit = True
            thread.join()
