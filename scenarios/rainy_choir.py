"""A choir moves to another hall on a rainy evening, and its conductor urges everyone into a taxi, twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCabApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Rejected, State, mentions, verdict

HOME = "Florida Road 88"
THANDIWE = "+27 31 555 0142"


@register_scenario("rainy_choir")
class RainyChoir(PAREScenario):
    """The choir moves across Durban in the rain. The user wants no cab, and must not be asked again.

    The conductor repeats her advice half an hour later. The rejection still holds then.
    """

    tags = ("app:messaging", "app:cab", "skill:rejection", "level:easy")
    start_time = datetime(2025, 6, 5, 14, 30, tzinfo=UTC).timestamp()
    user_goal = "You go everywhere by bicycle, rain or not, and never take a cab. You do not want to be asked twice."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.conductor = self.draw.choice("Thandiwe Nkosi", "Nomvula Dlamini", "Zanele Mkhize")
        self.hall = self.draw.choice("Umbilo Road 210", "Davenport Road 61", "Helen Joseph Road 45")
        self.begins = self.draw.time("17:30", minutes=45)
        self.messaging = StatefulMessagingApp(name="Messages")
        self.cab = StatefulCabApp(name="Cab")
        self.messaging.add_contacts([(self.conductor, THANDIWE)])
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="choir",
                title=self.conductor,
                participant_ids=[self.messaging.current_user_id, THANDIWE],
            )
        )
        self.cab.add_new_ride(
            "Default",
            HOME,
            "King Shaka Airport",
            24.0,
            35.0,
            datetime(2025, 4, 19, 5, 0, tzinfo=UTC).timestamp(),
            24.0,
        )
        self.add_apps(self.messaging, self.cab)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            moved = flow.at(
                30,
                self.messaging.create_and_add_message(
                    conversation_id="choir",
                    sender_id=THANDIWE,
                    content="Our hall is under water. We sing at the school in "
                    f"{self.hall} tonight, {self.begins.text} as always. Mind the rain!",
                ),
            )
            flow.after(moved, 2, self.messaging.read_conversation(conversation_id="choir"))
            flow.then(1, self.cab.get_ride_history())
            flow.then(1, self.cab.list_rides(start_location=HOME, end_location=self.hall))
            flow.propose(
                3,
                f"Tonight's choir is at the school in {self.hall}, at {self.begins}, and it rains. Shall I order a cab "
                f"from {HOME} for {self.begins.plus(-30)}?",
            )
            flow.reject(15, "No, I cycle. And please don't come back to it, I have a good raincoat.")
            urged = flow.world_after(
                moved,
                1800,
                self.messaging.create_and_add_message(
                    conversation_id="choir",
                    sender_id=THANDIWE,
                    content=f"It is pouring now! Take a taxi to {self.hall}, all of you, I don't want a choir of "
                    "frogs.",
                ),
            )
            flow.after(urged, 2, self.messaging.read_conversation(conversation_id="choir"))
            flow.then(1, self.agent_ui.wait())

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(
            env,
            Rejected(mentions(self.hall, ("cab", "taxi", "ride"))),
            State("the conductor's second message has arrived", lambda: self.messages() == 2),
            State("the user was asked only once", lambda: len(self.agent_ui.get_all_messages_from_agent()) == 1),
            State("no cab is ordered", lambda: self.cab.on_going_ride is None),
        )

    def messages(self) -> int:
        """Return the number of messages from the conductor."""
        return len(self.messaging.conversations["choir"].messages)
