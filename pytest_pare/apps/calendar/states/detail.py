"""One event."""

from __future__ import annotations

from dataclasses import asdict

from are.simulation.apps.calendar import CalendarEvent

from pytest_pare.apps.calendar.inputs import date_text
from pytest_pare.apps.calendar.states.edit import EditDraft
from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


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
        """Check that the event exists."""
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
        """Return a draft with the content of the event."""
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
