"""Runs in the workers of an executor of `concurrent.futures`, on this machine or on others."""

from __future__ import annotations

import queue
from concurrent.futures import CancelledError, Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pytest_pare.base.redaction import names_secret, redacted
from pytest_pare.base.run_files import file_name, write_whole
from pytest_pare.base.serialization import to_short_text
from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.engines.rate_limit import directory as session_dir
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registry import registry
from pytest_pare.scenarios.source_hash import forget_files
from pytest_pare.simulation.export import trace_path
from pytest_pare.simulation.jobs import run_from_record
from pytest_pare.simulation.play_request import play_request
from pytest_pare.simulation.processes import ProcessFailure
from pytest_pare.simulation.worker import sources, versions

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from concurrent.futures import Future

    from pytest_pare.simulation.jobs import Job, RunOptions
    from pytest_pare.simulation.run import Run
    from pytest_pare.simulation.run_message import Library, RunAnswer, RunRequest, SentCassette

_OTHER_ANSWER = "the executor returned something else than the answer to the run's request"


class RefusedError(ProcessFailure):
    """A worker refused a run: it would play another one, or the run was started before."""


def in_executor(
    executor: Executor, options: RunOptions, jobs: Sequence[Job], libraries: Sequence[Path], *, traces: bool
) -> Generator[tuple[int, Run]]:
    """Yield the index of each job and its run, in the order in which runs end.

    Each run is submitted once. The executor is not shut down; if the iterator is closed early, what it has not begun is
    cancelled.

    Args:
        executor: The executor. Its workers can import this package.
        options: What all runs have in common.
        jobs: The runs.
        libraries: The directories of the scenarios, which are loaded in this process.
        traces: Whether the runs need traces.

    Raises:
        TypeError: If the executor is none.
        ValueError: Before the first run, if a run cannot be sent.
    """
    if not isinstance(executor, Executor):
        raise TypeError(
            f"executor must be a concurrent.futures.Executor, got {type(executor).__name__}; for a client of Dask, "
            "give client.get_executor()"
        )
    # Files may have changed since an earlier call.
    forget_files()
    check_sendable(options)
    for job in jobs:
        _check_scenario(job)
    most = options.config.max_concurrent_scenarios or len(jobs)
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    pending: dict[int, tuple[RunRequest, Future[RunAnswer]]] = {}
    common = _common(options, libraries, traces=traces)

    def next_ended() -> tuple[int, Run]:
        index = ended.get()
        # Dask plays a finished run again when its worker dies, as long as the future is kept.
        return index, _run(*pending.pop(index), options, jobs[index])

    try:
        for index, job in enumerate(jobs):
            if isinstance(job.scenario, Exception):
                yield index, job.failed(job.scenario)
                continue
            while len(pending) >= most:
                yield next_ended()
            try:
                request = _request(common, options, job, libraries)
                pending[index] = request, executor.submit(play_request, request)
            except Exception as error:  # noqa: BLE001 - an executor whose processes have died raises its own
                yield index, job.failed(_failure(error))
                continue
            pending[index][1].add_done_callback(partial(_put, ended, index))
        while pending:
            yield next_ended()
    finally:
        for _, future in pending.values():
            future.cancel()


def check_sendable(options: RunOptions) -> None:
    """Check that the configuration and the agent can be sent, and hold no secret.

    Raises:
        ValueError: If they cannot.
    """
    if options.agent_factory is not None:
        raise ValueError(
            "agent_factory cannot be sent to an executor's workers; name the agent in the configuration, as "
            "agent_type='module:name'"
        )
    config = options.config
    env = {} if config.agent is None else config.agent.env
    for name, value in env.items():
        if names_secret(name) or redacted(value) != value:
            raise ValueError(
                f"agent.env.{name} looks like a secret, and would be sent to the executor's workers; set it in their "
                "environment, and name it in agent.pass_env"
            )
    for role, engine in config.engines.items():
        if engine.endpoint is not None and redacted(engine.endpoint) != engine.endpoint:
            raise ValueError(
                f"the endpoint of the engine {role!r} holds a secret, and would be sent to the executor's workers; set "
                "the key in their environment"
            )


