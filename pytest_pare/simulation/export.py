"""Traces as files, one for each run.

`jsonl` is this project's own format and holds the whole trace; `read_trace` reads it. `hf` and `lite` are formats of
ARE, which `are_export` describes. All of them depend only on the run, so equal runs have equal files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_pare.base.redaction import redacted_json
from pytest_pare.base.run_files import file_name, write_whole
from pytest_pare.simulation.trace_files import TRACE_EXTENSION, zipped

if TYPE_CHECKING:
    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.trace import Trace


def export_run(
    scenario: PAREScenario,
    trace: Trace,
    result: PAREScenarioValidationResult,
    config: ScenarioRunnerConfig,
    directory: Path,
    variant: str = "",
) -> Path | None:
    """Write the trace of a finished run, if `config.export` asks for it, and return the file.

    The directory is created. The file is written at once as a whole. It replaces one of the same name.

    Args:
        scenario: The scenario at the end of the run.
        trace: The trace.
        result: The result.
        config: The configuration of the run; `trace_dump_format` is the format.
        directory: The directory of the file, if `config.output_dir` is not set.
        variant: The variant of the run; empty for none.

    Raises:
        OSError: If the file cannot be written. Its `filename` is the file's, or that of the directory.
        ValueError: If ARE's format cannot hold a part of the scenario.
    """
    if not config.export:
        return None
    path = trace_path(config, directory, trace.scenario_id, trace.run_number, variant)
    write_whole(path, _content(scenario, trace, result, config))
    return path


def trace_path(
    config: ScenarioRunnerConfig, directory: Path, scenario_id: str, run_number: int | None, variant: str
) -> Path:
    """Return the path of the file that `export_run` writes with the same arguments."""
    extension = TRACE_EXTENSION if config.trace_dump_format == "jsonl" else "json"
    return Path(config.output_dir or directory) / file_name(scenario_id, run_number, variant, extension)


def _content(
    scenario: PAREScenario, trace: Trace, result: PAREScenarioValidationResult, config: ScenarioRunnerConfig
) -> str | bytes:
    if config.trace_dump_format == "jsonl":
        return zipped(trace)
    # Imported here, because only this needs ARE's exporter.
    from pytest_pare.simulation import are_export

    write = are_export.to_hf if config.trace_dump_format == "hf" else are_export.to_lite
    return redacted_json(write(scenario, trace, result, config))
