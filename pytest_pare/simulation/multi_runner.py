"""Many runs of many scenarios, without pytest: one after another, in threads, or in processes."""

from __future__ import annotations

import copy
import os
import pickle
import queue
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pytest_pare.base.serialization import to_short_text
from pytest_pare.engines.rate_limit import session_directory
from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.validation_result import (
    PAREScenarioValidationResult,
    RecordedException,
    exception_type_name,
    result_from_record,
    result_to_record,
)
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.scenarios.registry import registry
from pytest_pare.scenarios.scenario import PAREScenario
from pytest_pare.simulation.participants import name_of
from pytest_pare.simulation.processes import OverdueError, ProcessFailure, UnsendableError, call_in_processes
from pytest_pare.simulation.runner import Run, run_scenario
from pytest_pare.simulation.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig

GRACE_SECONDS = 5.0
"""How long after its timeout a run in a process of its own is ended together with that, if it has not ended itself."""


class MultiScenarioRunner:
    """Runs many scenarios, as PARE's runner of that name does."""

    def run(
        self,
        config: MultiScenarioRunnerConfig,
        scenarios: Iterable[PAREScenario | type[PAREScenario] | str],
        *,
        runs: int = 1,
        script_errors: Literal["fail", "warn"] = "fail",
        agent_factory: Callable[[], ProactiveAgent] | None = None,
        on_run: Callable[[Run], None] | None = None,
    ) -> PAREMultiScenarioValidationResult:
        """Play scenarios and return all results.

        `config.executor_type` says how: `sequential`, one after another; `thread`, in threads, where a run whose code
        never returns never ends; `process`, in processes, where such a run is ended `GRACE_SECONDS` after
        `config.timeout_seconds`, and one whose process dies has an exception as its result. What comes out of a run is
        the same each way, but that an exception from another process is a `RecordedException`.

        Args:
            config: How each run is made, how many are made at a time, and what bounds them.
            scenarios: Instances that are not initialized, classes, or registered ids. Copies of them are played.
            runs: How often each is played. More than one are numbered from 1 on; a single one keeps the number that
                its instance has, which is `None` unless it was given one.
            script_errors: What a broken step of a script makes of a run; see `run_scenario`.
            agent_factory: Makes the agent under test, a new one for each run; `None` is what `config.agent_type` names.
                For processes it must stand at the top level of a module.
            on_run: Called in this thread with each run that has ended, in the order of `scenarios`.

        Raises:
            ValueError: Before anything is run: an id is unknown, a run would be made twice, an instance was initialized
                before, `runs` is less than 1, or `agent_factory` cannot be sent to another process.
            TypeError: Before anything is run: something is no scenario.
            ProcessFailure: If no process could be started.
        """
        began = time.perf_counter()
        jobs = _jobs(scenarios, runs)
        how = _How(config, script_errors, agent_factory)
        tested = config
        if agent_factory is not None and not config.oracle:
            tested = config.model_copy(update={"agent_type": name_of(agent_factory)})
        results = PAREMultiScenarioValidationResult(run_config=tested)
        finished: dict[int, Run] = {}
        following = 0
        with session_directory(), closing(_executor(how, jobs)) as ended:
            for index, run in ended:
                finished[index] = run
                while (first := finished.pop(following, None)) is not None:
                    results.add_result(first.result, jobs[following].scenario_id, jobs[following].run_number)
                    following += 1
                    if on_run is not None:
                        on_run(first)
        results.duration = time.perf_counter() - began
        return results


class _How(NamedTuple):
    """What all runs have in common."""

    config: MultiScenarioRunnerConfig
    script_errors: Literal["fail", "warn"]
    agent_factory: Callable[[], ProactiveAgent] | None


