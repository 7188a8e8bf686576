"""Prints equal failures of several runs once, and no reason twice: in FAILURES, the report and pytest's own summary.

The reports themselves stay whole, for JUnit XML and other plugins: copies of them are in pytest's lists while it
prints.
"""

from __future__ import annotations

import copy
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.plugin.failure_report import cause_of
from pytest_pare.results.run_entries import why_of
from pytest_pare.results.text import WIDTH

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from pytest_pare.ledger.run_id import RunId
    from pytest_pare.ledger.suite_results import SuiteResults

# Pytest's lists of failures; the second has those of fixtures.
_LISTS = ("failed", "error")
# Room for the rule on both sides of a headline.
_HEADLINE = WIDTH - 8
# With this verbosity, each failure is printed.
_ALL = 2


class EqualFailures:
    """A plugin of the controller: groups the failures before pytest prints them.

    Args:
        config: The session's configuration.
        suites: The runs of each suite, by the node id of its file.

    Attributes:
        printed: The node ids of the runs whose reasons pytest has printed.
    """

    def __init__(self, config: pytest.Config, suites: Mapping[str, SuiteResults]) -> None:
        self._config = config
        self._suites = suites
        self._whole: dict[str, list[Any]] = {}
        self.printed: frozenset[str] = frozenset()

    def register(self) -> None:
        """Register this plugin, and the part of it that is called between pytest's lists."""
        self._config.pluginmanager.register(self, "pare-equal-failures")
        self._config.pluginmanager.register(_AfterFailures(self), "pare-after-failures")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
        """Group equal failures before pytest prints them, and restore the reports at the end."""
        stats = terminalreporter.stats
        self._whole = {name: stats[name] for name in _LISTS if stats.get(name)}
        if self._config.option.verbose < _ALL:
            stats.update({name: self._grouped(reports) for name, reports in self._whole.items()})
        try:
            return (yield)
        finally:
            stats.update(self._whole)

    def restore(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Restore the reports for other plugins, and note which reasons pytest has printed."""
        terminalreporter.stats.update(self._whole)
        if self._config.option.tbstyle != "no":
            reports = (one for found in self._whole.values() for one in found)
            self.printed = frozenset(one.nodeid for one in reports if self._reason(one) is not None)

    def shorten(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Leave the reasons of runs out of pytest's short summary."""
        for name, reports in self._whole.items():
            terminalreporter.stats[name] = [
                one if self._reason(one) is None else _changed(one, longrepr=None) for one in reports
            ]

    def _grouped(self, reports: Sequence[Any]) -> list[Any]:
        groups: dict[object, list[Any]] = {}
        for report in reports:
            reason = self._reason(report)
            # What is no failure of a run is a group of its own.
            groups.setdefault(id(report) if reason is None else reason, []).append(report)
        return [self._first(group) for group in groups.values()]

    def _reason(self, report: Any) -> tuple[object, ...] | None:
        """Return what equal failures have in common; `None` for another report than that of a failed run."""
        suite = self._suites.get(report.nodeid.partition("::")[0])
        # The debugger has shown a report already.
        if suite is None or report.when not in ("setup", "call") or hasattr(report, "_pdbshown"):
            return None
        outcome = suite.outcomes.get(report.nodeid)
        if outcome is None or not report.failed or type(report) is not pytest.TestReport:
            return None
        scenario_id = suite.run_id(report.nodeid).scenario_id
        why = why_of(scenario_id, outcome.result, outcome.reason)
        return suite.name, scenario_id, report.when, outcome.kind, why, cause_of(report), *_places(report)

    def _first(self, group: list[Any]) -> Any:
        """Return the first report of equal ones, in the order of the collection, with all their runs as its name."""
        if len(group) == 1:
            return group[0]
        suite = self._suites[group[0].nodeid.partition("::")[0]]
        place = {nodeid: number for number, nodeid in enumerate(suite.outcomes)}
        group.sort(key=lambda report: place[report.nodeid])
        scenario_id = suite.run_id(group[0].nodeid).scenario_id
        selected = [run for nodeid in suite.outcomes if (run := suite.run_id(nodeid)).scenario_id == scenario_id]
        path, line, _ = group[0].location
        headline = headline_of([suite.run_id(report.nodeid) for report in group], selected)
        return _changed(group[0], location=(path, line, headline))


class _AfterFailures:
    """The innermost hook: pytest has printed the failures before it, and prints its short summary after it."""

    def __init__(self, failures: EqualFailures) -> None:
        self._failures = failures

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
        self._failures.restore(terminalreporter)
        try:
            return (yield)
        finally:
            self._failures.shorten(terminalreporter)


def headline_of(runs: Sequence[RunId], selected: Sequence[RunId]) -> str:
    """Return the name of equal failures of one scenario: `water[short], runs 1 to 3, 5 of 5`.

    Args:
        runs: The runs that failed, in the order of the collection.
        selected: All runs of the scenario.
    """
    scenario_id = runs[0].scenario_id
    parts: list[str] = []
    for variant, group in groupby(runs, key=lambda run: run.variant):
        numbers = [run.run_number for run in group if run.run_number is not None]
        many = sum(run.variant == variant for run in selected)
        name = f"{scenario_id}[{variant}]" if variant else scenario_id
        listed = f"run{'s' * (len(numbers) > 1)} {_ranges(numbers)} of {many}" if numbers else ""
        parts.append(", ".join(filter(None, [name if not parts else variant, listed])))
    headline = "; ".join(parts)
    if len(headline) <= _HEADLINE:
        return headline
    return f"{scenario_id}, {len(runs)} of {len(selected)} runs, first {runs[0]}"


def _places(report: Any) -> list[tuple[object, ...]]:
    """Return where the exception of a report was raised, and where and what those were that it comes from."""
    crash = getattr(report.longrepr, "reprcrash", None)
    # The message of the exception itself may have the log of a program, which differs from run to run.
    places: list[tuple[object, ...]] = [] if crash is None else [(crash.path, crash.lineno)]
    behind = (one for _, one, _ in getattr(report.longrepr, "chain", [])[:-1] if one is not None)
    return [*places, *((one.path, one.lineno, one.message) for one in behind)]


def _ranges(numbers: Iterable[int]) -> str:
    """Return numbers as a text in which neighbours are a range: `1 to 3, 5`."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][-1] == number - 1:
            found[-1].append(number)
        else:
            found.append([number])
    parts = [f"{one[0]} to {one[-1]}" if len(one) > 2 else ", ".join(map(str, one)) for one in found]
    return ", ".join(parts)


def _changed(report: Any, **attributes: Any) -> Any:
    changed = copy.copy(report)
    vars(changed).update(attributes)
    return changed
