"""A flight is late; the ride that is under way ends, and a later one is ordered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.scenarios.scenario import ScenarioStatus, ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, Action, ConditionCheckEvent, EventRegisterer, EventType

from pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulEmailApp
from pare.apps.cab import StatefulCabApp
from pare.scenarios import PAREScenario
from pare.scenarios.utils.registry import register_scenario


@register_scenario("cab_to_the_airport")
class CabToTheAirport(PAREScenario):
    """The second ride is ordered when a condition says that the first one is over."""

    start_time = datetime(2025, 11, 18, 9, 0, 0, tzinfo=UTC).timestamp()
    status = ScenarioStatus.Draft
    is_benchmark_ready = False

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system_app = HomeScreenSystemApp(name="System")
        self.cab = StatefulCabApp(name="Cab")
        self.email = StatefulEmailApp(name="Email")

        ordered_at = datetime.fromtimestamp(self.start_time, tz=UTC) - timedelta(minutes=20)
        self.cab.add_new_ride(
            service_type="Default",
            start_location="Home",
            end_location="Office",
            price=18.5,
            duration=15.0,
            time_stamp=ordered_at.timestamp(),
            distance_km=7.0,
        )
        ride = self.cab.ride_history[-1]
        ride.status = "BOOKED"
        self.cab.on_going_ride = ride

        self.apps = [self.agent_ui, self.system_app, self.cab, self.email]

    def build_events_flow(self) -> None:
        aui = self.get_typed_app(PAREAgentUserInterface)
        cab_app = self.get_typed_app(StatefulCabApp, "Cab")
        email_app = self.get_typed_app(StatefulEmailApp, "Email")

        def first_ride_is_over(env: AbstractEnvironment) -> bool:
            return any(
                isinstance(e.action, Action) and e.action.function_name == "end_ride" for e in env.event_log.list_view()
            )

        with EventRegisterer.capture_mode():
            moved = cab_app.update_ride_status(status="IN_PROGRESS", message="On the way").delayed(5)
            ended = cab_app.end_ride().depends_on(moved, delay_seconds=30)
            late = email_app.send_email_to_user_with_id(
                email_id="flight-late",
                sender="desk@airline.example",
                subject="Your flight",
                content="It leaves at 14:40 instead of 13:10.",
            ).delayed(6)
            read = email_app.get_email_by_id(email_id="flight-late").oracle().depends_on(late, delay_seconds=1)
            proposal = (
                aui.send_message_to_user(content="The flight is late. Shall I order a cab to the airport for 12:00?")
                .oracle()
                .depends_on(read, delay_seconds=1)
            )
            acceptance = aui.accept_proposal(content="Please do.").oracle().depends_on(proposal, delay_seconds=1)
            condition = ConditionCheckEvent.from_condition(first_ride_is_over).depends_on(acceptance, delay_seconds=0)
            quoted = (
                cab_app.get_quotation(
                    start_location="Office",
                    end_location="Airport",
                    service_type="Premium",
                    ride_time="2025-11-18 12:00:00",
                )
                .oracle()
                .depends_on(condition, delay_seconds=1)
            )
            ordered = (
                cab_app.order_ride(
                    start_location="Office",
                    end_location="Airport",
                    service_type="Premium",
                    ride_time="2025-11-18 12:00:00",
                )
                .oracle()
                .depends_on(quoted, delay_seconds=1)
            )

        self.events = [moved, ended, late, read, proposal, acceptance, condition, quoted, ordered]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        try:
            agent_events = [e for e in env.event_log.list_view() if e.event_type == EventType.AGENT]
            ordered = any(
                e.action.class_name == "StatefulCabApp"
                and e.action.function_name == "order_ride"
                and e.action.args.get("end_location", "").lower() == "airport"
                and e.get_args()["service_type"] == "Premium"
                for e in agent_events
            )
            return ScenarioValidationResult(success=ordered)
        except Exception as e:
            return ScenarioValidationResult(success=False, exception=e)
