"""Calendar."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar

from are.simulation.apps.calendar import CalendarEventsResult
from are.simulation.apps.calendar_v2 import CalendarV2
from are.simulation.tool_utils import OperationType, app_tool, data_tool, env_tool
from are.simulation.types import EventType, disable_events, event_registered
from are.simulation.utils import type_check

from pytest_pare.apps.calendar.inputs import date_text, day_of, timestamp
from pytest_pare.apps.calendar.states import AgendaView, EditEvent, EventDetail
from pytest_pare.apps.core import AppState, StatefulApp
from pytest_pare.apps.navigation import POP, push
from pytest_pare.apps.tool_decorators import described_as
from pytest_pare.are.signatures import signature

if TYPE_CHECKING:
    from collections.abc import Callable


def _hour_long(tool: Callable[..., str]) -> Callable[..., str]:
    """Return the function of ARE's tool with another default for the end: an hour after the start of the event.

    ARE's default is an hour from now, whatever the start is.
    """
    original = inspect.unwrap(tool)
    bind = signature(original).bind

    @described_as(tool)
    @wraps(original)
    def add(*args: Any, **kwargs: Any) -> str:
        bound = bind(*args, **kwargs)
        event = bound.arguments
        if event.get("start_datetime") is not None and event.get("end_datetime") is None:
            event["end_datetime"] = date_text(timestamp(event["start_datetime"]) + 3600)
        # A new list: ARE adds to the list that it gets, and the log holds that one.
        event["attendees"] = list(event.get("attendees") or [])
        event_id: str = original(*bound.args, **bound.kwargs)
        return event_id

    return add


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
        """Use another clock. The first screen shows its day."""
        super().register_time_manager(time_manager)
        if not self.navigation_stack:
            self.load_root_state()

    add_calendar_event = type_check(
        app_tool()(
            data_tool()(event_registered(operation_type=OperationType.WRITE)(_hour_long(CalendarV2.add_calendar_event)))
        )
    )
    add_calendar_event_by_attendee = type_check(
        env_tool()(
            data_tool()(
                event_registered(operation_type=OperationType.WRITE, event_type=EventType.ENV)(
                    _hour_long(CalendarV2.add_calendar_event_by_attendee)
                )
            )
        )
    )

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
        # ARE marks this tool READ, keeps the first changes when a later one fails, and cannot clear a field.
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
        # ARE logs a second event, for the call that it makes in turn.
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
        # ARE returns them in the order of a set, which differs from process to process.
        return sorted({event.tag for event in self.events.values() if event.tag})
