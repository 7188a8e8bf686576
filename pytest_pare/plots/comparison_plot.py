"""The difference to the baseline by variant, with its interval and the allowed regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.plots.axis import Scale, ticks
from pytest_pare.plots.drawing import SIZE, SMALL, WIDTH, draw
from pytest_pare.plots.series import tick_labels, verdict_style
from pytest_pare.plots.texts import fitting, label, points, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEFT: Final = 18.0
_RIGHT: Final = WIDTH - 64
_HEAD: Final = 40.0
_ROW: Final = 40.0
_MARK: Final = 27.0


@dataclass(frozen=True)
class Difference:
    """The comparison of one variant with the baseline.

    Attributes:
        name: The variant.
        value: The success rate less that of the baseline, -1 to 1.
        low: The low end of the interval.
        high: Its high end.
        verdict: PASS, FAIL or INCONCLUSIVE.
    """

    name: str
    value: float
    low: float
    high: float
    verdict: str


def comparison(
    rows: Sequence[Difference],
    *,
    allowed: float,
    title: str = "Difference to the baseline",
    standalone: bool = False,
) -> str:
    """Return a plot of the differences to the baseline as SVG text.

    Args:
        rows: The variants, the first one on top.
        allowed: The largest drop that passes, 0 to 1.
        title: The name of the plot.
        standalone: Whether the text is a file of its own: with its style and its ground.
    """
    ends = [100 * end for row in rows for end in (row.low, row.value, row.high)]
    numbers = ticks(min(-100 * allowed, 0.0, *ends), max(0.0, *ends, -100 * allowed), 7)
    scale = Scale(numbers[0], numbers[-1], _LEFT, _RIGHT)
    bottom = _HEAD + _ROW * max(1, len(rows))
    note = f"allowed drop: {points(allowed).lstrip('+')} points"
    return draw(
        "comparison",
        title=label(title),
        description=[*(map(_sentence, rows) if rows else ["There is no comparison."]), f"The {note}."],
        height=bottom + 22,
        standalone=standalone,
        top=_HEAD,
        bottom=bottom,
        unit="percentage points",
        ticks=tick_labels([scale(one) for one in numbers], [f"{one:+g}" if one else "0" for one in numbers]),
        lines=[scale(one) for one in numbers],
        zero=scale(0.0),
        allowed=scale(-100 * allowed),
        note=note,
        rows=[_row(number, row, scale) for number, row in enumerate(rows)],
    )


def _row(number: int, row: Difference, scale: Scale) -> dict[str, Any]:
    top = _HEAD + number * _ROW
    word = label(row.verdict)
    style, shape = verdict_style(row.verdict)
    return {
        "tooltip": _sentence(row),
        "label": fitting(label(row.name), WIDTH - width_of(word, SMALL) - 12, SIZE),
        "verdict": word,
        "value": points(row.value),
        "top": top,
        "y": top + _MARK,
        "x": scale(100 * row.value),
        "low": scale(100 * row.low),
        "high": scale(100 * row.high),
        "style": style,
        "shape": shape,
    }


def _sentence(row: Difference) -> str:
    return (
        f"{label(row.name) or 'All runs'}: {points(row.value)} points ({points(row.low)} to {points(row.high)}), "
        f"{label(row.verdict)}."
    )
