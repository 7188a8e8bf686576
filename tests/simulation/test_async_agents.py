"""Agents under test that await: one event loop for a run, which is not the caller's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import Run, run_scenario
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import Turn

FIND = "Calendar__search_events"


def play(agent: Any, **settings: Any) -> Run:
    return run_scenario(
        Stage(script=lambda s: [s.user_says("a").delayed(30)]), RunnerSettings(max_turns=3, **settings), agent=agent
    )


class Patient:
    """Notes the event loop of each of its turns, and keeps a task from one to the next."""

    def __init__(self) -> None:
        self.loops: list[asyncio.AbstractEventLoop] = []
        self._text_of: asyncio.Queue[str] | None = None

    async def __call__(self, turn: Turn) -> None:
        self.loops.append(asyncio.get_running_loop())
        if self._text_of is None:
            self._text_of = asyncio.Queue()
            await self._text_of.put("from the first turn")
        elif not self._text_of.empty():
            assert await self._text_of.get() == "from the first turn"
        await asyncio.sleep(0)
        turn.call(FIND, {"query": "tea"})


def at_once(turn: Turn) -> None:
    turn.call(FIND, {"query": "tea"})


@pytest.mark.parametrize("make", [Patient, lambda: at_once], ids=["async", "plain"])
def test_a_run_inside_of_a_running_event_loop_is_as_any_other(make: Callable[[], Any]) -> None:
    async def main() -> Run:
        return play(make())

    inside, outside = asyncio.run(main()), play(make())
    assert inside.success
    assert inside.trace.to_jsonl() == outside.trace.to_jsonl()


def test_all_turns_of_a_run_share_an_event_loop_which_has_no_task_after_it() -> None:
    agent = Patient()
    assert play(agent).success
    assert len(agent.loops) == 3
    assert len(set(agent.loops)) == 1
    assert asyncio.all_tasks(agent.loops[0]) == set()


def test_the_callers_event_loop_stays_the_current_one() -> None:
    mine = asyncio.new_event_loop()
    asyncio.set_event_loop(mine)
    try:
        for agent in (Patient(), at_once):
            assert play(agent).success
            assert asyncio.get_event_loop_policy().get_event_loop() is mine
    finally:
        asyncio.set_event_loop(None)
        mine.close()


def test_what_an_agent_leaves_behind_is_cancelled_and_is_its_failure_if_it_raises() -> None:
    ended: list[str] = []

    async def sleep(last: Callable[[], Any]) -> None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            ended.append("cancelled")
            last()
            raise

    def leaving(last: Callable[[], Any]) -> Any:
        async def agent(turn: Turn) -> None:
            if turn.number == 0:
                tasks.append(asyncio.ensure_future(sleep(last)))
                await asyncio.sleep(0)

        return agent

    tasks: list[Any] = []
    assert play(leaving(lambda: None)).success

    def leave() -> None:
        raise SystemExit(3)

    run = play(leaving(leave))
    assert (run.result.status, run.result.rationale) == (
        "failed",
        "turn 1: what the agent left behind raised SystemExit: 3",
    )
    assert ended == ["cancelled", "cancelled"]


def test_an_agent_that_stops_its_event_loop_has_failed() -> None:
    async def agent(turn: Turn) -> None:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(1)

    run = play(agent)
    assert run.result.status == "failed"
    assert str(run.result.rationale).startswith("turn 0: ")
