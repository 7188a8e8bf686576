"""Runs of async agents share an event loop, and so an HTTP client of the process, but nothing else."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import Run, run_scenario
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_pare.agents.protocols import Turn


def play(agent: Any, turns: int = 1) -> Run:
    return run_scenario(Stage(), RunnerSettings(max_turns=turns, skip_idle_time=False), agent=agent)


def loop_of_a_run() -> asyncio.AbstractEventLoop:
    loops: list[asyncio.AbstractEventLoop] = []

    async def agent(turn: Turn) -> None:
        loops.append(asyncio.get_running_loop())

    assert play(agent).success
    return loops[0]


# -- a client of the process


@pytest.fixture
def server() -> Iterator[str]:
    """Return the URL of a server that keeps connections open, and answers with the port of the client."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = str(self.client_address[1]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def in_a_running_loop(function: Callable[[], Any]) -> Any:
    async def main() -> Any:
        return function()

    return asyncio.run(main())


@pytest.mark.parametrize("called", [lambda f: f(), in_a_running_loop], ids=["outside of a loop", "inside of one"])
def test_a_client_of_the_process_keeps_its_connection_from_run_to_run(server: str, called: Any) -> None:
    client = httpx.AsyncClient()
    ports: list[str] = []

    async def asks(turn: Turn) -> None:
        ports.append((await client.get(server)).text)

    async def closes(turn: Turn) -> None:
        await client.aclose()

    results = [called(lambda agent=agent: play(agent, 2).result) for agent in (asks, asks, closes)]
    assert [(result.status, result.rationale) for result in results] == [("success", None)] * 3
    assert len(ports) == 4
    assert len(set(ports)) == 1


# -- what a run leaves behind


