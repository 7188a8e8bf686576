"""A rehearsal is called in, and no cab of the preferred service is free for the user and the cello."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCabApp, StatefulCalendarApp, StatefulNotesApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import (
    Accepted,
    Reported,
    State,
    Write,
    Writes,
    mentions,
    one_of,
    same_instant,
    verdict,
)


@register_scenario("cello_needs_room")
class CelloNeedsRoom(PAREScenario):
    """The agent offers a cab to an extra rehearsal as the user's note wants it. The order fails.

    The note names the other service that will do, so the agent orders that one and says so.
    """

    tags = ("app:cab", "app:calendar", "app:note", "skill:recovery", "skill:arithmetic", "level:medium")
    start_time = datetime(2025, 8, 12, 15, 0, tzinfo=UTC).timestamp()
    user_goal = "You play the cello. You want the cab that your note asks for, or else the one that it falls back to."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.leader = self.draw.person("Catalina Restrepo", city="Medellín", pronoun="she")
        self.home = self.draw.place("Calle 34 No. 78-15, Medellín", like=self.leader)
        self.hall = self.draw.place("Carrera 52 No. 48-09, Medellín", like=self.leader)
        self.day = self.draw.day("2025-08-14", days=6)
        self.at = self.draw.time("18:00", minutes=90)
        self.first = self.draw.choice("Premium", "Van")
        self.second = "Van" if self.first == "Premium" else "Premium"
        self.cab, self.calendar = StatefulCabApp(name="Cab"), StatefulCalendarApp(name="Calendar")
        self.notes = StatefulNotesApp(name="Notes")
        self.notes.create_note_with_time(
            folder="Personal",
            title="Cabs with the cello",
            content=f"From home, {self.home}. Always an hour before it begins, I need to warm up.\n"
            f"{self.first} if possible. If they have none, {self.second}. Never Default: the cello had to go in the "
            "boot.",
            created_at="2025-03-02 21:00:00",
        )
        self.add_apps(self.cab, self.calendar, self.notes)

    def build_events_flow(self) -> None:
        rides = self.day.at(str(self.at.plus(-60)))
        route = {"start_location": self.home, "end_location": self.hall}
        with self.flow() as flow:
            called = flow.at(
                45,
                self.calendar.add_calendar_event_by_attendee(
                    who_add=self.leader.name,
                    title="Extra rehearsal of the string quartet",
                    start_datetime=self.day.at(str(self.at)),
                    end_datetime=self.day.at(str(self.at.plus(120))),
                    location=self.hall,
                    description="Our last one before the concert. We begin on the dot.",
                ),
            )
            looked = flow.after(
                called,
                2,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=self.day.at("00:00"), end_datetime=self.day.plus(1).at("00:00")
                ),
            )
            noted = flow.after(looked, 1, self.notes.search_notes(query="cello"))
            flow.after(noted, 1, self.cab.list_rides(**route, ride_time=rides))
            flow.propose(
                3,
                f"{self.leader.first_name} has called an extra rehearsal for {self.day.text}, {self.at}, at "
                f"{self.hall}. Shall I order a {self.first} for you and the cello, from home at {self.at.plus(-60)}, "
                f"or a {self.second} if they have none?",
            )
            flow.accept(15, "Yes, like that.")
            flow.fails(self.cab.order_ride, times=1, error=f"No {self.first} is free at that time.")
            flow.then(2, self.cab.order_ride(**route, service_type=self.first, ride_time=rides))
            flow.then(2, self.cab.order_ride(**route, service_type=self.second, ride_time=rides))
            flow.report(1, f"They had no {self.first}, so a {self.second} fetches you at {self.at.plus(-60)}.")

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        leaves = self.day.at(str(self.at.plus(-60)))
        return verdict(
            env,
            Accepted(mentions(self.first, self.at.plus(-60).wordings, ("rehears", self.leader.first_name))),
            Writes(
                Write(
                    "StatefulCabApp",
                    "order_ride",
                    {
                        "start_location": _address(self.home),
                        "end_location": _address(self.hall),
                        "service_type": self.second,
                        "ride_time": same_instant(leaves),
                    },
                )
            ),
            Reported(mentions(self.second)),
            State("a cab with room for the cello comes", lambda: self._service() == self.second),
        )

    def _service(self) -> str | None:
        ride = self.cab.on_going_ride
        return None if ride is None else ride.service_type


def _address(address: str) -> Any:
    """Return a test for an address, with the city or without it."""
    return one_of(mentions(address), address.partition(",")[0])
