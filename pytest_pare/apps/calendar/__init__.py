"""Calendar."""

from pytest_pare.apps.calendar.app import StatefulCalendarApp
from pytest_pare.apps.calendar.states import AgendaView, EditDraft, EditEvent, EventDetail

__all__ = ["AgendaView", "EditDraft", "EditEvent", "EventDetail", "StatefulCalendarApp"]
