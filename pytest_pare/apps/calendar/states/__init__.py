"""The screens of the calendar."""

from pytest_pare.apps.calendar.states.agenda import AgendaView
from pytest_pare.apps.calendar.states.detail import EventDetail
from pytest_pare.apps.calendar.states.edit import EditDraft, EditEvent

__all__ = ["AgendaView", "EditDraft", "EditEvent", "EventDetail"]
