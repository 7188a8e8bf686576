"""A friend falls ill before the theatre, and the cab is ordered already."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCabApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, verdict


@register_scenario("theatre_cancelled")
class TheatreCancelled(PAREScenario):
    """Noor is ill and has changed the tickets to next Friday. The agent offers to cancel tonight's cab and say yes."""

    tags = ("app:messaging", "app:cab", "skill:coordination", "level:easy")
    start_time = datetime(2025, 11, 21, 17, 30, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.noor = self.draw.person("Noor Haddad")
        self.day = self.draw.day("2025-11-28", days=5)
        self.cab_at, self.there = self.draw.times("19:00", "19:30", minutes=30)
        self.theatre = self.draw.choice("Lantern Theatre", "Globe Theatre", "Garden Theatre", "Anchor Theatre")
        self.user_goal = (
            f"You want to see the play together with {self.noor.first_name}, and it is all the same to you on which "
            "evening."
        )
        self.messaging, self.cab = StatefulMessagingApp(name="Messages"), StatefulCabApp(name="Cab")
        self.chat = self.noor.first_name.lower()
        self.noor_id = self.messaging.add_chat(self.chat, self.noor.name)
        self.messaging.add_message(
            self.chat,
            self.messaging.current_user_id,
            f"I come by cab and can be at the {self.theatre} at {self.there.text}.",
            datetime(2025, 11, 20, 21, 15, tzinfo=UTC).timestamp(),
        )
        self.cab.order_ride(
            start_location="Elm Street 12",
            end_location=self.theatre,
            service_type="Default",
            ride_time=f"2025-11-21 {self.cab_at}:00",
        )
        self.add_apps(self.messaging, self.cab)

    def build_events_flow(self) -> None:
        noor, day = self.noor, self.day
        with self.flow() as flow:
            fell_ill = flow.at(
                15,
                self.messaging.create_and_add_message(
                    self.chat, self.noor_id, "I'm in bed with a fever, no theatre for me tonight. I'm so sorry!"
                ),
            )
            changed = flow.world_after(
                fell_ill,
                240,
                self.messaging.create_and_add_message(
                    self.chat,
                    self.noor_id,
                    f"The box office has just changed both tickets to {day.text}, same time. Does that suit you?",
                ),
            )
            flow.after(changed, 2, self.messaging.read_conversation(self.chat))
            flow.then(1, self.cab.get_current_ride_status())
            flow.propose(
                2,
                f"{noor.first_name} is ill and has changed the theatre tickets to {day.text}, at the same time. Shall "
                f"I cancel your cab at {self.cab_at} tonight and tell {noor.objective} that {day.weekday} suits you?",
            )
            flow.accept(35, f"Poor {noor.first_name}. Yes, both, and wish {noor.objective} well.")
            flow.then(2, self.cab.user_cancel_ride())
            flow.then(
                1,
                self.messaging.send_message(user_id=self.noor_id, content=f"{day.text}, is fine. Get well soon!"),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        new_day = mentions((self.day.weekday, self.day))
        return verdict(
            env,
            Accepted(mentions(self.noor.first_name, ("cab", "ride", "taxi"))),
            Writes(
                Write("StatefulCabApp", "user_cancel_ride"),
                Write("StatefulMessagingApp", "send_message", {"user_id": self.noor_id, "content": new_day}),
            ),
            State(
                "no cab comes tonight",
                self.cab.on_going_ride is None and [ride.status for ride in self.cab.ride_history] == ["CANCELLED"],
            ),
            State(
                f"{self.noor.first_name} knows that {self.day.weekday} is fine",
                any(map(new_day, own_messages(self.messaging, self.chat))),
            ),
        )
