"""The plots of a suite: those for which its sessions have figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_pare.plots.comparison_plot import comparison
from pytest_pare.plots.cost_plot import costs
from pytest_pare.plots.history_plot import history
from pytest_pare.plots.noise_plot import curve
from pytest_pare.plots.of_results import cost_rows, curve_points, differences, history_points, rate_rows
from pytest_pare.plots.rate_plot import rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.results.comparison import Comparison
    from pytest_pare.results.history import SessionEntry
    from pytest_pare.results.suite_report import SuiteReport

KINDS: Final = ("rates", "noise", "history", "comparison", "cost")
"""The kinds of plots."""


class Plot(NamedTuple):
    """A plot.

    Attributes:
        kind: One of `KINDS`.
        subject: What it shows if there are several of its kind, such as the key of a sweep; empty otherwise.
        text: The SVG text.
    """

    kind: str
    subject: str
    text: str


def suite_plots(
    reports: Sequence[tuple[str, SuiteReport]],
    sessions: Sequence[SessionEntry] = (),
    compared: Comparison | None = None,
    *,
    baseline: float | None = None,
    standalone: bool = False,
) -> list[Plot]:
    """Return the plots of the sessions of a suite, in the order of `KINDS`.

    There are rates if a run has a result, curves for each sweep, a history of two sessions or more, the differences to
    a baseline if one was compared, and costs if they are known of two variants or sessions.

    Args:
        reports: The results of one session or several, each with what its rows are called; empty for one session.
        sessions: The history, the oldest session first.
        compared: The comparison with the baseline; None without one.
        baseline: The success rate of the baseline, 0 to 1; None without one.
        standalone: Whether each plot is a file of its own: with its style and its ground.
    """
    suite = ", ".join(dict.fromkeys(report.suite for _, report in reports))
    rows = [row for name, report in reports for row in rate_rows(report.groups, name)]
    found = []
    if rows:
        by = "variant" if any(group.variant for _, report in reports for group in report.groups) else "model"
        found.append(Plot("rates", "", rates(rows, title=f"{suite}: rates by {by}", standalone=standalone)))
    keys = list(dict.fromkeys(one.key for _, report in reports for one in report.curves))
    for key in keys:
        points = [
            point
            for name, report in reports
            for point in curve_points((one for one in report.curves if one.key == key), name)
        ]
        text = curve(points, title=f"{suite}: success by noise", axis=key, standalone=standalone)
        found.append(Plot("noise", key if len(keys) > 1 else "", text))
    if len(sessions) > 1:
        title = f"{suite}: success over sessions"
        text = history(history_points(sessions), baseline=baseline, title=title, standalone=standalone)
        found.append(Plot("history", "", text))
    if compared is not None and compared.variants:
        title = f"{suite}: difference to the baseline"
        rows_of = differences(compared)
        text = comparison(rows_of, allowed=compared.max_regression, title=title, standalone=standalone)
        found.append(Plot("comparison", "", text))
    spent = [row for name, report in reports for row in cost_rows(report.results, name)]
    if sum(row.per_run is not None for row in spent) > 1:
        found.append(Plot("cost", "", costs(spent, title=f"{suite}: cost of models", standalone=standalone)))
    return found
