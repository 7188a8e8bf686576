"""The user looks for a piano tuner in every app except the one that has her address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.apps.email_client import Email
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulContactsApp,
    StatefulEmailApp,
    StatefulMessagingApp,
)
from pytest_pare.apps.contacts import ContactsList
from pytest_pare.apps.messaging import ConversationList
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions, same_phone

PHONE = same_phone("+34 910 555 0139")
TUNER = "hola@castillo-pianos.example"


@register_scenario("piano_tuner")
class PianoTuner(PAREScenario):
    """The user searches contacts and messages for Castillo. The agent finds her in a mail and offers to save her.

    No message arrives. The mailbox also has mail from another Castillo, who sells tickets.
    """

    start_time = datetime(2025, 1, 23, 16, 10, tzinfo=UTC).timestamp()
    user_goal = (
        "Your piano has to be tuned again, and you want the phone number of Inés Castillo, who did it last year. You "
        "look her up in your contacts, and then in your messages."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.contacts = StatefulContactsApp(name="Contacts")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.email = StatefulEmailApp(name="Emails")
        self.contacts.add_contact(
            Contact(contact_id="ines-duarte", first_name="Inés", last_name="Duarte", phone="+34 910 555 0104")
        )
        self.messaging.add_users(["Hanna Moser"])
        hanna = self.messaging.name_to_id["Hanna Moser"]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="hanna",
                title="Hanna Moser",
                participant_ids=[self.messaging.current_user_id, hanna],
            )
        )
        self.messaging.add_message(
            "hanna",
            hanna,
            "Our duet was fun, but your piano sounds like a saloon. Have it tuned before Sunday!",
            datetime(2025, 1, 23, 15, 55, tzinfo=UTC).timestamp(),
        )
        for email_id, sender, subject, content, when in (
            (
                "piano-done",
                TUNER,
                "Your piano",
                "Dear John, the invoice comes by post. Your piano will want me again in a year; just call.\n\n"
                "Inés Castillo\nPiano tuner\n+34 910 555 0139",
                datetime(2024, 2, 6, 17, 0, tzinfo=UTC),
            ),
            (
                "tickets",
                "tickets@teatro-castillo.example",
                "Your tickets",
                "Dear customer, your two tickets are at the box office. Teatro Castillo, +34 910 555 0190",
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
        self.apps = [self.agent_ui, self.system, self.contacts, self.messaging, self.email]

    def build_events_flow(self) -> None:
        people, chats = ContactsList(), ConversationList()
        people.bind_to_app(self.contacts)
        chats.bind_to_app(self.messaging)
        with EventRegisterer.capture_mode():
            opened = self.system.open_app(app_name="Contacts").oracle().delayed(12)
            no_contact = people.search_contacts(query="Inés Castillo").oracle().depends_on(opened, delay_seconds=4)
            home = self.system.go_home().oracle().depends_on(no_contact, delay_seconds=6)
            went_on = self.system.open_app(app_name="Messages").oracle().depends_on(home, delay_seconds=3)
            nothing = chats.search_conversations(query="Castillo").oracle().depends_on(went_on, delay_seconds=5)
            found = self.email.search_emails(query="Castillo").oracle().depends_on(nothing, delay_seconds=2)
            checked = self.contacts.search_contacts(query="Castillo").oracle().depends_on(found, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Are you looking for Inés Castillo, the piano tuner? She is in a mail of last February, "
                    "with the number +34 910 555 0139. Shall I save her in your contacts?"
                )
                .oracle()
                .depends_on(checked, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="That's her, yes!").oracle().depends_on(proposed, delay_seconds=7)
            )
            saved = (
                self.contacts.add_new_contact(
                    first_name="Inés", last_name="Castillo", job="Piano tuner", phone="+34 910 555 0139", email=TUNER
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            back = self.system.switch_app(app_name="Contacts").oracle().depends_on(saved, delay_seconds=10)
            there = people.search_contacts(query="Inés Castillo").oracle().depends_on(back, delay_seconds=3)
        self.events = [
            opened,
            no_contact,
            home,
            went_on,
            nothing,
            found,
            checked,
            proposed,
            accepted,
            saved,
            back,
            there,
        ]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        cards = [card for card in self.contacts.contacts.values() if card.last_name == "Castillo"]
        return check_consented_writes(
            env,
            Write(
                "StatefulContactsApp",
                "add_new_contact",
                {"first_name": mentions(("Inés", "Ines")), "last_name": "Castillo", "phone": PHONE},
            ),
            proposal=mentions("Castillo"),
            state={
                "Inés Castillo is in the contacts, with her number": [PHONE(card.phone) for card in cards] == [True]
            },
        )
