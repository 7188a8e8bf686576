"""The queue of scheduled events, in the order of (time, creation), and what is to come by kind."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from are.simulation.types import AbstractEvent, ConditionCheckEvent, Event, EventQueue, OracleEvent, ValidationEvent

from pytest_pare.scenarios.noise.marks import is_noise
from pytest_pare.simulation.queues import TimeOrdered

if TYPE_CHECKING:
    from collections.abc import Callable


_CALLS = (Event, OracleEvent)


def is_repeated_check(event: AbstractEvent) -> bool:
    """Return whether an event checks a condition again."""
    # The count first: most events are no checks, and the classes are abstract, so that asking for them is slow.
    return getattr(event, "_internal_check_count", 0) > 0 and isinstance(event, ConditionCheckEvent | ValidationEvent)


class Coming(StrEnum):
    """What an event of the queue is, if it says whether and when something happens."""

    EVENT = "an event that happens for sure"
    CONDITION = "the first check of a condition"
    REPEATED_CONDITION = "another check of a condition"
    REPEATED_VALIDATION = "another check of a validation event"
    NOISE = "noise"

    @classmethod
    def of(cls, event: AbstractEvent) -> Coming:
        """Return what an event is; it stays the same while the event is in the queue."""
        if is_noise(event):
            return cls.NOISE
        # Most are; a check against ARE's abstract classes takes longer.
        if type(event) in _CALLS:
            return cls.EVENT
        if isinstance(event, ConditionCheckEvent):
            return cls.REPEATED_CONDITION if is_repeated_check(event) else cls.CONDITION
        return cls.REPEATED_VALIDATION if is_repeated_check(event) else cls.EVENT


class FutureEvents(TimeOrdered[AbstractEvent]):
    """The scheduled events, sorted by time, also those of each kind apart.

    Args:
        key: Returns what an event is sorted by.
    """

    def __init__(self, key: Callable[[AbstractEvent], Any]) -> None:
        super().__init__(key)
        self._of = {kind: TimeOrdered[AbstractEvent](key) for kind in Coming}
        self._times: dict[str, float] = {}

    def put(self, item: AbstractEvent) -> None:
        """Insert an event behind all that are not later."""
        super().put(item)
        self._of[Coming.of(item)].put(item)
        if type(item) in _CALLS or not isinstance(item, ConditionCheckEvent):
            self._times[item.event_id] = item.event_time

    def get(self) -> AbstractEvent:
        """Remove the first event, and return it."""
        event = super().get()
        # The first of all is the first of its kind.
        self._of[Coming.of(event)].get()
        self._times.pop(event.event_id, None)
        return event

    def has(self, *kinds: Coming) -> bool:
        """Return whether there is an event of one of the kinds."""
        return any(map(self._of.__getitem__, kinds))

    def first_time(self, *kinds: Coming) -> float | None:
        """Return the time of the first event of the kinds, in epoch seconds; `None` without one."""
        first: float | None = None
        for kind in kinds:
            event = self._of[kind].peek()
            if event is not None and (first is None or event.event_time < first):
                first = event.event_time
        return first

    def last_time(self, *kinds: Coming) -> float | None:
        """Return the time of the last event of the kinds, in epoch seconds; `None` without one."""
        return max([queue[-1].event_time for kind in kinds if (queue := self._of[kind])], default=None)

    def next_known_time(self) -> float | None:
        """Return the time of the first event that is neither noise nor the check of a condition; `None` without one."""
        return self.first_time(Coming.EVENT, Coming.REPEATED_VALIDATION)

    @property
    def has_conditions(self) -> bool:
        """Whether a condition is to be checked that is no noise."""
        return self.has(Coming.CONDITION, Coming.REPEATED_CONDITION)

    def time_of(self, event_id: str) -> float | None:
        """Return the time of an event, in epoch seconds; `None` without one, and for the check of a condition."""
        return self._times.get(event_id)


class SimulatedEventQueue(EventQueue):
    """The scheduled events, sorted by time; events of equal time in the order of the script.

    Attributes:
        future_events: The events.
    """

    future_events: FutureEvents

    def __init__(self) -> None:
        self._position: dict[str, int] = {}
        super().__init__(future_events=FutureEvents(self._sort_key))

    def number(self, events: list[AbstractEvent]) -> None:
        """Fix the order of events of equal time; all later events come behind them."""
        for event in events:
            self._position.setdefault(event.event_id, len(self._position))

    def put(self, events: AbstractEvent | list[AbstractEvent]) -> None:
        """Schedule events, each once."""
        self.number(events if isinstance(events, list) else [events])
        super().put(events)

    def pop_events_to_process(self, timestamp: float) -> list[AbstractEvent]:
        """Remove the events that are due at `timestamp` (epoch seconds), and return them."""
        due = []
        while (event := self.future_events.peek()) is not None and event.event_time <= timestamp:
            due.append(self.future_events.get())
        return due

    def _sort_key(self, event: AbstractEvent) -> tuple[float, int]:
        return event.event_time, self._position[event.event_id]
