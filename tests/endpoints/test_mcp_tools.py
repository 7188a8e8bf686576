"""Agents that use the tools of their run over MCP, with the client of the `mcp` library."""

from __future__ import annotations

import asyncio
import gc
import json
import queue
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamablehttp_client
from pydantic import AnyUrl

from pytest_pare.agents.errors import StaleTurn
from pytest_pare.agents.protocols import Endpoint
from pytest_pare.endpoints import server
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.noise_config import NoiseConfig
from pytest_pare.simulation.runner import run_scenario
from scenarios.new_number import NewNumber
from tests.endpoints.test_guard import Offer
from tests.scripted import play_scripted, scripted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from mcp.types import CallToolResult

    from pytest_pare.agents.protocols import Turn
    from pytest_pare.simulation.runner import Run

    Caller = Callable[[str, dict[str, Any]], Awaitable[Any]]

LINE = "PAREAgentUserInterface__"
FIND = "Contacts__search_contacts"
ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")


def play(agent: Any, **settings: Any) -> Run:
    engines = {f"{role}_engine_config": ORACLE for role in ("user", "observe", "execute")}
    config = MultiScenarioRunnerConfig(**{**engines, "simulated_generation_time_mode": "fixed", **settings})
    return run_scenario(NewNumber(), config, agent=agent)


@asynccontextmanager
async def session_of(endpoint: Endpoint, path: str = "/mcp/") -> AsyncIterator[ClientSession]:
    url = endpoint.url.replace("/mcp/", path)
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    async with streamablehttp_client(url, headers=headers) as (read, write, _), ClientSession(read, write) as session:
        await session.initialize()
        yield session


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


async def value_of(session: ClientSession, name: str, arguments: dict[str, Any]) -> Any:
    result = await session.call_tool(name, arguments)
    assert not result.isError, text_of(result)
    with suppress(ValueError):
        return json.loads(text_of(result))
    return text_of(result)


async def solve(turn: Turn, call: Caller) -> None:
    """Correct Elena's number, whatever the interface is."""
    if turn.mode.value == "observe" and any("0171" in one.text for one in turn.notifications):
        found = await call(FIND, {"query": "Rossi"})
        assert [one["contact_id"] for one in found] == ["elena-rossi"]
        await call(f"{LINE}send_message_to_user", {"content": "Elena Rossi's number ends in 71. Shall I change it?"})
    elif turn.mode.value == "execute":
        updates = {"phone": "+39 333 555 0171"}
        await call("Contacts__edit_contact", {"contact_id": "elena-rossi", "updates": updates})
        await call(f"{LINE}send_message_to_user", {"content": "Elena Rossi's number is changed."})


async def in_process(turn: Turn) -> None:
    async def call(name: str, arguments: dict[str, Any]) -> Any:
        return turn.call(name, arguments)

    await solve(turn, call)


class OverMcp:
    def __init__(self, path: str = "/mcp/") -> None:
        self._path = path

    async def __call__(self, turn: Turn) -> None:
        async with session_of(turn.mcp, self._path) as session:
            listed = (await session.list_tools()).tools
            assert [(one.name, one.description, one.inputSchema) for one in listed] == [
                tuple(one["function"].values()) for one in turn.definitions
            ]
            for one in listed:
                hint = {"readOnlyHint": turn.tools[one.name].operation == "read"}
                assert one.annotations is not None
                assert one.annotations.model_dump(exclude_unset=True) == hint
            await solve(turn, lambda name, arguments: value_of(session, name, arguments))


def entries_of(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.trace.to_jsonl().splitlines()]


@pytest.mark.parametrize("path", ["/mcp/", "/mcp"])
def test_an_agent_that_speaks_mcp_leaves_the_trace_of_one_in_process(path: str) -> None:
    run, other = play(OverMcp(path)), play(in_process)
    assert run.result.success, run.result.rationale or run.result.exception
    got, expected = entries_of(run), entries_of(other)
    # Only the header has the agent's name.
    assert got[0].pop("agent") != expected[0].pop("agent")
    assert got == expected


# -- one turn of the agent, with a session


