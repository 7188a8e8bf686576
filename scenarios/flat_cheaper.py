"""A flat that a future flatmate likes is too expensive at first, and cheaper two days later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.apartment_listing import Apartment
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulApartmentApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions, own_messages

YARD = mentions("Tannery Yard")
FLATS = (("mill-loft", "Mill Loft", 1520.0), ("tannery-yard", "Tannery Yard", 1650.0))


@register_scenario("flat_cheaper")
class FlatCheaper(PAREScenario):
    """Kofi likes Tannery Yard, below 1500. Two days later it is; the agent offers to save it and to tell him.

    Another flat becomes cheaper in between, but not cheap enough, and Kofi has not mentioned it.
    """

    start_time = datetime(2025, 8, 18, 19, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.apartments = StatefulApartmentApp(name="Apartments")
        self.messaging.add_users(["Kofi Mensah"])
        self.kofi = self.messaging.name_to_id["Kofi Mensah"]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="kofi",
                title="Kofi Mensah",
                participant_ids=[self.messaging.current_user_id, self.kofi],
            )
        )
        for apartment_id, name, price in FLATS:
            self.apartments.apartments[apartment_id] = Apartment(
                apartment_id=apartment_id,
                name=name,
                location="Leeds",
                zip_code="LS10",
                price=price,
                bedrooms=2,
                bathrooms=1,
                property_type="Apartment",
                square_footage=740,
            )
        self.apps = [self.agent_ui, self.system, self.messaging, self.apartments]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            wished = self.messaging.create_and_add_message(
                conversation_id="kofi",
                sender_id=self.kofi,
                content="Tannery Yard is the nicest flat of all, but 1650 is too much for the two of us. If it ever "
                "costs less than 1500, save it and tell me at once!",
            ).delayed(20)
            other = self.apartments.update_apartment(apartment_id="mill-loft", new_price=1505.0).depends_on(
                wished, delay_seconds=timedelta(days=1).total_seconds()
            )
            cheaper = self.apartments.update_apartment(apartment_id="tannery-yard", new_price=1480.0).depends_on(
                wished, delay_seconds=timedelta(days=2).total_seconds()
            )
            looked = (
                self.apartments.search_apartments(name="Tannery Yard")
                .oracle()
                .depends_on([other, cheaper], delay_seconds=2)
            )
            saved_before = self.apartments.list_saved_apartments().oracle().depends_on(looked, delay_seconds=1)
            read = (
                self.messaging.read_conversation(conversation_id="kofi")
                .oracle()
                .depends_on(saved_before, delay_seconds=1)
            )
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Tannery Yard costs 1480 now, below the 1500 that Kofi named. Shall I save it and tell him?"
                )
                .oracle()
                .depends_on(read, delay_seconds=2)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Wow, yes, quickly!")
                .oracle()
                .depends_on(proposed, delay_seconds=7)
            )
            saved = (
                self.apartments.save_apartment(apartment_id="tannery-yard")
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            informed = (
                self.messaging.send_message(user_id=self.kofi, content="Tannery Yard is down to 1480! I've saved it.")
                .oracle()
                .depends_on(saved, delay_seconds=1)
            )
        self.events = [wished, other, cheaper, looked, saved_before, read, proposed, accepted, saved, informed]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return check_consented_writes(
            env,
            Write("StatefulApartmentApp", "save_apartment", {"apartment_id": "tannery-yard"}),
            Write("StatefulMessagingApp", "send_message", {"user_id": self.kofi, "content": YARD}),
            proposal=mentions("Tannery Yard", "Kofi"),
            state={
                "Tannery Yard, and nothing else, is saved": self.apartments.saved_apartments == ["tannery-yard"],
                "Kofi knows": any(map(YARD, own_messages(self.messaging, "kofi"))),
            },
        )
