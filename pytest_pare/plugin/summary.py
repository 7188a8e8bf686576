"""Prints the terminal summary: figures, runs that did not pass, verdicts and written files."""

from __future__ import annotations

import textwrap
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_pare.base.redaction import redacted
from pytest_pare.base.user_frames import shown
from pytest_pare.ledger.lines import open_runs, report_lines, verdict_lines
from pytest_pare.plugin.report_files import problem_of
from pytest_pare.results.text import WIDTH, plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pytest

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.plugin.session_ledger import SessionLedger

_MOST_PROBLEMS = 3


def write_summary(
    reporter: pytest.TerminalReporter,
    suites: list[SuiteResults],
    duration: float,
    problems: list[str],
    printed: Collection[str] = (),
) -> None:
    """Print the report, the runs that did not pass, and the verdict of each suite with runs.

    Args:
        reporter: Pytest's terminal reporter.
        suites: The suites.
        duration: Length of the session in seconds of real time.
        problems: A sentence is added for figures that cannot be printed; the verdict is printed nevertheless.
        printed: The node ids of the runs whose reasons pytest has printed: the list leaves them out.
    """
    write = partial(_write, reporter)
    for suite in suites:
        if suite.verdict is None:
            continue
        reporter.write_sep("=", redacted(f"pare: {suite.name}"))
        with problem_of(problems, f"{suite.name}: cannot print the figures"):
            for line in report_lines(suite, duration):
                write(line)
            for label, line in open_runs(suite, printed):
                write(line, **_markup(label))
        for colour, line in verdict_lines(suite.verdict):
            write(line, **({colour: True, "bold": True} if colour else {}))


def write_files(
    reporter: pytest.TerminalReporter, reports: list[Path], suites: list[SuiteResults], problems: list[str]
) -> None:
    """Print the written files, and the errors outside of the runs."""
    write = partial(_write, reporter)
    names = [str(shown(path)) for path in reports]
    directories = Counter(shown(path).parent for suite in suites for path in _traces(suite))
    names += [f"{plural(count, 'trace')} in {directory}" for directory, count in directories.items()]
    if names:
        # Not wrapped, so that a path can be copied.
        one_line = f"wrote {', '.join(names)}"
        for line in [one_line] if len(one_line) <= WIDTH else [f"wrote {name}" for name in names]:
            write(line)
    more = len(problems) - _MOST_PROBLEMS
    for problem in [*problems[:_MOST_PROBLEMS], *([f"{more} more of such problems"] if more > 0 else [])]:
        # Not wrapped, so that a path can be copied.
        write(f"pare: {problem}", red=True, bold=True)


def write_ledgers(reporter: pytest.TerminalReporter, ledgers: list[SessionLedger]) -> None:
    """Print why ledgers are not whole, which costs no verdict."""
    for ledger in ledgers:
        if ledger.problem is not None:
            _write(reporter, f"pare: {ledger.name}: the ledger is not whole: {ledger.problem}", yellow=True)


def _write(reporter: pytest.TerminalReporter, line: str, **markup: bool) -> None:
    reporter.write_line(redacted(line), **markup)


def write_no_verdict(reporter: pytest.TerminalReporter, suites: Mapping[str, list[str]]) -> None:
    """Print a line for each suite that has no verdict, because all its runs were deselected.

    Args:
        reporter: Pytest's terminal reporter.
        suites: Name of the suite to the reasons why its runs were deselected.
    """
    for name, reasons in suites.items():
        line = f"pare: {name}: no verdict, every run is deselected ({', '.join(reasons)}); earlier reports are kept"
        write_wrapped(reporter, line, yellow=True)


def write_wrapped(reporter: pytest.TerminalReporter, line: str, **markup: bool) -> None:
    """Print a line without secrets, at most 80 columns wide."""
    for part in textwrap.wrap(redacted(line), WIDTH, subsequent_indent="  ", break_on_hyphens=False):
        reporter.write_line(part, **markup)


def _traces(suite: SuiteResults) -> Iterator[Path]:
    for outcome in suite.outcomes.values():
        if outcome.result is not None and outcome.result.export_path is not None:
            yield Path(outcome.result.export_path)


def _markup(kind: str) -> dict[str, bool]:
    return {"yellow": True} if kind in ("skipped", "xfailed", "user_fault", "rerun") else {"red": bool(kind)}
