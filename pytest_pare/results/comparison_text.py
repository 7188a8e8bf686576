"""The comparison with a baseline as lines of at most 80 columns, and its figures as texts."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from pytest_pare.base.redaction import redacted
from pytest_pare.results.text import WIDTH, plural, printable, wrapped
from pytest_pare.results.usage import dollars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_pare.inference.intervals import Interval
    from pytest_pare.results.comparison import Comparison, FigureChange, ScenarioChange, VariantComparison

_MOST_NAMES: Final = 6
_INDENT: Final = 18
FIGURES: Final[dict[str, Callable[[float], str]]] = {
    "cost": dollars,
    "tokens": "{:,.0f}".format,
    "turns": "{:.1f}".format,
}
"""The figures of a run that are compared, with how their numbers are written."""


def comparison_lines(comparison: Comparison) -> list[str]:
    """Return the lines on a comparison for a terminal, with an empty line before them."""
    lines = ["", *wrapped(redacted(f"Compared with {comparison.baseline}{_agents(comparison)}"))]
    for variant in comparison.variants:
        if variant.variant:
            lines += wrapped(redacted(f"variant {variant.variant}"), "  ")
        for label, text in _rows(variant):
            lines += _labelled(label, text)
    for label, text in _left_out(comparison):
        lines += _labelled(label, text)
    for warning in comparison.warnings:
        lines += wrapped(redacted(f"Note: {warning}"), "  ")
    return lines


def points(difference: float) -> str:
    """Return a difference of rates in percentage points."""
    return f"{100 * difference:+.1f}"


def difference_text(variant: VariantComparison) -> str:
    """Return the difference of a variant, with its interval."""
    low, high = (points(end) for end in (variant.decision.interval.low, variant.decision.interval.high))
    return f"{points(variant.decision.difference)} points (interval {low} to {high})"


def percent_interval(interval: Interval) -> str:
    """Return the interval of a rate from 0 to 1, in percent."""
    return f"95 % CI {100 * interval.low:.1f} to {100 * interval.high:.1f}"


def change_text(change: ScenarioChange) -> str:
    """Return the successes of a scenario, before and now."""
    before, now = f"{change.successes_before}/{change.runs_before}", f"{change.successes_now}/{change.runs_now}"
    return f"{change.scenario_id} {before} to {now}"


def figure_text(name: str, change: FigureChange) -> str | None:
    """Return a figure of a run, before and now; None if it is unknown on both sides.

    Args:
        name: A key of `FIGURES`.
        change: The figure.
    """
    if change.before is None and change.now is None:
        return None
    before, now = ("unknown" if one is None else FIGURES[name](one) for one in (change.before, change.now))
    return f"{before} to {now}"


def listed(names: Sequence[str], most: int = _MOST_NAMES) -> str:
    """Return names as a list, with the number of those that are left out."""
    rest = len(names) - most
    return ", ".join([*names[:most], *([f"{rest} more"] if rest > 0 else [])])


def _agents(comparison: Comparison) -> str:
    if comparison.agent is None or comparison.baseline_agent is None:
        return ""
    return f" (agent {comparison.baseline_agent}, now {comparison.agent})"


def _rows(variant: VariantComparison) -> Iterator[tuple[str, str]]:
    decision = variant.decision
    yield "Difference", difference_text(variant)
    runs = f"{plural(variant.runs_before, 'run')} before, {variant.runs_now} now"
    yield "Test", f"{decision.method}, {plural(len(variant.scenarios), 'scenario')}, {runs}; p {variant.p_drop:.3f}"
    if decision.smallest_drop is not None:
        yield "Smallest drop", f"{100 * decision.smallest_drop:.1f} points, found with 80 % power"
    for label, changes in (
        ("Worse", variant.worse),
        ("Better", variant.better),
        ("Within chance", variant.not_significant),
    ):
        if changes:
            yield label, listed([change_text(one) for one in changes])
    if flaky := [one.scenario_id for one in variant.flaky]:
        yield "Flaky", f"{plural(len(flaky), 'scenario')}: {listed(flaky)}"
    if drift := [one for one in variant.drift if one.before != one.now]:
        shares = [f"{one.category} {100 * one.before:.1f} to {100 * one.now:.1f} %" for one in drift]
        yield "Failures", listed(shares, 3)
    for name in FIGURES:
        if (text := figure_text(name, getattr(variant, name))) is not None:
            yield f"{name.capitalize()} a run", text


def _left_out(comparison: Comparison) -> Iterator[tuple[str, str]]:
    for label in ("added", "removed", "edited"):
        if names := getattr(comparison, label):
            yield label.capitalize(), f"{plural(len(names), 'scenario')}, not compared: {listed(names)}"
    for variant, reason in comparison.not_compared.items():
        yield "Not compared", f"{variant}: {reason}" if variant else reason
    if comparison.absent:
        yield "Not here", f"{plural(len(comparison.absent), 'variant')}: {listed(comparison.absent)}"


def _labelled(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        printable(redacted(text)),
        WIDTH,
        initial_indent=f"    {label:<{_INDENT}}",
        subsequent_indent=" " * (_INDENT + 4),
        break_on_hyphens=False,
    )
