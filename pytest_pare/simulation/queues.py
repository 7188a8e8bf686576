"""Event queue, event log and message queue in the order of (time, creation).

ARE breaks ties between equal times by random ids, or not at all.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from enum import Enum
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from are.simulation.notification_system import Message, MessageQueue, MessageType
from are.simulation.types import (
    AbstractEvent,
    CompletedEvent,
    ConditionCheckEvent,
    EventLog,
    EventQueue,
    ValidationEvent,
)

from pytest_pare.base.redaction import redacted
from pytest_pare.scenarios.noise.events import is_noise
from pytest_pare.simulation.trace_entries import EngineCall, TraceEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

# An event has at most 1000 characters, and is on one line.
_LOG_WIDTH = 2000
_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")


class TimeOrdered(Generic[T]):
    """A list that stays sorted by time. Items of equal time keep the order in which they were put.

    It has the methods of ARE's `PriorityQueue` that ARE's own code calls.

    Args:
        key: Returns what an item is sorted by.
    """

    def __init__(self, key: Callable[[T], Any]) -> None:
        self._key = key
        self._items: list[T] = []
        # Items before this index are taken. To remove each at once would move all others each time.
        self._start = 0

    def put(self, item: T) -> None:
        """Insert an item behind all that are not later."""
        items, key = self._items, self._key(item)
        if len(items) == self._start or self._key(items[-1]) <= key:
            items.append(item)
        else:
            items.insert(bisect_right(items, key, self._start, key=self._key), item)

    def get(self) -> T:
        """Remove the first item, and return it."""
        item = self._items[self._start]
        self._start += 1
        if 2 * self._start >= len(self._items):
            del self._items[: self._start]
            self._start = 0
        return item

    def peek(self) -> T | None:
        """Return the first item, or `None`."""
        return self._items[self._start] if self else None

    def empty(self) -> bool:
        """Return whether the list is empty."""
        return not self

    def qsize(self) -> int:
        """Return the number of items."""
        return len(self)

    def __len__(self) -> int:
        return len(self._items) - self._start

    def __iter__(self) -> Iterator[T]:
        return iter(self._items[self._start :])

    def __getitem__(self, index: int) -> T:
        return self._items[self._place(index)]

    def __setitem__(self, index: int, item: T) -> None:
        """Replace an item by one of the same time."""
        self._items[self._place(index)] = item

    def __delitem__(self, index: int) -> None:
        del self._items[self._place(index)]

    def _place(self, index: int) -> int:
        return range(self._start, len(self._items))[index]


class TraceEntries(TimeOrdered[TraceEvent | EngineCall]):
    """The entries of a trace, sorted by time. Each is logged when it is added."""

    def __init__(self) -> None:
        super().__init__(attrgetter("time"))

    def put(self, item: TraceEvent | EngineCall) -> None:
        """Add an entry."""
        super().put(item)
        if isinstance(item, EngineCall):
            if _LOGGER.isEnabledFor(logging.DEBUG):
                said = redacted(str(item.response or item.error))
                _LOGGER.debug("+%g %s engine %s: %s", item.time, item.role, item.model, said)
        elif _LOGGER.isEnabledFor(logging.INFO):
            _LOGGER.info("\n".join(item.to_lines(_LOG_WIDTH)))


class SimulatedEventLog(EventLog):
    """The event log, sorted by time; events of equal time in the order in which they happened."""

    def __init__(self) -> None:
        super().__init__(past_events=TimeOrdered[CompletedEvent](attrgetter("event_time")))


def is_repeated_check(event: AbstractEvent) -> bool:
    """Return whether an event checks a condition again."""
    return isinstance(event, ConditionCheckEvent | ValidationEvent) and event._internal_check_count > 0


class Coming(Enum):
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
        return any(self._of[kind] for kind in kinds)

    def first_time(self, *kinds: Coming) -> float | None:
        """Return the time of the first event of the kinds, in epoch seconds; `None` without one."""
        return min((self._of[kind][0].event_time for kind in kinds if self._of[kind]), default=None)

    def last_time(self, *kinds: Coming) -> float | None:
        """Return the time of the last event of the kinds, in epoch seconds; `None` without one."""
        return max((self._of[kind][-1].event_time for kind in kinds if self._of[kind]), default=None)

    def time_of(self, event_id: str) -> float | None:
        """Return the time of the event with an id, in epoch seconds; `None` without one."""
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


class SimulatedMessageQueue(MessageQueue):
    """Notifications by time; equal times in the order in which they were sent."""

    def __init__(self) -> None:
        self.messages = TimeOrdered[Message](attrgetter("timestamp"))

    def has_environment_stop_message(self) -> bool:
        """Return whether the queue has a stop message, of this project's or of ARE's message type."""
        return any(message.message_type.name == MessageType.ENVIRONMENT_STOP.name for message in self.messages)

    def get_by_timestamp(self, timestamp: datetime) -> list[Message]:
        """Remove all messages up to `timestamp`, and return them."""
        due = []
        while (message := self.messages.peek()) is not None and message.timestamp <= timestamp:
            due.append(self.messages.get())
        return due
