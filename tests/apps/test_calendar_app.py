"""The calendar: our own behaviour, and corrections of ARE's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from are.simulation.apps.calendar import CalendarEvent
from are.simulation.types import CompletedEvent
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import StatefulCalendarApp
from pytest_pare.are.world import World

NOON = datetime(2025, 3, 13, 12, 0, tzinfo=UTC).timestamp()


@pytest.fixture
def calendar() -> Iterator[StatefulCalendarApp]:
    with World("calendar", NOON).active():
        yield StatefulCalendarApp(name="Calendar")


@pytest.fixture
def dinner(calendar: StatefulCalendarApp) -> CalendarEvent:
    event_id = calendar.add_calendar_event(
        "Dinner", "2025-03-13 18:00:00", "2025-03-13 20:00:00", "food", "at Luigi's", "Bergen", ["Ann"]
    )
    event = calendar.events[event_id]
    assert isinstance(event, CalendarEvent)
    return event


CHANGES: dict[str, tuple[Any, Any]] = {
    "title": ("Supper", "Supper"),
    "start_datetime": ("2025-03-13 19:00:00", NOON + 7 * 3600),
    "end_datetime": ("2025-03-13 21:00:00", NOON + 9 * 3600),
    "tag": ("fun", "fun"),
    "description": ("at Mario's", "at Mario's"),
    "location": ("Oslo", "Oslo"),
    "attendees": (["Bob"], ["Bob"]),
}


@given(names=st.sets(st.sampled_from(sorted(CHANGES))))
def test_an_edit_changes_what_is_given_and_nothing_else(names: set[str]) -> None:
    with World("calendar", NOON).active():
        calendar = StatefulCalendarApp()
        event_id = calendar.add_calendar_event("Dinner", "2025-03-13 18:00:00", "2025-03-13 20:00:00")
        before = dict(vars(calendar.events[event_id]))
        message = calendar.edit_calendar_event(event_id, **{name: CHANGES[name][0] for name in names})
    after = dict(vars(calendar.events[event_id]))
    assert message == f"Calendar event {event_id} successfully edited"
    assert {name: after[name] for name in names} == {name: CHANGES[name][1] for name in names}
    # The texts of the times follow the times.
    texts = {"start_strftime": "start_datetime", "end_strftime": "end_datetime"}
    for name, value in after.items():
        if texts.get(name, name) not in names:
            assert value == before[name]
        elif name in texts:
            assert CHANGES[texts[name]][0] in value


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"title": "Supper", "start_datetime": "at seven"}, "Invalid datetime format"),
        ({"title": "Supper", "start_datetime": "2025-03-13 21:00:00"}, "Start time cannot be after end time"),
        ({"location": "Oslo", "end_datetime": "2025-03-13 17:00:00"}, "Start time cannot be after end time"),
    ],
)
def test_an_edit_that_is_refused_changes_nothing(
    calendar: StatefulCalendarApp, dinner: CalendarEvent, changes: dict[str, str], reason: str
) -> None:
    """ARE keeps the changes before the error."""
    before = dict(vars(dinner))
    with pytest.raises(ValueError, match=reason):
        calendar.edit_calendar_event(dinner.event_id, **changes)
    assert vars(dinner) == before


def test_an_event_that_is_edited_stays_the_same_object(calendar: StatefulCalendarApp, dinner: CalendarEvent) -> None:
    calendar.edit_calendar_event(dinner.event_id, title="Supper")
    assert calendar.events[dinner.event_id] is dinner


def test_an_unknown_event_cannot_be_edited(calendar: StatefulCalendarApp) -> None:
    with pytest.raises(IndexError, match="nope does not exist"):
        calendar.edit_calendar_event("nope", title="Supper")


def test_an_edit_is_one_event_and_a_write(calendar: StatefulCalendarApp, dinner: CalendarEvent) -> None:
    events: list[CompletedEvent] = []
    calendar.register_to_env("test", events.append)
    calendar.edit_calendar_event(dinner.event_id, title="Supper")
    ((function, operation),) = [(event.function_name(), event.action.operation_type.name) for event in events]
    assert (function, operation) == ("edit_calendar_event", "WRITE")


def test_tags_are_sorted(calendar: StatefulCalendarApp) -> None:
    """ARE returns them in the order of a set, which differs from process to process."""
    for tag in ["work", "fun", None, "fun", "", "art"]:
        calendar.add_calendar_event(tag=tag)
    assert calendar.get_all_tags() == ["art", "fun", "work"]


def test_an_event_without_times_begins_now(calendar: StatefulCalendarApp) -> None:
    event = calendar.events[calendar.add_calendar_event()]
    assert (event.start_datetime, event.end_datetime) == (NOON, NOON + 3600)
    assert [e.event_id for e in calendar.read_today_calendar_events()["events"]] == [event.event_id]