def _check_scenario(job: Job) -> None:
    if isinstance(job.scenario, Exception):
        return
    cls = type(job.scenario)
    if (
        registry.registered().get(job.scenario_id) is not cls
        or not Path(registry.place_of(job.scenario_id).file).is_file()
    ):
        raise ValueError(
            f"{job.scenario_id}: the executor's workers cannot import {cls.__qualname__}; register it in a module "
            "below a directory of libraries"
        )
    # The constructor makes a new `Random` in each instance, so texts are compared.
    fresh, given = ({**vars(one), "run_number": None} for one in (cls(scenario_id=job.scenario_id), job.scenario))
    different = [name for name in given if to_short_text(given[name]) != to_short_text(fresh.get(name))]
    if different:
        raise ValueError(
            f"{job.scenario_id}: only the id is sent to the executor's workers, and {different[0]} of this instance is "
            "not its default; register a class with this value"
        )


def _put(ended: queue.SimpleQueue[int], index: int, _: Future[RunAnswer]) -> None:
    ended.put(index)


# -- one run


def _common(options: RunOptions, libraries: Sequence[Path], *, traces: bool) -> dict[str, Any]:
    return {
        "versions": versions(),
        "libraries": [_library(path) for path in libraries],
        "config": options.config.model_dump(mode="json"),
        "config_digest": options.config.get_config_hash(),
        "script_errors": options.script_errors,
        "trace": traces,
        "session_dir": str(session_dir()),
    }


def _library(directory: Path) -> Library:
    bundled = bundled_library_dir()
    if directory.is_relative_to(bundled):
        return {"directory": str(directory.relative_to(bundled)), "bundled": True}
    return {"directory": str(directory), "bundled": False}


def _request(common: dict[str, Any], options: RunOptions, job: Job, libraries: Sequence[Path]) -> RunRequest:
    request: RunRequest = {
        # Dask takes equal calls for one.
        "id": uuid4().hex,
        "scenario_id": job.scenario_id,
        "run_number": job.run_number,
        "sources": sources(job.scenario_id, libraries),
        "cassette": _sent_cassette(options, job),
        **common,  # type: ignore[typeddict-item]
    }
    return request


def _sent_cassette(options: RunOptions, job: Job) -> SentCassette | None:
    if options.cassette_of is None:
        return None
    spec = options.cassette_of(job.scenario_id, job.run_number)
    recorded = None if spec.mode == "all" else spec.read()
    return {"path": str(spec.path), "mode": spec.mode, "text": None if recorded is None else recorded.to_text()}


def _run(request: RunRequest, future: Future[RunAnswer], options: RunOptions, job: Job) -> Run:
    try:
        # Not `result`, which raises here what has ended the worker, such as `SystemExit`.
        error: BaseException | None = future.exception()
    except CancelledError as cancelled:
        error = cancelled
    if error is not None:
        return job.failed(_failure(error))
    answer = future.result()
    if not isinstance(answer, dict) or answer.get("id") != request["id"]:
        return job.failed(ProcessFailure(_OTHER_ANSWER))
    record = answer["run"]
    if record is None:
        return job.failed(RefusedError(f"{job.scenario_id}: {answer['worker']}, refused the run: {answer['refused']}"))
    if answer["config_digest"] != request["config_digest"]:
        return job.failed(ProcessFailure(_OTHER_ANSWER))
    run = run_from_record(record)
    problem = _write_files(answer, options, job, run)
    return replace(run, export_error=run.export_error or problem)


def _failure(error: BaseException) -> Exception:
    if isinstance(error, EngineConfigurationError):
        return error
    text = to_short_text(error)
    return ProcessFailure(
        f"the executor has no answer for the run ({type(error).__name__}{f': {text}' if text else ''}); it is not "
        "submitted again"
    )


def _write_files(answer: RunAnswer, options: RunOptions, job: Job, run: Run) -> str | None:
    """Write the files of a run, and return why one could not be written."""
    config = options.config
    trace = trace_path(config, Path("traces"), job.scenario_id, job.run_number, "")
    log = Path(config.build_logs_dir()) / file_name(job.scenario_id, job.run_number, "", "log")
    files: dict[str, tuple[Path, str | bytes | None]] = {
        "trace": (trace, answer["export"]),
        "log": (log, answer["log"]),
    }
    if options.cassette_of is not None:
        files["cassette"] = options.cassette_of(job.scenario_id, job.run_number).path, answer["cassette"]
    run.result.export_path = None
    problem = None
    for name, (path, content) in files.items():
        if content is None:
            continue
        try:
            write_whole(path, content)
            if name == "trace":
                run.result.export_path = str(path)
        except OSError as error:
            problem = f"{job.scenario_id}: cannot write the {name} {error.filename}: {error.strerror}"
    return problem
