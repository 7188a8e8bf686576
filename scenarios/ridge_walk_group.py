"""A friend wants a group for a walk, and two people in the contacts have the name that she gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulContactsApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_members, verdict


@register_scenario("ridge_walk_group")
class RidgeWalkGroup(PAREScenario):
    """Wanjiru asks for a group with a man of her walking club. The user says yes, but without one of the others.

    The contacts have two men of that first name, and the user chooses the title.
    """

    tags = (
        "app:messaging",
        "app:contacts",
        "skill:amendment",
        "skill:disambiguation",
        "skill:distractors",
        "level:medium",
    )
    start_time = datetime(2025, 9, 4, 18, 40, tzinfo=UTC).timestamp()
    user_goal = (
        "You like to walk with your friends. On the way you all want to plan a surprise for one of them, whose "
        "birthday is near."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.host = self.draw.person("Wanjiru Kamau", phone="+254 712 555 018")
        self.walker = self.draw.person("Otieno Barasa", phone="+254 712 555 064")
        self.lawyer = self.draw.person("Otieno Mwangi", same="first_name", as_=self.walker)
        self.surprised = self.draw.person("Zawadi Njoroge", phone="+254 712 555 092")
        self.title = self.draw.choice("Longonot ridge", "Crater walk", "Sunday hills")
        self.user_goal = (
            f"{self.user_goal} It is {self.surprised.name}, who must not be in the group. "
            f"You want to call it {self.title}."
        )
        self.messaging = StatefulMessagingApp(name="Messages")
        self.contacts = StatefulContactsApp(name="Contacts")
        people = (
            (self.host, "Walking club, keeps the list"),
            (self.lawyer, "Lawyer, for the lease"),
            (self.walker, "Walking club, has the car"),
            (self.surprised, "Walking club"),
        )
        for person, description in people:
            self.contacts.add_contact(
                Contact(
                    contact_id=person.slug,
                    first_name=person.first_name,
                    last_name=person.last_name,
                    phone=person.phone,
                    description=description,
                )
            )
        self.messaging.add_contacts([(person.name, person.phone) for person, _ in people])
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="host",
                title=self.host.name,
                participant_ids=[self.messaging.current_user_id, self.host.phone],
            )
        )
        self.add_apps(self.messaging, self.contacts)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            wrote = flow.at(
                20,
                self.messaging.create_and_add_message(
                    conversation_id="host",
                    sender_id=self.host.phone,
                    content="The walk on Sunday is on! Could you open a group for it? You, me, "
                    f"{self.walker.first_name} from the club and {self.surprised.first_name}.",
                ),
            )
            flow.after(wrote, 2, self.messaging.read_conversation(conversation_id="host"))
            flow.then(1, self.contacts.search_contacts(query=self.walker.first_name))
            flow.then(1, self.contacts.search_contacts(query=self.surprised.first_name))
            flow.propose(
                3,
                f"{self.host.first_name} asks for a group for Sunday's walk. Shall I open one with "
                f"{self.host.objective}, {self.walker.name} and "
                f"{self.surprised.name}?",
            )
            flow.accept(
                25,
                f"Yes, but leave {self.surprised.first_name} out, we plan a birthday. And call it {self.title}.",
            )
            flow.then(
                2,
                self.messaging.create_group_conversation(
                    user_ids=[self.host.phone, self.walker.phone], title=self.title
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(
            env,
            Accepted(mentions("group", self.walker.name)),
            Writes(
                Write(
                    "StatefulMessagingApp",
                    "create_group_conversation",
                    {
                        "user_ids": same_members(self.host.phone, self.walker.phone),
                        "title": mentions(self.title),
                    },
                )
            ),
            State("the group has three members", lambda: self.members() == self.wanted()),
        )

    def members(self) -> list[str]:
        """Return the participants of the group, sorted."""
        groups = [one for one in self.messaging.conversations.values() if mentions(self.title)(one.title)]
        return sorted(person for one in groups for person in one.participant_ids)

    def wanted(self) -> list[str]:
        """Return the participants that the group should have, sorted."""
        return sorted([str(self.messaging.current_user_id), self.host.phone, self.walker.phone])
