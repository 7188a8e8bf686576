"""A flat can be viewed at one of two times. Only the confirmation has the house number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, ConditionCheckEvent, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCalendarApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, event_times, mentions, same_members

AGENCY = "viewings@keller-homes.example"
CHOICE = mentions(("Thursday", "9 October", "October 9"), ("17:30", "5:30"))


@register_scenario("flat_viewing")
class FlatViewing(PAREScenario):
    """An agency offers two viewings. The agent offers to accept the one that fits and to enter it once it is confirmed.

    The confirmation, with the house number, arrives five minutes after an answer to the agency, and never without one.
    """

    start_time = datetime(2025, 10, 7, 10, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.calendar.add_calendar_event(
            title="Lunch with the auditors",
            start_datetime="2025-10-10 11:30:00",
            end_datetime="2025-10-10 13:00:00",
        )
        self.calendar.add_calendar_event(
            title="Choir", start_datetime="2025-10-09 19:30:00", end_datetime="2025-10-09 21:00:00"
        )
        self.apps = [self.agent_ui, self.system, self.email, self.calendar]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            offered = self.email.send_email_to_user_with_id(
                email_id="viewing-offer",
                sender=AGENCY,
                subject="The flat in Birch Street",
                content="Good morning, you can view the flat in Birch Street on Thursday, 9 October, at 17:30 or on "
                "Friday, 10 October, at 12:00, for half an hour. Tell us which, and we send you the house number.",
            ).delayed(20)
            read = self.email.list_emails().oracle().depends_on(offered, delay_seconds=2)
            looked = (
                self.calendar.get_calendar_events_from_to(
                    start_datetime="2025-10-09 00:00:00", end_datetime="2025-10-11 00:00:00"
                )
                .oracle()
                .depends_on(read, delay_seconds=1)
            )
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="The flat in Birch Street can be viewed on Thursday at 17:30 or on Friday at 12:00, when "
                    "you have lunch with the auditors. Shall I take Thursday, and put it into your calendar once it is "
                    "confirmed?"
                )
                .oracle()
                .depends_on(looked, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Thursday is perfect.")
                .oracle()
                .depends_on(proposed, delay_seconds=25)
            )
            replied = (
                self.email.reply_to_email(
                    email_id="viewing-offer", content="Good morning, I take Thursday, 9 October, at 17:30. John Doe"
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            answered = ConditionCheckEvent.from_condition(
                self.agency_has_answer, every_tick=10, timeout=500
            ).depends_on(offered, delay_seconds=10)
            confirmed = self.email.send_email_to_user_with_id(
                email_id="viewing-confirmed",
                sender=AGENCY,
                subject="Confirmed: Thursday, 17:30",
                content="Thank you! We expect you on Thursday, 9 October, from 17:30 to 18:00 at Birch Street 21, "
                "third floor. Please ring at Jansen.",
            ).depends_on(answered, delay_seconds=300)
            read_on = self.email.list_emails().oracle().depends_on([replied, confirmed], delay_seconds=2)
            entered = (
                self.calendar.add_calendar_event(
                    title="Viewing of the flat in Birch Street",
                    start_datetime="2025-10-09 17:30:00",
                    end_datetime="2025-10-09 18:00:00",
                    location="Birch Street 21, third floor",
                    description="Ring at Jansen",
                )
                .oracle()
                .depends_on(read_on, delay_seconds=2)
            )
        self.events = [offered, read, looked, proposed, accepted, replied, answered, confirmed, read_on, entered]

    def agency_has_answer(self, env: AbstractEnvironment) -> bool:
        """Tell whether a mail to the agency was sent."""
        return any(AGENCY in mail.recipients for mail in self.email.folders[EmailFolderName.SENT].emails)

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = ("2025-10-09 17:30:00", "2025-10-09 18:00:00")
        place = mentions("Birch Street 21")
        entries = [event_times(event) for event in self.calendar.events.values() if place(event.location)]
        return check_consented_writes(
            env,
            (
                Write("StatefulEmailApp", "reply_to_email", {"email_id": "viewing-offer", "content": CHOICE}),
                Write("StatefulEmailApp", "send_email", {"recipients": same_members(AGENCY), "content": CHOICE}),
            ),
            Write(
                "StatefulCalendarApp",
                "add_calendar_event",
                {"start_datetime": times[0], "end_datetime": times[1], "location": place},
            ),
            proposal=mentions("Thursday"),
            state={
                "the agency has an answer": self.agency_has_answer(env),
                "the viewing at Birch Street 21 is in the calendar, on Thursday": times in entries,
            },
        )
