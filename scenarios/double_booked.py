"""A meeting is put on top of an appointment at home, which can move."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import Email, EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCalendarApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, event_times, mentions, same_members

ROOFER = "olsen@olsen-roofs.example"
NEW_TIME = mentions(("Thursday", "5 June", "June 5"), ("14:00", "2 pm", "2pm", "2:00"))


@register_scenario("double_booked")
class DoubleBooked(PAREScenario):
    """Ines puts a review where the roofer is expected. The agent offers to take the roofer's other gap, on Thursday."""

    start_time = datetime(2025, 6, 2, 9, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.email.add_email(
            Email(
                email_id="roof-visit",
                sender=ROOFER,
                recipients=[self.email.user_email],
                subject="Inspection of your roof",
                content="Good morning, I come on Wednesday, 4 June, from 14:00 to 15:00. Should that not suit you any "
                "more, my only other gap this week is Thursday from 14:00 to 15:00; a short mail is enough. "
                "Nils Olsen",
                timestamp=datetime(2025, 5, 30, 7, 45, tzinfo=UTC).timestamp(),
                is_read=True,
            )
        )
        self.roof = self.calendar.add_calendar_event(
            title="Roof inspection, Nils Olsen",
            start_datetime="2025-06-04 14:00:00",
            end_datetime="2025-06-04 15:00:00",
            location="At home",
        )
        self.calendar.add_calendar_event(
            title="Lunch with Aiko", start_datetime="2025-06-05 12:30:00", end_datetime="2025-06-05 13:30:00"
        )
        self.apps = [self.agent_ui, self.system, self.email, self.calendar]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            invited = self.calendar.add_calendar_event_by_attendee(
                who_add="Ines Duarte",
                title="Budget review, everybody is needed",
                start_datetime="2025-06-04 14:00:00",
                end_datetime="2025-06-04 15:30:00",
                location="Room 3",
            ).delayed(45)
            looked = (
                self.calendar.get_calendar_events_from_to(
                    start_datetime="2025-06-04 00:00:00", end_datetime="2025-06-06 00:00:00"
                )
                .oracle()
                .depends_on(invited, delay_seconds=3)
            )
            read = self.email.search_emails(query="Olsen").oracle().depends_on(looked, delay_seconds=2)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Ines has put a budget review on Wednesday at 14:00, when the roofer comes. He could come "
                    "on Thursday from 14:00 to 15:00 instead, and you are free then. Shall I move the inspection in "
                    "your calendar and write to him?"
                )
                .oracle()
                .depends_on(read, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Good idea, do that.")
                .oracle()
                .depends_on(proposed, delay_seconds=60)
            )
            wrote = (
                self.email.reply_to_email(
                    email_id="roof-visit",
                    content="Dear Mr Olsen, Wednesday no longer suits me. Please come on Thursday at 14:00 instead.",
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            moved = (
                self.calendar.edit_calendar_event(
                    event_id=self.roof, start_datetime="2025-06-05 14:00:00", end_datetime="2025-06-05 15:00:00"
                )
                .oracle()
                .depends_on(wrote, delay_seconds=1)
            )
        self.events = [invited, looked, read, proposed, accepted, wrote, moved]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        new_times = ("2025-06-05 14:00:00", "2025-06-05 15:00:00")
        sent = self.email.folders[EmailFolderName.SENT].emails
        return check_consented_writes(
            env,
            Write(
                "StatefulCalendarApp",
                "edit_calendar_event",
                {"event_id": self.roof, "start_datetime": new_times[0], "end_datetime": new_times[1]},
            ),
            (
                Write("StatefulEmailApp", "reply_to_email", {"email_id": "roof-visit", "content": NEW_TIME}),
                Write("StatefulEmailApp", "send_email", {"recipients": same_members(ROOFER), "content": NEW_TIME}),
            ),
            proposal=mentions("Thursday"),
            state={
                "the roofer is expected on Thursday": event_times(self.calendar.events.get(self.roof)) == new_times,
                "the roofer has a mail": [ROOFER] in [mail.recipients for mail in sent],
            },
        )
