"""Success by level of noise: the robustness curves of a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.plots.axis import Scale
from pytest_pare.plots.drawing import SIZE, WIDTH, draw
from pytest_pare.plots.figures import Figure, in_words
from pytest_pare.plots.series import mark, rate_axis, style_of, tick_labels
from pytest_pare.plots.texts import fitting, label, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEFT: Final = 44.0
_RIGHT: Final = WIDTH - 12
_TOP: Final = 12.0
_BOTTOM: Final = 192.0
_LEGEND: Final = 250.0
_LINE: Final = 19.0
# Bands of more series hide each other.
_MOST_BANDS: Final = 3


@dataclass(frozen=True)
class CurvePoint:
    """The success at one level of noise.

    Attributes:
        level: The level.
        success: Share of successes among the judged runs.
        series: The variant; empty if there is one only.
        runs: The number of judged runs.
    """

    level: float
    success: Figure
    series: str = ""
    runs: int = 0


def curve(
    points: Sequence[CurvePoint], *, title: str = "Success by noise", axis: str = "level", standalone: bool = False
) -> str:
    """Return a plot of success by level of noise as SVG text.

    Args:
        points: The levels of each series; the order of the series is that of their first points.
        title: The name of the plot.
        axis: What the levels are, such as the key of the suite.
        standalone: Whether the text is a file of its own: with its style and its ground.
    """
    names = list(dict.fromkeys(point.series for point in points))
    levels = sorted({point.level for point in points})
    low, high = (levels[0], levels[-1]) if levels else (0.0, 1.0)
    # One level is in the middle.
    spread = (low, high) if low < high else (low - 1, high + 1)
    across = Scale(*spread, _LEFT + 12, _RIGHT - 12)
    scale, marks = rate_axis(_TOP, _BOTTOM)
    series = [
        _series(number, name, [point for point in points if point.series == name], across, scale, len(names))
        for number, name in enumerate(names)
    ]
    legend = [one for one in series if one["label"]]
    return draw(
        "curve",
        title=label(title),
        description=[_sentence(name, points) for name in names] or ["There is no sweep."],
        height=_LEGEND - 14 + _LINE * len(legend),
        standalone=standalone,
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        marks=marks,
        ticks=tick_labels(list(map(across, levels)), list(map(plain, levels))),
        axis=fitting(label(axis), _RIGHT - _LEFT, SIZE),
        series=series,
        legend=[(_LEGEND + _LINE * number, one) for number, one in enumerate(legend)],
    )


def _series(number: int, name: str, points: list[CurvePoint], across: Scale, scale: Scale, many: int) -> dict[str, Any]:
    style, shape = style_of(number)
    # Beside each other, so that no whisker hides another.
    shift = 0.0 if many <= _MOST_BANDS else min(6.0, 20 / many) * (number - (many - 1) / 2)
    measured = sorted((one for one in points if one.success.value is not None), key=lambda one: one.level)
    return {
        "style": style,
        "shape": shape,
        "label": fitting(label(name), _RIGHT - 20, SIZE),
        "has_band": many <= _MOST_BANDS,
        "points": [
            {**mark(across(one.level) + shift, one.success, scale), "tooltip": f"{_named(name)}{_point(one)}"}
            for one in measured
        ],
    }


def _sentence(name: str, points: Sequence[CurvePoint]) -> str:
    own = sorted((point for point in points if point.series == name), key=lambda one: one.level)
    return f"{_named(name)}{'; '.join(map(_point, own))}."


def _named(name: str) -> str:
    return f"{label(name)}: " if name else ""


def _point(point: CurvePoint) -> str:
    return f"level {plain(point.level)}, success {in_words(point.success)}"
