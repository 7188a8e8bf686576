"""Event log, trace and message queue in the order of (time, creation).

ARE breaks ties between equal times by random ids, or not at all.
"""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from are.simulation.notification_system import Message, MessageQueue, MessageType
from are.simulation.types import (
    CompletedEvent,
    EventLog,
)

from pytest_pare.base.redaction import redacted
from pytest_pare.scenarios.placeholders import results_of
from pytest_pare.simulation.trace_entries import EngineCall, TraceEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from are.simulation.types import EventMetadata

# An event has at most 1000 characters, and is on one line.
_LOG_WIDTH = 2000
_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")


class TimeOrdered(Generic[T]):
    """A list that stays sorted by time. Items of equal time keep the order in which they were put.

    It has the methods of ARE's `PriorityQueue` that ARE's own code calls.

    Args:
        key: Returns what an item is sorted by.

    Attributes:
        shifts: How often items were put before others, which have another index since.
    """

    def __init__(self, key: Callable[[T], Any]) -> None:
        self.shifts = 0
        self._key = key
        self._items: list[T] = []
        # Items before this index are taken. To remove each at once would move all others each time. Without other items
        # there are none of them.
        self._start = 0

    def put(self, item: T) -> None:
        """Insert an item behind all that are not later."""
        items, key = self._items, self._key(item)
        if not items or self._key(items[-1]) <= key:
            items.append(item)
        else:
            self.shifts += 1
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
        return self._items[self._start] if self._items else None

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

    def since(self, index: int) -> list[T]:
        """Return the items from an index on, which is not negative."""
        return self._items[self._start + index :]

    def __getitem__(self, index: int) -> T:
        return self._items[self._place(index)]

    def __setitem__(self, index: int, item: T) -> None:
        """Replace an item by one of the same time."""
        self._items[self._place(index)] = item

    def __delitem__(self, index: int) -> None:
        self.shifts += 1
        del self._items[self._place(index)]
        del self._items[: self._start]
        self._start = 0

    def _place(self, index: int) -> int:
        return range(self._start, len(self._items))[index]


class TraceEntries(TimeOrdered[TraceEvent | EngineCall]):
    """The entries of a trace, sorted by time. Each is logged when it is added."""

    def __init__(self) -> None:
        super().__init__(attrgetter("time"))
        self._modes: dict[str, str | None] = {}
        # The indexes of the entries with a fault, sorted.
        self._faulty: list[int] = []

    def mode_of(self, event_id: str) -> str | None:
        """Return the mode of the agent at an event; `None` without agents, or without such an event."""
        return self._modes.get(event_id)

    @property
    def faulty(self) -> list[Any]:
        """The events with a fault of the agent's tools or of the user, in order."""
        return [self[index] for index in self._faulty]

    def __setitem__(self, index: int, item: TraceEvent | EngineCall) -> None:
        """Replace an entry by one of the same time."""
        super().__setitem__(index, item)
        index = range(len(self))[index]
        place = bisect_left(self._faulty, index)
        is_known = self._faulty[place : place + 1] == [index]
        self._faulty[place : place + is_known] = [index] if _is_faulty(item) else []

    def put(self, item: TraceEvent | EngineCall) -> None:
        """Add an entry."""
        shifts = self.shifts
        super().put(item)
        if isinstance(item, TraceEvent):
            self._modes[item.event_id] = item.mode
        if self.shifts != shifts:
            self._faulty = [index for index, entry in enumerate(self) if _is_faulty(entry)]
        elif _is_faulty(item):
            self._faulty.append(len(self) - 1)
        if isinstance(item, EngineCall):
            if _LOGGER.isEnabledFor(logging.DEBUG):
                said = redacted(str(item.response or item.error))
                _LOGGER.debug("+%g %s engine %s: %s", item.time, item.role, item.model, said)
        elif _LOGGER.isEnabledFor(logging.INFO):
            _LOGGER.info("\n".join(item.to_lines(_LOG_WIDTH)))


def _is_faulty(entry: TraceEvent | EngineCall) -> bool:
    return isinstance(entry, TraceEvent) and bool(entry.fault) and entry.kind in ("AGENT", "USER")


class SimulatedEventLog(EventLog):
    """The event log, sorted by time; events of equal time in the order in which they happened."""

    def __init__(self) -> None:
        super().__init__(past_events=TimeOrdered[CompletedEvent](attrgetter("event_time")))
        self._results: dict[str, EventMetadata] = {}
        # The number of events in the results, and the shifts of the log then.
        self._known = (0, 0)

    def results(self) -> Mapping[str, EventMetadata]:
        """Return the results of the events, as `results_of` does; only new events are looked at."""
        events = self.past_events
        known, shifts = self._known
        if shifts != events.shifts:
            self._results, known = {}, 0
        new = results_of(events.since(known))
        for event_id, result in new.items():
            self._results.setdefault(event_id, result)
        self._known = (len(events), events.shifts)
        return self._results


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
        for message in self.messages:
            if message.timestamp > timestamp:
                break
            due.append(self.messages.get())
        return due
