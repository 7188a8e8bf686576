"""A host fetches the user from the bus, and the user settles on one bus and then on another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulEmailApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import (
    Accepted,
    State,
    Write,
    Writes,
    mentions,
    same_instant,
    same_members,
    verdict,
)

HOST = "rice-terrace-house@ninhbinh.example"
BUS = mentions(("bus", "station", "leave"))


@register_scenario("earlier_bus")
class EarlierBus(PAREScenario):
    """The user takes the later of two buses to Ninh Bình, and in the evening would rather take the earlier one.

    The agent proposes to write to the host again and to move the reminder that it has made.
    """

    tags = ("app:email", "app:reminder", "skill:change_of_mind", "skill:arithmetic", "level:medium")
    start_time = datetime(2025, 10, 2, 8, 20, tzinfo=UTC).timestamp()
    user_goal = (
        "You spend a weekend in the country and like to sleep long. In the evening you see that rain is forecast for "
        "the afternoon, and want to be there early after all."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.day = self.draw.day("2025-10-04", days=7)
        self.early, self.late = self.draw.times("07:15", "10:00", minutes=60)
        self.email = StatefulEmailApp(name="Emails")
        self.reminders = StatefulReminderApp(name="Reminders")
        self.reminders.add_reminder(
            title="Water the orchids",
            due_datetime=f"{self.day.plus(3)} 18:00:00",
            description="All but the white one",
        )
        self.add_apps(self.email, self.reminders)

    def build_events_flow(self) -> None:
        day, early, late = self.day, self.early, self.late
        with self.flow() as flow:
            asked = flow.at(
                35,
                self.email.send_email_to_user_with_id(
                    email_id="which-bus",
                    sender=HOST,
                    subject="Your bus",
                    content=f"Hello John, on {day.text} there are buses from Hanoi at {early} and at {late}. Tell us "
                    "which you take, and my brother fetches you with the car. Linh",
                ),
            )
            flow.after(asked, 2, self.email.list_emails())
            flow.then(1, self.reminders.get_all_reminders())
            flow.propose(
                3,
                f"Linh asks which bus you take on {day.text}: {early} or {late}. Shall I choose the one at {late}, and "
                "remind you an hour before it leaves?",
            )
            flow.accept(30, "Yes, the late one, I want to sleep. Remind me an hour before it goes.")
            flow.then(
                2,
                self.email.reply_to_email(
                    email_id="which-bus", content=f"Hello Linh, I take the bus at {late} on {day.text}. John"
                ),
            )
            flow.then(
                1,
                self.reminders.add_reminder(
                    title="Leave for the bus", due_datetime=day.at(late.plus(-60)), description=f"It goes at {late}."
                ).with_id("reminder"),
            )
            flow.report(1, f"Linh expects you on the bus at {late}, and I have set the reminder.")
            flow.then(
                10 * 3600,
                self.agent_ui.send_message_to_agent(
                    content="It's going to rain in the afternoon there. I'd better take the early bus."
                ),
            )
            flow.then(1, self.reminders.get_all_reminders())
            flow.propose(
                3,
                f"Shall I write to Linh that you come on the bus at {early}, and move your reminder to "
                f"{early.plus(-60)}?",
            )
            flow.accept(8, "Yes, please do.")
            flow.then(
                2,
                self.email.reply_to_email(
                    email_id="which-bus", content=f"Hello Linh, I come earlier: I take the bus at {early}. John"
                ),
            )
            flow.then(
                1,
                self.reminders.update_reminder(
                    reminder_id="{{reminder}}",
                    title="Leave for the bus",
                    description=f"It goes at {early}.",
                    due_datetime=day.at(early.plus(-60)),
                    repetition_unit=None,
                    repetition_value=None,
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        before, after = (same_instant(self.day.at(bus.plus(-60))) for bus in (self.late, self.early))
        return verdict(
            env,
            Accepted(mentions("Linh", self.late)),
            Writes(
                self.to_host(mentions(self.late)),
                Write(
                    "StatefulReminderApp",
                    "add_reminder",
                    {"title": BUS, "due_datetime": before, "repetition_unit": None},
                ),
            ),
            Accepted(mentions("Linh", self.early)),
            Writes(
                self.to_host(mentions(self.early)),
                Write(
                    "StatefulReminderApp",
                    "update_reminder",
                    {"title": BUS, "due_datetime": after, "repetition_unit": None},
                ),
            ),
            State("Linh has two mails", lambda: len(self.email.folders[EmailFolderName.SENT].emails) == 2),
            State("the reminder is an hour before the early bus", lambda: self.is_moved(after)),
        )

    def to_host(self, content: Any) -> tuple[Write, Write]:
        """Return the two ways to send Linh a mail."""
        return (
            Write("StatefulEmailApp", "reply_to_email", {"email_id": "which-bus", "content": content}),
            Write("StatefulEmailApp", "send_email", {"recipients": same_members(HOST), "content": content}),
        )

    def is_moved(self, due: Any) -> bool:
        """Tell whether the reminder of the bus, and no other, has the new time."""
        reminders = list(self.reminders.reminders.values())
        return len(reminders) == 2 and [due(one.due_datetime) for one in reminders] == [False, True]
