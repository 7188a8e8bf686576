"""Agents under test that do everything wrong: each run has a clear result, and the next run does not notice."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import ConditionCheckEvent

from pytest_pare.agents.errors import ConsentRequired, StaleTurn, TurnOver, UnknownToolError
from pytest_pare.agents.naming import name_of
from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.results.validation_result import result_to_record
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError, SimulatedTimeOver
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.errors import RunEnded, WorldOver
from pytest_pare.simulation.runner import Run, run_scenario
from tests.actors import broken_script
from tests.scripted import WAIT, accept, scripted
from tests.stage import Stage, play

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_pare.agents.protocols import ProactiveAgent, Turn
    from pytest_pare.agents.tools import Toolbox

ADD = "Calendar__add_calendar_event"
FIND = "Calendar__search_events"
SLEEP = "System__wait_for_notification"
TEA = {"title": "Tea", "start_datetime": "2025-01-06 16:00:00", "end_datetime": "2025-01-06 17:00:00"}


def story(s: Any) -> list[Any]:
    return [s.user_says("The train is late.").delayed(30), s.user_says("It came.").delayed(4000)]


def host(agent: ProactiveAgent, *, verdict: Any = None, timeout_seconds: float | None = None, **settings: Any) -> Run:
    """Play the story with an agent, and a user who accepts what is proposed in the first turn."""
    # The engine that answers from a list is none that a suite may ask for.
    engine = LLMEngineConfig(model_name="scripted")
    config = RunnerSettings(**settings).model_copy(
        update={"timeout_seconds": timeout_seconds, "user_engine_config": engine}
    )
    engines = scripted(user=[WAIT, accept("Yes.")])
    return run_scenario(Stage(script=story, verdict=verdict), config, agent=agent, engine_builder=engines)


def decent(turn: Turn) -> None:
    """Propose once, and do what was accepted."""
    if turn.proposal is None:
        turn.propose("Shall I put tea into the calendar?")
    elif turn.mode is ProactiveAgentMode.EXECUTE:
        turn.call(ADD, TEA)
        turn.report("Done.")


def witness() -> str:
    """Return all that a run of the story with a decent agent says, but how long it took."""
    run = host(decent, max_turns=4)
    run.result.duration = None
    return run.trace.to_jsonl() + json.dumps(result_to_record(run.result))


@pytest.fixture(scope="module")
def undisturbed() -> str:
    code = f"from {__name__} import witness; print(witness())"
    paths = os.pathsep.join(str(path) for path in (Path(__file__).parent, Path(__file__).parents[2]))
    env = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.removesuffix("\n")


@pytest.fixture(autouse=True)
def _the_next_run_does_not_notice(undisturbed: str) -> Iterator[None]:
    yield
    assert witness() == undisturbed


def is_not_asked(s: Any, env: Any) -> Any:
    raise AssertionError("the verdict of a run that the agent has ended")


def attempts(run: Run) -> list[tuple[str | None, str | None]]:
    """Return the calls that never became events, with what was wrong with them."""
    return [(event.function, event.error) for event in run.trace.events if not event.event_id]


def test_the_witness_sees_something() -> None:
    assert "Shall I put tea" in witness()
    assert '"success": true' in witness()
    assert '"write_actions": 1' in witness()


# -- agents that raise


class OwnError(BaseException):
    pass


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


RAISED: list[tuple[BaseException, str]] = [
    (ValueError("no tea"), "ValueError: no tea"),
    (Exception(), "Exception"),
    (KeyError("tea"), "KeyError: 'tea'"),
    (AssertionError(), "AssertionError"),
    (RecursionError("deep"), "RecursionError: deep"),
    (MemoryError(), "MemoryError"),
    (TimeoutError("late"), "TimeoutError: late"),
    (ExceptionGroup("both", [ValueError("a"), OSError("b")]), "ExceptionGroup: both (2 sub-exceptions)"),
    (BaseExceptionGroup("all", [OwnError("a")]), "BaseExceptionGroup: all (1 sub-exception)"),
    (SystemExit(3), "SystemExit: 3"),
    (GeneratorExit("x"), "GeneratorExit: x"),
    (asyncio.CancelledError("stop"), "CancelledError: stop"),
    (OwnError("mine"), "OwnError: mine"),
    (UnprintableError(), "UnprintableError"),
    (pytest.skip.Exception("not today"), "Skipped: not today"),
    (pytest.fail.Exception("wrong"), "Failed: wrong"),
    # What ends runs, if others raise it.
    (StaleTurn("enough"), "StaleTurn: enough"),
    (ConsentRequired("please"), "ConsentRequired: please"),
    (UnknownToolError("tea"), "UnknownToolError: tea"),
    (ScenarioDefect("not mine"), "ScenarioDefect: not mine"),
    (ScenarioTimeoutError("slow"), "ScenarioTimeoutError: slow"),
    (SimulatedTimeOver("slow"), "SimulatedTimeOver: slow"),
    (RunEnded(WorldOver("over")), "RunEnded: over"),
]


def in_sync(act: Callable[[Turn], Any]) -> ProactiveAgent:
    return act


def in_async(act: Callable[[Turn], Any]) -> ProactiveAgent:
    async def agent(turn: Turn) -> Any:
        await asyncio.sleep(0)
        return act(turn)

    return agent


BOTH = pytest.mark.parametrize("wrapped", [in_sync, in_async])


@BOTH
@pytest.mark.parametrize(("error", "told"), RAISED, ids=[type(error).__name__ for error, _ in RAISED])
def test_whatever_an_agent_raises_is_its_failure(error: BaseException, told: str, wrapped: Any) -> None:
    def act(turn: Turn) -> None:
        if turn.number == 1:
            raise error
        turn.call(FIND, {"query": "tea"})

    run = host(wrapped(act), verdict=is_not_asked)
    assert (run.result.status, run.result.exception) == ("failed", None)
    assert run.result.rationale == f"turn 1: the agent raised {told}"
    assert run.agent_error is error
    assert (run.result.number_of_turns, run.result.read_only_actions) == (2, 1)


@BOTH
def test_a_stop_of_the_whole_process_is_one(wrapped: Any) -> None:
    def act(turn: Turn) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        host(wrapped(act))


def test_what_is_raised_out_of_tasks_is_the_agents() -> None:
    async def agent(turn: Turn) -> None:
        async def fail() -> None:
            raise LookupError("in a task")

        async with asyncio.TaskGroup() as group:
            group.create_task(fail())

    run = host(agent, verdict=is_not_asked)
    assert run.result.status == "failed"
    assert str(run.result.rationale).startswith("turn 0: the agent raised ExceptionGroup: ")


def test_an_agent_that_never_stops_calling_itself() -> None:
    def agent(turn: Turn) -> None:
        agent(turn)

    assert str(host(agent).result.rationale).startswith("turn 0: the agent raised RecursionError: ")


# -- agents that return something


@BOTH
@pytest.mark.parametrize(
    ("value", "told"),
    [
        (3, "int (3)"),
        (False, "bool (False)"),
        ("done", "str ('done')"),
        ("x" * 500, f"str ('{'x' * 79})"),
        ([], "list"),
        (object(), "object"),
        (ValueError("x"), "ValueError"),
        (int, "type"),
        (iter([]), "list_iterator"),
    ],
)
def test_an_agent_acts_and_returns_nothing(value: Any, told: str, wrapped: Any) -> None:
    run = host(wrapped(lambda turn: value), verdict=is_not_asked)
    assert (run.result.status, run.result.exception) == ("failed", None)
    assert run.result.rationale == (
        f"turn 0: the agent returned {told}; it must return None, and act through the turn it is given"
    )


def test_an_agent_that_yields_has_done_nothing() -> None:
    async def agent(turn: Turn) -> Any:
        turn.propose("Shall I?")
        yield

    run = host(agent)
    assert "the agent returned async_generator; it must return None" in str(run.result.rationale)
    assert run.result.proposal_count == 0


@pytest.mark.parametrize("agent", ["observe-execute", 3, [], object()])
def test_what_cannot_be_called_is_no_agent(agent: Any) -> None:
    run = host(agent)
    assert run.result.status == "failed"
    assert "is not callable" in str(run.result.rationale)


# -- calls that are wrong


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("Calendar__nope", {}, "UnknownToolError"),
        ("", {}, "UnknownToolError"),
        ("end task", {}, "UnknownToolError"),
        # What others may call.
        ("PAREAgentUserInterface__accept_proposal", {"content": "I accept."}, "UnknownToolError"),
        ("PAREAgentUserInterface__send_message_to_agent", {"content": "Go on."}, "UnknownToolError"),
        ("Emails__send_email_to_user", {}, "UnknownToolError"),
        ("System__go_home", {}, "UnknownToolError"),
        ("wait", {}, "UnknownToolError"),
        # Other arguments than it takes.
        (FIND, {}, "TypeError"),
        (FIND, {"query": "tea", "more": 1}, "TypeError"),
        (FIND, {"words": "tea"}, "TypeError"),
        (FIND, {"query": threading.Lock()}, "TypeError"),
        ("PAREAgentUserInterface__send_message_to_user", {"content": ""}, "ValueError"),
        ("PAREAgentUserInterface__send_message_to_user", {"content": 3}, "ValueError"),
        ("PAREAgentUserInterface__ask_user", {}, "ValueError"),
    ],
)
def test_a_call_that_cannot_be_made_is_told_to_the_agent_and_kept(
    name: str, arguments: dict[str, Any], kind: str
) -> None:
    told: list[str] = []

    def agent(turn: Turn) -> None:
        if turn.number == 0:
            with pytest.raises(Exception, match=r".") as caught:
                turn.call(name, arguments)
            told.append(type(caught.value).__name__)

    run = host(agent)
    assert told == [kind]
    ((function, error),) = attempts(run)
    assert str(function) == (name if kind == "UnknownToolError" else name.partition("__")[2])
    assert str(error).startswith(f"{kind}: ")
    assert " at 0x" not in run.trace.to_jsonl()
    # It counts for nothing.
    assert (run.result.status, run.result.write_actions, run.result.read_only_actions) == ("success", 0, 0)
    assert (run.result.proposal_count, run.result.acceptance_count) == (0, 0)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (FIND, {"query": 3}),
        (FIND, {"query": None}),
        (FIND, {"query": ["tea"]}),
        (ADD, {**TEA, "start_datetime": "tea time"}),
        (ADD, {**TEA, "attendees": "Ada"}),
        ("Emails__get_email_by_id", {"email_id": "nope"}),
        ("Calendar__delete_calendar_event", {"event_id": "nope"}),
    ],
)
def test_a_call_that_fails_is_kept_once(name: str, arguments: dict[str, Any]) -> None:
    def agent(turn: Turn) -> None:
        if turn.number == 0:
            with pytest.raises(Exception, match=r"."):
                turn.call(name, arguments)

    run = host(agent)
    (event,) = (event for event in run.trace.events if event.kind == "AGENT")
    assert event.error is not None
    assert (event.function, event.turn, event.mode) == (name.partition("__")[2], 0, "observe")
    assert run.result.status == "success"


def test_what_is_no_mapping_of_arguments_is_the_agents_own_mistake() -> None:
    for arguments in (["tea"], "tea", {3: 4}, 3):
        run = host(lambda turn, arguments=arguments: turn.call(FIND, arguments))
        assert str(run.result.rationale).startswith("turn 0: the agent raised ")
        assert run.trace.actions("AGENT") == []


# -- agents that do too much


def persistent(calls: int) -> ProactiveAgent:
    def agent(turn: Turn) -> None:
        for _ in range(calls):
            with suppress(BaseException):
                turn.call(FIND, {"query": "tea"})

    return agent


def test_a_turn_is_over_after_so_many_calls() -> None:
    run = host(persistent(1000), max_tool_calls=100, max_turns=2)
    assert (run.result.status, run.result.read_only_actions) == ("success", 200)
    over = [error for _, error in attempts(run)]
    assert over == ["TurnOver: more than 100 tool calls in a turn (max_tool_calls)"] * 2
    assert [event.turn for event in run.trace.events if event.event_id and event.kind == "AGENT"] == [0] * 100 + [
        1
    ] * 100


def test_calls_of_tools_that_are_not_there_count_too() -> None:
    def agent(turn: Turn) -> None:
        for number in range(1000):
            with suppress(UnknownToolError, TurnOver):
                turn.call(f"nope_{number}")

    run = host(agent, max_tool_calls=100, max_turns=1)
    assert len(attempts(run)) == 100


@pytest.mark.parametrize("is_async", [False, True])
def test_an_agent_that_lets_its_turn_be_over_is_no_failure(is_async: bool) -> None:
    def calls(turn: Turn) -> None:
        for _ in range(10):
            turn.call(FIND, {"query": "tea"})

    async def awaits(turn: Turn) -> None:
        calls(turn)

    run = host(awaits if is_async else calls, max_tool_calls=3, max_turns=2)
    assert (run.result.status, run.result.read_only_actions, run.trace.turns) == ("success", 6, 2)


def test_without_a_limit_every_call_is_made() -> None:
    run = host(persistent(1000), max_tool_calls=None, max_turns=1)
    assert (run.result.read_only_actions, attempts(run)) == (1000, [])


def test_an_agent_that_talks_and_talks_makes_one_proposal_at_a_time() -> None:
    def agent(turn: Turn) -> None:
        for number in range(50):
            turn.propose(f"Shall I do {number}?")

    run = host(agent, max_turns=3)
    # The user's answer goes to the last one; what is said after that, in the execution, is a report and then anew.
    assert run.result.acceptance_count == 1
    assert [event.args["content"] for event in run.trace.acceptances()] == ["Yes."]
    assert run.result.proposal_count == 149


# -- agents that swallow everything


@pytest.mark.parametrize("name", [FIND, "nope", "end_task"])
def test_real_time_is_over_whatever_an_agent_swallows(name: str) -> None:
    until = time.monotonic() + 20

    def agent(turn: Turn) -> None:
        while time.monotonic() < until:
            try:
                turn.call(name, {"query": "tea"} if name == FIND else {})
            except RunEnded:
                # Once more, so that somebody is sure to notice.
                if name == FIND:
                    with pytest.raises(RunEnded):
                        turn.propose("Shall I go on?")
                return
            except BaseException:  # noqa: BLE001 - as some do
                pass

    run = host(agent, timeout_seconds=0.05, max_tool_calls=None)
    assert time.monotonic() < until
    assert isinstance(run.result.exception, ScenarioTimeoutError)
    assert str(run.result.exception) == "the run took longer than 0.05 s of real time (timeout_seconds)"
    assert run.result.rationale == "of what had happened until then, validate() says yes"
    assert (run.result.success, run.agent_error, run.result.proposal_count) == (None, None, 0)


@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(), OwnError()])
def test_what_an_agent_raises_instead_does_not_hide_the_end(error: BaseException) -> None:
    def agent(turn: Turn) -> None:
        while True:
            try:
                turn.call(FIND, {"query": "tea"})
            except RunEnded:
                raise error from None
            except TurnOver:
                pass

    run = host(agent, timeout_seconds=0.05, max_tool_calls=None)
    assert isinstance(run.result.exception, ScenarioTimeoutError)
    assert run.agent_error is None


def test_an_agent_that_sleeps_is_ended_after_its_turn() -> None:
    run = host(lambda turn: time.sleep(1.2), timeout_seconds=1, verdict=lambda s, env: ScenarioValidationResult(False))
    assert isinstance(run.result.exception, ScenarioTimeoutError)
    assert run.result.rationale == "of what had happened until then, validate() says no"
    assert run.result.number_of_turns == 1


@BOTH
def test_simulated_time_is_over_whatever_an_agent_swallows(wrapped: Any) -> None:
    seen: list[str] = []

    def act(turn: Turn) -> None:
        for _ in range(3):
            try:
                turn.call(SLEEP, {"timeout": 500})
                return
            except BaseException as error:  # noqa: BLE001 - as some do
                seen.append(type(error).__name__)

    run = host(wrapped(act), max_scenario_duration=900, max_turns=None)
    # That is an ordinary end of the run, and no fault of the agent's.
    assert (run.result.status, run.result.exception, run.agent_error) == ("success", None, None)
    # It meets the end again and again.
    assert seen == ["RunEnded"] * 3
    waits = [event.time for event in run.trace.events if event.function == "wait_for_notification"]
    # The first wait ended with news and counts for nothing, of the others one is within the limit and one beyond it.
    assert waits == [1, 32, 534]
    assert run.result.number_of_turns == 3


def test_a_task_group_does_not_hide_the_end() -> None:
    async def agent(turn: Turn) -> None:
        async def sleep() -> None:
            turn.call(SLEEP, {"timeout": 500})

        async with asyncio.TaskGroup() as group:
            group.create_task(sleep())

    run = host(agent, max_scenario_duration=300)
    assert (run.result.status, run.agent_error, run.result.number_of_turns) == ("success", None, 2)


# -- agents that keep what they were given


def test_a_turn_is_of_no_use_after_it() -> None:
    kept: list[Turn] = []

    def use(turn: Turn) -> None:
        for act in (
            lambda: turn.call(ADD, TEA),
            lambda: turn.propose("Shall I?"),
            turn.give_up,
            lambda: turn.call("nope"),
            turn.functions[0],
            lambda: turn.tools[FIND](query="tea"),
        ):
            with pytest.raises(TurnOver, match=r"^this turn has ended$"):
                act()
        # Reading goes on.
        assert turn.to_dict()["number"] == turn.number

    def agent(turn: Turn) -> None:
        decent(turn)
        for old in kept:
            use(old)
        kept.append(turn)

    def verdict(s: Any, env: Any) -> ScenarioValidationResult:
        for old in kept:
            use(old)
        return ScenarioValidationResult(success=len(s.calendar.events) == 1)

    run = host(agent, verdict=verdict)
    assert len(kept) > 2
    assert (run.result.status, attempts(run)) == ("success", [])
    for old in kept:
        use(old)


def test_the_tools_of_a_run_are_the_same_in_each_turn_and_refused_between_turns() -> None:
    kept: list[Turn] = []
    boxes: list[Toolbox] = []

    def agent(turn: Turn) -> None:
        kept.append(turn)
        boxes.append(turn.tools_of_run)
        boxes[0][FIND](query="tea")

    def verdict(s: Any, env: Any) -> ScenarioValidationResult:
        with pytest.raises(TurnOver, match=r"^this turn has ended$"):
            boxes[0][FIND](query="tea")
        return ScenarioValidationResult(success=True)

    run = host(agent, verdict=verdict)
    assert run.result.status == "success"
    assert len(boxes) > 1
    assert all(box is boxes[0] for box in boxes)
    assert boxes[0].keys() == kept[0].tools.keys()
    finds = [event.turn for event in run.trace.events if event.function == "search_events"]
    assert finds == [turn.number for turn in kept]


def test_the_agent_that_is_told_of_consent_too_late_does_not_end_it() -> None:
    kept: list[Turn] = []

    def agent(turn: Turn) -> None:
        kept.append(turn)
        if turn.number == 1:
            with pytest.raises(TurnOver):
                kept[0].give_up()
        decent(turn)

    run = host(agent)
    assert [event.mode for event in run.trace.actions("AGENT")] == ["execute"]


def test_threads_act_within_the_turn_and_not_after_it() -> None:
    late: list[BaseException] = []
    go_on = threading.Event()

    def later(turn: Turn) -> None:
        go_on.wait(20)
        try:
            turn.call(ADD, TEA)
        except BaseException as error:  # noqa: BLE001 - as some do
            late.append(error)

    threads: list[threading.Thread] = []

    def agent(turn: Turn) -> None:
        if turn.number:
            return
        now = [threading.Thread(target=turn.call, args=(FIND, {"query": f"tea {n}"})) for n in range(8)]
        for thread in now:
            thread.start()
        for thread in now:
            thread.join()
        threads.append(threading.Thread(target=later, args=(turn,)))
        threads[0].start()

    run = host(agent)
    go_on.set()
    threads[0].join()
    assert {event.args["query"] for event in run.trace.actions("AGENT")} == {f"tea {n}" for n in range(8)}
    # In the world of the run, whose ids and time they have.
    assert len({event.event_id for event in run.trace.events}) == len(run.trace.events)
    assert {event.time for event in run.trace.actions("AGENT")} == {1}
    assert [type(error) for error in late] == [StaleTurn]


def test_calls_in_threads_one_after_the_other_make_the_same_trace() -> None:
    def plain(turn: Turn) -> None:
        for query in ("a", "b"):
            turn.call(FIND, {"query": query})

    def threaded(turn: Turn) -> None:
        for query in ("a", "b"):
            thread = threading.Thread(target=turn.call, args=(FIND, {"query": query}))
            thread.start()
            thread.join()

    async def to_threads(turn: Turn) -> None:
        for query in ("a", "b"):
            await asyncio.to_thread(turn.call, FIND, {"query": query})

    def trace(agent: Any) -> str:
        agent.__qualname__ = "agent"
        return host(agent, max_turns=3).trace.to_jsonl()

    assert trace(threaded) == trace(plain)
    assert trace(to_threads) == trace(plain)


def test_tasks_that_are_left_behind_end_with_the_run() -> None:
    ended: list[str] = []

    async def agent(turn: Turn) -> None:
        async def forever() -> None:
            try:
                while True:
                    await asyncio.sleep(3600)
            finally:
                ended.append(asyncio.current_task().get_name())  # type: ignore[union-attr]

        agent_tasks.append(asyncio.create_task(forever(), name=str(turn.number)))
        await asyncio.sleep(0)

    agent_tasks: list[asyncio.Task[None]] = []
    run = host(agent, max_turns=3)
    assert run.result.status == "success"
    assert sorted(ended) == [str(n) for n in range(run.result.number_of_turns)]


# -- agents that do not stop


def relentless(turn: Turn) -> None:
    while True:
        with suppress(Exception):
            turn.call(FIND, {"query": "Tea"})


def sleepless(turn: Turn) -> None:
    while True:
        with suppress(Exception):
            turn.call(SLEEP, {"timeout": 100})


def nostalgic(turn: Turn) -> None:
    kept.append(turn)
    while turn.number:
        with suppress(Exception):
            kept[0].call(FIND, {"query": "Tea"})


kept: list[Turn] = []


@pytest.mark.parametrize(
    ("agent", "number", "why"),
    [
        (relentless, 0, "more than 100 tool calls in a turn (max_tool_calls)"),
        (sleepless, 0, "more than 100 tool calls in a turn (max_tool_calls)"),
        (nostalgic, 1, "this turn has ended"),
    ],
)
def test_an_agent_that_calls_on_when_its_turn_is_over_has_failed(agent: Any, number: int, why: str) -> None:
    kept.clear()
    run = host(agent, max_scenario_duration=10**9, timeout_seconds=30)
    told = f"turn {number}: the agent does not stop: 1000 calls were refused in a turn, as {why}"
    assert (run.result.status, run.result.rationale) == ("failed", told)
    assert isinstance(run.agent_error, RunEnded)


def test_who_swallows_even_that_has_failed_once_it_returns() -> None:
    def agent(turn: Turn) -> None:
        for _ in range(1200):
            with suppress(BaseException):
                turn.call(FIND, {"query": "Tea"})

    run = host(agent)
    assert (run.result.status, run.result.number_of_turns) == ("failed", 1)


def test_a_few_refused_calls_are_no_failure() -> None:
    def agent(turn: Turn) -> None:
        for _ in range(900):
            with suppress(TurnOver):
                turn.call(FIND, {"query": "Tea"})

    assert host(agent, max_turns=3).result.status == "success"


# -- agents that change what they were given


def test_what_an_agent_holds_is_no_part_of_the_phone() -> None:
    attendees = ["Ada"]

    def agent(turn: Turn) -> None:
        if turn.mode is ProactiveAgentMode.EXECUTE:
            turn.call(ADD, {**TEA, "attendees": attendees})
            attendees.append("Mallory")
            found = turn.call(FIND, {"query": "Tea"})
            assert found[0]["attendees"] == ["Ada"]
            found[0]["title"] = "Nothing"
            found[0]["attendees"].clear()
            found.clear()
            turn.report("Done.")
        elif turn.proposal is None:
            turn.propose("Shall I?")

    def verdict(s: Any, env: Any) -> ScenarioValidationResult:
        (event,) = s.calendar.events.values()
        (logged,) = (e for e in env.event_log.list_view() if e.function_name() == "add_calendar_event")
        told = (event.title, sorted(event.attendees), logged.get_args()["attendees"])
        return ScenarioValidationResult(told == ("Tea", ["Ada"], ["Ada"]), rationale=repr(told))

    run = host(agent, verdict=verdict)
    assert (run.result.status, run.result.rationale) == ("success", "('Tea', ['Ada'], ['Ada'])")
    assert attendees == ["Ada", "Mallory"]


def test_what_an_agent_makes_of_its_turn_is_of_no_consequence() -> None:
    definitions: list[Any] = []

    def agent(turn: Turn) -> None:
        definitions.append(json.dumps(turn.definitions))
        tool = turn.tools[ADD]
        tool.parameters["properties"].clear()
        tool.arguments.clear()
        # Not a word of it is true.
        tool.operation, tool.app_class, tool.function, tool.name = "read", "PAREAgentUserInterface", "wait", "wait"
        with pytest.raises(ConsentRequired):
            tool(**TEA)
        with pytest.raises(ConsentRequired):
            replace(turn, mode=ProactiveAgentMode.EXECUTE).call(ADD, TEA)
        turn.to_dict()["tools"].clear()
        turn.tools.clear()
        with pytest.raises(UnknownToolError, match="there are none"):
            turn.call(ADD, TEA)

    run = host(agent, writes_without_consent="refuse", max_turns=2)
    assert definitions[0] == definitions[1]
    assert (run.result.status, run.result.write_actions, run.result.writes_without_consent) == ("success", 0, 4)
    assert {event.function for event in run.trace.writes_without_consent()} == {"add_calendar_event"}


def test_nothing_that_an_agent_is_told_can_be_changed() -> None:
    def agent(turn: Turn) -> None:
        for name in ("number", "mode", "proposal", "notifications", "tools"):
            with pytest.raises(AttributeError):
                setattr(turn, name, None)
        for notification in turn.notifications:
            with pytest.raises(AttributeError):
                notification.text = "x"  # type: ignore[misc]
        decent(turn)

    assert host(agent).result.write_actions == 1


def test_calls_at_the_same_time_are_made_one_after_the_other() -> None:
    async def agent(turn: Turn) -> None:
        await asyncio.gather(*(asyncio.to_thread(turn.call, FIND, {"query": "x"}) for _ in range(20)))

    run = host(agent, max_turns=4)
    assert run.result.read_only_actions == 20 * run.result.number_of_turns
    assert all(event.result == [] for event in run.trace.actions("AGENT"))


# -- scenarios that do


def leave(*args: Any) -> Any:
    sys.exit("enough")


@pytest.mark.parametrize("oracle", [True, False])
@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": leave},
        {"script": leave},
        {"content": leave},
        {"script": lambda s: [ConditionCheckEvent.from_condition(leave)]},
    ],
    ids=["validate", "build_events_flow", "init_and_populate_apps", "a condition"],
)
def test_an_exit_in_the_code_of_a_scenario_is_an_exception(fields: dict[str, Any], oracle: bool) -> None:
    config = MultiScenarioRunnerConfig(oracle=oracle, max_turns=2, agent_type="null")
    run = run_scenario(Stage(**fields), config, engine_builder=scripted())
    assert run.result.status == "exception"
    exception = result_to_record(run.result)["exception"]
    assert (exception["type"], exception["message"]) == ("SystemExit", "enough")
    assert run.result.exception is not None
    assert isinstance(run.result.exception.__cause__, SystemExit)


def test_an_exception_without_a_text_is_told_with_the_defects_of_its_script() -> None:
    def verdict(s: Any, env: Any) -> Any:
        raise UnprintableError

    run = play(broken_script, verdict=verdict)
    assert isinstance(run.result.exception, ScenarioDefect)
    assert str(run.result.exception).endswith("; UnprintableError: <unprintable UnprintableError>")


def test_a_success_that_is_no_yes_or_no_is_told_however_long_it_is() -> None:
    run = play(verdict=lambda s, env: ScenarioValidationResult(success=10**5000))
    assert str(run.result.exception) == (
        "the success that validate() returns must be True, False or None, not int ('<int of 16610 bits>')"
    )


# -- names


class Nameless:
    def __call__(self, turn: Turn) -> None:
        pass

    @property
    def name(self) -> str:
        raise RuntimeError("no name yet")


class Half(Nameless):
    name = "\ud800"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (decent, "decent"),
        (Nameless(), "Nameless"),
        (Half(), "\\ud800"),
        (partial(decent), "decent"),
        (partial(partial(persistent, 3), 4), "persistent"),
        (partial(Nameless()), "Nameless"),
    ],
)
def test_what_an_agent_is_called(agent: Any, name: str) -> None:
    assert name_of(agent) == f"{__name__}:{name}"
