"""Solutions that no agent with consent can play: they write before the proposal, or cannot be played at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.scenario import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, Action, ConditionCheckEvent, EventRegisterer, EventType

from pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulContactsApp, StatefulEmailApp
from pare.apps.note import StatefulNotesApp
from pare.scenarios import PAREScenario
from pare.scenarios.utils.registry import register_scenario


class _Minutes(PAREScenario):
    """Minutes come by mail, and become a note."""

    start_time = datetime(2025, 11, 18, 9, 0, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system_app = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.contacts = StatefulContactsApp(name="Contacts")
        self.notes = StatefulNotesApp(name="Notes")
        self.apps = [self.agent_ui, self.system_app, self.email, self.contacts, self.notes]

    def mail(self) -> Any:
        return self.email.send_email_to_user_with_id(
            email_id="minutes", sender="ada@flats.example", subject="Minutes", content="The roof is repaired in May."
        )

    def note(self) -> Any:
        return self.notes.create_note(folder="Work", title="Minutes", content="Roof: May").oracle()

    def propose(self) -> Any:
        return self.agent_ui.send_message_to_user(content="I noted the minutes. Shall I answer Ada?").oracle()

    def accept(self) -> Any:
        return self.agent_ui.accept_proposal(content="Yes.").oracle()

    def reply(self) -> Any:
        return self.email.reply_to_email(email_id="minutes", folder_name="INBOX", content="Thank you.").oracle()

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        done = {
            e.action.function_name
            for e in env.event_log.list_view()
            if e.event_type == EventType.AGENT and isinstance(e.action, Action)
        }
        return ScenarioValidationResult(success=done >= {"create_note", "reply_to_email"})


@register_scenario("note_before_the_proposal")
class NoteBeforeTheProposal(_Minutes):
    """The agent writes a note, and proposes only then."""

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            mail = self.mail().delayed(5)
            read = self.email.get_email_by_id(email_id="minutes").oracle().depends_on(mail, delay_seconds=1)
            note = self.note().depends_on(read, delay_seconds=1)
            proposal = self.propose().depends_on(note, delay_seconds=1)
            acceptance = self.accept().depends_on(proposal, delay_seconds=2)
            reply = self.reply().depends_on(acceptance, delay_seconds=1)
        self.events = [mail, read, note, proposal, acceptance, reply]


@register_scenario("accepted_in_words")
class AcceptedInWords(_Minutes):
    """The user accepts by a message, which is no acceptance."""

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            mail = self.mail().delayed(5)
            proposal = self.propose().depends_on(mail, delay_seconds=1)
            words = self.agent_ui.send_message_to_agent(content="Yes.").oracle().depends_on(proposal, delay_seconds=2)
            note = self.note().depends_on(words, delay_seconds=1)
            reply = self.reply().depends_on(note, delay_seconds=1)
        self.events = [mail, proposal, words, note, reply]


@register_scenario("condition_without_end")
class ConditionWithoutEnd(_Minutes):
    """The agent waits for a condition that never comes true."""

    def build_events_flow(self) -> None:
        def is_repaired(env: AbstractEnvironment) -> bool:
            return False

        with EventRegisterer.capture_mode():
            mail = self.mail().delayed(5)
            proposal = self.propose().depends_on(mail, delay_seconds=1)
            acceptance = self.accept().depends_on(proposal, delay_seconds=2)
            note = self.note().depends_on(acceptance, delay_seconds=1)
            repaired = ConditionCheckEvent.from_condition(is_repaired, every_tick=1, timeout=20)
            reply = self.reply().depends_on([note, repaired], delay_seconds=1)
        self.events = [mail, proposal, acceptance, note, repaired, reply]


@register_scenario("closed_screen")
class ClosedScreen(_Minutes):
    """The user looks at the contacts, and has not opened them."""

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            mail = self.mail().delayed(5)
            looked = self.contacts.current_state.list_contacts().oracle().depends_on(mail, delay_seconds=1)
            proposal = self.propose().depends_on(looked, delay_seconds=1)
            acceptance = self.accept().depends_on(proposal, delay_seconds=2)
            note = self.note().depends_on(acceptance, delay_seconds=1)
            reply = self.reply().depends_on(note, delay_seconds=1)
        self.events = [mail, looked, proposal, acceptance, note, reply]
