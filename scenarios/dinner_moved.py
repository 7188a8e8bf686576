"""A friend moves a dinner; the calendar should follow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import event_times, own_messages
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, matches, mentions, same_instant, verdict


@register_scenario("dinner_moved")
class DinnerMoved(PAREScenario):
    """Priya asks to move Thursday's dinner by an hour. The agent offers to move it in the calendar and to confirm."""

    tags = ("app:messaging", "app:calendar", "skill:arithmetic", "level:easy")
    start_time = datetime(2025, 3, 11, 10, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.priya = self.draw.person("Priya Shah")
        self.day = self.draw.day("2025-03-13", days=4)
        self.old, self.new, self.end = self.draw.times("18:00", "19:00", "21:00", earliest="17:00")
        self.messaging, self.calendar = StatefulMessagingApp(name="Messages"), StatefulCalendarApp(name="Calendar")
        self.chat = self.priya.first_name.lower()
        self.priya_id = self.messaging.add_chat(self.chat, self.priya.name)
        self.dinner = self.calendar.add_calendar_event(
            title=f"Dinner with {self.priya.first_name}",
            start_datetime=self.day.at(self.old),
            end_datetime=self.day.at(self.old.plus(120)),
            location=self.draw.choice("Trattoria Verde", "Café Central", "Golden Wok", "Harbour Grill"),
        )
        self.calendar.add_calendar_event(
            title="Dentist", start_datetime=self.day.at("09:00"), end_datetime=self.day.at("09:30")
        )
        self.add_apps(self.messaging, self.calendar)

    def build_events_flow(self) -> None:
        priya, day = self.priya, self.day
        old, new = (time.text.partition(" ")[0] for time in (self.old, self.new))
        with self.flow() as flow:
            asked = flow.at(
                10,
                self.messaging.create_and_add_message(
                    self.chat,
                    self.priya_id,
                    f"Sorry, can we make it {new} instead of {old} on {day.weekday}? Same place, same two hours.",
                ),
            )
            flow.after(asked, 2, self.messaging.read_conversation(self.chat))
            flow.then(1, self.calendar.search_events(query=f"Dinner with {priya.first_name}"))
            flow.propose(
                2,
                f"{priya.first_name} would like to move {day.weekday}'s dinner to {self.new}. Shall I move it in your "
                f"calendar, until {self.end}, and tell {priya.objective} that it works?",
            )
            flow.accept(5, "Yes, please.")
            flow.then(
                2,
                self.calendar.edit_calendar_event(
                    event_id=self.dinner, start_datetime=day.at(self.new), end_datetime=day.at(self.end)
                ),
            )
            flow.then(
                1,
                self.messaging.send_message(
                    user_id=self.priya_id, content=f"{self.new} works, see you on {day.weekday}!"
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        new_times = (self.day.at(self.new), self.day.at(self.end))
        return verdict(
            env,
            Accepted(mentions(self.priya.first_name, "dinner")),
            Writes(
                Write(
                    "StatefulCalendarApp",
                    "edit_calendar_event",
                    {
                        "event_id": self.dinner,
                        "start_datetime": same_instant(new_times[0]),
                        "end_datetime": same_instant(new_times[1]),
                    },
                ),
                Write(
                    "StatefulMessagingApp",
                    "send_message",
                    {"user_id": self.priya_id, "content": matches(r"\w")},
                ),
            ),
            State("the dinner is an hour later", event_times(self.calendar.events.get(self.dinner)) == new_times),
            State(f"{self.priya.first_name} has an answer", bool(own_messages(self.messaging, self.chat))),
        )
