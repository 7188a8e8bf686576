"""A friend has noticed that her old number is still in use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulContactsApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions, same_phone

NEW_PHONE = same_phone("+39 333 555 0171")


@register_scenario("new_number")
class NewNumber(PAREScenario):
    """Elena Rossi corrects her number. The agent offers to change it in her card, and leaves Elena Russo's alone."""

    start_time = datetime(2025, 2, 8, 11, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.contacts = StatefulContactsApp(name="Contacts")
        self.messaging.add_users(["Elena Rossi"])
        self.elena = self.messaging.name_to_id["Elena Rossi"]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="elena",
                title="Elena Rossi",
                participant_ids=[self.messaging.current_user_id, self.elena],
            )
        )
        for contact_id, last_name, phone in (
            ("elena-russo", "Russo", "+39 333 555 0162"),
            ("elena-rossi", "Rossi", "+39 333 555 0117"),
        ):
            self.contacts.add_contact(
                Contact(contact_id=contact_id, first_name="Elena", last_name=last_name, phone=phone)
            )
        self.apps = [self.agent_ui, self.system, self.messaging, self.contacts]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            corrected = self.messaging.create_and_add_message(
                conversation_id="elena",
                sender_id=self.elena,
                content="Did you try to call? I think you have my number with two digits swapped. "
                "It's +39 333 555 0171, 71 at the end, not 17.",
            ).delayed(25)
            read = (
                self.messaging.read_conversation(conversation_id="elena")
                .oracle()
                .depends_on(corrected, delay_seconds=2)
            )
            found = self.contacts.search_contacts(query="Elena").oracle().depends_on(read, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Elena Rossi says that her number ends in 0171; your contacts have 0117. "
                    "Shall I correct it?"
                )
                .oracle()
                .depends_on(found, delay_seconds=2)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Oh, yes please.").oracle().depends_on(proposed, delay_seconds=6)
            )
            changed = (
                self.contacts.edit_contact(contact_id="elena-rossi", updates={"phone": "+39 333 555 0171"})
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
        self.events = [corrected, read, found, proposed, accepted, changed]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        cards = self.contacts.contacts
        return check_consented_writes(
            env,
            Write(
                "StatefulContactsApp",
                "edit_contact",
                {
                    "contact_id": "elena-rossi",
                    "updates": lambda updates: set(updates) == {"phone"} and NEW_PHONE(updates["phone"]),
                },
            ),
            proposal=mentions("Elena", "71"),
            state={
                "Elena Rossi's card has the new number": "elena-rossi" in cards
                and NEW_PHONE(cards["elena-rossi"].phone)
            },
        )
