"""Success over sessions, with the baseline as a line and the versions of the agent as labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.plots.axis import Scale, apart
from pytest_pare.plots.drawing import SMALL, WIDTH, draw
from pytest_pare.plots.figures import Figure, in_words
from pytest_pare.plots.series import mark, rate_axis, tick_labels, verdict_style
from pytest_pare.plots.texts import fitting, label, percent, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEFT: Final = 44.0
_RIGHT: Final = WIDTH - 12
_TOP: Final = 34.0
_BOTTOM: Final = 204.0
_LEGEND: Final = 244.0
_LINE: Final = 18.0
# The room for the mark of an entry of the legend, and for its line.
_MARK: Final = 14.0
_DASH: Final = 27.0
_LONGEST: Final = 110.0
_OTHERS: Final = {"plot-other": "no verdict"}


@dataclass(frozen=True)
class HistoryPoint:
    """The success in one session.

    Attributes:
        name: What the axis calls the session, such as its date.
        success: Share of successes among the runs that count.
        agent: Version of the agent; empty if it is unknown.
        verdict: PASS, FAIL, INCONCLUSIVE or another word.
        runs: The number of these runs.
    """

    name: str
    success: Figure
    agent: str = ""
    verdict: str = ""
    runs: int = 0


def history(
    points: Sequence[HistoryPoint],
    *,
    baseline: float | None = None,
    title: str = "Success over sessions",
    standalone: bool = False,
) -> str:
    """Return a plot of success over sessions as SVG text.

    Args:
        points: The sessions, the oldest first.
        baseline: The success rate of the baseline, 0 to 1; None without one.
        title: The name of the plot.
        standalone: Whether the text is a file of its own: with its style and its ground.
    """
    across = Scale(-0.5, max(0.5, len(points) - 0.5), _LEFT, _RIGHT)
    scale, marks = rate_axis(_TOP, _BOTTOM)
    shown = [
        {
            **mark(across(number), one.success, scale),
            "style": verdict_style(one.verdict)[0],
            "shape": verdict_style(one.verdict)[1],
            "tooltip": _sentence(one),
        }
        for number, one in enumerate(points)
        if one.success.value is not None
    ]
    legend, last = _legend(points, baseline)
    return draw(
        "history",
        title=label(title),
        description=[*(_sentence(one) for one in points), *_baseline(baseline)] or ["There are no sessions."],
        height=last + 8,
        standalone=standalone,
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        marks=marks,
        ticks=tick_labels(
            [across(number) for number in range(len(points))],
            [fitting(label(one.name), _LONGEST, SMALL) for one in points],
        ),
        versions=_versions(points, across),
        baseline=None if baseline is None else scale(baseline),
        points=shown,
        legend=legend,
    )


def _legend(points: Sequence[HistoryPoint], baseline: float | None) -> tuple[list[dict[str, Any]], float]:
    """Return the verdicts in the order of the sessions and the baseline, side by side, and the line of the last one."""
    words = {verdict_style(one.verdict): one.verdict for one in points}
    entries = [(style, shape, _OTHERS.get(style, word)) for (style, shape), word in words.items()]
    if baseline is not None:
        entries.append(("", "", f"baseline {percent(baseline)}"))
    x, y, found = _LEFT, _LEGEND, []
    for style, shape, text in entries:
        mark_width = _MARK if shape else _DASH
        if x > _LEFT and x + mark_width + width_of(text, SMALL) > _RIGHT:
            x, y = _LEFT, y + _LINE
        found.append({"x": x, "y": y, "style": style, "shape": shape, "text": text, "text_x": x + mark_width})
        x += mark_width + width_of(text, SMALL) + 14
    return found, y


def _versions(points: Sequence[HistoryPoint], across: Scale) -> list[dict[str, Any]]:
    """Return the place of each new version of the agent, with its label if there is room for it."""
    starts = [number for number, one in enumerate(points) if number == 0 or one.agent != points[number - 1].agent]
    starts = [number for number in starts if points[number].agent]
    texts = [fitting(label(points[number].agent), _LONGEST, SMALL) for number in starts]
    lefts = [across(number) - 4 for number in starts]
    widths = [width_of(text, SMALL) for text in texts]
    # A label that would not end before the right end of the plot ends there.
    lefts = [min(left, _RIGHT - width) for left, width in zip(lefts, widths, strict=True)]
    shown = set(apart([left + width / 2 for left, width in zip(lefts, widths, strict=True)], widths))
    return [
        {
            "x": across(number - 0.5) if number else None,
            "left": lefts[index],
            "text": texts[index] if index in shown else "",
        }
        for index, number in enumerate(starts)
    ]


def _sentence(point: HistoryPoint) -> str:
    agent = f", agent {label(point.agent)}" if point.agent else ""
    verdict = f", {label(point.verdict)}" if point.verdict else ""
    return f"{label(point.name)}{agent}: success {in_words(point.success)}{verdict}."


def _baseline(baseline: float | None) -> list[str]:
    return [] if baseline is None else [f"The baseline has {percent(baseline, 1)}."]
