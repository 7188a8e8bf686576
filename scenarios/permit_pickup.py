"""An office confirms an application, and announces the permit three days later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulEmailApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import event_times
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_instant, verdict

OFFICE = "permits@trekking-office.example"
PERMIT = mentions(("permit", "trekking"))


@register_scenario("permit_pickup")
class PermitPickup(PAREScenario):
    """A permit in Kathmandu is ready three days after the receipt. The number needed is in the first of two mails.

    Before the second mail there is nothing to propose. The reminder to ask about the permit is then obsolete.
    """

    tags = (
        "app:email",
        "app:calendar",
        "app:reminder",
        "skill:several_days",
        "skill:timing",
        "skill:lookup",
        "level:hard",
    )
    start_time = datetime(2025, 11, 3, 9, 40, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.receipt = self.draw.choice("K-2318", "K-2347", "K-2391", "K-2405")
        self.counter = self.draw.number(4, 2, 9)
        self.day = self.draw.day("2025-11-12", days=5)
        self.opens = self.draw.time("10:30", minutes=45)
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.reminders = StatefulReminderApp(name="Reminders")
        self.calendar.add_calendar_event(
            title="Buy gas and maps in Thamel",
            start_datetime=self.day.at(self.opens.plus(120)),
            end_datetime=self.day.at(self.opens.plus(180)),
        )
        self.ask = self.reminders.add_reminder(
            title="Ask about the permit",
            due_datetime=self.day.plus(3).at("09:00"),
            description="If the trekking office has not written by then",
        )
        self.book = self.reminders.add_reminder(
            title="Book the porters", due_datetime=self.day.plus(4).at("09:00"), description="Two of them"
        )
        self.add_apps(self.email, self.calendar, self.reminders)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            received = flow.at(
                50,
                self.email.send_email_to_user_with_id(
                    email_id="receipt",
                    sender=OFFICE,
                    subject="Your application",
                    content=f"We have received your application, with receipt {self.receipt}. You will hear from us "
                    "once the permit can be fetched. Please have the receipt number at hand then.",
                ),
            )
            ready = flow.world_after(
                received,
                timedelta(hours=70).total_seconds(),
                self.email.send_email_to_user_with_id(
                    email_id="ready",
                    sender=OFFICE,
                    subject="Ready to be fetched",
                    content=f"Your permit is ready. Come to counter {self.counter} on {self.day.text} at {self.opens}, "
                    "with your passport and the number of your receipt. It takes 20 minutes.",
                ),
            )
            flow.after(ready, 2, self.email.list_emails())
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=self.day.at("00:00"), end_datetime=self.day.at("23:59")
                ),
            )
            flow.then(1, self.reminders.get_all_reminders())
            flow.propose(
                3,
                f"Your permit is ready: {self.day.text}, {self.opens}, counter {self.counter}, receipt {self.receipt}. "
                "Shall I put it into your calendar, and delete the reminder to ask about it?",
            )
            flow.accept(20, "Yes, enter it with the counter and the receipt, and drop that reminder.")
            flow.then(
                2,
                self.calendar.add_calendar_event(
                    title="Fetch the permit",
                    start_datetime=self.day.at(self.opens),
                    end_datetime=self.day.at(self.opens.plus(20)),
                    description=f"Counter {self.counter}, receipt {self.receipt}. Take the passport.",
                ),
            )
            flow.then(1, self.reminders.delete_reminder(reminder_id=self.ask))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = (self.day.at(self.opens), self.day.at(self.opens.plus(20)))
        return verdict(
            env,
            Accepted(mentions("permit", self.opens, self.receipt)),
            Writes(
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": PERMIT,
                        "start_datetime": same_instant(times[0]),
                        "end_datetime": same_instant(times[1]),
                        "description": mentions(self.receipt, f"counter {self.counter}"),
                    },
                ),
                Write("StatefulReminderApp", "delete_reminder", {"reminder_id": self.ask}),
            ),
            State("the visit is in the calendar", lambda: times in map(event_times, self.calendar.events.values())),
            State("only the porters' reminder is left", lambda: list(self.reminders.reminders) == [self.book]),
        )
