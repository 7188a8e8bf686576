"""A clinic tells a patient, who is in a cab on the way to it, not to drive afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCabApp, StatefulCalendarApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, verdict
from pytest_pare.scenarios.matchers.values import instant

DESK = "+961 1 555 014"
CLINIC = "Clinique de l'Œil, Rue Hamra"


@register_scenario("ride_home")
class RideHome(PAREScenario):
    """The user needs a cab home from a clinic in Beirut, and is still in the one that goes there.

    There is one ride at a time: the agent waits for the end of the first, and orders the second for the time at which
    the examination is over. The calendar has an older, shorter time for it.
    """

    tags = ("app:messaging", "app:cab", "app:calendar", "skill:timing", "skill:distractors", "level:hard")
    start_time = datetime(2025, 10, 15, 12, 10, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.home = self.draw.choice("Rue Gouraud 70", "Rue Monnot 41", "Rue Pasteur 18")
        self.begins = self.draw.time("13:15", minutes=30)
        self.length = self.draw.choice(100, 120, 140)
        self.over = self.begins.plus(self.length)
        self.messaging = StatefulMessagingApp(name="Messages")
        self.cab = StatefulCabApp(name="Cab")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.messaging.add_contacts([("Clinique de l'Œil", DESK)])
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="clinic",
                title="Clinique de l'Œil",
                participant_ids=[self.messaging.current_user_id, DESK],
            )
        )
        self.calendar.add_calendar_event(
            title="Eyes, Dr Khoury",
            start_datetime=f"2025-10-15 {self.begins}:00",
            end_datetime=f"2025-10-15 {self.begins.plus(45)}:00",
            location=CLINIC,
        )
        self.cab.order_ride(
            start_location=self.home,
            end_location=CLINIC,
            service_type="Default",
            ride_time="2025-10-15 12:05:00",
        )
        self.add_apps(self.messaging, self.cab, self.calendar)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            wrote = flow.at(
                60,
                self.messaging.create_and_add_message(
                    conversation_id="clinic",
                    sender_id=DESK,
                    content=f"Dear Mr Doe, Dr Khoury adds a test today, so you are done at {self.over}, not before. "
                    "The drops blur your sight until the evening: please don't drive, let somebody take you home.",
                ),
            )
            arrived = flow.world_after(wrote, 1500, self.cab.end_ride())
            flow.after(wrote, 2, self.messaging.read_conversation(conversation_id="clinic"))
            flow.then(1, self.cab.get_current_ride_status())
            flow.then(1, self.calendar.read_today_calendar_events())
            flow.propose(
                3,
                f"The clinic says that you are done at {self.over} and can't drive then. Shall I order a cab from "
                f"there home to {self.home} for {self.over.plus(10)}, as soon as this ride has ended?",
            )
            yes = flow.accept(20, "Yes, please, a Default one.")
            flow.after(
                [yes, arrived],
                5,
                self.cab.order_ride(
                    start_location=CLINIC,
                    end_location=self.home,
                    service_type="Default",
                    ride_time=f"2025-10-15 {self.over.plus(10)}:00",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(
            env,
            Accepted(mentions(self.home, ("cab", "ride", "taxi"), (self.over, self.over.plus(10)))),
            Writes(
                Write(
                    "StatefulCabApp",
                    "order_ride",
                    {
                        "start_location": mentions(("Clinique", "Hamra")),
                        "end_location": mentions(self.home),
                        "service_type": "Default",
                        "ride_time": self.is_in_time,
                    },
                )
            ),
            State("the ride home is ordered", self.is_home_bound),
            State("the first ride has ended well", lambda: self.cab.ride_history[0].status == "COMPLETED"),
        )

    def is_in_time(self, value: Any) -> bool:
        """Tell whether a cab comes after the examination, and soon."""
        first, moment, last = (
            instant(f"2025-10-15 {self.over}"),
            instant(value),
            instant(f"2025-10-15 {self.over.plus(45)}"),
        )
        return first is not None and moment is not None and last is not None and first <= moment <= last

    def is_home_bound(self) -> bool:
        """Tell whether the ordered ride goes home."""
        ride = self.cab.on_going_ride
        return ride is not None and mentions(self.home)(ride.end_location)
