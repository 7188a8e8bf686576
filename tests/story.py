"""A small event log, as a validator sees it."""

from __future__ import annotations

from typing import Any

from are.simulation.types import CompletedEvent, ConditionCheckAction, EventMetadata, EventRegisterer, EventType

from pytest_pare.apps import PAREAgentUserInterface, StatefulCalendarApp, StatefulEmailApp
from pytest_pare.simulation.queues import SimulatedEventLog


class Story:
    """An environment as `validate` sees it, after the added events, one second apart."""

    def __init__(self) -> None:
        self.event_log = SimulatedEventLog()
        self.now = self.start_time = 100.0
        self.interface = PAREAgentUserInterface()
        self.email = StatefulEmailApp()
        self.calendar = StatefulCalendarApp()

    def add(self, who: EventType, tool: Any, error: str | None = None, after: float = 1, **args: Any) -> None:
        self.now += after
        with EventRegisterer.capture_mode():
            action = tool(**args).action
        self.event_log.put(
            CompletedEvent(event_type=who, action=action, event_time=self.now, metadata=EventMetadata(exception=error))
        )

    def proposes(self, content: str = "Shall I write to Ann?", **more: Any) -> None:
        self.add(EventType.AGENT, self.interface.send_message_to_user, content=content, **more)

    def accepts(self, **more: Any) -> None:
        self.add(EventType.USER, self.interface.accept_proposal, **more)

    def rejects(self, **more: Any) -> None:
        self.add(EventType.USER, self.interface.reject_proposal, **more)

    def mails(self, to: str = "ann@home.example", who: EventType = EventType.AGENT, **more: Any) -> None:
        self.add(who, self.email.send_email, recipients=[to], **more)

    def deletes_entry(self, **more: Any) -> None:
        self.add(EventType.AGENT, self.calendar.delete_calendar_event, event_id="e1", **more)

    def reads(self) -> None:
        self.add(EventType.AGENT, self.email.list_emails)

    def checks_condition(self) -> None:
        self.now += 1
        self.event_log.put(
            CompletedEvent(
                event_type=EventType.CONDITION,
                action=ConditionCheckAction(lambda env: True),
                event_time=self.now,
                metadata=EventMetadata(return_value=True),
            )
        )
