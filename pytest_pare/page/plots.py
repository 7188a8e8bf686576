"""The plots of a suite on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.plots import CurvePoint, Difference, Figure, HistoryPoint, RateRow, comparison, curve, history, rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.page.suites import PageSuite
    from pytest_pare.results.history import SessionEntry
    from pytest_pare.results.robustness import Curve
    from pytest_pare.results.statistics import GroupStatistics, Spread
    from pytest_pare.results.suite_report import SuiteReport

# A plot of one row shows less than the table below it.
_LEAST = 2


def plots_of(suite: PageSuite) -> dict[str, list[str]]:
    """Return the plots of a suite as SVG texts, by the section that they are in."""
    found = {
        "rates": _rates(suite.report.groups),
        "baseline": _differences(suite.report),
        "history": _history(suite.history),
        "robustness": [
            _curves(key, suite.report.curves) for key in dict.fromkeys(one.key for one in suite.report.curves)
        ],
    }
    return {section: plots for section, plots in found.items() if plots}


def _rates(groups: Sequence[GroupStatistics]) -> list[str]:
    if len(groups) < _LEAST:
        return []
    rows = [
        RateRow(
            group.variant or f"{group.user_model}, {group.proactive_model}",
            _figure(group.success_rate, 100),
            _figure(group.aggregate_acceptance_rate),
            _figure(group.aggregate_proposal_rate),
            group.total_runs,
        )
        for group in groups
    ]
    return [rates(rows)]


def _figure(spread: Spread, whole: float = 1) -> Figure:
    if spread.value is None or spread.interval is None:
        return Figure(None if spread.value is None else spread.value / whole)
    return Figure(spread.value / whole, spread.interval.low / whole, spread.interval.high / whole)


def _differences(report: SuiteReport) -> list[str]:
    compared = None if report.verdict is None else report.verdict.given.comparison
    if compared is None or not compared.variants:
        return []
    rows = [
        Difference(
            one.variant or "All runs",
            one.decision.difference,
            one.decision.interval.low,
            one.decision.interval.high,
            one.verdict,
        )
        for one in compared.variants
    ]
    return [comparison(rows, allowed=compared.max_regression)]


def _history(sessions: Sequence[SessionEntry]) -> list[str]:
    if len(sessions) < _LEAST:
        return []
    points = []
    for entry in sessions:
        tally = entry.tally()
        ends = (None, None) if tally.interval is None else (tally.interval.low, tally.interval.high)
        name = f"{entry.started[5:10]} {entry.started[11:16]}"
        points.append(
            HistoryPoint(name, Figure(tally.rate, *ends), entry.runs.agent_version or "", entry.verdict, tally.runs)
        )
    return [history(points)]


def _curves(key: str, curves: Sequence[Curve]) -> str:
    points = []
    for one in curves:
        for level in one.levels if one.key == key else ():
            ends = (None, None) if level.interval is None else (level.interval.low, level.interval.high)
            rate = None if level.rate is None else float(level.rate)
            points.append(CurvePoint(level.level, Figure(rate, *ends), one.group, level.judged))
    return curve(points, axis=key)
