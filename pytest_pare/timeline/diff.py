"""Two runs side by side: the first step that differs, its cause, and all steps in rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_pare.simulation.trace_steps import steps_of
from pytest_pare.timeline.alignment import Row, aligned, equal_beginning
from pytest_pare.timeline.causes import Cause, Context, Difference, Side, difference_of
from pytest_pare.timeline.texts import optional_value, redacted_trace, shown

if TYPE_CHECKING:
    from pytest_pare.simulation.trace import Trace


@dataclass(frozen=True)
class TraceDiff:
    """The comparison of two runs.

    Attributes:
        names: The names of both.
        cause: The cause of the first difference; `none` without one.
        sentence: One sentence about it.
        first: The number of the first step that differs in each run; `None` for one that has ended, and for equal runs.
        rows: All steps, aligned.
        parts: What differs in that step: a name, and both texts.
        effect: If models were asked another, and answered the same: the first later step in which anything but a
            request differs, as a comparison without rows; `None` if there is none.
    """

    names: tuple[str, str]
    cause: Cause
    sentence: str
    first: tuple[int | None, int | None]
    rows: tuple[Row, ...]
    parts: tuple[tuple[str, str | None, str | None], ...] = ()
    effect: TraceDiff | None = None


def compare_traces(
    a: Trace, b: Trace, *, names: tuple[str, str] = ("A", "B"), contexts: tuple[Context, Context] | None = None
) -> TraceDiff:
    """Return the comparison of two runs.

    Args:
        a: The trace of the first run.
        b: That of the second.
        names: Their names, for the sentence.
        contexts: What else is known of them; `None` for nothing.
    """
    traces = redacted_trace(a), redacted_trace(b)
    steps = [steps_of(trace) for trace in traces]
    begin = equal_beginning(steps[0], steps[1])
    rows = tuple(aligned(steps[0], steps[1], begin))
    both = contexts or (Context(), Context())
    if begin == max(map(len, steps)):
        return TraceDiff(names, *_same_steps(*both), (None, None), rows)
    first, second = (
        Side(name, trace, side, begin, context)
        for name, trace, side, context in zip(names, traces, steps, both, strict=True)
    )
    later = equal_beginning(steps[0], steps[1], with_requests=False)
    effect = None
    if begin < later < max(map(len, steps)):
        sides = first._replace(begin=later), second._replace(begin=later)
        effect = _made(*sides, difference_of(*sides, with_requests=False))
    return replace(_made(first, second, difference_of(first, second)), rows=rows, effect=effect)


def _same_steps(a: Context, b: Context) -> tuple[Cause, str]:
    """Return the cause of another verdict on the same steps, and a sentence."""
    if a.status == b.status or None in (a.status, b.status):
        return "none", "both runs are the same, step by step"
    verdicts = f"both runs have the same steps, and their verdicts differ ({a.status} and {b.status})"
    if None not in (a.source, b.source) and a.source != b.source:
        return "scenario", f"{verdicts}: the source of the scenario differs"
    return "none", f"{verdicts}: look for what the scenario's validate() reads besides the run"


def _made(a: Side, b: Side, found: Difference) -> TraceDiff:
    first = tuple(None if side.step is None else side.step.number for side in (a, b))
    parts = tuple((name, optional_value(one), optional_value(other)) for name, one, other in found.parts)
    return TraceDiff((a.name, b.name), found.cause, shown(found.sentence), (first[0], first[1]), (), parts)


def diff_document(diff: TraceDiff) -> dict[str, Any]:
    """Return a comparison as builtins for JSON."""
    return {
        "a": diff.names[0],
        "b": diff.names[1],
        **_plain(diff),
        "effect": None if diff.effect is None else _plain(diff.effect),
        "rows": [row._asdict() for row in diff.rows],
    }


def _plain(diff: TraceDiff) -> dict[str, Any]:
    return {
        "cause": diff.cause,
        "sentence": diff.sentence,
        "first": {"a": diff.first[0], "b": diff.first[1]},
        "parts": [{"name": name, "a": one, "b": other} for name, one, other in diff.parts],
    }
