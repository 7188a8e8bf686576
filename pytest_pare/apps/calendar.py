"""Calendar."""

from __future__ import annotations

from are.simulation.apps.calendar_v2 import CalendarV2
from are.simulation.tool_utils import OperationType, app_tool, data_tool
from are.simulation.types import disable_events, event_registered
from are.simulation.utils import type_check

from pytest_pare.apps.core import StatefulApp


class StatefulCalendarApp(StatefulApp, CalendarV2):
    """The phone's calendar. All its dates are in UTC."""

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

        :param event_id: Id
        :param title: Title of the event
        :param start_datetime: Start datetime of the event in the format of YYYY-MM-DD HH:MM:SS
        :param end_datetime: End datetime of the event in the format of YYYY-MM-DD HH:MM:SS
        :param tag: Tag of the event
        :param description: Description of the event
        :param location: Location of the event
        :param attendees: List of attendees names
        :returns: Message if successful, otherwise raise IndexError
        """
        # ARE marks this one READ, and keeps the first changes when a later one is refused.
        before = dict(vars(self.events[event_id])) if event_id in self.events else None
        try:
            with disable_events():
                message: str = super().edit_calendar_event(
                    event_id, title, start_datetime, end_datetime, tag, description, location, attendees
                )
        except Exception:
            if before is not None:
                vars(self.events[event_id]).update(before)
            raise
        return message

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def get_all_tags(self) -> list[str]:
        """Get all tags from the calendar.

        :returns: List of tags.
        """
        # ARE gives them in the order of a set, which differs from process to process.
        return sorted({event.tag for event in self.events.values() if event.tag})
