"""The form for a new event, or for changes of one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from pytest_pare.apps.calendar.inputs import date_text, not_blank, timestamp
from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


@dataclass
class EditDraft:
    """The content of an event that is being written.

    Attributes:
        title: Title.
        start_datetime: Begin, YYYY-MM-DD HH:MM:SS; default: now.
        end_datetime: End, YYYY-MM-DD HH:MM:SS; default: an hour after the start.
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
        return self._changed(title=not_blank(title, "Title"))

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
        return self._changed(attendees=list(dict.fromkeys(not_blank(name, "Attendee") for name in attendees)))

    @screen_tool()
    def add_attendee(self, attendee: str) -> dict[str, object]:
        """Add somebody who takes part in the event.

        :param attendee: The name.
        :returns: The draft.
        """
        return self._changed(attendees=list(dict.fromkeys([*self.draft.attendees, not_blank(attendee, "Attendee")])))

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
            # An unchanged time keeps its fraction of a second.
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
