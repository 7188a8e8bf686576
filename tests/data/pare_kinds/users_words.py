"""The user writes to a friend, declared as a call of the agent's tool."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.scenario import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, Action, EventRegisterer, EventType

from pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCalendarApp, StatefulMessagingApp
from pare.scenarios import PAREScenario
from pare.scenarios.utils.registry import register_scenario


class _TeaWithAda(PAREScenario):
    """The user and Ada agree on a time, and the agent puts it into the calendar."""

    start_time = datetime(2025, 11, 18, 9, 0, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system_app = HomeScreenSystemApp(name="System")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.messaging.add_users(["Ada Byron"])
        self.ada = self.messaging.name_to_id["Ada Byron"]
        self.apps = [self.agent_ui, self.system_app, self.messaging, self.calendar]

    def write(self, content: str) -> Any:
        return self.messaging.send_message(user_id=self.ada, content=content).oracle()

    def propose(self) -> Any:
        return self.agent_ui.send_message_to_user(content="Tea with Ada at four. Into your calendar?").oracle()

    def accept(self) -> Any:
        return self.agent_ui.accept_proposal(content="Yes.").oracle()

    def add(self) -> Any:
        return self.calendar.add_calendar_event(
            title="Tea with Ada", start_datetime="2025-11-18 16:00:00", end_datetime="2025-11-18 17:00:00"
        ).oracle()

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        added = any(
            e.event_type == EventType.AGENT
            and isinstance(e.action, Action)
            and e.action.function_name == "add_calendar_event"
            for e in env.event_log.list_view()
        )
        return ScenarioValidationResult(success=added and len(self.messaging.conversations) == 1)


@register_scenario("words_before_the_proposal")
class WordsBeforeTheProposal(_TeaWithAda):
    """The user's message is the news that the agent's proposal follows from."""

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            words = self.write("Tea at four?").delayed(5)
            looked = self.messaging.list_recent_conversations().oracle().depends_on(words, delay_seconds=2)
            proposal = self.propose().depends_on(looked, delay_seconds=2)
            acceptance = self.accept().depends_on(proposal, delay_seconds=2)
            added = self.add().depends_on(acceptance, delay_seconds=1)
        self.events = [words, looked, proposal, acceptance, added]


@register_scenario("words_before_the_answer")
class WordsBeforeTheAnswer(_TeaWithAda):
    """The user asks Ada before the answer to the agent."""

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            proposal = self.propose().delayed(5)
            words = self.write("Is four all right?").depends_on(proposal, delay_seconds=4)
            acceptance = self.accept().depends_on(words, delay_seconds=2)
            added = self.add().depends_on(acceptance, delay_seconds=1)
        self.events = [proposal, words, acceptance, added]


@register_scenario("words_after_the_answer")
class WordsAfterTheAnswer(_TeaWithAda):
    """The agent writes to Ada, because the user has accepted it."""

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            proposal = self.propose().delayed(5)
            acceptance = self.accept().depends_on(proposal, delay_seconds=2)
            words = self.write("Four is all right.").depends_on(acceptance, delay_seconds=1)
            added = self.add().depends_on(words, delay_seconds=1)
        self.events = [proposal, acceptance, words, added]
