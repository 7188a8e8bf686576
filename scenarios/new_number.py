"""A friend has noticed that her old number is still in use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulContactsApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_phone, verdict


@register_scenario("new_number")
class NewNumber(PAREScenario):
    """Elena Rossi corrects her number. The agent offers to change it in her card, and leaves Elena Russo's alone."""

    tags = ("app:messaging", "app:contacts", "skill:disambiguation", "level:easy")
    start_time = datetime(2025, 2, 8, 11, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.elena = self.draw.person("Elena Rossi", phone="+39 333 555 0117")
        other = self.draw.person("Elena Russo", phone="+39 333 555 0162", same="first_name", as_=self.elena)
        self.phone = self.draw.phone("+39 333 555 0171", like=self.elena)
        self.messaging, self.contacts = StatefulMessagingApp(name="Messages"), StatefulContactsApp(name="Contacts")
        self.chat = self.elena.first_name.lower()
        self.elena_id = self.messaging.add_chat(self.chat, self.elena.name)
        for person in (other, self.elena):
            self.contacts.add_contact(
                Contact(
                    contact_id=person.slug,
                    first_name=person.first_name,
                    last_name=person.last_name,
                    phone=person.phone,
                )
            )
        self.add_apps(self.messaging, self.contacts)

    def build_events_flow(self) -> None:
        elena, old, new = self.elena, self.elena.phone, self.phone
        with self.flow() as flow:
            corrected = flow.at(
                25,
                self.messaging.create_and_add_message(
                    self.chat,
                    self.elena_id,
                    "Did you try to call? I think you have an old number of mine. "
                    f"It's {new}, {new[-2:]} at the end, not {old[-2:]}.",
                ),
            )
            flow.after(corrected, 2, self.messaging.read_conversation(self.chat))
            flow.then(1, self.contacts.search_contacts(query=elena.first_name))
            flow.propose(
                2,
                f"{elena.name} says that {elena.possessive} number ends in {_ending(new)}; your contacts have "
                f"{_ending(old)}. Shall I correct it?",
            )
            flow.accept(6, "Oh, yes please.")
            flow.then(2, self.contacts.edit_contact(contact_id=elena.slug, updates={"phone": new}))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        elena, is_new = self.elena, same_phone(self.phone)
        card = self.contacts.contacts.get(elena.slug)
        return verdict(
            env,
            Accepted(mentions(elena.first_name, self.phone[-2:])),
            Writes(
                Write("StatefulContactsApp", "edit_contact", {"contact_id": elena.slug, "updates": {"phone": is_new}})
            ),
            State(f"{elena.name}'s card has the new number", card is not None and is_new(card.phone)),
        )


def _ending(phone: str) -> str:
    """Return the last four digits of a number."""
    return "".join(filter(str.isdigit, phone))[-4:]
