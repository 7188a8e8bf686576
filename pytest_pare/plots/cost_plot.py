"""The cost of models per run, by variant or session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.plots.axis import Scale, ticks
from pytest_pare.plots.drawing import SIZE, SMALL, WIDTH, draw
from pytest_pare.plots.series import tick_labels
from pytest_pare.plots.texts import fitting, label, width_of
from pytest_pare.results.text import plural
from pytest_pare.results.usage import dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

_RIGHT: Final = WIDTH - 64
_HEAD: Final = 40.0
_ROW: Final = 40.0


@dataclass(frozen=True)
class CostRow:
    """The cost of one group of runs.

    Attributes:
        name: The model, variant or session.
        per_run: US dollars, the mean over the runs whose cost is known; None if it is known for none.
        known: The number of these runs.
        runs: The number of all runs with a model.
    """

    name: str
    per_run: float | None
    known: int
    runs: int


def costs(rows: Sequence[CostRow], *, title: str = "Cost of models", standalone: bool = False) -> str:
    """Return a plot of the cost of a run as SVG text.

    Args:
        rows: The groups, the first one on top.
        title: The name of the plot.
        standalone: Whether the text is a file of its own: with its style and its ground.
    """
    numbers = ticks(0.0, max((row.per_run or 0.0 for row in rows), default=0.0), 6)
    scale = Scale(0.0, numbers[-1], 0.0, _RIGHT)
    return draw(
        "costs",
        title=label(title),
        description=[_sentence(row) for row in rows] or ["There are no costs."],
        height=_HEAD + _ROW * max(1, len(rows)) + 4,
        standalone=standalone,
        top=_HEAD,
        ticks=tick_labels([max(8.0, scale(one)) for one in numbers], [_dollars(one) for one in numbers]),
        lines=[scale(one) for one in numbers],
        rows=[_row(number, row, scale) for number, row in enumerate(rows)],
    )


def _row(number: int, row: CostRow, scale: Scale) -> dict[str, Any]:
    top = _HEAD + number * _ROW
    note = plural(row.runs, "run") if row.known == row.runs else f"known for {row.known} of {plural(row.runs, 'run')}"
    return {
        "tooltip": _sentence(row),
        "label": fitting(label(row.name), WIDTH - width_of(note, SMALL) - 12, SIZE),
        "note": note,
        "value": "n/a" if row.per_run is None else dollars(row.per_run),
        "top": top,
        "length": scale(row.per_run or 0.0),
    }


def _dollars(number: float) -> str:
    return f"${number:.6g}"


def _sentence(row: CostRow) -> str:
    each = "unknown cost" if row.per_run is None else f"{dollars(row.per_run)} per run"
    return f"{label(row.name)}: {each}, known for {row.known} of {plural(row.runs, 'run')}."
