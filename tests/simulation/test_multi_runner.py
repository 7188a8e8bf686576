"""Many runs without pytest: the same whichever way they are made, and each by itself."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.validation_result import (
    RecordedException,
    exception_type_name,
    result_to_record,
)
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation import jobs, multi_runner
from pytest_pare.simulation.multi_runner import MultiScenarioRunner
from pytest_pare.simulation.processes import ProcessFailure, UnsendableError
from pytest_pare.simulation.runner import Run, run_scenario
from pytest_pare.simulation.trace import Trace
from tests.actors import LARGE, TIMEOUT, Actor, Picky, broken_script, exiting, failing_factory, unhappy
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


Executor = Literal["sequential", "thread", "process"]
EXECUTORS: tuple[Executor, ...] = ("sequential", "thread", "process")
HERE: tuple[Executor, ...] = ("sequential", "thread")

ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")


def config(executor: Executor = "sequential", **fields: Any) -> MultiScenarioRunnerConfig:
    offline: dict[str, Any] = {
        "user_engine_config": ORACLE,
        "observe_engine_config": ORACLE,
        "execute_engine_config": ORACLE,
        "observe_max_iterations": 5,
        "execute_max_iterations": 10,
        "simulated_generation_time_mode": "fixed",
        "max_concurrent_scenarios": 2,
        "log_to_file": False,
    }
    return MultiScenarioRunnerConfig(executor_type=executor, **{**offline, **fields})


def play(
    scenarios: Iterable[Any], executor: Executor = "sequential", fields: dict[str, Any] | None = None, **options: Any
) -> tuple[PAREMultiScenarioValidationResult, list[Run]]:
    """Play scenarios, and return the results and the runs."""
    played: list[Run] = []
    results = MultiScenarioRunner().run(config(executor, **(fields or {})), scenarios, on_run=played.append, **options)
    assert [run.result for run in played] == list(results.scenario_results.values())
    return results, played


def traces(runs: Iterable[Run]) -> list[str]:
    return [run.trace.to_jsonl() for run in runs]


def record(run: Run) -> dict[str, Any]:
    """Return a result as builtins, but for the time that the run took."""
    return {**result_to_record(run.result), "duration": None}


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def stages(*ids: str, **fields: Any) -> list[Stage]:
    return [Stage(scenario_id=i, **fields) for i in ids]


# -- the same whichever way


@pytest.fixture(scope="module")
def reference() -> dict[str, Run]:
    """Every third bundled scenario, each played by itself."""
    load_library(registry, bundled_library_dir())
    return {i: run_scenario(cls(), config()) for i, cls in sorted(registry.registered().items())[::3]}


@pytest.mark.parametrize("executor", EXECUTORS)
def test_the_bundled_library_has_the_same_traces_in_any_thread_and_leaves_the_process_alone(
    executor: Executor, reference: dict[str, Run]
) -> None:
    load_library(registry, bundled_library_dir())

    def of_the_process() -> list[Any]:
        root = logging.getLogger()
        handlers = [signal.getsignal(number) for number in sorted(signal.valid_signals())]
        return [handlers, root.level, list(root.handlers), list(warnings.filters), Path.cwd(), list(sys.path)]

    before = of_the_process()
    with ThreadPoolExecutor(1) as other:
        results, runs = other.submit(play, list(reference), executor).result()
    assert of_the_process() == before
    assert list(results.scenario_results) == [(scenario_id, None) for scenario_id in reference]
    assert traces(runs) == traces(reference.values())
    assert [record(run) for run in runs] == [record(run) for run in reference.values()]
    assert results.successful_count == len(reference) > 20
    assert 0 < sum(run.result.duration or 0 for run in runs) < 2 * results.duration


@pytest.fixture(scope="module")
def mixed() -> dict[Executor, list[Run]]:
    """Runs of all kinds, made in each way."""
    scenarios = [
        *stages("raises", "talks", "chance", "fine", "unprintable", "half", "counts"),
        Stage(scenario_id="warns", script=broken_script),
        Stage(scenario_id="unhappy", verdict=unhappy),
        Stage(scenario_id="exits", verdict=exiting),
    ]
    short: dict[str, Any] = {"max_concurrent_scenarios": 1, "max_turns": 3}
    return {way: play(scenarios, way, short, runs=2, script_errors="warn", agent_factory=Actor)[1] for way in EXECUTORS}


def test_what_comes_of_runs_is_the_same_each_way(mixed: dict[Executor, list[Run]]) -> None:
    expected = mixed["sequential"]
    for runs in mixed.values():
        assert traces(runs) == traces(expected)
        assert [record(run) for run in runs] == [record(run) for run in expected]
        assert [run.warnings for run in runs] == [run.warnings for run in expected]
    assert len(set(traces(expected))) == len(expected) == 20


@pytest.mark.parametrize("executor", EXECUTORS)
def test_whatever_comes_of_a_run_comes_back(executor: Executor, mixed: dict[Executor, list[Run]]) -> None:
    raises, talks, chance, fine, unprintable, half, counts, warns, unhappy_, exits = mixed[executor][::2]

    assert raises.result.rationale == "turn 0: the agent raised LookupError: no such thing"
    assert raises.agent_error is not None
    assert exception_type_name(raises.agent_error) == "LookupError"
    assert str(raises.agent_error) == "no such thing"
    assert len(talks.trace.to_jsonl()) > LARGE
    assert chance.trace.turns > 1
    assert warns.warnings == (
        "warns: +1 s: Calendar.delete_calendar_event: ValueError: Calendar Event with id nope does not exist.",
    )
    assert unhappy_.result.exception is not None
    assert record(unhappy_)["exception"] == {"type": "LookupError", "message": "half a pair: \\ud83d"}
    assert isinstance(unhappy_.result.exception, RecordedException if executor == "process" else LookupError)
    assert unhappy_.result.rationale == "because"
    assert [record(run)["rationale"] for run in (unprintable, half)] == [
        "turn 0: the agent raised UnprintableError",
        "turn 0: the agent raised LookupError: \\ud800 x",
    ]
    assert [exception_type_name(run.agent_error) for run in (unprintable, half) if run.agent_error] == [
        "UnprintableError",
        "LookupError",
    ]
    assert "<int of 16610 bits>" in counts.trace.to_jsonl()
    assert record(exits)["exception"] == {"type": "SystemExit", "message": "enough"}
    # Each run has an agent of its own.
    for run in (fine, mixed[executor][7]):
        assert run.trace.proposals()[0].args["content"] == "turn 1"


# -- which runs are made


@pytest.mark.parametrize("executor", HERE)
def test_instances_classes_and_ids_are_copied_numbered_and_kept_in_order(executor: Executor) -> None:
    registry.register("by_id")(type("ById", (Stage,), {}))
    registry.register("by_class")(type("ByClass", (Stage,), {}))
    instance = Stage(scenario_id="instance", seed=3)
    lazy = iter([instance, registry.registered()["by_class"], "by_id"])

    results, runs = play(lazy, executor, runs=2)

    expected = [(i, run) for i in ("instance", "by_class", "by_id") for run in (1, 2)]
    assert list(results.scenario_results) == expected
    assert [(run.trace.scenario_id, run.trace.run_number) for run in runs] == expected
    assert [run.trace.seed for run in runs] == [3, 3, 0, 0, 0, 0]
    assert (instance._initialized, instance.run_number) == (False, None)


def test_a_single_run_keeps_the_number_of_its_instance() -> None:
    results, runs = play([Stage(run_number=7), Stage(run_number=8), Stage()])
    assert list(results.scenario_results) == [("stage", 7), ("stage", 8), ("stage", None)]
    assert [run.trace.run_number for run in runs] == [7, 8, None]


def test_an_id_that_two_classes_share_a_base_for_is_the_one_that_was_asked_for() -> None:
    cls = type("Twice", (Stage,), {})
    for scenario_id in ("one", "two"):
        registry.register(scenario_id)(cls)
    assert [run.trace.scenario_id for run in play(["one", "two"])[1]] == ["one", "two"]


def test_an_id_is_looked_for_in_the_default_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARE_SCENARIOS_DIR", raising=False)
    scenario_id = sorted(path.stem for path in bundled_library_dir().glob("[a-z]*.py"))[0]
    assert MultiScenarioRunner().run(config(), [scenario_id]).successful_count == 1


WRONG: dict[str, tuple[Callable[[], list[Any]], dict[str, Any], type[Exception], str]] = {
    "an unknown id": (
        lambda: ["addres_request"], {}, ValueError,
        "there is no scenario 'addres_request'; did you mean 'address_request'[?]",
    ),
    "a duplicate": (
        lambda: stages("a", "b", "a"), {}, ValueError,
        "scenario 'a' is given twice; each run has one result",
    ),
    "a duplicate of numbers": (
        lambda: [Stage(run_number=1), Stage(run_number=2)], {"runs": 2}, ValueError,
        "scenario 'stage', run 1, is given twice; each run has one result",
    ),
    "no run": (stages, {"runs": 0}, ValueError, "runs must be at least 1, got 0"),
    "what is initialized": (
        lambda: [initialized()], {}, ValueError,
        "stage: this instance was initialized before; give a new one",
    ),
    "what is no scenario": (
        lambda: [int], {}, TypeError,
        "a scenario is an instance or a subclass of PAREScenario, or an id; got <class 'int'>",
    ),
    "a library that is no list": (
        stages, {"libraries": "library"}, TypeError,
        "libraries must be a list of directories, got 'library'",
    ),
    "an unknown mode of recording": (
        stages, {"cassettes": "cassettes", "record": "yes"}, ValueError,
        "record must be one of none, once, new, all, got 'yes'",
    ),
    "a recording without a place": (
        stages, {"record": "all"}, ValueError,
        "record='all' has no effect without cassettes, the directory to record to",
    ),
    "an agent that cannot be sent": (
        stages, {"agent_factory": lambda: Actor}, ValueError,
        r"agent_factory cannot be sent to another process \(.*lambda.*\); define it at the top level of a module, "
        'or set executor_type to "thread"',
    ),
}  # fmt: skip


def initialized() -> Stage:
    stage = Stage()
    stage.initialize()
    return stage


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_before_anything_is_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARE_SCENARIOS_DIR", raising=False)
    scenarios, options, error, message = WRONG[name]
    executors: tuple[Executor, ...] = ("process",) if "sent" in name else EXECUTORS
    for executor in executors:
        began: list[Any] = []
        with pytest.raises(error, match=f"^{message}$"):
            play([Stage(scenario_id="first", content=began.append), *scenarios()], executor, **options)
        assert began == []


@pytest.mark.parametrize("executor", EXECUTORS)
def test_nothing_is_no_error(executor: Executor) -> None:
    results, runs = play([], executor)
    assert (results.scenario_results, runs) == ({}, [])


# -- each run by itself


def test_in_processes_a_run_that_dies_hangs_or_cannot_be_sent_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multi_runner, "GRACE_SECONDS", 0.5)

    class Local(Stage):
        pass

    scenarios = [
        Local(scenario_id="local"),
        Stage(scenario_id="lambda", script=lambda s: []),
        Picky,
        *stages("a", "dies", "b", "sleeps", "c", "stuck"),
    ]
    limits = {"timeout_seconds": TIMEOUT, "max_turns": 2, "max_concurrent_scenarios": 1}
    results, runs = play(scenarios, "process", limits, agent_factory=Actor)

    statuses = {scenario_id: result.status for (scenario_id, _), result in results.scenario_results.items()}
    assert [i for i, status in statuses.items() if status == "success"] == ["a", "b", "c"]
    raised = {run.trace.scenario_id: run.result.exception for run in runs if run.result.exception is not None}
    over = f"the run took longer than {TIMEOUT} s of real time (timeout_seconds)"
    assert {i: (type(error), str(error)) for i, error in raised.items() if i not in ("local", "lambda")} == {
        "stage": (TypeError, "not like this"),
        "dies": (ProcessFailure, "the process ended before its call did (exit code 0)"),
        "stuck": (ScenarioTimeoutError, f"{over}, and its process was ended"),
        "sleeps": (RecordedException, over),
    }
    for scenario_id in ("local", "lambda"):
        assert isinstance(raised[scenario_id], UnsendableError)
        assert str(raised[scenario_id]).startswith(f"{scenario_id}: the run cannot be sent to another process (")
        assert str(raised[scenario_id]).endswith('or set executor_type to "thread"')


@pytest.mark.parametrize("executor", HERE)
def test_a_run_past_its_timeout_ends_where_limits_are_checked(executor: Executor) -> None:
    _, (late,) = play(stages("sleeps"), executor, {"timeout_seconds": TIMEOUT}, agent_factory=Actor)
    assert isinstance(late.result.exception, ScenarioTimeoutError)
    assert str(late.result.exception) == f"the run took longer than {TIMEOUT} s of real time (timeout_seconds)"
    assert late.trace.turns == 1


@pytest.mark.parametrize("executor", HERE)
def test_a_scenario_that_cannot_be_made_or_copied_costs_no_other(executor: Executor) -> None:
    results, runs = play([Picky, Stage(scenario_id="a", comment=threading.Lock()), *stages("b")], executor)
    assert [run.result.status for run in runs] == ["exception", "exception", "success"]
    assert isinstance(runs[1].result.exception, ScenarioDefect)
    assert str(runs[1].result.exception) == ("a: the scenario cannot be copied (cannot pickle '_thread.lock' object)")
    assert list(results.scenario_results) == [("stage", None), ("a", None), ("b", None)]


@pytest.mark.parametrize("executor", HERE)
def test_an_agent_that_cannot_be_made_is_the_result_of_its_run(executor: Executor) -> None:
    _, (run,) = play(stages("a"), executor, agent_factory=failing_factory)
    assert isinstance(run.result.exception, OSError)
    _, (run,) = play(stages("a"), executor, {"oracle": True}, agent_factory=failing_factory)
    assert run.success


def test_a_run_that_cannot_be_told_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(trace: Trace) -> str:
        if trace.entries:
            raise ValueError("no words")
        return own(trace)

    own = Trace.to_jsonl
    monkeypatch.setattr(Trace, "to_jsonl", refuse)
    how = jobs.RunOptions(config(oracle=True), "fail", None)
    (sent,) = stages("a", script=lambda s: [s.user_says("x")])
    run = jobs.run_from_record(jobs.play_to_record((sent, 3, how), lambda: None))
    assert record(run)["exception"] == {"type": "ValueError", "message": "no words"}
    assert (run.trace.scenario_id, run.trace.run_number) == ("a", 3)


# -- at the same time


@settings(max_examples=20)
@given(st.permutations(range(5)), st.integers(min_value=1, max_value=6))
def test_results_come_in_the_order_of_the_input_in_whichever_they_end(order: list[int], count: int) -> None:
    ended: list[str] = []
    # A run may end when those have ended that come before it; with fewer threads it cannot wait for them.
    events = [threading.Event() for _ in order]

    def wait(position: int) -> Callable[[Any, Any], ScenarioValidationResult]:
        def verdict(s: Any, env: Any) -> ScenarioValidationResult:
            before = order.index(position)
            if count >= len(order) and before:
                assert events[order[before - 1]].wait(10)
            ended.append(s.scenario_id)
            events[position].set()
            return ScenarioValidationResult(success=True)

        return verdict

    ids = [str(position) for position in range(len(order))]
    scenarios = [Stage(scenario_id=i, verdict=wait(int(i))) for i in ids]
    results, runs = play(scenarios, "thread", {"oracle": True, "max_concurrent_scenarios": count})
    assert [run.trace.scenario_id for run in runs] == [i for i, _ in results.scenario_results] == ids
    assert results.successful_count == 5
    if count >= len(order):
        assert ended == [str(position) for position in order]


@pytest.mark.parametrize("count", [1, 3, None])
def test_no_more_runs_at_a_time_than_asked_for(count: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    expected = count or 2
    together = threading.Barrier(expected)
    at_a_time, most = 0, 0
    lock = threading.Lock()

    def content(s: Any) -> None:
        nonlocal at_a_time, most
        with lock:
            at_a_time += 1
            most = max(most, at_a_time)
        together.wait(10)
        with lock:
            at_a_time -= 1

    scenarios = stages(*map(str, range(expected * 2)), content=content)
    results, _ = play(scenarios, "thread", {"oracle": True, "max_concurrent_scenarios": count})
    assert results.successful_count == expected * 2
    assert most == expected


def test_a_suite_leaves_processes_to_pytest_xdist() -> None:
    assert MultiScenarioRunnerConfig(executor_type="process").executor_type == "process"
    with pytest.raises(ValidationError):
        MultiScenarioRunnerConfig(executor_type="fork")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="has no effect in a suite"):
        RunnerSettings(executor_type="process")


def test_a_suite_plays_as_many_at_once_as_it_says() -> None:
    assert RunnerSettings().max_concurrent_scenarios == 1
    assert RunnerSettings(max_concurrent_scenarios=40).max_concurrent_scenarios == 40
    with pytest.raises(ValidationError):
        RunnerSettings(max_concurrent_scenarios=0)


# -- interrupts


def stop(*args: Any) -> NoReturn:
    raise KeyboardInterrupt


@pytest.mark.parametrize("executor", EXECUTORS)
def test_an_interrupt_ends_all_of_it(executor: Executor) -> None:
    began: list[Any] = []
    later = [] if executor == "process" else stages(*map(str, range(200)), content=began.append)
    one = config(executor, max_concurrent_scenarios=1)
    with pytest.raises(KeyboardInterrupt):
        MultiScenarioRunner().run(one, [*stages("a", "b"), *later], on_run=stop)
    assert len(began) < 200


@pytest.mark.parametrize("executor", HERE)
def test_an_interrupt_within_a_run_ends_all_of_it(executor: Executor) -> None:
    with pytest.raises(KeyboardInterrupt):
        play([Stage(verdict=stop)], executor)


def test_an_interrupt_does_not_wait_for_a_thread_that_is_stuck() -> None:
    over = threading.Event()
    stuck = Stage(scenario_id="stuck", content=lambda s: over.wait(60))
    try:
        with pytest.raises(KeyboardInterrupt):
            MultiScenarioRunner().run(config("thread"), [*stages("a"), stuck], on_run=stop)
        assert any(thread.daemon for thread in threading.enumerate() if thread is not threading.current_thread())
    finally:
        over.set()


def test_an_interrupt_ends_processes_that_are_stuck() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            play(stages("interrupts"), "process", agent_factory=Actor)
    finally:
        signal.signal(signal.SIGINT, before)
