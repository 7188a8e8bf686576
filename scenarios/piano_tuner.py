"""The user looks for a piano tuner in every app except the one that has her address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.apps.email_client import Email
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulContactsApp, StatefulEmailApp, StatefulMessagingApp
from pytest_pare.apps.contacts import ContactsList
from pytest_pare.apps.messaging import ConversationList
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import (
    Accepted,
    State,
    Write,
    Writes,
    mentions,
    one_of,
    same_phone,
    verdict,
)


@register_scenario("piano_tuner")
class PianoTuner(PAREScenario):
    """The user searches contacts and messages for Castillo. The agent finds her in a mail and offers to save her.

    No message arrives. The mailbox also has mail from another Castillo, who sells tickets.
    """

    tags = (
        "app:contacts",
        "app:messaging",
        "app:email",
        "skill:lookup",
        "skill:disambiguation",
        "skill:distractors",
        "level:hard",
    )
    start_time = datetime(2025, 1, 23, 16, 10, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.tuner = self.draw.person("Inés Castillo", phone="+34 910 555 0139", email="hola@castillo-pianos.example")
        namesake = self.draw.person("Inés Duarte", phone="+34 910 555 0104", same="first_name", as_=self.tuner)
        hanna = self.draw.person("Hanna Moser")
        box_office = self.draw.phone("+34 910 555 0190", like=self.tuner)
        theatre = f"Teatro {self.tuner.last_name}"
        self.user_goal = (
            f"Your piano has to be tuned again, and you want the phone number of {self.tuner.name}, who did it last "
            f"year. You look {self.tuner.objective} up in your contacts, and then in your messages."
        )
        self.contacts, self.messaging = StatefulContactsApp(name="Contacts"), StatefulMessagingApp(name="Messages")
        self.email = StatefulEmailApp(name="Emails")
        self.contacts.add_contact(
            Contact(
                contact_id=namesake.slug,
                first_name=namesake.first_name,
                last_name=namesake.last_name,
                phone=namesake.phone,
            )
        )
        chat = hanna.first_name.lower()
        hanna_id = self.messaging.add_chat(chat, hanna.name)
        self.messaging.add_message(
            chat,
            hanna_id,
            "Our duet was fun, but your piano sounds like a saloon. Have it tuned before Sunday!",
            datetime(2025, 1, 23, 15, 55, tzinfo=UTC).timestamp(),
        )
        for email_id, sender, subject, content, when in (
            (
                "piano-done",
                self.tuner.email,
                "Your piano",
                "Dear John, the invoice comes by post. Your piano will want me again in a year; just call.\n\n"
                f"{self.tuner.name}\nPiano tuner\n{self.tuner.phone}",
                datetime(2024, 2, 6, 17, 0, tzinfo=UTC),
            ),
            (
                "tickets",
                f"tickets@teatro-{self.tuner.slug.rpartition('-')[2]}.example",
                "Your tickets",
                f"Dear customer, your two tickets are at the box office. {theatre}, {box_office}",
                datetime(2025, 1, 11, 8, 30, tzinfo=UTC),
            ),
        ):
            self.email.add_email(
                Email(
                    email_id=email_id,
                    sender=sender,
                    recipients=[self.email.user_email],
                    subject=subject,
                    content=content,
                    timestamp=when.timestamp(),
                    is_read=True,
                )
            )
        self.add_apps(self.contacts, self.messaging, self.email)

    def build_events_flow(self) -> None:
        people, chats = ContactsList().bind_to_app(self.contacts), ConversationList().bind_to_app(self.messaging)
        tuner = self.tuner
        with self.flow() as flow:
            flow.at(12, self.system.open_app(app_name="Contacts").oracle())
            flow.then(4, people.search_contacts(query=tuner.name))
            flow.then(6, self.system.go_home())
            flow.then(3, self.system.open_app(app_name="Messages"))
            flow.then(5, chats.search_conversations(query=tuner.last_name))
            flow.then(2, self.email.search_emails(query=tuner.last_name))
            flow.then(1, self.contacts.search_contacts(query=tuner.last_name))
            flow.propose(
                3,
                f"Are you looking for {tuner.name}, the piano tuner? {tuner.pronoun.capitalize()} is in a mail of last "
                f"February, with the number {tuner.phone}. Shall I save {tuner.objective} in your contacts?",
            )
            flow.accept(7, f"That's {tuner.objective}, yes!")
            flow.then(
                2,
                self.contacts.add_new_contact(
                    first_name=tuner.first_name,
                    last_name=tuner.last_name,
                    job="Piano tuner",
                    phone=tuner.phone,
                    email=tuner.email,
                ),
            )
            flow.then(10, self.system.switch_app(app_name="Contacts"))
            flow.then(3, people.search_contacts(query=tuner.name))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        tuner, is_right = self.tuner, same_phone(self.tuner.phone)
        cards = [card for card in self.contacts.contacts.values() if card.last_name == tuner.last_name]
        return verdict(
            env,
            Accepted(mentions(tuner.last_name)),
            Writes(
                Write(
                    "StatefulContactsApp",
                    "add_new_contact",
                    {
                        "first_name": one_of(tuner.first_name, tuner.slug.partition("-")[0].capitalize()),
                        "last_name": tuner.last_name,
                        "phone": is_right,
                        "email": one_of(None, tuner.email),
                        "job": one_of(None, mentions("piano")),
                    },
                )
            ),
            State(
                f"{tuner.name} is in the contacts, with {tuner.possessive} number",
                [is_right(card.phone) for card in cards] == [True],
            ),
        )
