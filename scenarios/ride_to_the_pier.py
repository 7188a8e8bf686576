"""A review moves to the other end of the town, and the user has to get there after lunch."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCabApp, StatefulCalendarApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.draw import Day
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, between, mentions, verdict

TODAY = Day("2025-05-14")


@register_scenario("ride_to_the_pier")
class RideToThePier(PAREScenario):
    """Sana moves a review from the next room to the harbour. The agent offers a cab between lunch and the review."""

    tags = ("app:calendar", "app:cab", "skill:timing", "skill:coordination", "level:medium")
    start_time = datetime(2025, 5, 14, 9, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.sana, self.pavel = self.draw.person("Sana Malik"), self.draw.person("Pavel Novotny")
        self.lunch, self.free, self.at = self.draw.times("12:00", "13:00", "14:00", minutes=60)
        self.office = f"{self.draw.choice('Mill Street', 'Ropewalk', 'Tower Street')} {self.draw.number(3, 2, 30)}"
        self.pier = f"Pier {self.draw.number(7, 2, 19)}"
        self.calendar, self.cab = StatefulCalendarApp(name="Calendar"), StatefulCabApp(name="Cab")
        self.calendar.add_calendar_event(
            title=f"Lunch with {self.pavel.first_name}",
            start_datetime=TODAY.at(self.lunch),
            end_datetime=TODAY.at(self.free),
            location=self.office,
        )
        self.review = self.calendar.add_calendar_event(
            title="Review of the ferry",
            start_datetime=TODAY.at(self.at),
            end_datetime=TODAY.at(self.at.plus(60)),
            location=f"{self.office}, room 2",
            attendees=[self.sana.name],
        )
        self.add_apps(self.calendar, self.cab)

    def build_events_flow(self) -> None:
        sana, office, pier, at, leave = self.sana, self.office, self.pier, self.at, self.free.plus(15)
        with self.flow() as flow:
            deleted = flow.at(
                40,
                self.calendar.delete_calendar_event_by_attendee(event_id=self.review, who_delete=sana.name),
            )
            added = flow.world_after(
                deleted,
                20,
                self.calendar.add_calendar_event_by_attendee(
                    who_add=sana.name,
                    title="Review of the ferry, on board this time",
                    start_datetime=TODAY.at(at),
                    end_datetime=TODAY.at(at.plus(60)),
                    location=pier,
                    description=f"We cast off at {at}, so please be on time!",
                ),
            )
            flow.after(
                added,
                3,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=TODAY.at("00:00"), end_datetime=TODAY.plus(1).at("00:00")
                ),
            )
            flow.then(2, self.cab.list_rides(start_location=office, end_location=pier))
            flow.then(1, self.cab.get_ride_history())
            flow.propose(
                3,
                f"{sana.first_name} has moved today's review to {pier}, still at {at}, and they cast off on time. Your "
                f"lunch in {office.rpartition(' ')[0]} ends at {self.free}. Shall I order a cab from there, the "
                f"Default one, for {leave}?",
            )
            flow.accept(20, "Yes, I'd never make it by bus.")
            flow.then(
                2,
                self.cab.order_ride(
                    start_location=office,
                    end_location=pier,
                    service_type="Default",
                    ride_time=TODAY.at(leave),
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        ride, begins = self.cab.on_going_ride, datetime.fromisoformat(f"{TODAY.at(self.at)}+00:00").timestamp()
        return verdict(
            env,
            Accepted(mentions(self.pier, ("cab", "ride", "taxi"))),
            Writes(
                Write(
                    "StatefulCabApp",
                    "order_ride",
                    {
                        "start_location": mentions(self.office),
                        "end_location": mentions(self.pier),
                        "service_type": "Default",
                        "ride_time": between(TODAY.at(self.free), TODAY.at(self.at)),
                    },
                ),
            ),
            State(
                f"a cab is ordered that reaches the pier by {self.at}",
                # A ride's duration is in minutes.
                ride is not None and ride.time_stamp + ride.duration * 60 <= begins,
            ),
        )