def test_nothing_of_a_run_acts_in_the_next_one() -> None:
    acts: list[str] = []
    ended: list[str] = []
    kept: list[Any] = []
    threads = threading.active_count()

    async def sleep() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append("task")
            kept.append(asyncio.create_task(sleep_on()))

    async def sleep_on() -> None:
        try:
            await asyncio.sleep(0.01)
            acts.append("a task of a task")
        finally:
            ended.append("a task of a task")

    async def numbers() -> Any:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            ended.append("generator")

    def factory(loop: Any, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        acts.append("task factory")
        return asyncio.Task(coroutine, loop=loop, **options)

    async def leaves(turn: Turn) -> None:
        loop = asyncio.get_running_loop()

        def calls_itself() -> None:
            acts.append("callback")
            loop.call_soon(calls_itself)

        kept.extend([asyncio.create_task(sleep()), numbers()])
        await anext(kept[-1])
        calls_itself()
        loop.call_later(0.01, acts.append, "timer")
        loop.run_in_executor(None, lambda: ended.append("thread"))
        loop.add_signal_handler(signal.SIGUSR1, acts.append, "signal handler")
        loop.set_exception_handler(lambda *_: acts.append("exception handler"))
        loop.set_task_factory(factory)
        loop.set_debug(True)

    run = play(leaves)
    assert (run.result.status, run.result.rationale) == ("success", None)
    assert threading.active_count() == threads
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL
    assert {"callback", "task factory"} <= set(acts)
    assert sorted(ended) == ["a task of a task", "generator", "task", "thread"]
    acts.clear()

    async def looks(turn: Turn) -> None:
        loop = asyncio.get_running_loop()
        loops.append(loop)
        assert (asyncio.all_tasks(), loop.get_debug()) == ({asyncio.current_task()}, False)
        await asyncio.sleep(0.02)
        assert [number async for number in numbers()] == [1]
        assert await asyncio.to_thread(lambda: 3) == 3
        loop.call_exception_handler({"message": "nobody handles it"})

    loops: list[Any] = []
    for _ in range(2):
        run = play(looks)
        assert (run.result.status, run.result.rationale) == ("success", None)
    assert acts == []
    assert loops[0] is loops[1]


def test_a_run_has_its_own_context_which_is_forgotten() -> None:
    class Value:
        pass

    variable: ContextVar[Value | None] = ContextVar("variable", default=None)
    seen: list[Any] = []
    values: list[Any] = []

    async def agent(turn: Turn) -> None:
        seen.append(variable.get() is None)
        value = Value()
        values.append(weakref.ref(value))
        variable.set(value)
        asyncio.get_running_loop().call_later(1000, print)

    for _ in range(2):
        assert play(agent, 2).success
    assert seen == [True, False, True, False]
    assert variable.get() is None
    gc.collect()
    assert [value() for value in values] == [None] * 4


# -- a new loop


def stops() -> Any:
    async def agent(turn: Turn) -> None:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(1)

    return agent


def closes() -> Any:
    loops: list[asyncio.AbstractEventLoop] = []

    async def waits() -> None:
        loops.append(asyncio.get_running_loop())

    def agent(turn: Turn) -> Any:
        if turn.number == 0:
            return waits()
        loops[0].close()
        return None

    return agent


def interrupts() -> Any:
    async def agent(turn: Turn) -> None:
        raise KeyboardInterrupt

    return agent


@pytest.mark.parametrize("make", [stops, closes, interrupts])
def test_after_an_agent_that_ends_its_loop_the_next_run_has_a_new_one(make: Callable[[], Any]) -> None:
    before = loop_of_a_run()
    with suppress(KeyboardInterrupt):
        assert play(make(), 2).result.status == "failed"
    assert before.is_closed()
    after = loop_of_a_run()
    assert after is not before
    assert loop_of_a_run() is after


def test_a_loop_that_was_closed_between_runs_is_replaced() -> None:
    before = loop_of_a_run()
    before.close()
    assert loop_of_a_run() is not before


def test_ctrl_c_cancels_the_agent_and_interrupts_the_session() -> None:
    ended: list[str] = []

    async def agent(turn: Turn) -> None:
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for _ in range(2):
            loop = loop_of_a_run()
            with pytest.raises(KeyboardInterrupt):
                play(agent)
            assert loop.is_closed()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended == ["cancelled"] * 2


# -- threads and processes


def test_a_run_inside_of_another_has_its_own_loop_and_has_it_again() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def outer(turn: Turn) -> None:
        loops.extend([asyncio.get_running_loop(), loop_of_a_run()])

    for _ in range(2):
        assert play(outer).success
    assert loops[:2] == loops[2:]
    assert loops[0] is not loops[1]


def test_runs_at_the_same_time_have_loops_that_later_threads_use_again() -> None:
    loops: list[asyncio.AbstractEventLoop] = []
    both = threading.Barrier(2)

    async def agent(turn: Turn) -> None:
        loops.append(asyncio.get_running_loop())
        both.wait(10)

    mine = loop_of_a_run()
    for _ in range(2):
        with ThreadPoolExecutor(2) as threads:
            assert all(run.success for run in threads.map(play, [agent, agent]))
    assert len({*loops}) == 2
    assert mine not in loops
    assert loop_of_a_run() is mine


# The parent waits for a thread, which its loop does not notice if the child has changed what the selector waits for.
FORKS = """
import asyncio, os, sys, threading
from pytest_pare.base.telemetry import NO_SPAN
from pytest_pare.simulation.async_calls import AsyncCalls

def run():
    async def agent():
        assert await asyncio.wait_for(asyncio.to_thread(lambda: 3), 10) == 3
        return asyncio.get_running_loop()
    calls = AsyncCalls()
    try:
        return calls.run(agent(), NO_SPAN)
    finally:
        calls.close()

loop = run()
if (child := os.fork()) == 0:
    sys.exit(5 if loop.is_closed() and run() is run() is not loop else 6)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
assert run() is loop
assert threading.active_count() == 1
"""


def test_a_fork_has_its_own_loop_and_each_process_ends_with_it_closed() -> None:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", FORKS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
