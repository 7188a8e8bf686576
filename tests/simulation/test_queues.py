"""The order of what happens at equal times, and what ARE's own code asks of its queues."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.notification_system import Message, MessageType
from are.simulation.types import CompletedEvent, ConditionCheckEvent, Event, EventMetadata, ValidationEvent
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.scenarios.placeholders import results_of
from pytest_pare.simulation.event_queue import Coming, SimulatedEventQueue
from pytest_pare.simulation.queues import SimulatedEventLog, SimulatedMessageQueue, TimeOrdered, TraceEntries
from pytest_pare.simulation.trace_entries import TraceEvent

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES = st.lists(st.integers(0, 5), max_size=30)


@given(TIMES)
def test_items_come_by_time_and_then_as_they_were_put(times: list[int]) -> None:
    queue = TimeOrdered[tuple[int, int]](lambda item: item[0])
    items = [(time, number) for number, time in enumerate(times)]
    for item in items:
        queue.put(item)
    assert list(queue) == sorted(items)  # by time, then by number
    assert len(queue) == queue.qsize() == len(items)
    assert queue.empty() == (not items)
    assert queue.peek() == (min(items) if items else None)
    assert [queue.get() for _ in items] == sorted(items)


def test_items_can_be_read_and_deleted_by_index_and_while_others_are_put() -> None:
    queue = TimeOrdered[int](lambda item: item)
    for item in (3, 1, 2):
        queue.put(item)
    assert (queue[0], queue[-1]) == (1, 3)
    del queue[0]
    seen = []
    for item in queue:
        seen.append(item)
        if item == 2:
            queue.put(9)
    assert (seen, list(queue)) == ([2, 3], [2, 3, 9])


@given(st.lists(st.none() | st.integers(0, 5), max_size=60))
def test_items_are_put_and_taken_in_turn_as_in_a_sorted_list(steps: list[int | None]) -> None:
    queue, model = TimeOrdered[tuple[int, int]](lambda item: item[0]), list[tuple[int, int]]()
    for number, time in enumerate(steps):
        if time is None and model:
            assert queue.get() == model.pop(0)
        elif time is not None:
            queue.put((time, number))
            model = sorted([*model, (time, number)])
        assert list(queue) == model == [queue[index] for index in range(len(queue))]
        assert queue.peek() == next(iter(model), None)
        if model:
            assert queue[-1] == model[-1]
    with pytest.raises(IndexError):
        queue[len(model)]


def test_to_take_items_moves_few_others() -> None:
    moved = 0

    class Counting(list[int]):
        def __delitem__(self, index: Any) -> None:
            nonlocal moved
            moved += len(self) - index.stop
            super().__delitem__(index)

    queue = TimeOrdered[int](lambda item: item)
    queue._items = Counting(range(1000))
    assert [queue.get() for _ in range(1000)] == list(range(1000))
    assert moved < 1000


KINDS: dict[Coming, Callable[[str], Any]] = {
    Coming.EVENT: lambda name: Event(event_id=name),
    Coming.CONDITION: lambda name: ConditionCheckEvent(event_id=name),
    Coming.REPEATED_CONDITION: lambda name: ConditionCheckEvent(event_id=name, _internal_check_count=1),
    Coming.REPEATED_VALIDATION: lambda name: ValidationEvent(event_id=name, _internal_check_count=1),
    Coming.NOISE: lambda name: Event(event_id=f"env_expansion_{name}"),
}


@given(st.lists(st.tuples(st.sampled_from(Coming), st.integers(0, 5)), max_size=30), st.integers(0, 30))
def test_the_queue_has_the_first_and_the_last_event_of_each_kind(coming: list[Any], taken: int) -> None:
    queue = SimulatedEventQueue()
    for number, (kind, time) in enumerate(coming):
        one = KINDS[kind](str(number))
        one.event_time = time
        queue.put(one)
    future = queue.future_events
    for _ in range(min(taken, len(coming))):
        future.get()
    left = list(future)
    for kind in Coming:
        times = [one.event_time for one in left if Coming.of(one) is kind]
        assert (future.first_time(kind), future.last_time(kind)) == (min(times, default=None), max(times, default=None))
        assert future.has(kind) == bool(times)
    assert all(future.time_of(one.event_id) == one.event_time for one in left if type(one) is not ConditionCheckEvent)
    known = [one.event_time for one in left if Coming.of(one) in (Coming.EVENT, Coming.REPEATED_VALIDATION)]
    assert future.next_known_time() == min(known, default=None)


def entry(number: int, time: float, *, fault: str | None = None) -> TraceEvent:
    return TraceEvent(time, "AGENT", str(number), None, None, "f", {}, None, None, mode="observe", fault=fault)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 30), st.booleans()), max_size=30))
def test_the_trace_has_its_faults_in_order_also_those_that_are_set_later(steps: list[Any]) -> None:
    entries = TraceEntries()
    for number, (time, is_faulty, index, is_set) in enumerate(steps):
        entries.put(entry(number, time, fault="fails" if is_faulty else None))
        place = index % len(entries)
        changed: Any = entries[place]
        entries[place] = replace(changed, fault="fails" if is_set else None)
        assert entries.faulty == [one for one in entries if isinstance(one, TraceEvent) and one.fault]
    assert all(entries.mode_of(str(number)) == "observe" for number in range(len(steps)))
    assert entries.mode_of("none") is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans()), max_size=20))
def test_the_results_of_the_log_are_those_of_all_its_events(events: list[Any]) -> None:
    log = SimulatedEventLog()
    for number, (time, name, failed) in enumerate(events):
        metadata = EventMetadata(return_value=number, exception="no" if failed else None)
        log.put(CompletedEvent(event_id=str(name), event_time=time, metadata=metadata))
        assert log.results() == results_of(log.list_view())


def event(name: str, time: float) -> Event:
    return Event(event_id=name, event_time=time)


@given(st.permutations(range(6)), TIMES)
def test_events_of_one_time_happen_in_the_order_in_which_they_were_numbered(order: list[int], times: list[int]) -> None:
    times = [*times, *[0] * 6][:6]
    events = [event(str(number), times[number]) for number in range(6)]
    queue = SimulatedEventQueue()
    queue.number(events)
    for number in order:
        queue.put(events[number])
    due = queue.pop_events_to_process(3)
    assert due == sorted((e for e in events if e.event_time <= 3), key=lambda e: (e.event_time, e.event_id))
    assert len(queue) == 6 - len(due)


def test_an_event_that_was_not_numbered_comes_last() -> None:
    queue = SimulatedEventQueue()
    first, last = event("a", 1), event("b", 1)
    queue.number([first])
    queue.put([last, first])
    assert queue.list_view() == [first, last]
    assert queue.peek() is first


def test_an_event_is_scheduled_once_and_a_condition_as_often_as_it_is_asked() -> None:
    queue = SimulatedEventQueue()
    queue.put(event("a", 1))
    queue.put(event("a", 2))
    condition = ConditionCheckEvent.from_condition(lambda env: True)
    condition.event_time = 3
    queue.put(condition)
    queue.put(condition)
    assert [e.event_time for e in queue.list_view()] == [1, 3, 3]
    assert [e.event_time for e in queue.pop_events_to_process(3)] == [1, 3, 3]


@given(TIMES)
def test_the_log_is_by_time_and_then_as_it_was_written(times: list[int]) -> None:
    log = SimulatedEventLog()
    for number, time in enumerate(times):
        log.put(CompletedEvent(event_id=str(number), event_time=time, metadata=EventMetadata()))
    expected = [str(number) for time, number in sorted((time, number) for number, time in enumerate(times))]
    assert [e.event_id for e in log.list_view()] == expected
    assert len(log) == len(times)


def test_the_log_keeps_a_copy() -> None:
    log = SimulatedEventLog()
    original = CompletedEvent(event_id="a", event_time=1, metadata=EventMetadata())
    log.put(original)
    original.event_id = "b"
    assert [e.event_id for e in log.list_view()] == ["a"]


def message(text: str, seconds: float) -> Any:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    return Message(MessageType.USER_MESSAGE, text, start + timedelta(seconds=seconds))


@pytest.mark.parametrize(("until", "taken"), [(0, []), (1, ["b", "c"]), (9, ["b", "c", "a"])])
def test_messages_are_taken_out_by_time_and_then_as_they_were_sent(until: float, taken: list[str]) -> None:
    queue = SimulatedMessageQueue()
    for text, seconds in (("a", 2), ("b", 1), ("c", 1)):
        queue.put(message(text, seconds))
    moment = message("", until).timestamp
    assert queue.has_new_messages(moment) == bool(taken)
    assert [m.message for m in queue.get_by_timestamp(moment)] == taken
    assert len(queue.list_view()) == 3 - len(taken)
    assert not queue.has_new_messages(moment)
    assert not queue.has_environment_stop_message()
