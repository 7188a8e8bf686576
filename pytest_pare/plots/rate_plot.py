"""Success, acceptance and proposal rate by model, variant or group: a row for each, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_pare.plots.axis import Scale, ticks
from pytest_pare.plots.drawing import SIZE, SMALL, WIDTH, draw
from pytest_pare.plots.figures import Figure, in_words
from pytest_pare.plots.texts import fitting, label, percent, plain, width_of
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP: Final = 14.0
_PANEL: Final = (WIDTH - 2 * _GAP) / 3
# The room for the value to the right of its axis.
_VALUE: Final = 44.0
_EDGE: Final = 6.0
_HEAD: Final = 40.0
_ROW: Final = 40.0
_MARK: Final = 25.0
_NONE: Final = Figure(None)


@dataclass(frozen=True)
class RateRow:
    """The rates of one group of runs.

    Attributes:
        name: The model, variant or group.
        success: Share of successes among the judged runs.
        acceptance: Acceptances per proposal.
        proposal: Proposals per turn.
        runs: The number of runs; None if it is not shown.
    """

    name: str
    success: Figure
    acceptance: Figure = _NONE
    proposal: Figure = _NONE
    runs: int | None = None


class _Panel(NamedTuple):
    title: str
    attribute: str
    is_share: bool
    left: float
    scale: Scale
    ticks: list[float]


def rates(rows: Sequence[RateRow], *, title: str = "Rates by variant", standalone: bool = False) -> str:
    """Return a plot of success, acceptance and proposal rate as SVG text.

    Args:
        rows: The groups, the first one on top.
        title: The name of the plot.
        standalone: Whether the text is a file of its own: with its style and its ground.
    """
    panels = [
        _panel(0, "Success", "success", rows, is_share=True),
        _panel(1, "Acceptance", "acceptance", rows, is_share=True),
        _panel(2, "Proposals a turn", "proposal", rows, is_share=False),
    ]
    return draw(
        "rates",
        title=label(title),
        description=[_sentence(row) for row in rows] or ["There are no runs."],
        height=_HEAD + _ROW * max(1, len(rows)) + 6,
        standalone=standalone,
        top=_HEAD,
        panels=[_heading(panel) for panel in panels],
        rows=[_row(number, row, panels) for number, row in enumerate(rows)],
    )


def _panel(number: int, title: str, attribute: str, rows: Sequence[RateRow], *, is_share: bool) -> _Panel:
    left = number * (_PANEL + _GAP)
    figures = [getattr(row, attribute) for row in rows]
    largest = max((value for one in figures for value in one if value is not None), default=0.0)
    marks = [0.0, 0.5, 1.0] if is_share else ticks(0.0, largest or 1.0, 4)
    scale = Scale(0.0, marks[-1], left + _EDGE, left + _PANEL - _VALUE)
    return _Panel(title, attribute, is_share, left, scale, marks)


def _heading(panel: _Panel) -> dict[str, Any]:
    # Others would touch each other.
    shown = panel.ticks if panel.is_share else [panel.ticks[0], panel.ticks[-1]]
    return {
        "title": panel.title,
        "left": panel.left,
        "lines": [panel.scale(one) for one in panel.ticks],
        "ticks": [
            {"x": panel.scale(one), "text": percent(one).removesuffix(" %") if panel.is_share else plain(one)}
            for one in shown
        ],
    }


def _row(number: int, row: RateRow, panels: Sequence[_Panel]) -> dict[str, Any]:
    top = _HEAD + number * _ROW
    runs = "" if row.runs is None else plural(row.runs, "run")
    return {
        "tooltip": _sentence(row),
        "label": fitting(label(row.name), WIDTH - width_of(runs, SMALL) - 12, SIZE),
        "runs": runs,
        "y": top + 14,
        "line": top,
        "marks": [_mark(panel, getattr(row, panel.attribute), top + _MARK + 2) for panel in panels],
    }


def _mark(panel: _Panel, figure: Figure, y: float) -> dict[str, Any]:
    value = figure.value
    return {
        "y": y,
        "x": None if value is None else panel.scale(value),
        "low": None if figure.ends is None or value is None else panel.scale(figure.ends[0]),
        "high": None if figure.ends is None or value is None else panel.scale(figure.ends[1]),
        "value_x": panel.left + _PANEL,
        "value": "n/a" if value is None else percent(value) if panel.is_share else f"{value:.2f}",
    }


def _sentence(row: RateRow) -> str:
    runs = "" if row.runs is None else f" ({plural(row.runs, 'run')})"
    return (
        f"{label(row.name)}{runs}: success {in_words(row.success)}, acceptance {in_words(row.acceptance)}, "
        f"proposals per turn {in_words(row.proposal, is_share=False)}."
    )
