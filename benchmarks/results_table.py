"""What the report on a session of many runs costs, from the records of its runs to the files."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure, alternate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.settings import Suite

HEADING = "reporting on 20,000 runs: terminal, JSON and Parquet; processor time"

RUNS_OF_EACH = 20


def measure(*, quick: bool = False) -> list[Figure]:
    """Report on the same records, and read them from JSON and write them as JSON, in turns, in this process.

    Reading and writing is the least that anything does to each record; as a measure, it makes the figure the same on
    a slow and on a busy machine.
    """
    count, repeats = (40, 1) if quick else (20_000, 3)
    every = list(records(count))
    # The first pass imports polars.
    _report(every[:RUNS_OF_EACH]), _serialize(every[:RUNS_OF_EACH])
    reported, serialized = alternate(lambda: _report(every), lambda: _serialize(every), repeats)
    return [
        Figure(f"reporting on {count:,} runs, median of {repeats}", reported, "s"),
        Figure("one more run", 1e6 * reported / count, "us"),
        Figure("the same records from and to JSON", serialized, "s"),
        Figure("reporting / from and to JSON", reported / serialized, "x", at_most=3),
    ]


def records(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield node ids and records, a second scenario in each of two variants, as the reports of runs carry them."""
    from pytest_pare.results.validation_result import PAREScenarioValidationResult, result_to_record
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig

    config = MultiScenarioRunnerConfig().model_dump(mode="json")
    usage = {"calls": 4, "live": True, "prompt_tokens": 900, "completion_tokens": 30, "cost": 0.01}
    for number in range(count):
        scenario, run = divmod(number, RUNS_OF_EACH)
        result = PAREScenarioValidationResult(
            success=(True, False, True, None)[number % 4],
            exception=ValueError(f"no mail {number}") if number % 40 == 3 else None,
            rationale="the mail to Anna was not sent before the meeting",
            export_path=f"/home/me/project/traces/scenario_{scenario}-{run}.json",
            duration=1.5 + number % 7,
            proposal_count=2,
            acceptance_count=1,
            number_of_turns=8,
            write_actions=2,
            faults={"tool_failure": {"Calendar__add_calendar_event": 1}},
            usage={role: {**usage, "finish_reasons": {"stop": 4}} for role in ("user", "observe", "execute")},
        )
        nodeid = f"pare.yaml::scenario_{scenario // 2}[{'ab'[scenario % 2]}-run{run + 1}]"
        yield nodeid, {"result": result_to_record(result), "config": config}


def _report(records: list[tuple[str, dict[str, Any]]]) -> float:
    """Return the processor time in seconds from records to what a session prints and writes."""
    from pytest_pare.ledger.lines import open_runs, report_lines
    from pytest_pare.ledger.outcomes import outcome_of_record
    from pytest_pare.ledger.plan import SuitePlan
    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.plugin.report_files import ReportFiles, write_all

    with tempfile.TemporaryDirectory() as directory:
        suite = _suite(Path(directory))
        results = SuiteResults(SuitePlan.of("pare.yaml", suite))
        began = time.process_time()
        for nodeid, record in records:
            results.keep(nodeid, outcome_of_record(record, replaced=False))
        report_lines(results, 1.0), list(open_runs(results))
        files = ReportFiles(results, suite)
        write_all([files], 1.0)
        seconds = time.process_time() - began
        if files.problems or len(files.written) != 2:
            sys.exit(f"the files were not written: {files.problems}")
    return seconds


def _suite(directory: Path) -> Suite:
    from pytest_pare.settings import Suite, SuiteSettings

    settings = {
        "runs": RUNS_OF_EACH,
        "matrix": {"a": {}, "b": {}},
        "reports": {"json": "report.json", "parquet": "report.parquet"},
    }
    return Suite(directory / "pare.yaml", SuiteSettings.model_validate(settings))


def _serialize(records: list[tuple[str, dict[str, Any]]]) -> float:
    began = time.process_time()
    for _, record in records:
        json.loads(json.dumps(record))
    return time.process_time() - began
