"""A reminder falls due just after a friend has done the task."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, between, mentions, verdict

CAKE = mentions("cake")


@register_scenario("birthday_dinner")
class BirthdayDinner(PAREScenario):
    """The user wanted to book a table at 17:00; Hanna was faster, and asks for the cake.

    When the reminder falls due, the agent offers to delete it and to remind of the cake instead.
    """

    tags = ("app:calendar", "app:reminder", "skill:timing", "skill:coordination", "level:medium")
    equivalent_mutants: ClassVar = {
        "argument:add_reminder.due_datetime.hour-later": "any time at which the bakery is open is right"
    }
    start_time = datetime(2025, 3, 5, 16, 45, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.hanna, self.leo = self.draw.person("Hanna Moser"), self.draw.person("Leo Adler")
        self.day = self.draw.day("2025-03-08", days=3)
        self.at, self.closing = self.draw.time("19:00"), self.draw.time("14:00", earliest="12:30")
        self.restaurant = self.draw.choice("Fig Tree", "Old Mill", "Blue Lantern", "Copper Pot")
        self.calendar, self.reminders = StatefulCalendarApp(name="Calendar"), StatefulReminderApp(name="Reminders")
        self.calendar.add_calendar_event(
            title="Football with Ben", start_datetime=self.day.at("15:00"), end_datetime=self.day.at("16:30")
        )
        self.table = self.reminders.add_reminder(
            title=f"Book a table for {self.leo.first_name}'s birthday",
            due_datetime="2025-03-05 17:00:00",
            description=f"{self.day.weekday} evening, four of us. {self.leo.pronoun.capitalize()} likes the "
            f"{self.restaurant}.",
        )
        self.add_apps(self.calendar, self.reminders)

    def build_events_flow(self) -> None:
        day, leo = self.day, self.leo.first_name
        with self.flow() as flow:
            invited = flow.at(
                300,
                self.calendar.add_calendar_event_by_attendee(
                    who_add=self.hanna.name,
                    title=f"{leo}'s birthday dinner",
                    start_datetime=day.at(self.at),
                    end_datetime=day.at(self.at.plus(180)),
                    location=f"The {self.restaurant}",
                    description="I have booked a table for four. John, could you fetch the cake? It is paid for; "
                    f"Bakery Holm closes at {self.closing} on {day.weekday}s.",
                ),
            )
            # The reminder falls due ten minutes after the invitation.
            flow.after(invited, 602, self.reminders.get_due_reminders())
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=day.at("00:00"), end_datetime=day.plus(1).at("00:00")
                ),
            )
            flow.propose(
                3,
                f"You wanted to book a table for {leo}'s birthday now, but {self.hanna.first_name} has one for "
                f"{day.weekday} at {self.at}. {self.hanna.pronoun.capitalize()} asks you to fetch the cake, and Bakery "
                f"Holm closes at {self.closing}. Shall I delete this reminder, and remind you of the cake on "
                f"{day.weekday} at 11:00?",
            )
            flow.accept(9, "Great, yes.")
            flow.then(2, self.reminders.delete_reminder(reminder_id=self.table))
            flow.then(
                1,
                self.reminders.add_reminder(
                    title=f"Fetch the cake for {leo}",
                    due_datetime=day.at("11:00"),
                    description=f"Bakery Holm, until {self.closing}. It is paid for.",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        left = self.reminders.reminders
        # Somebody has to go to the bakery before it closes.
        in_time = between(self.day.at("07:00"), self.day.at(self.closing.plus(-15)))
        return verdict(
            env,
            Accepted(mentions(self.leo.first_name, "cake")),
            Writes(
                Write("StatefulReminderApp", "delete_reminder", {"reminder_id": self.table}),
                Write("StatefulReminderApp", "add_reminder", {"title": CAKE, "due_datetime": in_time}),
            ),
            State("nothing reminds of the table", self.table not in left),
            State(
                "one reminder of the cake is left, in time",
                [in_time(one.due_datetime) for one in left.values() if CAKE(one.title)] == [True],
            ),
        )
