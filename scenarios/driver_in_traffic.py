"""A cab comes some minutes late, on a day with enough time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCabApp, StatefulCalendarApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Silent, verdict


@register_scenario("driver_in_traffic")
class DriverInTraffic(PAREScenario):
    """A driver announces a few minutes of delay. The calendar leaves more than an hour, so nobody need be told."""

    tags = ("app:cab", "app:calendar", "skill:silence", "skill:arithmetic", "level:medium")
    start_time = datetime(2025, 12, 4, 10, 30, tzinfo=UTC).timestamp()
    user_goal = "You always leave far too early, and read in the café until people come."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.client = self.draw.person("Kavya Hegde", city="Bengaluru", pronoun="she")
        self.minutes = self.draw.number(6, 4, 12)
        self.home = self.draw.place("12th Main Road 7, Bengaluru", like=self.client)
        self.cafe = self.draw.choice("Café Jacaranda", "Café Tabebuia", "Café Gulmohar")
        self.cab, self.calendar = StatefulCabApp(name="Cab"), StatefulCalendarApp(name="Calendar")
        self.cab.order_ride(
            start_location=self.home,
            end_location=self.cafe,
            service_type="Default",
            ride_time="2025-12-04 10:40:00",
        )
        self.calendar.add_calendar_event(
            title=f"Lunch with {self.client.name}",
            start_datetime="2025-12-04 12:30:00",
            end_datetime="2025-12-04 13:30:00",
            location=self.cafe,
            description="The cab takes half an hour at most. I go early, to read my notes there in peace.",
        )
        self.add_apps(self.cab, self.calendar)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            delayed = flow.at(
                90,
                self.cab.update_ride_status(
                    status="DELAYED", message=f"Jam at the flyover, I come {self.minutes} minutes late. Sorry!"
                ),
            )
            looked = flow.after(delayed, 2, self.cab.get_current_ride_status())
            flow.after(looked, 1, self.calendar.read_today_calendar_events())

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(env, Silent())
