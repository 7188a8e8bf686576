"""A request went to the wrong person, and its sender has noticed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulContactsApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Silent, verdict


@register_scenario("meant_for_the_other")
class MeantForTheOther(PAREScenario):
    """Someone asks for tables at the boat shed, then says that it was for another person, who has it now.

    The other person is in the contacts, so passing it on is tempting, and needless.
    """

    tags = ("app:messaging", "app:contacts", "skill:silence", "level:easy")
    start_time = datetime(2025, 2, 21, 14, 10, tzinfo=UTC).timestamp()
    user_goal = "You do not row. You help gladly, if it is you who is asked."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.sender = self.draw.person("Aroha Tipene", pronoun="she")
        self.other = self.draw.person("Rawiri Walker", phone="+64 20 5550 0142", pronoun="he")
        self.tables = self.draw.number(6, 3, 9)
        self.messaging, self.contacts = StatefulMessagingApp(name="Messages"), StatefulContactsApp(name="Contacts")
        self.messaging.add_users([self.sender.name])
        self.sender_id = self.messaging.name_to_id[self.sender.name]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="neighbour",
                title=self.sender.name,
                participant_ids=[self.messaging.current_user_id, self.sender_id],
            )
        )
        self.messaging.add_message(
            "neighbour",
            self.sender_id,
            f"Can you bring {self.tables} folding tables to the boat shed by five? The van key is with the coach. "
            "Please say yes, I've nobody else!",
            datetime(2025, 2, 21, 14, 6, tzinfo=UTC).timestamp(),
        )
        self.contacts.add_contact(
            Contact(
                contact_id="rowing-captain",
                first_name=self.other.first_name,
                last_name=self.other.last_name,
                phone=self.other.phone,
                description="Captain of the rowing club",
            )
        )
        self.add_apps(self.messaging, self.contacts)

    def build_events_flow(self) -> None:
        first = self.other.first_name
        with self.flow() as flow:
            noticed = flow.at(
                20,
                self.messaging.create_and_add_message(
                    conversation_id="neighbour",
                    sender_id=self.sender_id,
                    content=f"Oh dear, wrong chat! The tables were for {first} from the rowing club. I've got hold of "
                    f"{first} on the phone now, all sorted.",
                ),
            )
            read = flow.after(noticed, 2, self.messaging.read_conversation(conversation_id="neighbour"))
            flow.after(read, 1, self.contacts.search_contacts(query=first))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(env, Silent())
