"""A meeting is put on top of an appointment at home, which can move."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import Email, EmailFolderName
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


@register_scenario("double_booked")
class DoubleBooked(PAREScenario):
    """Ines puts a review where the roofer is expected. The agent offers to take the roofer's other gap, on Thursday."""

    tags = ("app:email", "app:calendar", "skill:coordination", "level:medium")
    start_time = datetime(2025, 6, 2, 9, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.ines = self.draw.person("Ines Duarte")
        self.roofer = self.draw.person("Nils Olsen", email="olsen@olsen-roofs.example")
        self.day, self.gap = self.draw.days("2025-06-04", "2025-06-05", days=1)
        self.at = self.draw.time("14:00", minutes=120)
        self.lunch, self.lunch_end, self.gap_at = self.draw.times("12:30", "13:30", "14:00", minutes=60)
        self.email, self.calendar = StatefulEmailApp(name="Emails"), StatefulCalendarApp(name="Calendar")
        self.email.add_email(
            Email(
                email_id="roof-visit",
                sender=self.roofer.email,
                recipients=[self.email.user_email],
                subject="Inspection of your roof",
                content=f"Good morning, I come on {self.day.text}, from {self.at} to {self.at.plus(60)}. Should that "
                f"not suit you any more, my only other gap this week is {self.gap.weekday} from {self.gap_at} to "
                f"{self.gap_at.plus(60)}; a short mail is enough. {self.roofer.name}",
                timestamp=datetime(2025, 5, 30, 7, 45, tzinfo=UTC).timestamp(),
                is_read=True,
            )
        )
        self.roof = self.calendar.add_calendar_event(
            title=f"Roof inspection, {self.roofer.name}",
            start_datetime=self.day.at(self.at),
            end_datetime=self.day.at(self.at.plus(60)),
            location="At home",
        )
        self.calendar.add_calendar_event(
            title="Lunch with Aiko",
            start_datetime=self.gap.at(self.lunch),
            end_datetime=self.gap.at(self.lunch_end),
        )
        self.add_apps(self.email, self.calendar)

    def build_events_flow(self) -> None:
        day, gap, roofer = self.day, self.gap, self.roofer
        title = "Mr" if roofer.pronoun == "he" else "Ms"
        with self.flow() as flow:
            invited = flow.at(
                45,
                self.calendar.add_calendar_event_by_attendee(
                    who_add=self.ines.name,
                    title="Budget review, everybody is needed",
                    start_datetime=day.at(self.at),
                    end_datetime=day.at(self.at.plus(90)),
                    location="Room 3",
                ),
            )
            flow.after(
                invited,
                3,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=day.at("00:00"), end_datetime=gap.plus(1).at("00:00")
                ),
            )
            flow.then(2, self.email.search_emails(query=roofer.last_name))
            flow.propose(
                3,
                f"{self.ines.first_name} has put a budget review on {day.weekday} at {self.at}, when the roofer comes. "
                f"{roofer.pronoun.capitalize()} could come on {gap.weekday} from {self.gap_at} to "
                f"{self.gap_at.plus(60)} instead, and you are free then. Shall I move the inspection in your calendar "
                f"and write to {roofer.objective}?",
            )
            flow.accept(60, "Good idea, do that.")
            flow.then(
                2,
                self.email.reply_to_email(
                    email_id="roof-visit",
                    content=f"Dear {title} {roofer.last_name}, {day.weekday} no longer suits me. Please come on "
                    f"{gap.weekday} at {self.gap_at} instead.",
                ),
            )
            flow.then(
                1,
                self.calendar.edit_calendar_event(
                    event_id=self.roof,
                    start_datetime=gap.at(self.gap_at),
                    end_datetime=gap.at(self.gap_at.plus(60)),
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        new_times = (self.gap.at(self.gap_at), self.gap.at(self.gap_at.plus(60)))
        new_time = mentions((self.gap.weekday, self.gap), self.gap_at)
        sent = self.email.folders[EmailFolderName.SENT].emails
        return verdict(
            env,
            Accepted(mentions((self.gap.weekday, self.gap))),
            Writes(
                Write(
                    "StatefulCalendarApp",
                    "edit_calendar_event",
                    {
                        "event_id": self.roof,
                        "start_datetime": same_instant(new_times[0]),
                        "end_datetime": same_instant(new_times[1]),
                    },
                ),
                (
                    Write("StatefulEmailApp", "reply_to_email", {"email_id": "roof-visit", "content": new_time}),
                    Write(
                        "StatefulEmailApp",
                        "send_email",
                        {"recipients": same_members(self.roofer.email), "content": new_time},
                    ),
                ),
            ),
            State(
                f"the roofer is expected on {self.gap.weekday}",
                event_times(self.calendar.events.get(self.roof)) == new_times,
            ),
            State("the roofer has a mail", [self.roofer.email] in [mail.recipients for mail in sent]),
        )
