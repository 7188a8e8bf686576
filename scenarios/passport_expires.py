"""A planned journey makes an old reminder too late."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulEmailApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, between, mentions, verdict

PASSPORT = mentions("passport")


@register_scenario("passport_expires")
class PassportExpires(PAREScenario):
    """A passport must be renewed before a journey in November. The agent offers to put the reminder forward.

    A new passport takes weeks, and the office takes applications without an appointment only on one morning.
    """

    tags = ("app:email", "app:reminder", "skill:arithmetic", "level:hard")
    equivalent_mutants: ClassVar = {
        "argument:update_reminder.due_datetime.hour-later": "any time at which the office is open is right"
    }
    start_time = datetime(2025, 8, 28, 9, 30, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.journey, self.back = self.draw.days("2025-11-08", "2025-11-22", days=7)
        self.day = self.draw.day("2025-09-03", days=5)
        self.opens, self.closes = self.draw.times("09:00", "12:00", minutes=60)
        self.weeks = self.draw.choice("eight", "seven", "six")
        self.email, self.reminders = StatefulEmailApp(name="Emails"), StatefulReminderApp(name="Reminders")
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
        self.add_apps(self.email, self.reminders)

    def build_events_flow(self) -> None:
        journey, day = self.journey, self.day
        with self.flow() as flow:
            confirmed = flow.at(
                55,
                self.email.send_email_to_user_with_id(
                    email_id="journey-confirmed",
                    sender="bookings@baobab-journeys.example",
                    subject="Confirmed: your journey in November",
                    content=f"Dear Mr Doe, we look forward to travelling with you from {journey.text}, to "
                    f"{self.back.text}. Please check your passport: it must be valid for six months after your return. "
                    f"A new one takes {self.weeks} weeks these days. The next morning on which the office takes "
                    f"applications without an appointment is {day.text}, from {self.opens} to {self.closes}; all "
                    "others are full until October.",
                ),
            )
            flow.after(confirmed, 2, self.email.list_emails())
            flow.then(1, self.reminders.get_all_reminders())
            flow.propose(
                4,
                "For your journey in November your passport must be valid until May 2026; it expires on 10 January. A "
                f"new one takes {self.weeks} weeks, and your reminder comes only on 1 December. Shall I put it forward "
                f"to {day.text}, at {self.opens}, when the office takes applications?",
            )
            flow.accept(14, "Oh dear. Yes, please.")
            flow.then(
                2,
                self.reminders.update_reminder(
                    reminder_id=self.renew,
                    title="Renew the passport",
                    description=f"It expires on 10 January, a new one takes {self.weeks} weeks, the journey is on "
                    f"{journey.text}. The office is open until {self.closes}.",
                    due_datetime=day.at(self.opens),
                    repetition_unit=None,
                    repetition_value=None,
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        # On the day, or on its eve.
        in_time = between(self.day.plus(-1).at("12:00"), self.day.at(self.closes.plus(-15)))
        due = [one.due_datetime for one in self.reminders.reminders.values() if PASSPORT(one.title)]
        return verdict(
            env,
            Accepted(mentions("passport", (self.day.weekday, self.day))),
            Writes(
                Write(
                    "StatefulReminderApp",
                    "update_reminder",
                    {
                        "reminder_id": self.renew,
                        "title": PASSPORT,
                        "due_datetime": in_time,
                        "repetition_unit": None,
                    },
                ),
            ),
            State("one reminder of the passport is left, in time", [in_time(one) for one in due] == [True]),
        )
