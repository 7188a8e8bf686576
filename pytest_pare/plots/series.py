"""The marks of a series, and what several plots with an axis of rates share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_pare.plots.axis import Scale, apart
from pytest_pare.plots.drawing import SMALL, WIDTH
from pytest_pare.plots.texts import percent, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.plots.figures import Figure

_COLOURS: Final = 6

SHAPES: Final = {
    "circle": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "square": "M-3.6 -3.6h7.2v7.2h-7.2z",
    "triangle": "M0 -4.8L4.6 3.6H-4.6z",
    "diamond": "M0 -5L5 0L0 5L-5 0z",
    "down": "M0 4.8L4.6 -3.6H-4.6z",
    "plus": "M-1.6 -4.6h3.2v3h3v3.2h-3v3h-3.2v-3h-3v-3.2h3z",
    "cross": "M-4 -4L4 4M-4 4L4 -4",
}
"""Paths of marks around the point 0 0."""

_VERDICTS: Final = {"PASS": "circle", "FAIL": "cross", "INCONCLUSIVE": "diamond"}
_SERIES: Final = ("circle", "square", "triangle", "diamond", "down", "plus")


def style_of(number: int) -> tuple[str, str]:
    """Return the CSS class and the path of a series; each of 36 has a pair of its own.

    Args:
        number: The number of the series, from 0.
    """
    return f"plot-s{number % _COLOURS}", SHAPES[_SERIES[(number + number // _COLOURS) % len(_SERIES)]]


def verdict_style(verdict: str) -> tuple[str, str]:
    """Return the CSS class and the path of a verdict; words that are none share one of each."""
    kind = verdict.lower() if verdict in _VERDICTS else "other"
    return f"plot-{kind}", SHAPES[_VERDICTS.get(verdict, "square")]


def rate_axis(top: float, bottom: float) -> tuple[Scale, list[dict[str, Any]]]:
    """Return the vertical axis of a rate, and its ticks.

    Args:
        top: The position of 100 %.
        bottom: The position of 0 %.
    """
    scale = Scale(0.0, 1.0, bottom, top)
    return scale, [{"y": scale(one / 4), "text": percent(one / 4)} for one in range(5)]


def tick_labels(positions: Sequence[float], texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the labels below an axis for which there is room, within the plot; `at` is what each is the label of.

    Args:
        positions: The positions on the axis, ascending.
        texts: The label of each.
    """
    widths = [width_of(text, SMALL) for text in texts]
    middles = [min(at, WIDTH - width / 2) for at, width in zip(positions, widths, strict=True)]
    return [{"at": positions[index], "x": middles[index], "text": texts[index]} for index in apart(middles, widths)]


def mark(x: float, figure: Figure, scale: Scale) -> dict[str, Any]:
    """Return the position of a point and of the ends of its interval, which are None without one.

    Args:
        x: The horizontal position.
        figure: The rate, with a value.
        scale: The vertical axis.
    """
    assert figure.value is not None
    low, high = (None, None) if figure.ends is None else map(scale, figure.ends)
    return {"x": x, "y": scale(figure.value), "low": low, "high": high}
