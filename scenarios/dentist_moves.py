"""A dentist offers other days. The calendar is free on the first of them, but the user is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCalendarApp, StatefulEmailApp
from pytest_pare.apps.email import MailboxView
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, event_times, mentions, same_members

PRACTICE = "desk@sato-dental.example"
CHOICE = mentions(("Friday", "21 November", "November 21"), ("11:30", "11.30", "half past eleven"))


@register_scenario("dentist_moves")
class DentistMoves(PAREScenario):
    """The dentist offers three other times. The user rejects the first with a reason that leaves one of the others.

    The agent offers Tuesday at 7:40; the user is never free before nine. On Wednesday the calendar is full, so Friday
    at 11:30 is left.
    """

    start_time = datetime(2025, 11, 17, 12, 20, tzinfo=UTC).timestamp()
    user_goal = (
        "You take your children to nursery every morning and have no time for anything else before nine o'clock. Apart "
        "from that you do not mind when you see the dentist, as long as it is this week."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.dentist = self.calendar.add_calendar_event(
            title="Dentist, Dr Sato",
            start_datetime="2025-11-20 10:00:00",
            end_datetime="2025-11-20 10:30:00",
            location="Canal Street 40",
        )
        self.calendar.add_calendar_event(
            title="Workshop with the suppliers",
            start_datetime="2025-11-19 13:00:00",
            end_datetime="2025-11-19 17:30:00",
        )
        self.apps = [self.agent_ui, self.system, self.email, self.calendar]

    def build_events_flow(self) -> None:
        mails = MailboxView()
        mails.bind_to_app(self.email)
        with EventRegisterer.capture_mode():
            wrote = self.email.send_email_to_user_with_id(
                email_id="sato-away",
                sender=PRACTICE,
                subject="Your appointment on Thursday",
                content="Dear Mr Doe, Dr Sato is away on Thursday and cannot see you at 10:00. She has time on Tuesday "
                "at 7:40, on Wednesday at 16:20 and on Friday at 11:30, for half an hour each. Which one suits you?",
            ).delayed(25)
            opened = self.system.open_app(app_name="Emails").oracle().depends_on(wrote, delay_seconds=6)
            read = mails.open_email_by_id(email_id="sato-away").oracle().depends_on(opened, delay_seconds=4)
            listed = self.email.list_emails().oracle().depends_on(read, delay_seconds=2)
            looked = (
                self.calendar.get_calendar_events_from_to(
                    start_datetime="2025-11-18 00:00:00", end_datetime="2025-11-22 00:00:00"
                )
                .oracle()
                .depends_on(listed, delay_seconds=1)
            )
            first = (
                self.agent_ui.send_message_to_user(
                    content="Dr Sato is away on Thursday. Her first other time is tomorrow, Tuesday, at 7:40, and your "
                    "calendar is empty then. Shall I take it, and move the appointment?"
                )
                .oracle()
                .depends_on(looked, delay_seconds=3)
            )
            rejected = (
                self.agent_ui.reject_proposal(content="Not before nine, the children have to get to nursery first.")
                .oracle()
                .depends_on(first, delay_seconds=12)
            )
            second = (
                self.agent_ui.send_message_to_user(
                    content="After nine she has Wednesday at 16:20, when you are at the workshop, and Friday at 11:30. "
                    "Shall I take Friday, and move the appointment?"
                )
                .oracle()
                .depends_on(rejected, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Friday is good.").oracle().depends_on(second, delay_seconds=9)
            )
            replied = (
                self.email.reply_to_email(
                    email_id="sato-away", content="Good afternoon, Friday at 11:30 suits me. John Doe"
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            moved = (
                self.calendar.edit_calendar_event(
                    event_id=self.dentist, start_datetime="2025-11-21 11:30:00", end_datetime="2025-11-21 12:00:00"
                )
                .oracle()
                .depends_on(replied, delay_seconds=1)
            )
        self.events = [wrote, opened, read, listed, looked, first, rejected, second, accepted, replied, moved]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        new_times = ("2025-11-21 11:30:00", "2025-11-21 12:00:00")
        sent = self.email.folders[EmailFolderName.SENT].emails
        return check_consented_writes(
            env,
            (
                Write("StatefulEmailApp", "reply_to_email", {"email_id": "sato-away", "content": CHOICE}),
                Write("StatefulEmailApp", "send_email", {"recipients": same_members(PRACTICE), "content": CHOICE}),
            ),
            Write(
                "StatefulCalendarApp",
                "edit_calendar_event",
                {"event_id": self.dentist, "start_datetime": new_times[0], "end_datetime": new_times[1]},
            ),
            proposal=CHOICE,
            state={
                "the practice has an answer": [PRACTICE] in [mail.recipients for mail in sent],
                "the appointment is on Friday at 11:30": event_times(self.calendar.events.get(self.dentist))
                == new_times,
            },
        )