@dataclass(frozen=True)
class _Job:
    """A run that is to be made.

    Attributes:
        scenario: The scenario, or what its constructor raised.
        scenario_id: Its id.
        run_number: The number of the run.
    """

    scenario: PAREScenario | Exception
    scenario_id: str
    run_number: int | None

    def play(self, how: _How) -> Run:
        if isinstance(self.scenario, Exception):
            return self.failed(self.scenario)
        try:
            scenario = copy.deepcopy(self.scenario)
        except Exception as error:  # noqa: BLE001 - an object may raise anything when it is copied
            return self.failed(
                ScenarioDefect(f"{self.scenario_id}: the scenario cannot be copied ({to_short_text(error)})")
            )
        return _play(scenario, self.run_number, how)

    def failed(self, error: Exception) -> Run:
        return _failed(error, self.scenario_id, self.run_number)


def _jobs(scenarios: Iterable[PAREScenario | type[PAREScenario] | str], runs: int) -> list[_Job]:
    if runs < 1:
        raise ValueError(f"runs must be at least 1, got {runs}")
    jobs: dict[tuple[str, int | None], _Job] = {}
    for given in scenarios:
        scenario_id, scenario = _scenario(given)
        own = None if isinstance(scenario, Exception) else scenario.run_number
        for number in [own] if runs == 1 else range(1, runs + 1):
            if (scenario_id, number) in jobs:
                run = "" if number is None else f", run {number},"
                raise ValueError(f"scenario {scenario_id!r}{run} is given twice; each run has one result")
            jobs[scenario_id, number] = _Job(scenario, scenario_id, number)
    return list(jobs.values())


def _scenario(given: object) -> tuple[str, PAREScenario | Exception]:
    if isinstance(given, str):
        scenario_id, cls = given, _registered(given)
    elif isinstance(given, type) and issubclass(given, PAREScenario):
        scenario_id, cls = given.scenario_id, given
    elif isinstance(given, PAREScenario):
        if given._initialized:
            raise ValueError(f"{given.scenario_id}: this instance was initialized before; give a new one")
        return given.scenario_id, given
    else:
        raise TypeError(f"a scenario is an instance or a subclass of PAREScenario, or an id; got {given!r:.80}")
    try:
        # The id by name: a class that is registered under two has but the last one on it.
        return scenario_id, cls(scenario_id=scenario_id)
    except Exception as error:  # noqa: BLE001 - a constructor of a user's may raise anything
        return scenario_id, error


def _registered(scenario_id: str) -> type[PAREScenario]:
    known: dict[str, Any] = registry.registered()
    if scenario_id not in known:
        # Looks for the default library, the first time.
        known = registry.get_all_scenarios()
    if scenario_id not in known:
        close = get_close_matches(scenario_id, known, n=1, cutoff=0.0)
        hint = f"; the closest that there is: {close[0]!r}" if close else ""
        raise ValueError(f"there is no scenario {scenario_id!r}{hint}")
    cls: type[PAREScenario] = known[scenario_id]
    return cls


def _play(
    scenario: PAREScenario, run_number: int | None, how: _How, on_start: Callable[[], None] = lambda: None
) -> Run:
    scenario.run_number = run_number
    try:
        agent = None if how.agent_factory is None or how.config.oracle else how.agent_factory()
        return run_scenario(scenario, how.config, how.script_errors, agent=agent, on_start=on_start)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - of the factory, or a `sys.exit()` anywhere
        exception = error if isinstance(error, Exception) else RecordedException("SystemExit", to_short_text(error))
        return _failed(exception, scenario.scenario_id, run_number)


def _failed(error: Exception, scenario_id: str, run_number: int | None) -> Run:
    result = PAREScenarioValidationResult(success=None, exception=error)
    return Run(result, Trace(scenario_id, 0.0, (), run_number=run_number))


# -- how runs are made: each yields the index of a job and its run, as runs come to an end


def _executor(how: _How, jobs: list[_Job]) -> Generator[tuple[int, Run]]:
    count = min(how.config.max_concurrent_scenarios or os.cpu_count() or 1, len(jobs))
    match how.config.executor_type:
        case "sequential":
            return ((index, job.play(how)) for index, job in enumerate(jobs))
        case "thread":
            return _in_threads(how, jobs, count)
        case "process":
            return _in_processes(how, jobs, count)


