"""The consent of a run: each proposal, its answer, and how long the agent could write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.simulation.trace import TraceEvent
from pytest_pare.timeline.titles import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.simulation.trace_steps import Step


def consent_of(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return each proposal with its answer and the span of the consent.

    `from` and `to` are simulated seconds: of an accepted proposal, from its acceptance to the end of the consent; of a
    rejected one, twice the time of the rejection; without an answer, twice that of the proposal.
    """
    spans: list[dict[str, Any]] = []
    pending: dict[str, Any] | None = None
    for place, step in enumerate(steps):
        kind = kind_of(step.entry)
        if kind == "proposal":
            time = step.entry.time
            pending = {"proposal": step.number, "answer": None, "answer_kind": None, "from": time, "to": time}
            spans.append(pending)
        elif kind in ("acceptance", "rejection") and pending is not None and _answers(step):
            end = _end(steps[place:]) if kind == "acceptance" else step.entry.time
            pending |= {"answer": step.number, "answer_kind": kind, "from": step.entry.time, "to": end}
            pending = None
    return spans


def _answers(step: Step) -> bool:
    """Return whether the user could answer a proposal, as `Trace.acceptances` has it."""
    return isinstance(step.entry, TraceEvent) and step.entry.mode in (None, "awaiting_confirmation")


def _end(rest: Sequence[Step]) -> float:
    """Return when the consent of an acceptance ends, which is the first of the steps."""
    end = rest[0].entry.time
    for step in rest[1:]:
        entry = step.entry
        if kind_of(entry) == "proposal" or (isinstance(entry, TraceEvent) and entry.mode not in (None, "execute")):
            break
        if step.lane == "agent" or getattr(entry, "role", None) in ("execute", "agent"):
            end = entry.time
        if kind_of(entry) == "report":
            break
    return end
