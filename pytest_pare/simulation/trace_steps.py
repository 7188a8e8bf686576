"""The steps of a run: the entries of its trace that happened, by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_pare.simulation.trace import EngineCall, Trace, TraceEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

Lane = Literal["user", "agent", "world", "model"]

_LANES: dict[str, Lane] = {"USER": "user", "AGENT": "agent"}


class Step(NamedTuple):
    """A step of a run: an event, or a call of an engine.

    Attributes:
        number: Its number, from 1 on.
        entry: The event, or the call.
        place: The index of the entry in the trace.
    """

    number: int
    entry: TraceEvent | EngineCall
    place: int

    @property
    def lane(self) -> Lane:
        """The side that acted."""
        return "model" if isinstance(self.entry, EngineCall) else _LANES.get(self.entry.kind, "world")


def steps_of(trace: Trace) -> list[Step]:
    """Return the steps of a run, in order.

    A condition is evaluated every second; only one that was true is a step.
    """
    shown = [(index, entry) for index, entry in enumerate(trace.entries) if not _is_open_condition(entry)]
    return [Step(number, entry, index) for number, (index, entry) in enumerate(shown, start=1)]


def step_at(steps: Sequence[Step], number: int) -> Step:
    """Return the step with a number.

    Raises:
        ValueError: If there is none.
    """
    if not 1 <= number <= len(steps):
        raise ValueError(f"step {number}: the run has the steps 1 to {len(steps)}" if steps else "the run has no steps")
    return steps[number - 1]


def _is_open_condition(entry: TraceEvent | EngineCall) -> bool:
    return isinstance(entry, TraceEvent) and entry.kind == "CONDITION" and not entry.result
