"""The flow builder: a scenario in about 20 lines, and the errors of a flow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from are.simulation.apps.contacts import Contact

from pytest_pare.apps import StatefulContactsApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_phone, verdict
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.runner import run_scenario


class NewNumber(PAREScenario):
    """Elena has a new number; the agent offers to correct her card."""

    scenario_id = "new_number"
    start_time = datetime(2025, 2, 8, 11, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.email, self.contacts = StatefulEmailApp(name="Emails"), StatefulContactsApp(name="Contacts")
        self.contacts.add_contact(Contact(contact_id="elena", first_name="Elena", last_name="Rossi", phone="1"))
        self.add_apps(self.email, self.contacts)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            mail = self.email.send_email_to_user_with_id("m1", "elena@home.example", "New number", "It is 555 0171.")
            mailed = flow.at(25, mail)
            flow.after(mailed, 2, self.contacts.search_contacts(query="Elena"))
            flow.propose(2, "Elena's new number is 555 0171. Shall I correct her card?")
            flow.accept(6, "Oh, yes please.")
            flow.then(2, self.contacts.edit_contact(contact_id="elena", updates={"phone": "5550171"}))
            flow.report(1, "Done.")

    def validate(self, env: Any) -> Any:
        change = {"contact_id": "elena", "updates": {"phone": same_phone("555 0171")}}
        card = State("the card has the new number", lambda: self.contacts.contacts["elena"].phone == "5550171")
        return verdict(
            env, Accepted(mentions("Elena", "0171")), Writes(Write("StatefulContactsApp", "edit_contact", change)), card
        )


@pytest.mark.parametrize("oracle", [True, False])
def test_scenario_of_a_flow_is_played(oracle: bool) -> None:
    run = run_scenario(NewNumber(), RunnerSettings(oracle=oracle))
    assert run.result.exception is None
    assert (run.result.success, run.result.rationale) == (True, None)
    assert [event.function for event in run.trace.events if event.function != "wait"] == [
        "send_email_to_user_with_id",
        "search_contacts",
        "send_message_to_user",
        "accept_proposal",
        "edit_contact",
        "send_message_to_user",
    ]


class Refused(NewNumber):
    """The card cannot be changed at first."""

    scenario_id = "refused"

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            mail = self.email.send_email_to_user_with_id("m1", "elena@home.example", "New number", "It is 555 0171.")
            flow.at(25, mail)
            flow.fails(self.contacts.edit_contact, error="The card is locked.")
            flow.propose(2, "Elena's new number is 555 0171. Shall I correct her card?")
            flow.accept(6, "Oh, yes please.")
            for _ in range(2):
                flow.then(2, self.contacts.edit_contact(contact_id="elena", updates={"phone": "5550171"}))


@pytest.mark.parametrize("oracle", [True, False])
def test_failure_that_is_scripted_is_an_ordinary_one_in_the_trace_and_no_defect(oracle: bool) -> None:
    run = run_scenario(Refused(), RunnerSettings(oracle=oracle))
    assert run.result.exception is None
    assert (run.result.success, run.result.rationale) == (True, None)
    assert [event.error for event in run.trace.events if event.function == "edit_contact"] == [
        "The card is locked.",
        None,
    ]
