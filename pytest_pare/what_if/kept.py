"""Forks of runs of earlier sessions: what it takes to play them again, and the files of their forks."""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pytest_pare.base.extensions import ExtensionError
from pytest_pare.base.redaction import redacted_plain
from pytest_pare.base.run_files import file_name
from pytest_pare.ledger.directory import EXTENSION, find
from pytest_pare.ledger.kept_runs import find_run
from pytest_pare.ledger.outcomes import Outcome
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.ledger.writer import LedgerWriter
from pytest_pare.results.validation_result import result_to_record
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings import SettingsError, load_suite
from pytest_pare.settings.ledger import FORKS_DIR, LEDGER_DIR
from pytest_pare.settings.selection import load_scenarios
from pytest_pare.simulation.trace_files import TRACE_EXTENSION, write_trace
from pytest_pare.what_if.changes import wish_of
from pytest_pare.what_if.errors import ForkError
from pytest_pare.what_if.fork import Fork, Origin, fork

if TYPE_CHECKING:
    from pytest_pare.ledger.kept_runs import KeptRun
    from pytest_pare.ledger.reader import Ledger
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.settings import Suite
    from pytest_pare.simulation.run import Run


def fork_run(
    name: str,
    at: int,
    *,
    times: int = 1,
    live: bool = False,
    rootdir: str | Path = ".",
    ledgers: str | Path = LEDGER_DIR,
    **change: Any,
) -> Fork:
    """Fork a run of an earlier session, for a notebook or a script. Nothing is written.

    Args:
        name: `[SESSION:]SCENARIO[VARIANT-runN]`; the default session is the last one.
        at: The number of the step.
        times: The number of forks. Each but the first has other draws from the step on.
        live: Whether models may be called even if the suite does not allow it.
        rootdir: The rootdir of the project.
        ledgers: The directory of the sessions, relative to the rootdir.
        **change: As in `pytest_pare.simulation.run.Run.fork`.

    Raises:
        ForkError: If the run cannot be forked as asked.
        LedgerError: If there is no such run, or its trace was not kept.
    """
    root = Path(rootdir).absolute()
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))

    def read(session: str) -> Ledger:
        return read_ledger(find(root / ledgers, session))

    return fork(origin_of(find_run(read, name), root, is_live=live), at, wish_of(change), times)


def origin_of(kept: KeptRun, rootdir: Path, *, is_live: bool = False) -> Origin:
    """Return a run of an earlier session with all that it takes to play it again.

    Args:
        kept: The run.
        rootdir: The rootdir of the project.
        is_live: Whether models may be called even if the suite does not allow it.

    Raises:
        ForkError: If its suite or its scenario is no longer there, or it has no result.
        LedgerError: If its trace was not kept.
    """
    trace, run = kept.trace(), kept.run_id
    if kept.outcome.config is None:
        raise ForkError(f"{kept.name}: it has no configuration, because it was not played ({kept.outcome.kind})")
    path = rootdir / kept.ledger.header.plan.name
    try:
        suite = load_suite(path)
        config = MultiScenarioRunnerConfig.model_validate(dict(kept.outcome.config))
    except ValidationError as error:
        raise ForkError(
            f"{kept.name}: its configuration cannot be read: {error.errors(include_url=False)[0]['msg']}"
        ) from None
    except (ExtensionError, SettingsError, OSError) as error:
        raise ForkError(f"{kept.name}: its suite cannot be read: {error}") from None
    if str(path.parent) not in sys.path:
        # An agent in the conftest.py beside the suite.
        sys.path.insert(0, str(path.parent))
    cls = _class(suite, rootdir, run.scenario_id)
    directory = suite.cassettes_dir
    cassette = (
        None if directory is None else directory / file_name(run.scenario_id, run.run_number, run.variant, "jsonl")
    )
    return Origin(
        kept.name,
        trace,
        lambda: cls(run_number=run.run_number, scenario_id=run.scenario_id),
        config,
        None,
        suite.settings.scenarios.script_errors,
        suite.settings.scenarios.strict,
        is_live or suite.settings.live,
        cassette,
    )


def _class(suite: Suite, rootdir: Path, scenario_id: str) -> type[PAREScenario]:
    # The modules of a library may print; the output of a command is its own.
    with redirect_stdout(sys.stderr):
        try:
            classes, failures = load_scenarios(suite, rootdir)
        except (SettingsError, OSError, ImportError) as error:
            raise ForkError(str(error)) from None
        if scenario_id not in classes:
            load_library(registry, bundled_library_dir())
            classes |= registry.registered()
    if scenario_id not in classes:
        why = f": {failures[0]}" if failures else ""
        raise ForkError(f"{suite.path.name} has no scenario {scenario_id} any more{why}")
    return classes[scenario_id]


def keep(fork: Fork, kept: KeptRun, rootdir: Path) -> list[str]:
    """Write each run of a fork as a session of its own, and return their names.

    They are in a directory of their own, so that they are in no report, baseline or rate of the suite. A fork of the
    same run at the same step with the same change takes the place of an earlier one.

    Args:
        fork: The fork.
        kept: The run that was forked.
        rootdir: The rootdir of the project.

    Raises:
        OSError: If a file cannot be written.
    """
    directory = rootdir / FORKS_DIR
    directory.mkdir(parents=True, exist_ok=True)
    ignore = directory / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    digest = hashlib.sha256(json.dumps([fork.of, fork.change], sort_keys=True).encode()).hexdigest()[:8]
    run = kept.run_id
    stem = file_name(run.scenario_id, run.run_number, run.variant, f"step{fork.step}.{digest}")
    names = [f"{stem}.{number}" if len(fork.runs) > 1 else stem for number in range(1, len(fork.runs) + 1)]
    for name, one in zip(names, fork.runs, strict=True):
        _write(directory, name, one, kept)
    return [f"{name}:{run}" for name in names]


def _write(directory: Path, name: str, run: Run, kept: KeptRun) -> None:
    trace_file = directory / name / f"trace.{TRACE_EXTENSION}"
    write_trace(trace_file, run.trace)
    header = kept.ledger.header
    record: dict[str, Any] = {
        "result": redacted_plain(result_to_record(run.result)),
        "config": {**(kept.outcome.config or {}), "agent_type": run.trace.agent},
        "trace": f"{name}/{trace_file.name}",
    }
    writer = LedgerWriter(directory / f"{name}{EXTENSION}")
    writer.begin(replace(header, session=name, shard=None))
    node = kept.nodeid.removeprefix(f"{header.plan.name}::")
    writer.plan([node])
    writer.note(node, kept.run_id, Outcome(run.result.status, run.result), record)
    writer.end({"verdict": "FORK", "partial": ["fork"], "interrupted": False, "duration": 0.0})
    if writer.problem is not None:
        raise OSError(f"{writer.path}: {writer.problem}")
