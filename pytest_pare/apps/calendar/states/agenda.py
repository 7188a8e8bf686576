"""The events of a day, or of another span of time."""

from __future__ import annotations

from typing import Any

from are.simulation.apps.calendar import CalendarEvent

from pytest_pare.apps.calendar.inputs import day_of, not_blank, parse_day
from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


class AgendaView(AppState):
    """The events of a day, or of another span of time.

    Args:
        start_datetime: Begin of the span, YYYY-MM-DD HH:MM:SS.
        end_datetime: End of the span, YYYY-MM-DD HH:MM:SS.
        tag_filter: Show only the events with this tag.
        attendee_filter: Show only the events with an attendee whose name contains this text, in any case.
    """

    def __init__(
        self,
        *,
        start_datetime: str,
        end_datetime: str,
        tag_filter: str | None = None,
        attendee_filter: str | None = None,
    ) -> None:
        self.start_datetime = start_datetime
        self.end_datetime = end_datetime
        self.tag_filter = tag_filter
        self.attendee_filter = attendee_filter

    def but(self, **changes: Any) -> AgendaView:
        """Return a copy of this view with `changes`."""
        arguments = ("start_datetime", "end_datetime", "tag_filter", "attendee_filter")
        return AgendaView(**{name: getattr(self, name) for name in arguments} | changes)

    def shown(self, **changes: Any) -> list[CalendarEvent]:
        """Return the events of this view, or of one with other filters, in the order in which they were added."""
        view = self.but(**changes)
        everything = len(self.app.events)
        found = self.app.get_calendar_events_from_to(view.start_datetime, view.end_datetime, 0, everything)
        name = (view.attendee_filter or "").lower()
        return [
            event
            for event in found["events"]
            if (not view.tag_filter or event.tag == view.tag_filter)
            and (not name or any(name in attendee.lower() for attendee in event.attendees))
        ]

    @screen_tool()
    def list_events(self, offset: int = 0, limit: int = 10) -> dict[str, object]:
        """List the events that are shown: those of the day, or those among them that pass the filters.

        :param offset: How many events to pass over.
        :param limit: How many events to list at most.
        :returns: The events, their range in the list, and the total number.
        """
        if offset < 0 or limit < 0:
            raise ValueError("Offset and limit must be non-negative")
        events = self.shown()
        page = events[offset : offset + limit]
        return {"events": page, "range": (offset, offset + len(page)), "total": len(events)}

    @screen_tool()
    def search_events(self, query: str) -> list[CalendarEvent]:
        """Search the whole calendar for events whose title, description, location or attendees hold the query.

        :param query: The text to look for.
        :returns: The events that match.
        """
        found: list[CalendarEvent] = self.app.search_events(query)
        return found

    @screen_tool()
    def open_event_by_id(self, event_id: str) -> CalendarEvent:
        """Open an event, of whatever day.

        :param event_id: Id of the event.
        :returns: The event.
        """
        return self.app.get_calendar_event(event_id)

    @screen_tool()
    def open_event_by_index(self, index: int) -> CalendarEvent:
        """Open the event at a place of the list that is shown.

        :param index: Place in the list, from 0.
        :returns: The event.
        """
        events = self.shown()
        if not 0 <= index < len(events):
            raise ValueError(f"Calendar Event with index {index} does not exist; {len(events)} are shown.")
        return events[index]

    @screen_tool()
    def filter_by_tag(self, tag: str) -> list[CalendarEvent]:
        """Show only the events with a tag, of those that are shown.

        :param tag: The tag.
        :returns: The events that are shown now.
        """
        return self.shown(tag_filter=not_blank(tag, "Tag"))

    @screen_tool()
    def filter_by_attendee(self, attendee: str) -> list[CalendarEvent]:
        """Show only the events with an attendee, of those that are shown.

        :param attendee: The attendee's name or a part of it.
        :returns: The events that are shown now.
        """
        return self.shown(attendee_filter=not_blank(attendee, "Attendee"))

    @screen_tool(WRITE)
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
        """Add an event on behalf of one of its attendees.

        :param who_add: Name of the attendee who adds the event.
        :param title: Title of the event.
        :param start_datetime: Begin of the event, YYYY-MM-DD HH:MM:SS; now if it is not given.
        :param end_datetime: End of the event, YYYY-MM-DD HH:MM:SS; an hour after its begin if it is not given.
        :param tag: Tag of the event.
        :param description: Description of the event.
        :param location: Location of the event.
        :param attendees: Full names of the attendees; who_add is added to them.
        :returns: Id of the event.
        """
        # A new list: ARE adds to the list that it gets, and the log holds this one.
        names = list(attendees or [])
        event_id: str = self.app.add_calendar_event_by_attendee(
            not_blank(who_add, "Attendee"), title, start_datetime, end_datetime, tag, description, location, names
        )
        return event_id

    @screen_tool()
    def read_today_calendar_events(self) -> dict[str, object]:
        """List today's events, whatever day is shown.

        :returns: The first events, their range in the list, and the total number.
        """
        return dict(self.app.read_today_calendar_events())

    @screen_tool()
    def get_all_tags(self) -> list[str]:
        """List the tags that events have.

        :returns: The tags.
        """
        tags: list[str] = self.app.get_all_tags()
        return tags

    @screen_tool()
    def get_calendar_events_by_tag(self, tag: str) -> list[CalendarEvent]:
        """Find the events with a tag in the whole calendar.

        :param tag: The tag.
        :returns: The events.
        """
        found: list[CalendarEvent] = self.app.get_calendar_events_by_tag(tag)
        return found

    @screen_tool()
    def set_day(self, date: str) -> dict[str, str]:
        """Show another day; the filters stay.

        :param date: The day, YYYY-MM-DD.
        :returns: Begin and end of the day.
        """
        return day_of(parse_day(date))

    @screen_tool()
    def start_create_event(self) -> str:
        """Begin a new event.

        :returns: A confirmation.
        """
        return "A new event is begun."
