"""A technician comes, and one of three things that the user agrees to cannot be done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulEmailApp, StatefulMessagingApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import (
    Accepted,
    Reported,
    State,
    Write,
    Writes,
    mentions,
    same_instant,
    verdict,
)

CHECK = mentions(("boiler", "heating", "technician"))


@register_scenario("boiler_check")
class BoilerCheck(PAREScenario):
    """The agent enters the visit and tells a flatmate, but no reminder can be saved. It says so, and does no more.

    The user wants no substitute for what fails, only to hear of it.
    """

    tags = ("app:email", "app:calendar", "app:reminder", "app:messaging", "skill:recovery", "level:hard")
    start_time = datetime(2025, 9, 22, 8, 0, tzinfo=UTC).timestamp()
    user_goal = "You live with a flatmate who works at night. If something cannot be done, you want to know it."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.flatmate = self.draw.person("Dora Perić", pronoun="she")
        self.manager = self.draw.person("Ante Jurić", email="ante.juric@upravitelj.example", pronoun="he")
        self.day = self.draw.day("2025-09-25", days=6)
        self.at = self.draw.time("10:30", minutes=90)
        self.minutes = self.draw.choice(45, 30, 60)
        self.email, self.calendar = StatefulEmailApp(name="Emails"), StatefulCalendarApp(name="Calendar")
        self.messaging, self.reminders = StatefulMessagingApp(name="Messages"), StatefulReminderApp(name="Reminders")
        self.messaging.add_users([self.flatmate.name])
        self.flatmate_id = self.messaging.name_to_id[self.flatmate.name]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="flatmate",
                title=self.flatmate.name,
                participant_ids=[self.messaging.current_user_id, self.flatmate_id],
            )
        )
        self.messaging.add_message(
            "flatmate",
            self.flatmate_id,
            "Night shifts until October. If anybody comes to the flat, tell me day and hour before, or I'll think it's "
            "burglars.",
            datetime(2025, 9, 19, 14, 10, tzinfo=UTC).timestamp(),
        )
        self.reminders.add_reminder(
            title="Put the paper out",
            due_datetime="2025-10-07 19:00:00",
            description="Evening things come at 19:00, before that I'm never at home.",
        )
        self.add_apps(self.email, self.calendar, self.messaging, self.reminders)

    def build_events_flow(self) -> None:
        day, at, mate = self.day, self.at, self.flatmate.first_name
        with self.flow() as flow:
            announced = flow.at(
                50,
                self.email.send_email_to_user_with_id(
                    email_id="boilers",
                    sender=self.manager.email,
                    subject="The boilers are checked",
                    content=f"Dear tenants, the technician checks the boilers on {day.text}; at yours it is {at.text}, "
                    f"and it takes {self.minutes} minutes. Please clear the space below the boiler on the evening "
                    f"before. {self.manager.name}",
                ),
            )
            flow.after(announced, 2, self.email.list_emails())
            flow.then(1, self.messaging.list_recent_conversations())
            flow.then(1, self.reminders.get_all_reminders())
            flow.propose(
                3,
                f"The boiler is checked on {day.text} at {at}. Shall I enter it, set a reminder for 19:00 on "
                f"{day.plus(-1).weekday} to clear the space below it, and tell {mate}?",
            )
            flow.accept(25, "Yes, all three. If one doesn't work, do nothing else instead, just tell me.")
            flow.then(
                2,
                self.calendar.add_calendar_event(
                    title="Boiler check",
                    start_datetime=day.at(str(at)),
                    end_datetime=day.at(str(at.plus(self.minutes))),
                ),
            )
            flow.fails(self.reminders.add_reminder, times=None, error="Not saved: the storage of this phone is full.")
            flow.then(
                1,
                self.reminders.add_reminder(
                    title="Clear the space below the boiler",
                    due_datetime=day.plus(-1).at("19:00"),
                    description=f"For the technician, {day.text}",
                ),
            )
            flow.then(
                1,
                self.messaging.send_message(
                    user_id=self.flatmate_id, content=f"No burglars: the boiler is checked on {day.text} at {at}."
                ),
            )
            flow.report(
                1,
                f"The check is in the calendar and {mate} knows. The reminder could not be saved, the storage is full: "
                f"please think of clearing the space on {day.plus(-1).weekday} yourself.",
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        reminder = Write(
            "StatefulReminderApp",
            "add_reminder",
            {
                "title": mentions(("boiler", "space", "clear")),
                "due_datetime": same_instant(self.day.plus(-1).at("19:00")),
            },
        )
        when = ((*self.day.wordings, self.day.weekday), self.at.wordings)
        return verdict(
            env,
            Accepted(mentions("boiler", "remind", self.flatmate.first_name, *when)),
            Writes(
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": CHECK,
                        "start_datetime": same_instant(self.day.at(str(self.at))),
                        "end_datetime": same_instant(self.day.at(str(self.at.plus(self.minutes)))),
                    },
                ),
                Write(
                    "StatefulMessagingApp",
                    "send_message",
                    {"user_id": self.flatmate_id, "content": mentions(*when)},
                ),
            ),
            Reported(mentions("remind", ("not", "n't", "fail", "unable", "full"))),
            State("the agent tried to save the reminder", any(map(reminder.matches, env.event_log.list_view()))),
            State("the other reminder is the only one", lambda: len(self.reminders.reminders) == 1),
            State(
                "the check is in the calendar",
                lambda: [event.title for event in self.calendar.events.values() if CHECK(event.title)],
            ),
            State("the flatmate has a message", lambda: own_messages(self.messaging, "flatmate")),
        )