def _in_threads(how: _How, jobs: Sequence[_Job], count: int) -> Generator[tuple[int, Run]]:
    waiting: queue.SimpleQueue[tuple[int, _Job]] = queue.SimpleQueue()
    ended: queue.SimpleQueue[tuple[int, Run | BaseException]] = queue.SimpleQueue()
    for item in enumerate(jobs):
        waiting.put(item)

    def work() -> None:
        while (item := _next(waiting)) is not None:
            index, job = item
            try:
                ended.put((index, job.play(how)))
            except BaseException as error:  # noqa: BLE001 - an interrupt, which ends all runs
                ended.put((index, error))

    try:
        for _ in range(count):
            # A daemon: one that is stuck in an agent does not keep an interrupted process alive.
            threading.Thread(target=work, daemon=True).start()
        for _ in jobs:
            index, outcome = ended.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield index, outcome
    finally:
        while _next(waiting) is not None:
            pass


def _next(waiting: queue.SimpleQueue[tuple[int, _Job]]) -> tuple[int, _Job] | None:
    with suppress(queue.Empty):
        return waiting.get_nowait()
    return None


def _in_processes(how: _How, jobs: Sequence[_Job], count: int) -> Generator[tuple[int, Run]]:
    try:
        pickle.dumps(how.agent_factory)
    except Exception as error:
        raise ValueError(
            f"agent_factory cannot be sent to another process ({error}); define it at the top level of a module, or "
            'set executor_type to "thread"'
        ) from error
    timeout = how.config.timeout_seconds
    limit = None if timeout is None else timeout + GRACE_SECONDS
    sent = []
    for index, job in enumerate(jobs):
        if isinstance(job.scenario, Exception):
            yield index, job.failed(job.scenario)
        else:
            sent.append(index)
    arguments = [(jobs[index].scenario, jobs[index].run_number, how) for index in sent]
    with closing(call_in_processes(_play_elsewhere, arguments, count, limit, starts_clock=True)) as outcomes:
        for position, outcome in outcomes:
            index = sent[position]
            if isinstance(outcome, ProcessFailure):
                yield index, jobs[index].failed(_told(outcome, jobs[index], timeout))
            else:
                yield index, _run_from_record(outcome)


def _told(failure: ProcessFailure, job: _Job, timeout: int | None) -> Exception:
    match failure:
        case OverdueError():
            return ScenarioTimeoutError(
                f"the run took longer than {timeout} s of real time (timeout_seconds), and its process was ended"
            )
        case UnsendableError():
            return UnsendableError(
                f"{job.scenario_id}: the run cannot be sent to another process ({failure}); define the scenario's "
                "class, and what its fields hold, at the top level of a module that can be imported, or set "
                'executor_type to "thread"'
            )
        case _:
            return failure


def _play_elsewhere(argument: tuple[PAREScenario, int | None, _How], on_start: Callable[[], None]) -> dict[str, Any]:
    """Play a run and return it as builtins, as which exceptions too survive the way between processes."""
    scenario, run_number, _ = argument
    run = _play(*argument, on_start)
    try:
        return _run_to_record(run)
    except Exception as error:  # noqa: BLE001 - what cannot be told costs its own run, and not the process
        return _run_to_record(_failed(error, scenario.scenario_id, run_number))


def _run_to_record(run: Run) -> dict[str, Any]:
    error = run.agent_error
    return {
        "result": result_to_record(run.result),
        "trace": run.trace.to_jsonl(),
        "warnings": run.warnings,
        "export_error": run.export_error,
        "setup_seconds": run.setup_seconds,
        "agent_error": None if error is None else (exception_type_name(error), to_short_text(error)),
    }


def _run_from_record(record: dict[str, Any]) -> Run:
    error = record["agent_error"]
    return Run(
        result=result_from_record(record["result"]),
        trace=Trace.from_jsonl(record["trace"]),
        warnings=record["warnings"],
        export_error=record["export_error"],
        setup_seconds=record["setup_seconds"],
        agent_error=None if error is None else RecordedException(*error),
    )
