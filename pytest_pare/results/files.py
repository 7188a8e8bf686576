"""The formats of report files.

Importing this module imports polars.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from pytest_pare.base.garbage import without_garbage_collection
from pytest_pare.base.redaction import redacted_plain
from pytest_pare.base.run_files import write_whole
from pytest_pare.results.details import details_to_dict
from pytest_pare.results.github import COMMENT
from pytest_pare.results.markdown import fit
from pytest_pare.results.markdown_summary import summary_blocks
from pytest_pare.results.report import json_of_groups
from pytest_pare.results.run_entries import entries_to_dicts
from pytest_pare.results.suite_report import VERSION, SuiteReport

ReportFormat = Callable[[Path, SuiteReport], None]
"""Writes the report on a suite to a file, which appears whole or not at all."""


def write_json(path: Path, report: SuiteReport) -> None:
    """Write the statistics, the robustness curves, the gate's verdict and each run as JSON.

    The file appears whole or not at all.

    Raises:
        OSError: If the file cannot be written.
        ValueError: If a figure is not finite, which JSON cannot represent.
    """
    write_whole(path, json_text(report, datetime.now(UTC).isoformat(timespec="seconds")))


@without_garbage_collection()
def json_text(report: SuiteReport, timestamp: str) -> str:
    """Return the text of the JSON report.

    Args:
        report: The report.
        timestamp: When it was made, as ISO 8601.

    Raises:
        ValueError: If a figure is not finite, which JSON cannot represent.
    """
    events = (config.env_events_config for config, _ in report.configs)
    weights = [one.weight_per_app_class for one in events if one is not None]
    # The report has one value for all groups; it is null if they differ.
    shared = weights[0] if weights and all(one == weights[0] for one in weights) else None
    content = json_of_groups(report.groups, report.split, shared, timestamp)
    # Without the mode, a reference check would look like the work of the models that the configuration names.
    content["metadata"] |= {
        "suite": report.suite,
        "mode": ", ".join(sorted(report.modes)) or None,
        "agent_setup_duration": report.setup_seconds,
        **details_to_dict(report.runs, report.other_attempts),
    }
    content["robustness"] = [curve.to_dict() for curve in report.curves]
    if report.variation is not None:
        content["variation"] = report.variation.to_dict()
    if report.known_agents is not None:
        content["known_agents"] = report.known_agents.to_dict()
    if report.verdict is not None:
        content["attempts"] = report.attempts.to_dict()
    content["gate"] = None if report.verdict is None else report.verdict.to_dict()
    text = json.dumps(redacted_plain({"version": VERSION, **content}), indent=2, ensure_ascii=False, allow_nan=False)
    # A line for each run: of many runs, indented objects would take most of the time.
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    rows = ",\n".join(f"    {encode(run)}" for run in entries_to_dicts(report.entries))
    results = f"[\n{rows}\n  ]" if rows else "[]"
    begin = text.removesuffix("\n}")
    return f'{begin},\n  "results": {results}\n}}\n'


def write_markdown(path: Path, report: SuiteReport) -> None:
    """Write the summary as Markdown that fits into a comment on a pull request.

    The file appears whole or not at all.

    Raises:
        OSError: If the file cannot be written.
    """
    write_whole(path, fit(summary_blocks(report), COMMENT))


def write_parquet(path: Path, report: SuiteReport) -> None:
    """Write a row for each run, with suite, variant, mode and further figures as additional columns.

    The file appears whole or not at all.

    Raises:
        OSError: If the file cannot be written.
    """
    # In memory, because polars' errors name no file, and a failed write leaves half of one.
    file = BytesIO()
    report.table.write_parquet(file)
    write_whole(path, file.getvalue())
