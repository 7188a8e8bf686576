"""A new colleague introduces herself by mail. Her signature belongs in the contacts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulContactsApp, StatefulEmailApp
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


@register_scenario("new_colleague")
class NewColleague(PAREScenario):
    """Nadia writes for the first time and will do so often. The agent offers to save her as a contact."""

    tags = ("app:email", "app:contacts", "skill:lookup", "level:easy")
    start_time = datetime(2025, 5, 5, 9, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.nadia = self.draw.person("Nadia Karim", phone="+45 20 55 01 83", email="nadia.karim@lindqvist.example")
        self.peter = self.draw.person("Peter Holm", phone="+45 20 55 01 40", email="peter.holm@lindqvist.example")
        self.job = self.draw.choice("Product designer", "Interior designer", "Service designer")
        self.project = self.draw.choice("Aarhus", "Odense", "Aalborg", "Esbjerg")
        self.email, self.contacts = StatefulEmailApp(name="Emails"), StatefulContactsApp(name="Contacts")
        self.contacts.add_contact(
            Contact(
                contact_id=self.peter.slug,
                first_name=self.peter.first_name,
                last_name=self.peter.last_name,
                job="Project lead",
                email=self.peter.email,
                phone=self.peter.phone,
            )
        )
        self.add_apps(self.email, self.contacts)

    def build_events_flow(self) -> None:
        nadia = self.nadia
        with self.flow() as flow:
            introduced = flow.at(
                15,
                self.email.send_email_to_user_with_id(
                    email_id="introduction",
                    sender=nadia.email,
                    subject="Hello from your new contact in design",
                    content=f"Hello John,\n\nI joined Lindqvist today and take over the {self.project} project from "
                    f"{self.peter.name}, so we'll be in touch every week. Looking forward to it!\n\nBest wishes\n"
                    f"{nadia.first_name}\n\n--\n{nadia.name}\n{self.job}, Lindqvist\n{nadia.phone}\n{nadia.email}",
                ),
            )
            flow.after(introduced, 2, self.email.list_emails())
            flow.then(1, self.contacts.search_contacts(query=nadia.last_name))
            flow.propose(
                2,
                f"{nadia.name} from Lindqvist takes over the {self.project} project and is not in your contacts. Shall "
                f"I save {nadia.objective} with the phone number and the address from {nadia.possessive} signature?",
            )
            flow.accept(8, "Sure.")
            flow.then(
                2,
                self.contacts.add_new_contact(
                    first_name=nadia.first_name,
                    last_name=nadia.last_name,
                    job=self.job,
                    description=f"Lindqvist, {self.project} project",
                    phone=nadia.phone,
                    email=nadia.email,
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        nadia = self.nadia
        cards = [card for card in self.contacts.contacts.values() if card.last_name == nadia.last_name]
        return verdict(
            env,
            Accepted(mentions(nadia.first_name)),
            Writes(
                Write(
                    "StatefulContactsApp",
                    "add_new_contact",
                    {
                        "first_name": nadia.first_name,
                        "last_name": nadia.last_name,
                        "phone": same_phone(nadia.phone),
                        "email": nadia.email,
                        "job": one_of(None, mentions("designer")),
                    },
                )
            ),
            State(
                f"{nadia.name} is in the contacts, with number and address",
                any(same_phone(nadia.phone)(card.phone) and card.email == nadia.email for card in cards),
            ),
        )
