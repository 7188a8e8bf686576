"""A library keeps a book for one more day, and the user is in meetings until shortly before it closes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import Email
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulEmailApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, verdict
from pytest_pare.scenarios.matchers.values import instant

LIBRARY = "comptoir@bibliotheque-agdal.example"


@register_scenario("counter_closes")
class CounterCloses(PAREScenario):
    """A book in Rabat waits until a counter closes. The reminder must fall between a meeting and the last tram.

    A mail of last month names other hours, which were those of Ramadan.
    """

    tags = (
        "app:email",
        "app:calendar",
        "app:reminder",
        "skill:timing",
        "skill:arithmetic",
        "skill:distractors",
        "level:medium",
    )
    start_time = datetime(2025, 4, 14, 10, 30, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.book = self.draw.choice("Dune birds of Africa", "The salt road", "A grammar of Tamazight")
        self.day = self.draw.day("2025-04-17", days=8)
        self.ends, self.closes = self.draw.times("16:00", "17:20", minutes=60)
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.reminders = StatefulReminderApp(name="Reminders")
        self.email.add_email(
            Email(
                email_id="march",
                sender=LIBRARY,
                recipients=[self.email.user_email],
                subject="The counter in March",
                content="In this month of Ramadan, our counter closes at 15:00.",
                timestamp=datetime(2025, 3, 3, 9, 0, tzinfo=UTC).timestamp(),
                is_read=True,
            )
        )
        self.calendar.add_calendar_event(
            title="Meeting on the school buses",
            start_datetime=self.day.at(self.ends.plus(-150)),
            end_datetime=self.day.at(self.ends),
            location="Ministry, room 210",
        )
        self.add_apps(self.email, self.calendar, self.reminders)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            mail = flow.at(
                45,
                self.email.send_email_to_user_with_id(
                    email_id="book",
                    sender=LIBRARY,
                    subject=f"{self.book}",
                    content=f"Your book is here. We keep it at the counter until {self.day.text}, and close at "
                    f"{self.closes} that day; other days it is reserved for reading in the hall. From the ministry, "
                    "allow 40 minutes for the tram.",
                ),
            )
            flow.after(mail, 2, self.email.list_emails())
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=self.day.at("00:00"), end_datetime=self.day.at("23:59")
                ),
            )
            flow.propose(
                3,
                f"You can fetch {self.book} on {self.day.text} until {self.closes}. Your meeting ends at {self.ends}, "
                f"and the tram takes 40 minutes. Shall I remind you at {self.ends.plus(10)} to leave?",
            )
            flow.accept(15, "Yes, remind me after the meeting. I want that book.")
            flow.then(
                2,
                self.reminders.add_reminder(
                    title=f"Tram to the library: {self.book}",
                    due_datetime=self.day.at(self.ends.plus(10)),
                    description=f"The counter closes at {self.closes}.",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(
            env,
            Accepted(mentions(self.book, self.closes, (self.day, self.day.weekday))),
            Writes(
                Write(
                    "StatefulReminderApp",
                    "add_reminder",
                    {
                        "title": mentions((self.book, "library", "book", "leave", "tram")),
                        "due_datetime": self.is_in_time,
                        "repetition_unit": None,
                    },
                )
            ),
            State(
                "a reminder falls after the meeting, and not too late for the tram",
                lambda: [self.is_in_time(one.due_datetime) for one in self.reminders.reminders.values()] == [True],
            ),
        )

    def is_in_time(self, value: Any) -> bool:
        """Tell whether a reminder falls after the meeting, and 40 minutes before the counter closes or earlier."""
        first, moment, last = (
            instant(self.day.at(self.ends)),
            instant(value),
            instant(self.day.at(self.closes.plus(-40))),
        )
        return first is not None and moment is not None and last is not None and first <= moment <= last
