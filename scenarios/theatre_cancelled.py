"""A friend falls ill before the theatre, and the cab is ordered already."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCabApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions, own_messages

NEXT_FRIDAY = mentions(("Friday", "28 November", "November 28", "28th"))


@register_scenario("theatre_cancelled")
class TheatreCancelled(PAREScenario):
    """Noor is ill and has changed the tickets to next Friday. The agent offers to cancel tonight's cab and say yes."""

    start_time = datetime(2025, 11, 21, 17, 30, tzinfo=UTC).timestamp()
    user_goal = "You want to see the play together with Noor, and it is all the same to you on which evening."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.cab = StatefulCabApp(name="Cab")
        self.messaging.add_users(["Noor Haddad"])
        self.noor = self.messaging.name_to_id["Noor Haddad"]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="noor",
                title="Noor Haddad",
                participant_ids=[self.messaging.current_user_id, self.noor],
            )
        )
        self.messaging.add_message(
            "noor",
            self.messaging.current_user_id,
            "I come by cab and can be at the Lantern Theatre at half past seven.",
            datetime(2025, 11, 20, 21, 15, tzinfo=UTC).timestamp(),
        )
        self.cab.order_ride(
            start_location="Elm Street 12",
            end_location="Lantern Theatre",
            service_type="Default",
            ride_time="2025-11-21 19:00:00",
        )
        self.apps = [self.agent_ui, self.system, self.messaging, self.cab]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            fell_ill = self.messaging.create_and_add_message(
                conversation_id="noor",
                sender_id=self.noor,
                content="I'm in bed with a fever, no theatre for me tonight. I'm so sorry!",
            ).delayed(15)
            changed = self.messaging.create_and_add_message(
                conversation_id="noor",
                sender_id=self.noor,
                content="The box office has just changed both tickets to next Friday, same time. Does that suit you?",
            ).depends_on(fell_ill, delay_seconds=240)
            read = (
                self.messaging.read_conversation(conversation_id="noor").oracle().depends_on(changed, delay_seconds=2)
            )
            looked = self.cab.get_current_ride_status().oracle().depends_on(read, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Noor is ill and has changed the theatre tickets to next Friday at the same time. Shall I "
                    "cancel your cab at 19:00 tonight and tell her that next Friday suits you?"
                )
                .oracle()
                .depends_on(looked, delay_seconds=2)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Poor Noor. Yes, both, and wish her well.")
                .oracle()
                .depends_on(proposed, delay_seconds=35)
            )
            cancelled = self.cab.user_cancel_ride().oracle().depends_on(accepted, delay_seconds=2)
            answered = (
                self.messaging.send_message(user_id=self.noor, content="Next Friday is fine. Get well soon!")
                .oracle()
                .depends_on(cancelled, delay_seconds=1)
            )
        self.events = [fell_ill, changed, read, looked, proposed, accepted, cancelled, answered]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return check_consented_writes(
            env,
            Write("StatefulCabApp", "user_cancel_ride"),
            Write("StatefulMessagingApp", "send_message", {"user_id": self.noor, "content": NEXT_FRIDAY}),
            proposal=mentions("Noor", ("cab", "ride", "taxi")),
            state={
                "no cab comes tonight": self.cab.on_going_ride is None
                and [ride.status for ride in self.cab.ride_history] == ["CANCELLED"],
                "Noor knows that Friday is fine": any(map(NEXT_FRIDAY, own_messages(self.messaging, "noor"))),
            },
        )
