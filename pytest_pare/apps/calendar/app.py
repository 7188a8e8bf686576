"""Calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from are.simulation.apps.calendar import CalendarEventsResult
from are.simulation.apps.calendar_v2 import CalendarV2
from are.simulation.tool_utils import OperationType, app_tool, data_tool, env_tool
from are.simulation.types import EventType, disable_events, event_registered
from are.simulation.utils import type_check

from pytest_pare.apps.calendar.states import AgendaView, EditEvent, EventDetail, date_text, day_of, timestamp
from pytest_pare.apps.core import AppState, StatefulApp
from pytest_pare.apps.navigation import POP, push
from pytest_pare.apps.tool_decorators import described_as


class StatefulCalendarApp(StatefulApp, CalendarV2):
    """The phone's calendar. All its dates are in UTC."""

    root = AgendaView
    transitions: ClassVar = {
        AgendaView: {
            "open_event_by_id": push(EventDetail, lambda _, args, __: EventDetail(args["event_id"])),
            "open_event_by_index": push(EventDetail, lambda _, __, event: EventDetail(event.event_id)),
            "start_create_event": push(EditEvent),
            "filter_by_tag": push(AgendaView, lambda view, args, _: view.but(tag_filter=args["tag"])),
            "filter_by_attendee": push(AgendaView, lambda view, args, _: view.but(attendee_filter=args["attendee"])),
            "set_day": push(AgendaView, lambda view, _, day: view.but(**day)),
        },
        EventDetail: {
            "edit_event": push(EditEvent, lambda detail, _, __: EditEvent(detail.edit_draft())),
            "delete": POP,
            "delete_by_attendee": POP,
        },
        EditEvent: {"save": POP, "discard": POP},
    }

    def create_root_state(self) -> AppState:
        """Return a view of the current day, unfiltered."""
        return AgendaView(**day_of(datetime.fromtimestamp(self.time_manager.time(), tz=UTC)))

    def register_time_manager(self, time_manager: Any) -> None:
        """Live by another clock; the first screen shows its day."""
        super().register_time_manager(time_manager)
        if not self.navigation_stack:
            self.load_root_state()

    @type_check
    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.WRITE)
    @described_as(CalendarV2.add_calendar_event)
    def add_calendar_event(
        self,
        title: str = "Event",
        start_datetime: str | None = None,
        end_datetime: str | None = None,
        tag: str | None = None,
        description: str | None = None,
        location: str | None = None,
        attendees: list[str] | None = None,
    ) -> str:
        """Add an event. Without an end it lasts an hour."""
        # ARE's default for the end is an hour from now, whatever the start is.
        end = _hour_after(start_datetime) if end_datetime is None else end_datetime
        with disable_events():
            event_id: str = super().add_calendar_event(
                title, start_datetime, end, tag, description, location, list(attendees or [])
            )
        return event_id

    @type_check
    @env_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.WRITE, event_type=EventType.ENV)
    @described_as(CalendarV2.add_calendar_event_by_attendee)
    def add_calendar_event_by_attendee(
        self,
        who_add: str,
        title: str = "Event",
        start_datetime: str | None = None,
        end_datetime: str | None = None,
        tag: str | None = None,
        description: str | None = None,
        location: str | None = None,
        attendees: list[str] | None = None,
    ) -> str:
        """Add an event of someone else's. Without an end it lasts an hour."""
        end = _hour_after(start_datetime) if end_datetime is None else end_datetime
        with disable_events():
            event_id: str = super().add_calendar_event_by_attendee(
                who_add, title, start_datetime, end, tag, description, location, list(attendees or [])
            )
        return event_id

    @type_check
    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def edit_calendar_event(
        self,
        event_id: str,
        title: str | None = None,
        start_datetime: str | None = None,
        end_datetime: str | None = None,
        tag: str | None = None,
        description: str | None = None,
        location: str | None = None,
        attendees: list[str] | None = None,
    ) -> str:
        """Edit a calendar event details, update only not None parameters.

        An empty tag, description or location, or an empty list of attendees, clears what the event has.

        :param event_id: Id
        :param title: Title of the event
        :param start_datetime: Start datetime of the event in the format of YYYY-MM-DD HH:MM:SS
        :param end_datetime: End datetime of the event in the format of YYYY-MM-DD HH:MM:SS
        :param tag: Tag of the event
        :param description: Description of the event
        :param location: Location of the event
        :param attendees: List of attendees names
        :returns: Message if successful, otherwise raise IndexError.
        """
        # ARE marks this one READ, keeps the first changes when a later one is refused, and can clear nothing.
        if event_id not in self.events:
            raise IndexError(f"Calendar Event with id {event_id} does not exist.")
        event = self.events[event_id]
        changes: dict[str, Any] = {"title": title} if title else {}
        if start_datetime:
            changes["start_datetime"] = timestamp(start_datetime)
        if end_datetime:
            changes["end_datetime"] = timestamp(end_datetime)
        cleared = {"tag": tag, "description": description, "location": location}
        changes.update({name: value or None for name, value in cleared.items() if value is not None})
        if attendees is not None:
            changes["attendees"] = list(attendees)
        vars(event).update(vars(replace(event, **changes)))
        return f"Calendar event {event_id} successfully edited"

    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def read_today_calendar_events(self) -> CalendarEventsResult:
        """Read today's calendar events from the calendar.

        :returns: The first ten calendar events details, with additional metadata about their range and total number.
        """
        # ARE's registers a second event, of the call that it makes.
        with disable_events():
            today: CalendarEventsResult = super().read_today_calendar_events()
        return today

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def get_all_tags(self) -> list[str]:
        """Get all tags from the calendar.

        :returns: List of tags.
        """
        # ARE gives them in the order of a set, which differs from process to process.
        return sorted({event.tag for event in self.events.values() if event.tag})


def _hour_after(start_datetime: str | None) -> str | None:
    """Return the time an hour after a start; `None` for an event that starts now, for which ARE's default is right."""
    if start_datetime is None:
        return None
    return date_text(timestamp(start_datetime) + 3600)
