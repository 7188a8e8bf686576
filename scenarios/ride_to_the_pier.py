"""A review moves to the other end of the town, and the user has to get there after lunch."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCabApp, StatefulCalendarApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions

BEGINS = datetime(2025, 5, 14, 14, 0, tzinfo=UTC).timestamp()


@register_scenario("ride_to_the_pier")
class RideToThePier(PAREScenario):
    """Sana moves a review from the next room to the harbour. The agent offers a cab between lunch and the review."""

    start_time = datetime(2025, 5, 14, 9, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.cab = StatefulCabApp(name="Cab")
        self.calendar.add_calendar_event(
            title="Lunch with Pavel",
            start_datetime="2025-05-14 12:00:00",
            end_datetime="2025-05-14 13:00:00",
            location="Mill Street 3",
        )
        self.review = self.calendar.add_calendar_event(
            title="Review of the ferry",
            start_datetime="2025-05-14 14:00:00",
            end_datetime="2025-05-14 15:00:00",
            location="Mill Street 3, room 2",
            attendees=["Sana Malik"],
        )
        self.apps = [self.agent_ui, self.system, self.calendar, self.cab]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            deleted = self.calendar.delete_calendar_event_by_attendee(
                event_id=self.review, who_delete="Sana Malik"
            ).delayed(40)
            added = self.calendar.add_calendar_event_by_attendee(
                who_add="Sana Malik",
                title="Review of the ferry, on board this time",
                start_datetime="2025-05-14 14:00:00",
                end_datetime="2025-05-14 15:00:00",
                location="Pier 7",
                description="We cast off at 14:00, so please be on time!",
            ).depends_on(deleted, delay_seconds=20)
            looked = (
                self.calendar.get_calendar_events_from_to(
                    start_datetime="2025-05-14 00:00:00", end_datetime="2025-05-15 00:00:00"
                )
                .oracle()
                .depends_on(added, delay_seconds=3)
            )
            offered = (
                self.cab.list_rides(start_location="Mill Street 3", end_location="Pier 7")
                .oracle()
                .depends_on(looked, delay_seconds=2)
            )
            none_yet = self.cab.get_ride_history().oracle().depends_on(offered, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Sana has moved today's review to Pier 7, still at 14:00, and they cast off on time. Your "
                    "lunch in Mill Street ends at 13:00. Shall I order a cab from there, the Default one, for 13:15?"
                )
                .oracle()
                .depends_on(none_yet, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Yes, I'd never make it by bus.")
                .oracle()
                .depends_on(proposed, delay_seconds=20)
            )
            ordered = (
                self.cab.order_ride(
                    start_location="Mill Street 3",
                    end_location="Pier 7",
                    service_type="Default",
                    ride_time="2025-05-14 13:15:00",
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
        self.events = [deleted, added, looked, offered, none_yet, proposed, accepted, ordered]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        ride = self.cab.on_going_ride
        return check_consented_writes(
            env,
            Write(
                "StatefulCabApp",
                "order_ride",
                {
                    "start_location": mentions("Mill Street 3"),
                    "end_location": mentions("Pier 7"),
                    "service_type": "Default",
                    "ride_time": lambda time: isinstance(time, str) and "2025-05-14 13:00" <= time < "2025-05-14 14",
                },
            ),
            proposal=mentions("Pier 7", ("cab", "ride", "taxi")),
            state={
                "a cab is ordered that reaches the pier by 14:00": ride is not None
                # A ride's duration is in minutes.
                and ride.time_stamp + ride.duration * 60 <= BEGINS
            },
        )
