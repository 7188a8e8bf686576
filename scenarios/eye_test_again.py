"""A clinic reminds of an appointment that has long been in the calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Silent, verdict


@register_scenario("eye_test_again")
class EyeTestAgain(PAREScenario):
    """An eye clinic repeats day, time and place of an appointment. The calendar has all of it, so nothing is to do."""

    tags = ("app:email", "app:calendar", "skill:silence", "level:easy")
    start_time = datetime(2025, 10, 13, 9, 20, tzinfo=UTC).timestamp()
    user_goal = "You have an eye test soon, and everything about it is in your calendar."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.doctor = self.draw.person("Seo-yeon Kim", city="Seoul", pronoun="she")
        self.day = self.draw.day("2025-10-16", days=6)
        self.at = self.draw.time("10:30", minutes=60)
        self.place = self.draw.place("Donhwamun-ro 88, Seoul", like=self.doctor)
        self.email, self.calendar = StatefulEmailApp(name="Emails"), StatefulCalendarApp(name="Calendar")
        self.test = self.calendar.add_calendar_event(
            title=f"Eye test, Dr. {self.doctor.last_name}",
            start_datetime=self.day.at(str(self.at)),
            end_datetime=self.day.at(str(self.at.plus(30))),
            location=self.place,
            description="Take the old glasses along, and no contact lenses on that day.",
        )
        self.calendar.add_calendar_event(
            title="Team lunch",
            start_datetime=self.day.at(str(self.at.plus(90))),
            end_datetime=self.day.at(str(self.at.plus(150))),
        )
        self.add_apps(self.email, self.calendar)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            reminded = flow.at(
                60,
                self.email.send_email_to_user_with_id(
                    email_id="eye-test",
                    sender="desk@hanbit-eye-clinic.example",
                    subject="Your appointment: please do not forget",
                    content=f"We expect you on {self.day.text} at {self.at.text}, {self.place}, for your eye test with "
                    f"Dr. {self.doctor.last_name}. Please bring your glasses and wear no contact lenses. If you come, "
                    "you need not answer. Hanbit Eye Clinic",
                ),
            )
            read = flow.after(reminded, 2, self.email.list_emails())
            flow.after(
                read,
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=self.day.at("00:00"), end_datetime=self.day.plus(1).at("00:00")
                ),
            )
            flow.then(1, self.calendar.get_calendar_event(event_id=self.test))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(env, Silent())