def one_turn(act: Callable[[Turn, ClientSession], Awaitable[None]], **settings: Any) -> Run:
    async def agent(turn: Turn) -> None:
        async with session_of(turn.mcp) as session:
            await act(turn, session)

    return play(agent, **{"max_turns": 1, **settings})


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Contacts__get_contact", {"contact_id": "nobody"}),
        (FIND, {}),
        (FIND, {"query": 5}),
        (FIND, {"query": "Elena", "more": 1}),
        (f"{LINE}send_message_to_user", {"content": ""}),
        ("nothing", {}),
    ],
)
def test_a_failed_call_says_what_it_says_in_process(name: str, arguments: dict[str, Any]) -> None:
    results: list[CallToolResult] = []
    expected: list[str] = []

    async def act(turn: Turn, session: ClientSession) -> None:
        results.append(await session.call_tool(name, arguments))
        with pytest.raises(Exception) as raised:
            turn.call(name, arguments)
        expected.append(f"{raised.type.__name__}: {raised.value}")

    assert one_turn(act).result.exception is None
    assert [(one.isError, text_of(one)) for one in results] == [(True, expected[0])]


def test_noise_fails_the_calls_over_mcp_as_well() -> None:
    texts: list[str] = []

    async def act(_: Turn, session: ClientSession) -> None:
        texts.append(text_of(await session.call_tool(FIND, {"query": "Elena"})))

    run = one_turn(act, noise=NoiseConfig(tool_failure_probability=1.0))
    assert texts[0].startswith("ToolFailure: ")
    assert [entry["error"] for entry in entries_of(run) if entry.get("function") == "search_contacts"] == texts


def test_a_consent_that_is_missing_is_said() -> None:
    async def act(_: Turn, session: ClientSession) -> None:
        result = await session.call_tool("Contacts__delete_contact", {"contact_id": "elena-rossi"})
        assert text_of(result).startswith("ConsentRequired: Contacts__delete_contact writes, and the user has")

    assert one_turn(act, writes_without_consent="refuse").result.exception is None


def test_an_agent_that_may_do_no_more_is_told_to_stop() -> None:
    async def act(_: Turn, session: ClientSession) -> None:
        first, second = [await session.call_tool(FIND, {"query": "Elena"}) for _ in range(2)]
        assert (first.isError, second.isError) == (False, True)
        expected = "TurnOver: more than 1 tool calls in a turn (max_tool_calls); do not call a tool again in this turn"
        assert text_of(second) == expected

    assert one_turn(act, max_tool_calls=1).result.exception is None


def test_the_end_of_a_run_reaches_the_agent_and_ends_the_run() -> None:
    texts: list[str] = []

    async def act(_: Turn, session: ClientSession) -> None:
        for _attempt in range(2):
            result = await session.call_tool("System__wait_for_notification", {"timeout": 1000})
            texts.append(text_of(result))

    run = one_turn(act, max_scenario_duration=60, max_turns=5)
    assert run.result.ended_by == "max_scenario_duration"
    assert [(text.split(":")[0], text.endswith("; the run is over, stop now")) for text in texts][-1] == (
        "RunEnded",
        True,
    )


def test_calls_that_are_sent_side_by_side_are_all_carried_out_once() -> None:
    async def act(_: Turn, session: ClientSession) -> None:
        await asyncio.gather(*(session.call_tool(FIND, {"query": str(number)}) for number in range(9)))

    found = [entry["args"]["query"] for entry in entries_of(one_turn(act)) if entry.get("function") == FIND[10:]]
    assert sorted(found) == list("012345678")


def test_calls_are_carried_out_one_after_another_in_the_order_of_their_arrival() -> None:
    arrived, release, done = queue.Queue[str](), threading.Event(), list[str]()

    class Slow(Offer):
        def prepare(self, name: str, arguments: Mapping[str, Any]) -> Callable[[], Any]:
            def carry_out() -> None:
                assert release.wait(20)
                done.append(name)

            arrived.put(name)
            return carry_out

    token = server.issue()
    server.bind(token, Slow())
    endpoint = Endpoint(server.mcp_url(), token)
    with ThreadPoolExecutor(9) as pool:
        for name in "987654321":
            pool.submit(post, endpoint, name, {})
            assert arrived.get(timeout=20) == name
        assert done == []
        release.set()
    server.revoke(token)
    assert "".join(done) == "987654321"


