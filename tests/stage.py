"""A stage to play events on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEvent, EventRegisterer

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulCalendarApp,
    StatefulContactsApp,
    StatefulEmailApp,
    StatefulMessagingApp,
)
from pytest_pare.engines.cassette import Message
from pytest_pare.scenarios import PAREScenario
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.simulation.runner import Run, run_scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.simulation.trace import Trace


class Stage(PAREScenario):
    """A phone with all apps. What happens on it, and what is said of it, are constructor arguments.

    Attributes:
        script: Returns the events; it runs in capture mode.
        verdict: Stands in for `validate`, with the scenario as its first argument.
        content: Fills the apps.
        env: The environment, once `validate` has been called.
    """

    scenario_id = "stage"
    script: Callable[[Any], list[AbstractEvent]] | None = None
    verdict: Callable[[Any, Any], Any] | None = None
    content: Callable[[Any], None] | None = None
    env: Any = None

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.contacts = StatefulContactsApp(name="Contacts")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.apps = [self.agent_ui, self.system, self.email, self.calendar, self.contacts, self.messaging]
        if self.content is not None:
            self.content(self)

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            self.events = [] if self.script is None else self.script(self)

    def validate(self, env: Any) -> Any:
        self.env = env
        return ScenarioValidationResult(success=True) if self.verdict is None else self.verdict(self, env)

    def user_says(self, content: str) -> Any:
        """Return an event that does no more than leave its content in the log."""
        return self.agent_ui.send_message_to_agent(content=content)

    def agent_says(self, content: str) -> Any:
        """Return an oracle event that does no more than leave its content in the log."""
        return self.agent_ui.send_message_to_user(content=content).oracle()


def play(
    script: Callable[[Any], list[AbstractEvent]] | None = None,
    *,
    script_errors: Literal["fail", "warn"] = "fail",
    limits: dict[str, Any] | None = None,
    **fields: Any,
) -> Run:
    """Play `script` on a new stage, whose other constructor arguments are `fields`."""
    config = MultiScenarioRunnerConfig(oracle=True, **(limits or {}))
    return run_scenario(Stage(script=script, **fields), config, script_errors)


def told(run: Run) -> str:
    """Return the message of the exception that a run ended with; `FILE:LINE` stands for places in an author's code."""
    return re.sub(r"[^\s(]+\.py:\d+", "FILE:LINE", str(run.result.exception))


def said(run: Run) -> list[tuple[float, str]]:
    """Return when the user and the agent said what, in the order of the trace."""
    return [(event.time, event.args["content"]) for event in run.trace.events if "content" in event.args]


def requests_of(trace: Trace, *roles: str) -> list[list[Message]]:
    """Return all messages of each request in a trace, of some roles or of all."""
    last: dict[str, list[Message]] = {}
    found = []
    for call in trace.calls:
        if call.request is not None:
            last[call.role] = [*last.get(call.role, [])[: call.kept], *(Message(**one) for one in call.request)]
            if not roles or call.role in roles:
                found.append(last[call.role])
    return found
