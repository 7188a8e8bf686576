"""The user accepts by a plain event, without `oracle()`: chained in each way that ARE has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.scenario import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, Action, ConditionCheckEvent, EventRegisterer, EventType

from pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulContactsApp, StatefulEmailApp
from pare.scenarios import PAREScenario
from pare.scenarios.utils.registry import register_scenario


class _NewNeighbour(PAREScenario):
    """A neighbour writes, and the agent adds her to the contacts once the user has accepted."""

    start_time = datetime(2025, 11, 18, 9, 0, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system_app = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.contacts = StatefulContactsApp(name="Contacts")
        self.apps = [self.agent_ui, self.system_app, self.email, self.contacts]

    def mail(self, email_id: str) -> Any:
        return self.email.send_email_to_user_with_id(
            email_id=email_id, sender="ada@flats.example", subject="Hello", content="I am Ada Byron, from number 4."
        )

    def propose(self) -> Any:
        return self.agent_ui.send_message_to_user(content="Shall I add Ada Byron to your contacts?").oracle()

    def accept(self) -> Any:
        return self.agent_ui.accept_proposal(content="Yes, please.")

    def add(self) -> Any:
        return self.contacts.add_new_contact(first_name="Ada", last_name="Byron").oracle()

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        added = any(
            e.event_type == EventType.AGENT
            and isinstance(e.action, Action)
            and e.action.class_name == "StatefulContactsApp"
            and e.action.function_name == "add_new_contact"
            for e in env.event_log.list_view()
        )
        return ScenarioValidationResult(success=added)


@register_scenario("plain_answer_followed_by")
class PlainAnswerFollowedBy(_NewNeighbour):
    """The chain is written from its beginning."""

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            mail, proposal, acceptance, added = self.mail("hello"), self.propose(), self.accept(), self.add()
            mail.delayed(5).followed_by(proposal, delay_seconds=2)
            proposal.followed_by(acceptance, delay_seconds=3)
            acceptance.followed_by(added, delay_seconds=1)
        self.events = [mail, proposal, acceptance, added]


@register_scenario("plain_answer_to_the_mail")
class PlainAnswerToTheMail(_NewNeighbour):
    """The acceptance waits for a plain event, and is due before the proposal."""

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            mail = self.mail("hello").delayed(5)
            acceptance = self.accept().depends_on(mail, delay_seconds=1)
            proposal = self.propose().depends_on(mail, delay_seconds=2)
            added = self.add().depends_on([proposal, acceptance], delay_seconds=1)
        self.events = [mail, acceptance, proposal, added]


@register_scenario("plain_answer_by_the_clock")
class PlainAnswerByTheClock(_NewNeighbour):
    """The acceptance has a delay, and no dependency."""

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            mail = self.mail("hello").delayed(5)
            proposal = self.propose().depends_on(mail, delay_seconds=2)
            acceptance = self.accept().delayed(12)
            added = self.add().depends_on(acceptance, delay_seconds=1)
        self.events = [mail, proposal, acceptance, added]


@register_scenario("plain_answer_behind_a_condition")
class PlainAnswerBehindACondition(_NewNeighbour):
    """The acceptance waits for a condition that sees the proposal."""

    def build_events_flow(self) -> None:
        def has_proposed(env: AbstractEnvironment) -> bool:
            actions = [e.action for e in env.event_log.list_view() if isinstance(e.action, Action)]
            return any(action.function_name == "send_message_to_user" for action in actions)

        with EventRegisterer.capture_mode():
            mail = self.mail("hello").delayed(5)
            proposal = self.propose().depends_on(mail, delay_seconds=2)
            asked = ConditionCheckEvent.from_condition(has_proposed)
            acceptance = self.accept().depends_on(asked, delay_seconds=3)
            added = self.add().depends_on(acceptance, delay_seconds=1)
        self.events = [mail, proposal, asked, acceptance, added]


@register_scenario("plain_answer_before_news")
class PlainAnswerBeforeNews(_NewNeighbour):
    """An event of the world waits for the acceptance, and the agent for that event."""

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            mail = self.mail("hello").delayed(5)
            proposal = self.propose().depends_on(mail, delay_seconds=2)
            acceptance = self.accept().depends_on(proposal, delay_seconds=3)
            again = self.mail("again").depends_on(acceptance, delay_seconds=2)
            added = self.add().depends_on(again, delay_seconds=1)
        self.events = [mail, proposal, acceptance, again, added]