def test_what_a_tool_returns_is_its_json() -> None:
    async def act(turn: Turn, session: ClientSession) -> None:
        for name, arguments in (
            ("Contacts__get_contact", {"contact_id": "elena-rossi"}),
            (FIND, {"query": "Elena"}),
            ("end_task", {}),
        ):
            expected = turn.call(name, arguments)
            result = await session.call_tool(name, arguments)
            assert json.loads(text_of(result)) == expected
            assert result.structuredContent == (expected if isinstance(expected, dict) else None)
        time = await session.call_tool("Contacts__add_new_contact", {"first_name": "A", "last_name": "B"})
        # A text is not put into quotes.
        assert text_of(time).isalnum()

    assert one_turn(act).result.exception is None


def test_what_is_no_tool_is_not_there() -> None:
    async def act(_: Turn, session: ClientSession) -> None:
        await session.send_ping()
        with pytest.raises(McpError, match="answers initialize, ping, tools/list, tools/call only"):
            await session.read_resource(AnyUrl("file:///etc/passwd"))

    assert one_turn(act).result.exception is None


# -- after a turn, after a run, and beside another run


def post(endpoint: Endpoint, name: str, arguments: dict[str, Any]) -> httpx.Response:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    headers = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {endpoint.token}"}
    return httpx.post(endpoint.url, json=body, headers=headers, trust_env=False)


def test_a_late_call_changes_nothing() -> None:
    endpoints: list[Endpoint] = []
    prepared: list[Callable[[], Any]] = []
    texts: list[str] = []
    say = (f"{LINE}send_message_to_user", {"content": "Too late."})

    def agent(turn: Turn) -> None:
        endpoints.append(turn.mcp)
        backend: Any = server.backend_of(turn.mcp.token)
        prepared.append(backend.prepare(*say))

    class LateUser(type(scripted())):  # type: ignore[misc]
        """Its turn lies between two turns of the agent."""

        def __call__(self, *given: Any) -> Any:
            engine = super().__call__(*given)
            answer = engine.chat_completion

            def late(*arguments: Any, **named: Any) -> Any:
                if endpoints:
                    texts.append(post(endpoints[-1], *say).json()["result"]["content"][0]["text"])
                    with pytest.raises(StaleTurn):
                        prepared[-1]()
                return answer(*arguments, **named)

            engine.chat_completion = late
            return engine

    late = play_scripted(LateUser({"user": []}), agent=agent, config={"max_turns": 3})
    assert late.result.exception is None
    assert texts == ["TurnOver: no turn of the agent is open; do not call a tool again in this turn"] * 2
    assert "Too late." not in late.trace.to_jsonl()
    # All turns have one token, and it ends with the run.
    assert len(set(endpoints)) == 1
    assert post(endpoints[0], *say).status_code == 401


def test_nothing_of_a_run_is_kept_after_it() -> None:
    kept: list[weakref.ref[Any]] = []

    async def act(turn: Turn, session: ClientSession) -> None:
        await session.list_tools()
        await session.call_tool(FIND, {"query": "Elena"})
        kept.append(weakref.ref(server.backend_of(turn.mcp.token)))

    one_turn(act)
    # Its thread may still be at the end of the last request.
    server.close()
    gc.collect()
    assert kept[0]() is None


def test_runs_at_the_same_time_do_not_see_each_other() -> None:
    both, runs = threading.Barrier(2), {}

    def run(name: str) -> None:
        def agent(turn: Turn) -> None:
            both.wait(20)
            post(turn.mcp, f"{LINE}send_message_to_user", {"content": f"I am {name}."})
            both.wait(20)

        runs[name] = play(agent, max_turns=1)

    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    said = {
        name: [entry["args"]["content"] for entry in entries_of(run) if entry.get("function") == "send_message_to_user"]
        for name, run in runs.items()
    }
    assert said == {"one": ["I am one."], "two": ["I am two."]}
