"""A planned journey makes an old reminder too late."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulEmailApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions

PASSPORT = mentions("passport")


@register_scenario("passport_expires")
class PassportExpires(PAREScenario):
    """A passport must be renewed before a journey in November. The agent offers to put the reminder forward.

    The journey is on 8 November and a new passport takes eight weeks, so the application is due by 13 September.
    """

    start_time = datetime(2025, 8, 28, 9, 30, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.reminders = StatefulReminderApp(name="Reminders")
        self.reminders.add_reminder(
            title="Water the plants",
            due_datetime="2025-08-30 10:00:00",
            description="The fern too.",
            repetition_unit="week",
            repetition_value=1,
        )
        self.renew = self.reminders.add_reminder(
            title="Renew the passport",
            due_datetime="2025-12-01 09:00:00",
            description="It expires on 10 January 2026.",
        )
        self.apps = [self.agent_ui, self.system, self.email, self.reminders]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            confirmed = self.email.send_email_to_user_with_id(
                email_id="journey-confirmed",
                sender="bookings@baobab-journeys.example",
                subject="Confirmed: your journey of 8 November",
                content="Dear Mr Doe, we look forward to travelling with you from 8 to 22 November. Please check your "
                "passport: it must be valid for six months after your return. A new one takes eight weeks these days.",
            ).delayed(55)
            read = self.email.list_emails().oracle().depends_on(confirmed, delay_seconds=2)
            looked = self.reminders.get_all_reminders().oracle().depends_on(read, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="For your journey in November your passport must be valid until May 2026; it expires on "
                    "10 January. A new one takes eight weeks, and your reminder comes only on 1 December. Shall I put "
                    "it forward to tomorrow at 9:00?"
                )
                .oracle()
                .depends_on(looked, delay_seconds=4)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Oh dear. Yes, tomorrow.")
                .oracle()
                .depends_on(proposed, delay_seconds=14)
            )
            moved = (
                self.reminders.update_reminder(
                    reminder_id=self.renew,
                    title="Renew the passport",
                    description="It expires on 10 January, a new one takes eight weeks, the journey is on 8 November.",
                    due_datetime="2025-08-29 09:00:00",
                    repetition_unit=None,
                    repetition_value=None,
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
        self.events = [confirmed, read, looked, proposed, accepted, moved]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        reminders = self.reminders.reminders.values()
        return check_consented_writes(
            env,
            Write(
                "StatefulReminderApp",
                "update_reminder",
                {"reminder_id": self.renew, "title": PASSPORT, "due_datetime": _in_time},
            ),
            proposal=mentions("passport"),
            state={
                "one reminder of the passport is left, in time": [
                    _in_time(str(reminder.due_datetime)) for reminder in reminders if PASSPORT(reminder.title)
                ]
                == [True]
            },
        )


def _in_time(due: Any) -> bool:
    """Tell whether a reminder that is due then leaves eight weeks before the journey."""
    return isinstance(due, str) and "2025-08-28 09:30" < due < "2025-09-13"
