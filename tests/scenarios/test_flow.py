"""The flow builder: a scenario in about 20 lines, and the errors of a flow."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.contacts import Contact
from are.simulation.types import EventRegisterer, StopEvent

from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.apps import HomeScreenSystemApp, StatefulContactsApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_phone, verdict
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.runner import run_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import Turn
    from pytest_pare.scenarios.flow import Flow


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
            flow.after(mailed, 2, self.contacts.search_contacts(query="Elena").oracle())
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
    locked: Any = "The card is locked."
    times: int | None = 1

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            mail = self.email.send_email_to_user_with_id("m1", "elena@home.example", "New number", "It is 555 0171.")
            flow.at(25, mail)
            flow.fails(self.contacts.edit_contact, times=self.times, error=self.locked)
            flow.propose(2, "Elena's new number is 555 0171. Shall I correct her card?")
            flow.accept(6, "Oh, yes please.")
            for _ in range(2):
                flow.then(2, self.contacts.edit_contact(contact_id="elena", updates={"phone": "5550171"}))


@pytest.mark.parametrize("oracle", [True, False])
def test_failure_that_is_scripted_is_an_ordinary_one_in_the_trace_and_no_defect(oracle: bool) -> None:
    run = run_scenario(Refused(), RunnerSettings(oracle=oracle))
    assert run.result.exception is None
    assert (run.result.success, run.result.rationale) == (True, None)
    calls = [event for event in run.trace.events if event.function == "edit_contact"]
    assert [call.error for call in calls] == ["The card is locked.", None]
    # An agent of its own meets it as well, with the fields of any call that raises.
    assert [(call.kind, call.fault, bool(call.event_id), set(call.args)) for call in calls] == [
        ("AGENT", None, True, {"contact_id", "updates"})
    ] * 2


def test_agents_meet_the_scripted_failure_and_may_recover_in_their_own_way() -> None:
    def agent(turn: Turn) -> None:
        if turn.mode is ProactiveAgentMode.EXECUTE:
            edit = turn.tools["Contacts__edit_contact"]
            with suppress(TypeError):
                edit(contact="elena")
            updates = {"phone": "5550171"}
            with pytest.raises(error.__class__, match="locked"):
                edit(contact_id="elena", updates=updates)
            edit(contact_id="elena", updates=updates)
            turn.report("Done.")
        elif turn.notifications:
            turn.propose("Elena's new number is 555 0171. Shall I correct her card?")

    error = PermissionError("The card is locked.")

    class Locked(Refused):
        locked: Any = error

    played = run_scenario(Locked(), RunnerSettings(), agent=agent)
    assert (played.result.exception, played.agent_error) == (None, None)
    assert (played.result.success, played.result.rationale) == (True, None)
    assert not run_scenario(Refused(), RunnerSettings(agent_type="reckless")).result.success


def test_a_tool_can_fail_for_good() -> None:
    class Locked(Refused):
        times: int | None = None

    run = run_scenario(Locked(), RunnerSettings(oracle=True))
    assert run.result.exception is None
    calls = [event.error for event in run.trace.events if event.function == "edit_contact"]
    assert calls == ["The card is locked."] * 2
    assert run.result.success is False


# -- errors


ERRORS: dict[str, Callable[[Any, Flow], Any]] = {
    "Contacts.search_contacts is made and not given to the flow; pass it to flow.at(), flow.world_after(), "
    "flow.after() or flow.then()": lambda scene, flow: scene.search(),
    "flow.then() needs an event before it; begin with flow.at()": lambda scene, flow: flow.then(1, scene.search()),
    "flow.report() needs an event before it; begin with flow.at()": lambda scene, flow: flow.report(1, "Done."),
    "flow.accept() answers a proposal, and there is none before it; call flow.propose() first": (
        lambda scene, flow: [flow.at(1, scene.search()), flow.accept(1, "Yes")]
    ),
    "flow.at() takes an event, got NoneType; call a method of an app there, within `with self.flow()`": (
        lambda scene, flow: flow.at(1, None)
    ),
    "flow.at() takes seconds, a finite number from 0, got -1": lambda scene, flow: flow.at(-1, scene.search()),
    "Contacts.search_contacts is given to the flow twice; make two events": (
        lambda scene, flow: flow.then(1, flow.at(1, scene.search()))
    ),
    "flow.after() comes after Contacts.search_contacts, which is not in this flow; give it to the flow first": (
        lambda scene, flow: flow.after([scene.search()], 1, scene.search())
    ),
    "flow.world_after() comes after events, got an empty list": (
        lambda scene, flow: flow.world_after([], 1, scene.search())
    ),
    "flow.propose() comes after an event of the flow, got int": (
        lambda scene, flow: [flow.at(1, scene.search()), flow.propose(1, "Shall I?", after=2)]
    ),
    "build_events_flow() has two flows; give all events to one": lambda scene, flow: scene.flow().__enter__(),
    "flow.fails() takes a tool of the agent's, such as self.cab.order_ride, got ": (
        lambda scene, flow: flow.fails(scene.email.send_email_to_user_with_id, error="no")
    ),
    "flow.then() takes a call of an app's method, got StopEvent; give it to flow.at() or flow.world_after()": (
        lambda scene, flow: [flow.at(1, scene.search()), flow.then(1, StopEvent())]
    ),
    "flow.fails() takes times, a number from 1, got 0": (
        lambda scene, flow: flow.fails(scene.contacts.edit_contact, times=0, error="no")
    ),
    "flow.fails() lets the first 2 calls of Contacts.search_contacts fail, and the reference steps have 1; add each "
    "call that fails, and the steps that recover": (
        lambda scene, flow: [
            flow.at(1, scene.search()),
            flow.then(1, scene.search()),
            flow.fails(scene.contacts.search_contacts, times=2, error="no"),  # type: ignore[func-returns-value]
        ]
    ),
}


@pytest.mark.parametrize("sentence", ERRORS)
def test_an_error_of_a_flow_is_a_sentence_with_its_line(sentence: str) -> None:
    class Wrong(NewNumber):
        def search(self) -> Any:
            return self.contacts.search_contacts(query="Elena")

        def build_events_flow(self) -> None:
            with self.flow() as flow:
                ERRORS[sentence](self, flow)

    with pytest.raises(ScenarioDefect) as raised:
        Wrong().initialize()
    assert re.match(r"new_number: tests/scenarios/test_flow\.py:\d+: ", str(raised.value))
    assert sentence in str(raised.value)


def test_an_error_of_the_authors_is_not_hidden_and_capturing_ends() -> None:
    class Broken(NewNumber):
        def build_events_flow(self) -> None:
            with self.flow() as flow:
                flow.at(1, self.contacts.search_contacts(query="Elena"))
                raise KeyError("mine")

    broken = Broken()
    with pytest.raises(KeyError, match="mine"):
        broken.initialize()
    assert not EventRegisterer.is_capture_mode()


def test_essential_apps_are_added_once() -> None:
    class Own(NewNumber):
        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            self.home = HomeScreenSystemApp(name="Home")
            self.add_apps(self.home)
            super().init_and_populate_apps()

    scene: Any = Own()
    scene.initialize()
    assert [app.name for app in scene.apps] == ["PAREAgentUserInterface", "Home", "Emails", "Contacts"]
    assert scene.system is scene.home
    assert scene.agent_ui is scene.apps[0]
