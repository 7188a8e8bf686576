"""A flat can be viewed at one of two times. Only the confirmation has the house number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, ConditionCheckEvent

from pytest_pare.apps import StatefulCalendarApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import event_times
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

AGENCY = "viewings@keller-homes.example"


@register_scenario("flat_viewing")
class FlatViewing(PAREScenario):
    """An agency offers two viewings. The agent offers to accept the one that fits and to enter it once it is confirmed.

    The confirmation, with the house number, arrives five minutes after an answer to the agency, and never without one.
    """

    tags = ("app:email", "app:calendar", "skill:timing", "skill:coordination", "level:hard")
    start_time = datetime(2025, 10, 7, 10, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.day, self.busy = self.draw.days("2025-10-09", "2025-10-10", days=6)
        self.at, self.choir = self.draw.times("17:30", "19:30")
        self.lunch, self.busy_at, self.lunch_end = self.draw.times("11:30", "12:00", "13:00", minutes=45)
        self.street = self.draw.choice("Birch Street", "Mill Street", "Tower Street", "Rose Street")
        self.number = self.draw.number(21, 2, 60)
        self.email, self.calendar = StatefulEmailApp(name="Emails"), StatefulCalendarApp(name="Calendar")
        self.calendar.add_calendar_event(
            title="Lunch with the auditors",
            start_datetime=self.busy.at(self.lunch),
            end_datetime=self.busy.at(self.lunch_end),
        )
        self.calendar.add_calendar_event(
            title="Choir",
            start_datetime=self.day.at(self.choir),
            end_datetime=self.day.at(self.choir.plus(90)),
        )
        self.add_apps(self.email, self.calendar)

    def build_events_flow(self) -> None:
        day, busy, at, street = self.day, self.busy, self.at, self.street
        with self.flow() as flow:
            offered = flow.at(
                20,
                self.email.send_email_to_user_with_id(
                    email_id="viewing-offer",
                    sender=AGENCY,
                    subject=f"The flat in {street}",
                    content=f"Good morning, you can view the flat in {street} on {day.text}, at {at} or on "
                    f"{busy.text}, at {self.busy_at}, for half an hour. Tell us which, and we send you the house "
                    "number.",
                ),
            )
            flow.after(offered, 2, self.email.list_emails())
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=day.at("00:00"), end_datetime=busy.plus(1).at("00:00")
                ),
            )
            flow.propose(
                3,
                f"The flat in {street} can be viewed on {day.weekday} at {at} or on {busy.weekday} at {self.busy_at}, "
                f"when you have lunch with the auditors. Shall I take {day.weekday}, and put it into your calendar "
                "once it is confirmed?",
            )
            flow.accept(25, f"{day.weekday} is perfect.")
            replied = flow.then(
                2,
                self.email.reply_to_email(
                    email_id="viewing-offer", content=f"Good morning, I take {day.text}, at {at}. John Doe"
                ),
            )
            answered = flow.world_after(
                offered, 10, ConditionCheckEvent.from_condition(self.agency_has_answer, every_tick=10, timeout=500)
            )
            confirmed = flow.world_after(
                answered,
                300,
                self.email.send_email_to_user_with_id(
                    email_id="viewing-confirmed",
                    sender=AGENCY,
                    subject=f"Confirmed: {day.weekday}, {at}",
                    content=f"Thank you! We expect you on {day.text}, from {at} to {at.plus(30)} at {street} "
                    f"{self.number}, third floor. Please ring at Jansen.",
                ),
            )
            flow.after([replied, confirmed], 2, self.email.list_emails())
            flow.then(
                2,
                self.calendar.add_calendar_event(
                    title=f"Viewing of the flat in {street}",
                    start_datetime=day.at(at),
                    end_datetime=day.at(at.plus(30)),
                    location=f"{street} {self.number}, third floor",
                    description="Ring at Jansen",
                ),
            )

    def agency_has_answer(self, env: AbstractEnvironment) -> bool:
        """Tell whether a mail to the agency was sent."""
        return any(AGENCY in mail.recipients for mail in self.email.folders[EmailFolderName.SENT].emails)

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = (self.day.at(self.at), self.day.at(self.at.plus(30)))
        choice = mentions((self.day.weekday, self.day), self.at)
        place = mentions(f"{self.street} {self.number}")
        entries = [event_times(event) for event in self.calendar.events.values() if place(event.location)]
        return verdict(
            env,
            Accepted(mentions((self.day.weekday, self.day))),
            Writes(
                (
                    Write("StatefulEmailApp", "reply_to_email", {"email_id": "viewing-offer", "content": choice}),
                    Write("StatefulEmailApp", "send_email", {"recipients": same_members(AGENCY), "content": choice}),
                ),
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": mentions(("viewing", "view", "flat", self.street)),
                        "start_datetime": same_instant(times[0]),
                        "end_datetime": same_instant(times[1]),
                        "location": place,
                    },
                ),
                in_order=True,
            ),
            State("the agency has an answer", self.agency_has_answer(env)),
            State("the viewing is in the calendar, with the house number", times in entries),
        )
