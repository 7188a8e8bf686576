"""A colleague sends a new number that is in the contacts already."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulContactsApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Silent, verdict


@register_scenario("number_is_saved")
class NumberIsSaved(PAREScenario):
    """A mail to everybody announces a new number. The card has it already, only grouped in another way."""

    tags = ("app:email", "app:contacts", "skill:silence", "skill:lookup", "level:medium")
    start_time = datetime(2025, 3, 3, 6, 15, tzinfo=UTC).timestamp()
    user_goal = "You keep your contacts in order yourself, at once."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.colleague = self.draw.person("Selam Tesfaye", phone="+251 91 555 0163", pronoun="she")
        self.namesake = self.draw.person(
            "Selam Bekele", phone="+251 91 555 0120", pronoun="she", same="first_name", as_=self.colleague
        )
        self.old = self.draw.phone("+251 91 555 0118", like=self.colleague)
        self.email, self.contacts = StatefulEmailApp(name="Emails"), StatefulContactsApp(name="Contacts")
        for contact_id, person, phone, job in (
            ("office", self.colleague, self.colleague.phone.replace(" ", ""), "Surveyor"),
            ("school", self.namesake, self.namesake.phone, "Teacher"),
        ):
            self.contacts.add_contact(
                Contact(
                    contact_id=contact_id,
                    first_name=person.first_name,
                    last_name=person.last_name,
                    phone=phone,
                    job=job,
                )
            )
        self.add_apps(self.email, self.contacts)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            announced = flow.at(
                35,
                self.email.send_email_to_user_with_id(
                    email_id="new-number",
                    sender=self.colleague.email,
                    subject="My new number",
                    content=f"Dear all, as from March my number is {self.colleague.phone}; the old one, {self.old}, is "
                    "dead. Those who have called me last week have it already. Please do not reply to all. "
                    f"{self.colleague.name}",
                ),
            )
            read = flow.after(announced, 2, self.email.list_emails())
            flow.after(read, 1, self.contacts.search_contacts(query=self.colleague.first_name))
            flow.then(1, self.contacts.get_contact(contact_id="office"))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(env, Silent())
