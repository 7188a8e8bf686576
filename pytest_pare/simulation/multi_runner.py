"""Many runs of many scenarios without pytest: in sequence, in threads or in processes."""

from __future__ import annotations

import os
import pickle
import queue
import threading
import time
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from pytest_pare.agents.naming import name_of
from pytest_pare.base.run_files import file_name
from pytest_pare.engines.cassette_spec import CassetteSpec, RecordMode
from pytest_pare.engines.rate_limit import session_directory
from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.scenarios.errors import ScenarioTimeoutError
from pytest_pare.scenarios.registration import ScenarioImportError, load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.scenarios.scenario import PAREScenario
from pytest_pare.simulation.executors import in_executor
from pytest_pare.simulation.jobs import Job, RunOptions, jobs_of, play_to_record, run_from_record
from pytest_pare.simulation.processes import OverdueError, ProcessFailure, UnsendableError, call_in_processes

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from concurrent.futures import Executor

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
    from pytest_pare.simulation.run import Run

GRACE_SECONDS = 5.0
"""Seconds after its timeout at which a run in its own process is killed, if it has not ended itself."""


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
        executor: Executor | None = None,
        libraries: Iterable[str | Path] = (),
        cassettes: str | Path | None = None,
        record: RecordMode = "none",
    ) -> PAREMultiScenarioValidationResult:
        """Play scenarios and return all results.

        `config.executor_type` selects the executor: `sequential` plays one run after another; `thread` uses threads,
        where a run whose code never returns never ends; `process` uses processes, where such a run is killed
        `GRACE_SECONDS` after `config.timeout_seconds`, and the result of a run whose process dies is an exception.
        Results are the same in each, except that an exception from another process is a `RecordedException`.

        With `executor`, each run is submitted once to it. Scenarios are then sent by their ids, and the agent by its
        name. A run whose future fails, and one that a worker with other versions or sources refuses, has an exception
        of the kind `infrastructure`. The executor is not shut down.

        Args:
            config: The configuration of each run, its limits, and how many runs are made at a time.
            scenarios: Instances that are not initialized, classes, or registered ids. Copies of them are played.
            runs: How often each is played. Several runs are numbered from 1 on; a single run keeps the number of its
                instance, which is `None` by default.
            script_errors: How a run ends whose script has a defect; see `run_scenario`.
            agent_factory: Makes a new agent under test for each run; `None` for that of `config.agent_type`. For
                processes it must be defined at the top level of a module.
            on_run: Called in this thread with each run that has ended, in the order of `scenarios`.
            executor: An executor of `concurrent.futures`, such as `client.get_executor()` of Dask, in place of
                `config.executor_type`. `config.max_concurrent_scenarios` is the most runs that are submitted at a time;
                `None` is all.
            libraries: Directories of scenario modules, which this process and the executor's workers load first.
            cassettes: Directory of the cassettes of live engines; `None` is none.
            record: Which calls are recorded: `none` replays them, `once` records if there is no cassette, `new` records
                what is missing, `all` records anew.

        Raises:
            ValueError: Before the first run, if an id is unknown, a scenario is given twice, an instance was
                initialized before, `runs` is less than 1, a directory of `libraries` does not exist, `record` has no
                `cassettes` or another value, or a scenario, `agent_factory` or the configuration cannot
                be sent to another process.
            TypeError: Before the first run, if an object is no scenario, `executor` is no executor, or `libraries` is
                one path.
            ScenarioImportError: Before the first run, if a module of `libraries` cannot be imported.
            ProcessFailure: If no process could be started.
        """
        began = time.perf_counter()
        _refuse_record(cassettes, record)
        directories = _loaded(libraries)
        jobs = jobs_of(scenarios, runs)
        cassette_of = None if cassettes is None else partial(_cassette, Path(cassettes), record)
        options = RunOptions(config, script_errors, agent_factory, cassette_of)
        tested = config
        if agent_factory is not None and not config.oracle:
            tested = config.model_copy(update={"agent_type": name_of(agent_factory)})
        results = PAREMultiScenarioValidationResult(run_config=tested)
        finished: dict[int, Run] = {}
        following = 0
        if executor is None:
            made = _executor(options, jobs)
        else:
            made = in_executor(executor, options, jobs, directories, traces=on_run is not None)
        with session_directory(), closing(made) as ended:
            for index, run in ended:
                finished[index] = run
                while (first := finished.pop(following, None)) is not None:
                    results.add_result(first.result, jobs[following].scenario_id, jobs[following].run_number)
                    following += 1
                    if on_run is not None:
                        on_run(first)
        results.duration = time.perf_counter() - began
        return results


