"""A practice offers three early appointments in a week, and the user takes two of them, later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

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

PRACTICE = "agenda@clinica-araucaria.example"
TREATMENT = mentions(("physio", "shoulder", "treatment", "Araucária", "Araucaria", "practice"))


@register_scenario("physio_block")
class PhysioBlock(PAREScenario):
    """A practice in Curitiba offers three mornings. The user says yes, but an hour later, and not on one of them."""

    tags = ("app:email", "app:calendar", "skill:amendment", "level:hard")
    start_time = datetime(2025, 8, 6, 17, 5, tzinfo=UTC).timestamp()
    user_goal = (
        "You want the treatment of your shoulder, but you sleep until six, and you take a child to school one day."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.offered = self.draw.days("2025-08-11", "2025-08-13", "2025-08-15", days=21)
        self.early = self.draw.time("06:15", minutes=15)
        self.late = self.early.plus(60)
        free = int(self.draw.choice("2", "0", "1"))
        self.refused = self.offered[free]
        self.taken = [day for day in self.offered if day != self.refused]
        self.user_goal = f"{self.user_goal} You want the later hour, and not {self.refused.weekday}."
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.calendar.add_calendar_event(
            title="Dinner at Dona Célia's",
            start_datetime=self.offered[1].at("19:30"),
            end_datetime=self.offered[1].at("21:00"),
        )
        self.add_apps(self.email, self.calendar)

    def build_events_flow(self) -> None:
        one, two, three = self.offered
        with self.flow() as flow:
            offer = flow.at(
                25,
                self.email.send_email_to_user_with_id(
                    email_id="physio-offer",
                    sender=PRACTICE,
                    subject="Your shoulder: dates",
                    content=f"Good afternoon, for your shoulder we have {one.text}, {two.text}, and {three.text}, each "
                    f"at {self.early} or at {self.late}, for 40 minutes. Please answer with the dates that you take. "
                    "Clínica Araucária, Curitiba",
                ),
            )
            flow.after(offer, 2, self.email.list_emails())
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=one.at("00:00"), end_datetime=three.at("23:59")
                ),
            )
            flow.propose(
                3,
                f"The practice has {one.text}, {two.text} and {three.text}, at {self.early} or {self.late}. Shall I "
                f"take all three at {self.early} and put them into your calendar?",
            )
            flow.accept(
                40, f"Yes, into my calendar as well, but at {self.late.text}, and not on {self.refused.weekday}."
            )
            first, second = self.taken
            flow.then(
                2,
                self.email.reply_to_email(
                    email_id="physio-offer",
                    content=f"Good afternoon, I take {first.text} and {second.text}, both at {self.late}. John Doe",
                ),
            )
            for day in self.taken:
                flow.then(
                    1,
                    self.calendar.add_calendar_event(
                        title="Physio for the shoulder",
                        start_datetime=day.at(self.late),
                        end_datetime=day.at(self.late.plus(40)),
                    ),
                )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(
            env,
            Accepted(mentions(*((day, day.weekday) for day in self.offered))),
            Writes(
                (
                    Write("StatefulEmailApp", "reply_to_email", {"email_id": "physio-offer", "content": self.answers}),
                    Write(
                        "StatefulEmailApp",
                        "send_email",
                        {"recipients": same_members(PRACTICE), "content": self.answers},
                    ),
                ),
                *(
                    Write(
                        "StatefulCalendarApp",
                        "add_calendar_event",
                        {
                            "title": TREATMENT,
                            "start_datetime": same_instant(day.at(self.late)),
                            "end_datetime": same_instant(day.at(self.late.plus(40))),
                        },
                    )
                    for day in self.taken
                ),
            ),
            State("the practice has an answer", lambda: len(self.email.folders[EmailFolderName.SENT].emails) == 1),
            State("the two days are in the calendar", lambda: self.entries() == self.taken),
        )

    def answers(self, text: Any) -> bool:
        """Tell whether a mail takes the two days, later, and not the third."""
        takes = mentions(self.late, *((day, day.weekday) for day in self.taken))(text)
        names_third = mentions((self.refused, self.refused.weekday))(text)
        return bool(takes and (not names_third or mentions(("not", "except", "without"))(text)))

    def entries(self) -> list[str]:
        """Return the days of the treatments in the calendar."""
        times = filter(None, (event_times(one) for one in self.calendar.events.values() if TREATMENT(one.title)))
        return sorted(begin[:10] for begin, _ in times if begin[11:16] == self.late)
