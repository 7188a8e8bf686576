"""Traces as files, one for each run.

`jsonl` is this project's own format and holds the trace whole; `Trace.from_jsonl` reads it. `hf` and `lite` are ARE's,
and `are_export` tells what they hold. All of them depend on nothing but the run, so equal runs have equal files.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_pare.scenarios.config import ScenarioRunnerConfig, TraceFormat
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.scenarios.validation_result import PAREScenarioValidationResult
    from pytest_pare.simulation.trace import Trace

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
# With two of them, and what a temporary file adds, a name stays below the 255 bytes that file systems allow.
_LONGEST = 80


def export_run(
    scenario: PAREScenario,
    trace: Trace,
    result: PAREScenarioValidationResult,
    config: ScenarioRunnerConfig,
    directory: Path,
    variant: str = "",
) -> Path | None:
    """Write the trace of a finished run, if `config.export` asks for it, and return the file.

    The directory is created. The file appears whole or not at all; one of the same name is replaced.

    Args:
        scenario: The scenario, as the run has left it.
        trace: What happened.
        result: The verdict.
        config: How the run was made; `trace_dump_format` is the format.
        directory: Where the file goes if `config.output_dir` says nothing.
        variant: What tells the run from others of the same scenario and number; empty for nothing.

    Raises:
        OSError: If the file cannot be written. Its `filename` is the file's, or that of the directory.
        ValueError: If ARE's format has no place for something of the scenario's.
    """
    if not config.export:
        return None
    name = file_name(trace.scenario_id, trace.run_number, variant, config.trace_dump_format)
    path = Path(config.output_dir or directory) / name
    _write(path, _text(scenario, trace, result, config))
    return path


def file_name(scenario_id: str, run_number: int | None, variant: str, trace_format: TraceFormat) -> str:
    """Return the name of a run's file: `airport_cab_run_2.jsonl`, with a variant `airport_cab_run_2@gpt-5.jsonl`.

    What a file name cannot hold everywhere is replaced, and a hash of the whole is added behind a `~`, so that
    different variants have different names. Only lower case is safe in a variant: not every file system tells it from
    upper case.
    """
    run = "" if run_number is None else f"_run_{run_number}"
    # No id of a scenario's has an @ in it, and nothing that was made safe has a ~.
    which = f"@{_safe(variant, variant.lower())}" if variant else ""
    return f"{_safe(scenario_id, scenario_id)}{run}{which}.{'jsonl' if trace_format == 'jsonl' else 'json'}"


def _safe(name: str, wanted: str) -> str:
    safe = _UNSAFE.sub("-", wanted)[:_LONGEST]
    if safe == name:
        return safe
    return f"{safe}~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _text(
    scenario: PAREScenario, trace: Trace, result: PAREScenarioValidationResult, config: ScenarioRunnerConfig
) -> str:
    if config.trace_dump_format == "jsonl":
        return trace.to_jsonl()
    # It needs ARE's exporter, which nothing else does.
    from pytest_pare.simulation import are_export

    write = are_export.to_hf if config.trace_dump_format == "hf" else are_export.to_lite
    return write(scenario, trace, result, config)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same directory, so that it can take the file's place in one step.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        try:
            temporary.write_bytes(text.encode("utf-8"))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        # The temporary file means nothing to the reader of the error.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