def _refuse_record(cassettes: str | Path | None, record: str) -> None:
    if record not in get_args(RecordMode):
        raise ValueError(f"record must be one of {', '.join(get_args(RecordMode))}, got {record!r}")
    if cassettes is None and record != "none":
        raise ValueError(f"record={record!r} has no effect without cassettes, the directory to record to")


def _loaded(libraries: Iterable[str | Path]) -> list[Path]:
    if isinstance(libraries, (str, Path)):
        raise TypeError(f"libraries must be a list of directories, got {str(libraries)!r}")
    directories = [Path(directory).resolve() for directory in libraries]
    for directory in directories:
        if not directory.is_dir():
            raise ValueError(f"libraries: there is no directory {directory}")
    failures = [failure for directory in directories for failure in load_library(registry, directory)]
    if failures:
        raise ScenarioImportError(failures)
    return directories


def _cassette(directory: Path, mode: RecordMode, scenario_id: str, run_number: int | None) -> CassetteSpec:
    return CassetteSpec(directory / file_name(scenario_id, run_number, "", "jsonl"), mode)


# -- executors: each yields the index of a job and its run, in the order in which runs end


def _executor(options: RunOptions, jobs: list[Job]) -> Generator[tuple[int, Run]]:
    count = min(options.config.max_concurrent_scenarios or os.cpu_count() or 1, len(jobs))
    match options.config.executor_type:
        case "sequential":
            return ((index, job.play(options)) for index, job in enumerate(jobs))
        case "thread":
            return _in_threads(options, jobs, count)
        case "process":
            return _in_processes(options, jobs, count)


def _in_threads(options: RunOptions, jobs: Sequence[Job], count: int) -> Generator[tuple[int, Run]]:
    waiting: queue.SimpleQueue[tuple[int, Job]] = queue.SimpleQueue()
    ended: queue.SimpleQueue[tuple[int, Run | BaseException]] = queue.SimpleQueue()
    for item in enumerate(jobs):
        waiting.put(item)

    def work() -> None:
        while (item := _next(waiting)) is not None:
            index, job = item
            try:
                ended.put((index, job.play(options)))
            except BaseException as error:  # noqa: BLE001 - an interrupt, which ends all runs
                ended.put((index, error))

    try:
        for _ in range(count):
            # A daemon thread that is stuck in an agent does not keep an interrupted process alive.
            threading.Thread(target=work, daemon=True).start()
        for _ in jobs:
            index, outcome = ended.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield index, outcome
    finally:
        while _next(waiting) is not None:
            pass


def _next(waiting: queue.SimpleQueue[tuple[int, Job]]) -> tuple[int, Job] | None:
    with suppress(queue.Empty):
        return waiting.get_nowait()
    return None


def _in_processes(options: RunOptions, jobs: Sequence[Job], count: int) -> Generator[tuple[int, Run]]:
    try:
        pickle.dumps(options.agent_factory)
    except Exception as error:
        raise ValueError(
            f"agent_factory cannot be sent to another process ({error}); define it at the top level of a module, or "
            'set executor_type to "thread"'
        ) from error
    timeout = options.config.timeout_seconds
    limit = None if timeout is None else timeout + GRACE_SECONDS
    sent = []
    for index, job in enumerate(jobs):
        if isinstance(job.scenario, Exception):
            yield index, job.failed(job.scenario)
        else:
            sent.append(index)
    arguments = [(jobs[index].scenario, jobs[index].run_number, options) for index in sent]
    with closing(call_in_processes(play_to_record, arguments, count, limit, starts_clock=True)) as outcomes:
        for position, outcome in outcomes:
            index = sent[position]
            if isinstance(outcome, ProcessFailure):
                yield index, jobs[index].failed(_error_of(outcome, jobs[index], timeout))
            else:
                yield index, run_from_record(outcome)


def _error_of(failure: ProcessFailure, job: Job, timeout: int | None) -> Exception:
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
