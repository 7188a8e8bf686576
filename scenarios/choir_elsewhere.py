"""A choir rehearses in another hall. The one who has to know cannot be reached by message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.apps.email_client import EmailFolderName
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventType

from pytest_pare.apps import StatefulContactsApp, StatefulEmailApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import (
    Accepted,
    Reported,
    State,
    Write,
    Writes,
    matches,
    mentions,
    same_members,
    verdict,
)


@register_scenario("choir_elsewhere")
class ChoirElsewhere(PAREScenario):
    """A guest of the choir would wait at the wrong door. Messages do not get through, so the agent writes a mail.

    The user has agreed to that. Two people of that first name are in the contacts.
    """

    tags = (
        "app:email",
        "app:messaging",
        "app:contacts",
        "skill:recovery",
        "skill:disambiguation",
        "level:medium",
    )
    start_time = datetime(2025, 9, 9, 9, 0, tzinfo=UTC).timestamp()
    user_goal = "You sing in a choir. Your guest tonight must hear where it is, by message or else by mail."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.guest = self.draw.person("Selma Haufiku", email="selma.haufiku@namibmail.example", pronoun="she")
        self.namesake = self.draw.person(
            "Selma Amupolo",
            email="selma.amupolo@namibmail.example",
            pronoun="she",
            same="first_name",
            as_=self.guest,
        )
        self.leader = self.draw.person("Petrus Shikongo", email="petrus.shikongo@namibmail.example", pronoun="he")
        self.church = self.draw.choice("St Barnabas", "St Luke's", "St Anne's")
        self.hall = self.draw.choice("the Acacia Hall", "the library", "the old brewery")
        self.at = self.draw.time("18:30", minutes=60)
        self.email, self.messaging = StatefulEmailApp(name="Emails"), StatefulMessagingApp(name="Messages")
        self.contacts = StatefulContactsApp(name="Contacts")
        self.messaging.add_users([self.guest.name])
        self.guest_id = self.messaging.name_to_id[self.guest.name]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="guest",
                title=self.guest.name,
                participant_ids=[self.messaging.current_user_id, self.guest_id],
            )
        )
        self.messaging.add_message(
            "guest",
            self.guest_id,
            "I'd love to come along to your choir on Tuesday and listen. I'll wait for you at the door of "
            f"{self.church}, a bit before it begins.",
            datetime(2025, 9, 7, 18, 40, tzinfo=UTC).timestamp(),
        )
        for contact_id, person, job in (("botanist", self.guest, "Botanist"), ("plumber", self.namesake, "Plumber")):
            self.contacts.add_contact(
                Contact(
                    contact_id=contact_id,
                    first_name=person.first_name,
                    last_name=person.last_name,
                    email=person.email,
                    job=job,
                )
            )
        self.add_apps(self.email, self.messaging, self.contacts)

    def build_events_flow(self) -> None:
        guest, text = self.guest.first_name, f"Choir is in {self.hall} tonight, at {self.at}, not in {self.church}."
        with self.flow() as flow:
            moved = flow.at(
                30,
                self.email.send_email_to_user_with_id(
                    email_id="other-hall",
                    sender=self.leader.email,
                    subject="Tonight somewhere else",
                    content=f"Dear singers, {self.church} has no power. We rehearse in {self.hall} tonight, Tuesday, "
                    f"at {self.at.text}. If you bring somebody along, please tell them yourselves. {self.leader.name}",
                ),
            )
            flow.after(moved, 2, self.email.list_emails())
            flow.then(1, self.messaging.list_recent_conversations())
            flow.propose(
                3,
                f"The choir is in {self.hall} tonight, at {self.at}. {self.guest.name} means to wait at {self.church}. "
                f"Shall I write to {guest} where it is?",
            )
            flow.accept(12, f"Oh, please! If {guest} doesn't get the message, send a mail.")
            flow.fails(self.messaging.send_message, times=None, error="Not delivered: the number is not in use.")
            flow.then(2, self.messaging.send_message(user_id=self.guest_id, content=text))
            flow.then(2, self.contacts.search_contacts(query=self.guest.name))
            flow.then(
                1, self.email.send_email(recipients=[self.guest.email], subject="Choir tonight", content=f"Hi! {text}")
            )
            flow.report(1, f"The message did not get through, so I've sent {guest} a mail.")

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        hall = mentions(self.hall.removeprefix("the "), self.guest.first_name)
        told = mentions(self.hall.removeprefix("the "), self.at.wordings)
        message = Write("StatefulMessagingApp", "send_message", {"user_id": self.guest_id, "content": told})
        tried = [event for event in env.event_log.list_view() if event.event_type is EventType.AGENT]
        return verdict(
            env,
            Accepted(hall),
            Writes(
                Write(
                    "StatefulEmailApp",
                    "send_email",
                    {"recipients": same_members(self.guest.email), "subject": matches(r"\S"), "content": told},
                )
            ),
            Reported(mentions("mail")),
            State("the agent tried a message first", any(map(message.matches, tried))),
            State("the guest has one mail", lambda: len(self.email.folders[EmailFolderName.SENT].emails) == 1),
        )
