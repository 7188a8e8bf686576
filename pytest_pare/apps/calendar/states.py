"""The screens of the calendar."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.calendar import DATETIME_FORMAT, CalendarEvent

from pytest_pare.apps.core import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool

DATE_FORMAT = "%Y-%m-%d"


@dataclass
class EditDraft:
    """An event that is being written.

    Attributes:
        title: Title.
        start_datetime: Begin, YYYY-MM-DD HH:MM:SS; now where it is not set.
        end_datetime: End, YYYY-MM-DD HH:MM:SS; in an hour where it is not set.
        tag: Tag.
        description: Description.
        location: Place.
        attendees: Names.
        event_id: Id of the event that is edited; `None` for a new one.
    """

    title: str = "Event"
    start_datetime: str | None = None
    end_datetime: str | None = None
    tag: str | None = None
    description: str | None = None
    location: str | None = None
    attendees: list[str] = field(default_factory=list)
    event_id: str | None = None


class AgendaView(AppState):
    """The events of a day, or of another span of time.

    Args:
        start_datetime: Begin of the span, YYYY-MM-DD HH:MM:SS.
        end_datetime: End of the span, YYYY-MM-DD HH:MM:SS.
        tag_filter: Show only the events with this tag.
        attendee_filter: Show only the events with an attendee in whose name this is found, whatever the case.
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
        """Return another view, like this one but for `changes`."""
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
        return self.shown(tag_filter=_given(tag, "Tag"))

    @screen_tool()
    def filter_by_attendee(self, attendee: str) -> list[CalendarEvent]:
        """Show only the events with an attendee, of those that are shown.

        :param attendee: The attendee's name or a part of it.
        :returns: The events that are shown now.
        """
        return self.shown(attendee_filter=_given(attendee, "Attendee"))

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
        # A list of its own: ARE adds to it, and this one is in the log.
        names = list(attendees or [])
        event_id: str = self.app.add_calendar_event_by_attendee(
            _given(who_add, "Attendee"), title, start_datetime, end_datetime, tag, description, location, names
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
        return day_of(_parsed(date, DATE_FORMAT))

    @screen_tool()
    def start_create_event(self) -> str:
        """Begin a new event.

        :returns: A confirmation.
        """
        return "A new event is begun."


class EventDetail(AppState):
    """One event.

    Args:
        event_id: Id of the event.
    """

    def __init__(self, event_id: str) -> None:
        self.event_id = event_id

    @property
    def event(self) -> CalendarEvent:
        """The event that is shown."""
        return self.app.get_calendar_event(self.event_id)

    def on_enter(self) -> None:
        """Refuse to show an event that is not there."""
        _ = self.event

    def is_valid(self) -> bool:
        """Tell whether the event is still in the calendar."""
        return self.event_id in self.app.events

    @screen_tool()
    def refresh(self) -> CalendarEvent:
        """Show this event again.

        :returns: The event.
        """
        return self.event

    @screen_tool(WRITE)
    def delete(self) -> str:
        """Delete this event.

        :returns: A confirmation.
        """
        message: str = self.app.delete_calendar_event(self.event_id)
        return message

    @screen_tool(WRITE)
    def delete_by_attendee(self, who_delete: str) -> str:
        """Delete this event on behalf of one of its attendees.

        :param who_delete: Name of the attendee.
        :returns: A confirmation.
        """
        message: str = self.app.delete_calendar_event_by_attendee(self.event_id, who_delete)
        return message

    @screen_tool()
    def list_attendees(self) -> list[str]:
        """List who takes part in this event.

        :returns: The names.
        """
        return list(self.event.attendees)

    @screen_tool()
    def edit_event(self) -> dict[str, object]:
        """Begin to edit this event; nothing changes before it is saved.

        :returns: The draft.
        """
        return asdict(self.edit_draft())

    def edit_draft(self) -> EditDraft:
        """Return a draft that says what the event says."""
        event = self.event
        return EditDraft(
            title=event.title,
            start_datetime=date_text(event.start_datetime),
            end_datetime=date_text(event.end_datetime),
            tag=event.tag,
            description=event.description,
            location=event.location,
            attendees=list(event.attendees),
            event_id=event.event_id,
        )


class EditEvent(AppState):
    """An event that is being written.

    Args:
        draft: What is written so far.
    """

    def __init__(self, draft: EditDraft | None = None) -> None:
        self.draft = draft or EditDraft()

    @screen_tool()
    def set_title(self, title: str) -> dict[str, object]:
        """Set the title of the event.

        :param title: The title.
        :returns: The draft.
        """
        return self._changed(title=_given(title, "Title"))

    @screen_tool()
    def set_time_range(self, start_datetime: str, end_datetime: str) -> dict[str, object]:
        """Set when the event is.

        :param start_datetime: Begin, YYYY-MM-DD HH:MM:SS.
        :param end_datetime: End, YYYY-MM-DD HH:MM:SS.
        :returns: The draft.
        """
        if timestamp(start_datetime) > timestamp(end_datetime):
            raise ValueError("Start time cannot be after end time.")
        return self._changed(start_datetime=start_datetime, end_datetime=end_datetime)

    @screen_tool()
    def set_tag(self, tag: str | None) -> dict[str, object]:
        """Set the tag of the event.

        :param tag: The tag; null for none.
        :returns: The draft.
        """
        return self._changed(tag=tag or None)

    @screen_tool()
    def set_description(self, description: str | None) -> dict[str, object]:
        """Set the description of the event.

        :param description: The description; null for none.
        :returns: The draft.
        """
        return self._changed(description=description or None)

    @screen_tool()
    def set_location(self, location: str | None) -> dict[str, object]:
        """Set where the event is.

        :param location: The location; null for none.
        :returns: The draft.
        """
        return self._changed(location=location or None)

    @screen_tool()
    def set_attendees(self, attendees: list[str]) -> dict[str, object]:
        """Set who takes part in the event.

        :param attendees: Names; an empty list for nobody.
        :returns: The draft.
        """
        return self._changed(attendees=list(dict.fromkeys(_given(name, "Attendee") for name in attendees)))

    @screen_tool()
    def add_attendee(self, attendee: str) -> dict[str, object]:
        """Add somebody who takes part in the event.

        :param attendee: The name.
        :returns: The draft.
        """
        return self._changed(attendees=list(dict.fromkeys([*self.draft.attendees, _given(attendee, "Attendee")])))

    @screen_tool()
    def remove_attendee(self, attendee: str) -> dict[str, object]:
        """Remove somebody who takes part in the event.

        :param attendee: The name.
        :returns: The draft.
        """
        if attendee not in self.draft.attendees:
            raise ValueError(f"{attendee} is not an attendee of the event.")
        return self._changed(attendees=[name for name in self.draft.attendees if name != attendee])

    @screen_tool(WRITE)
    def save(self) -> str:
        """Keep the event as it is written.

        :returns: Id of the event.
        """
        draft = self.draft
        start, end = draft.start_datetime, draft.end_datetime
        if draft.event_id is None:
            event_id: str = self.app.add_calendar_event(
                draft.title, start, end, draft.tag, draft.description, draft.location, list(draft.attendees)
            )
            return event_id
        event = self.app.events.get(draft.event_id)
        self.app.edit_calendar_event(
            draft.event_id,
            draft.title,
            # A time that was left alone keeps its fractions of a second.
            None if event and start == date_text(event.start_datetime) else start,
            None if event and end == date_text(event.end_datetime) else end,
            draft.tag or "",
            draft.description or "",
            draft.location or "",
            list(draft.attendees),
        )
        return draft.event_id

    @screen_tool()
    def discard(self) -> str:
        """Throw away what was written.

        :returns: A confirmation.
        """
        return "The changes are discarded."

    def _changed(self, **changes: Any) -> dict[str, object]:
        vars(self.draft).update(changes)
        return asdict(self.draft)


def day_of(moment: datetime) -> dict[str, str]:
    """Return begin and end of the day, as `AgendaView` takes them."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "start_datetime": date_text(midnight.timestamp()),
        "end_datetime": date_text((midnight + timedelta(days=1)).timestamp()),
    }


def timestamp(date: str) -> float:
    """Return a time that is written YYYY-MM-DD HH:MM:SS in epoch seconds.

    Raises:
        ValueError: If it is written otherwise.
    """
    return _parsed(date, DATETIME_FORMAT).timestamp()


def _parsed(date: str, written: str) -> datetime:
    try:
        return datetime.strptime(date, written).replace(tzinfo=UTC)
    except ValueError:
        form = "YYYY-MM-DD" if written == DATE_FORMAT else "YYYY-MM-DD HH:MM:SS"
        raise ValueError(f"Invalid datetime format. Please use {form}") from None


def date_text(moment: float) -> str:
    """Return a time in epoch seconds, written YYYY-MM-DD HH:MM:SS."""
    # Not by strftime, which writes years before 1000 with fewer than the four digits that strptime wants.
    return datetime.fromtimestamp(moment, tz=UTC).replace(tzinfo=None).isoformat(" ", "seconds")


def _given(text: str, what: str) -> str:
    if not text.strip():
        raise ValueError(f"{what} cannot be empty.")
    return text
