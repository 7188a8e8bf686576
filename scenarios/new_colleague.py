"""A new colleague introduces herself by mail. Her signature belongs in the contacts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulContactsApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions, same_phone

ADDRESS = "nadia.karim@lindqvist.example"
PHONE = same_phone("+45 20 55 01 83")


@register_scenario("new_colleague")
class NewColleague(PAREScenario):
    """Nadia writes for the first time and will do so often. The agent offers to save her as a contact."""

    start_time = datetime(2025, 5, 5, 9, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.contacts = StatefulContactsApp(name="Contacts")
        self.contacts.add_contact(
            Contact(
                contact_id="peter-holm",
                first_name="Peter",
                last_name="Holm",
                job="Project lead",
                email="peter.holm@lindqvist.example",
                phone="+45 20 55 01 40",
            )
        )
        self.apps = [self.agent_ui, self.system, self.email, self.contacts]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            introduced = self.email.send_email_to_user_with_id(
                email_id="introduction",
                sender=ADDRESS,
                subject="Hello from your new contact in design",
                content="Hello John,\n\nI joined Lindqvist today and take over the Aarhus project from Peter Holm, so "
                "we'll be in touch every week. Looking forward to it!\n\nBest wishes\nNadia\n\n--\nNadia Karim\n"
                "Product designer, Lindqvist\n+45 20 55 01 83\nnadia.karim@lindqvist.example",
            ).delayed(15)
            read = self.email.list_emails().oracle().depends_on(introduced, delay_seconds=2)
            unknown = self.contacts.search_contacts(query="Karim").oracle().depends_on(read, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Nadia Karim from Lindqvist takes over the Aarhus project and is not in your contacts. "
                    "Shall I save her with the phone number and the address from her signature?"
                )
                .oracle()
                .depends_on(unknown, delay_seconds=2)
            )
            accepted = self.agent_ui.accept_proposal(content="Sure.").oracle().depends_on(proposed, delay_seconds=8)
            saved = (
                self.contacts.add_new_contact(
                    first_name="Nadia",
                    last_name="Karim",
                    job="Product designer",
                    description="Lindqvist, Aarhus project",
                    phone="+45 20 55 01 83",
                    email=ADDRESS,
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
        self.events = [introduced, read, unknown, proposed, accepted, saved]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        cards = [card for card in self.contacts.contacts.values() if card.last_name == "Karim"]
        return check_consented_writes(
            env,
            Write(
                "StatefulContactsApp",
                "add_new_contact",
                {"first_name": "Nadia", "last_name": "Karim", "phone": PHONE, "email": ADDRESS},
            ),
            proposal=mentions("Nadia"),
            state={
                "Nadia Karim is in the contacts, with her number and her address": any(
                    PHONE(card.phone) and card.email == ADDRESS for card in cards
                )
            },
        )
