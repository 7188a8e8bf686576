"""The terminal summary: from the tally to lines, and the lines to pytest's own writer."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from pytest_pare.tally import Outcome, RunId, SuiteTally, split_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

_WIDTH = 80
_LABEL = {
    "failed": "FAILED",
    "exception": "EXCEPTION",
    "no_validation": "NO VERDICT",
    "no_result": "NO RESULT",
    "skipped": "skipped",
    "xfailed": "xfailed",
}
_HEADING = "Reference check, no agent tested."


def write_summary(
    reporter: pytest.TerminalReporter, suites: list[SuiteTally], duration: float, problems: list[str]
) -> None:
    """Print the report, what did not pass, and the verdict, of each suite that ran."""
    for suite in suites:
        if suite.verdict is None:
            continue
        reporter.write_sep("=", f"pare: {suite.name}")
        for line in report_lines(suite, duration):
            reporter.write_line(line)
        for label, line in open_runs(suite):
            reporter.write_line(line, **_markup(label))
        for number, line in enumerate(suite.verdict.lines):
            markup = {"green": suite.verdict.passed, "red": not suite.verdict.passed, "bold": True}
            for part in textwrap.wrap(line, _WIDTH, subsequent_indent="  "):
                reporter.write_line(part, **(markup if number == 0 else {}))
    for problem in problems:
        reporter.write_line(f"pare: {problem}", red=True, bold=True)


def report_lines(suite: SuiteTally, duration: float) -> list[str]:
    """Return the multi-scenario report of a suite."""
    from pytest_pare.results.report import generate_validation_report
    from pytest_pare.results.statistics import combine_results_to_dataframe

    df = combine_results_to_dataframe(suite.results(duration).values())
    return generate_validation_report(df, split_name(suite.suite), heading=_HEADING).splitlines()


def open_runs(suite: SuiteTally) -> Iterator[tuple[str, str]]:
    """Yield a kind and a line for what did not pass, sorted by scenario; an empty line before and after."""
    runs_of = Counter(_without_run(RunId.of(nodeid)) for nodeid in suite.outcomes)
    open_of: dict[tuple[RunId, str], list[Outcome]] = {}
    for nodeid, outcome in suite.outcomes.items():
        if outcome.kind != "success":
            open_of.setdefault((_without_run(RunId.of(nodeid)), outcome.kind), []).append(outcome)
    yield "", ""
    for (scenario, kind), outcomes in sorted(open_of.items(), key=lambda entry: (str(entry[0][0]), entry[0][1])):
        line = f"{_LABEL[kind]:<11}{scenario}"
        if runs_of[scenario] > 1:
            line += f", {len(outcomes)} of {runs_of[scenario]} runs"
        reason = next(filter(None, map(_reason, outcomes)), "")
        yield kind, _clip(f"{line}: {reason}" if reason else line)
    if open_of:
        yield "", ""


def _without_run(run: RunId) -> RunId:
    return RunId(run.scenario_id, run.variant)


def _reason(outcome: Outcome) -> str:
    from pytest_pare.scenarios.validation_result import exception_type_name

    result = outcome.result
    if result is None:
        return outcome.reason
    if result.exception is not None:
        return f"{exception_type_name(result.exception)}: {result.exception}"
    return result.rationale or "no rationale"


def _clip(line: str) -> str:
    line = " ".join(line.split("\n"))
    return line if len(line) <= _WIDTH else line[: _WIDTH - 3] + "..."


def _markup(kind: str) -> dict[str, bool]:
    return {"yellow": True} if kind in ("skipped", "xfailed") else {"red": bool(kind)}
