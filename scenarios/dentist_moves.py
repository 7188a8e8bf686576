"""A dentist offers other days. The calendar is free on the first of them, but the user is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulEmailApp
from pytest_pare.apps.email import MailboxView
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

PRACTICE = "desk@canal-street-dental.example"


@register_scenario("dentist_moves")
class DentistMoves(PAREScenario):
    """The dentist offers three other times. The user rejects the first with a reason that leaves one of the others.

    The agent offers Tuesday at 7:40; the user is never free before nine. On Wednesday the calendar is full, so Friday
    at 11:30 is left.
    """

    tags = ("app:email", "app:calendar", "skill:rejection", "skill:amendment", "level:hard")
    start_time = datetime(2025, 11, 17, 12, 20, tzinfo=UTC).timestamp()
    user_goal = (
        "You take your children to nursery every morning and have no time for anything else before nine o'clock. Apart "
        "from that you do not mind when you see the dentist, as long as it is this week."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.dentist = self.draw.person("Yuki Sato")
        self.early = self.draw.time("07:40", earliest="07:00", latest="08:15")
        self.busy = self.draw.time("16:20", earliest="13:30", latest="17:00")
        self.at = self.draw.time("11:30", earliest="09:30", latest="12:30")
        self.email, self.calendar = StatefulEmailApp(name="Emails"), StatefulCalendarApp(name="Calendar")
        self.appointment = self.calendar.add_calendar_event(
            title=f"Dentist, Dr {self.dentist.last_name}",
            start_datetime="2025-11-20 10:00:00",
            end_datetime="2025-11-20 10:30:00",
            location="Canal Street 40",
        )
        self.calendar.add_calendar_event(
            title="Workshop with the suppliers",
            start_datetime="2025-11-19 13:00:00",
            end_datetime="2025-11-19 17:30:00",
        )
        self.add_apps(self.email, self.calendar)

    def build_events_flow(self) -> None:
        mails = MailboxView().bind_to_app(self.email)
        early = self.early.lstrip("0")
        doctor, she = f"Dr {self.dentist.last_name}", self.dentist.pronoun
        with self.flow() as flow:
            wrote = flow.at(
                25,
                self.email.send_email_to_user_with_id(
                    email_id="dentist-away",
                    sender=PRACTICE,
                    subject="Your appointment on Thursday",
                    content=f"Dear Mr Doe, {doctor} is away on Thursday and cannot see you at 10:00. "
                    f"{she.capitalize()} has time on Tuesday at {early}, on Wednesday at {self.busy} and on "
                    f"Friday at {self.at}, for half an hour each. Which one suits you?",
                ),
            )
            flow.after(wrote, 6, self.system.open_app(app_name="Emails"))
            flow.then(4, mails.open_email_by_id(email_id="dentist-away"))
            flow.then(2, self.email.list_emails())
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime="2025-11-18 00:00:00", end_datetime="2025-11-22 00:00:00"
                ),
            )
            flow.propose(
                3,
                f"{doctor} is away on Thursday. {self.dentist.possessive.capitalize()} first other time is tomorrow, "
                f"Tuesday, at {early}, and your calendar is empty then. Shall I take it, and move the "
                "appointment?",
            )
            flow.reject(12, "Not before nine, the children have to get to nursery first.")
            flow.propose(
                3,
                f"After nine {she} has Wednesday at {self.busy}, when you are at the workshop, and Friday at "
                f"{self.at}. Shall I take Friday, and move the appointment?",
            )
            flow.accept(9, "Friday is good.")
            flow.then(
                2,
                self.email.reply_to_email(
                    email_id="dentist-away", content=f"Good afternoon, Friday at {self.at} suits me. John Doe"
                ),
            )
            flow.then(
                1,
                self.calendar.edit_calendar_event(
                    event_id=self.appointment,
                    start_datetime=f"2025-11-21 {self.at}:00",
                    end_datetime=f"2025-11-21 {self.at.plus(30)}:00",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        new_times = (f"2025-11-21 {self.at}:00", f"2025-11-21 {self.at.plus(30)}:00")
        choice = mentions(("Friday", "21 November", "November 21"), self.at)
        sent = self.email.folders[EmailFolderName.SENT].emails
        return verdict(
            env,
            Accepted(choice),
            Writes(
                (
                    Write("StatefulEmailApp", "reply_to_email", {"email_id": "dentist-away", "content": choice}),
                    Write("StatefulEmailApp", "send_email", {"recipients": same_members(PRACTICE), "content": choice}),
                ),
                Write(
                    "StatefulCalendarApp",
                    "edit_calendar_event",
                    {
                        "event_id": self.appointment,
                        "start_datetime": same_instant(new_times[0]),
                        "end_datetime": same_instant(new_times[1]),
                    },
                ),
            ),
            State("the practice has an answer", [PRACTICE] in [mail.recipients for mail in sent]),
            State(
                f"the appointment is on Friday at {self.at}",
                event_times(self.calendar.events.get(self.appointment)) == new_times,
            ),
        )
