"""A reminder falls due just after a friend has done the task."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCalendarApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions

CAKE = mentions("cake")


@register_scenario("birthday_dinner")
class BirthdayDinner(PAREScenario):
    """The user wanted to book a table at 17:00; Hanna was faster, and asks for the cake.

    When the reminder falls due, the agent offers to delete it and to remind of the cake instead.
    """

    start_time = datetime(2025, 3, 5, 16, 45, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.reminders = StatefulReminderApp(name="Reminders")
        self.calendar.add_calendar_event(
            title="Football with Ben", start_datetime="2025-03-08 15:00:00", end_datetime="2025-03-08 16:30:00"
        )
        self.table = self.reminders.add_reminder(
            title="Book a table for Leo's birthday",
            due_datetime="2025-03-05 17:00:00",
            description="Saturday evening, four of us. He likes the Fig Tree.",
        )
        self.apps = [self.agent_ui, self.system, self.calendar, self.reminders]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            invited = self.calendar.add_calendar_event_by_attendee(
                who_add="Hanna Moser",
                title="Leo's birthday dinner",
                start_datetime="2025-03-08 19:00:00",
                end_datetime="2025-03-08 22:00:00",
                location="The Fig Tree",
                description="I have booked a table for four. John, could you fetch the cake? It is paid for; Bakery "
                "Holm closes at 14:00 on Saturdays.",
            ).delayed(300)
            # The reminder falls due ten minutes after the invitation.
            due = self.reminders.get_due_reminders().oracle().depends_on(invited, delay_seconds=602)
            looked = (
                self.calendar.get_calendar_events_from_to(
                    start_datetime="2025-03-08 00:00:00", end_datetime="2025-03-09 00:00:00"
                )
                .oracle()
                .depends_on(due, delay_seconds=1)
            )
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="You wanted to book a table for Leo's birthday now, but Hanna has one for Saturday at "
                    "19:00. She asks you to fetch the cake, and Bakery Holm closes at 14:00. Shall I delete this "
                    "reminder, and remind you of the cake on Saturday at 11:00?"
                )
                .oracle()
                .depends_on(looked, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Great, yes.").oracle().depends_on(proposed, delay_seconds=9)
            )
            deleted = (
                self.reminders.delete_reminder(reminder_id=self.table).oracle().depends_on(accepted, delay_seconds=2)
            )
            added = (
                self.reminders.add_reminder(
                    title="Fetch the cake for Leo",
                    due_datetime="2025-03-08 11:00:00",
                    description="Bakery Holm, until 14:00. It is paid for.",
                )
                .oracle()
                .depends_on(deleted, delay_seconds=1)
            )
        self.events = [invited, due, looked, proposed, accepted, deleted, added]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        left = self.reminders.reminders
        return check_consented_writes(
            env,
            Write("StatefulReminderApp", "delete_reminder", {"reminder_id": self.table}),
            Write("StatefulReminderApp", "add_reminder", {"title": CAKE, "due_datetime": _in_time}),
            proposal=mentions("Leo", "cake"),
            state={
                "nothing reminds of the table": self.table not in left,
                "one reminder of the cake is left, in time": [
                    _in_time(str(reminder.due_datetime)) for reminder in left.values() if CAKE(reminder.title)
                ]
                == [True],
            },
        )


def _in_time(due: Any) -> bool:
    """Tell whether a reminder that is due then comes on Saturday while the bakery is open."""
    return isinstance(due, str) and "2025-03-08 07:00" <= due < "2025-03-08 14:00"
