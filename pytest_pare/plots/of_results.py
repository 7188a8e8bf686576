"""What plots show of results: groups, curves, sessions and comparisons as their plain data."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_pare.plots.comparison_plot import Difference
from pytest_pare.plots.cost_plot import CostRow
from pytest_pare.plots.figures import Figure
from pytest_pare.plots.history_plot import HistoryPoint
from pytest_pare.plots.noise_plot import CurvePoint
from pytest_pare.plots.rate_plot import RateRow
from pytest_pare.results.usage import cost_of_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_pare.inference.intervals import Interval
    from pytest_pare.results.comparison import Comparison
    from pytest_pare.results.groups import GroupStatistics
    from pytest_pare.results.history import SessionEntry
    from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
    from pytest_pare.results.robustness import Curve


def rate_rows(groups: Sequence[GroupStatistics], prefix: str = "") -> list[RateRow]:
    """Return the rates of groups of runs, without those of agents where none took part.

    Args:
        groups: The groups.
        prefix: The begin of each name, such as the session's.
    """
    from pytest_pare.results.report import names_of

    names = [": ".join(filter(None, (prefix, name))) for name in names_of(groups)]
    return [_row(group, name) for group, name in zip(groups, names, strict=True)]


def curve_points(curves: Iterable[Curve], prefix: str = "") -> list[CurvePoint]:
    """Return the levels of robustness curves.

    Args:
        curves: The curves, all of one key.
        prefix: The begin of the name of each series, such as the session's.
    """
    return [
        CurvePoint(
            level.level,
            _figure(None if level.rate is None else float(level.rate), level.interval),
            ": ".join(filter(None, (prefix, curve.group))),
            level.judged,
        )
        for curve in curves
        for level in curve.levels
    ]


def history_points(sessions: Sequence[SessionEntry]) -> list[HistoryPoint]:
    """Return the success in sessions, named after their days; those of one day also after their times.

    Args:
        sessions: The sessions, the oldest first.
    """
    days = Counter(one.started[:10] for one in sessions)
    points = []
    for one in sessions:
        tally = one.tally()
        name = one.started[:10] if days[one.started[:10]] == 1 else one.started[:16].replace("T", " ")
        figure = _figure(tally.rate, tally.interval)
        points.append(HistoryPoint(name, figure, one.runs.agent_version or "", one.verdict, tally.runs))
    return points


def differences(compared: Comparison) -> list[Difference]:
    """Return the differences of variants to the baseline."""
    return [
        Difference(
            one.variant or "All runs",
            one.decision.difference,
            one.decision.interval.low,
            one.decision.interval.high,
            one.verdict,
        )
        for one in compared.variants
    ]


def cost_rows(results: Mapping[str, PAREMultiScenarioValidationResult], prefix: str = "") -> list[CostRow]:
    """Return the cost of the variants in which a model took part.

    Args:
        results: The results of each variant, by its name.
        prefix: The begin of each name, such as the session's.
    """
    costs = {name: cost_of_runs(one.scenario_results.values()) for name, one in results.items()}
    return [
        CostRow(
            ": ".join(filter(None, (prefix, name))) or "All runs",
            None if cost.total is None else cost.total / cost.known,
            cost.known,
            cost.runs,
        )
        for name, cost in costs.items()
        if cost.runs
    ]


def _row(group: GroupStatistics, name: str) -> RateRow:
    success, acceptance, proposal = (
        _figure(one.value, one.interval, whole)
        for one, whole in (
            (group.success_rate, 100.0),
            (group.aggregate_acceptance_rate, 1.0),
            (group.aggregate_proposal_rate, 1.0),
        )
    )
    if group.mode == "oracle":
        return RateRow(name, success, runs=group.total_runs)
    return RateRow(name, success, acceptance, proposal, group.total_runs)


def _figure(value: float | None, interval: Interval | None, whole: float = 1.0) -> Figure:
    if value is None or interval is None:
        return Figure(None if value is None else value / whole)
    return Figure(value / whole, interval.low / whole, interval.high / whole)
