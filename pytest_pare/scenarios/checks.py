"""Reading what really happened: the questions that a proactive scenario's `validate` asks most.

A proactive assistant does well when it proposes, is accepted, and then does exactly what it proposed: no write before the
user's word, none that failed, none that nobody asked for. `check_consented_writes` asks all of that at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.tool_utils import OperationType
from are.simulation.types import AbstractEnvironment, Action, CompletedEvent, EventType

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGENT_INTERFACE = "PAREAgentUserInterface"


@dataclass(frozen=True)
class Write:
    """A write that is expected of the agent.

    Attributes:
        app_class: Name of the app's class, such as `StatefulEmailApp`.
        function: Name of the tool, such as `reply_to_email`.
        args: What its arguments must be: a value to be equal to, or a function that is given the argument and says
            whether it will do. Arguments that are not named may be anything.
    """

    app_class: str
    function: str
    args: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, event: CompletedEvent) -> bool:
        """Tell whether `event` is this write."""
        if (event.action.class_name, event.action.function_name) != (self.app_class, self.function):
            return False
        given = event.get_args()
        return all(
            wanted(given.get(name)) if callable(wanted) else given.get(name) == wanted
            for name, wanted in self.args.items()
        )

    def __str__(self) -> str:
        return f"{self.app_class}.{self.function}"


def mentions(*words: str) -> Any:
    """Return a test for a text argument: does it hold each of `words`, in any case of letters?"""
    return lambda text: isinstance(text, str) and all(word.lower() in text.lower() for word in words)


def same_members(*members: str) -> Any:
    """Return a test for a list argument: does it hold exactly `members`, in any order?"""
    return lambda items: isinstance(items, list | tuple) and sorted(map(str, items)) == sorted(members)


def agent_writes(env: AbstractEnvironment) -> list[CompletedEvent]:
    """Return the agent's writes to the apps that succeeded, by time. Its messages to the user are none."""
    return [
        event
        for event in env.event_log.list_view()
        if event.event_type == EventType.AGENT
        and isinstance(event.action, Action)
        and event.action.operation_type == OperationType.WRITE
        and event.action.class_name != _AGENT_INTERFACE
        and not event.failed()
    ]


def accepted_at(env: AbstractEnvironment, proposal: Any = None) -> float | None:
    """Return when the user first accepted a proposal that the agent had made, or `None`.

    Args:
        env: The environment after the run.
        proposal: A test that the proposal's text must pass, as `mentions` makes it.

    Returns:
        Epoch seconds of the simulated clock.
    """
    pending = False
    for event in env.event_log.list_view():
        if not isinstance(event.action, Action) or event.action.class_name != _AGENT_INTERFACE or event.failed():
            continue
        if event.event_type == EventType.AGENT and event.action.function_name == "send_message_to_user":
            pending = proposal is None or bool(proposal(event.get_args().get("content")))
        elif event.event_type == EventType.USER and event.action.function_name == "reject_proposal":
            pending = False
        elif event.event_type == EventType.USER and event.action.function_name == "accept_proposal" and pending:
            return float(event.event_time)
    return None


def check_consented_writes(
    env: AbstractEnvironment, *expected: Write, proposal: Any = None
) -> ScenarioValidationResult:
    """Validate that the agent proposed, was accepted, and then made exactly the expected writes.

    A write that failed does not count, neither for the agent nor against it: it may try again.

    Args:
        env: The environment after the run.
        *expected: What must have been written, each once, after the acceptance, in any order.
        proposal: A test that the accepted proposal's text must pass, as `mentions` makes it.

    Returns:
        The verdict; its rationale names what is missing or too much.
    """
    consent = accepted_at(env, proposal)
    if consent is None:
        return ScenarioValidationResult(success=False, rationale="the user never accepted a proposal of the agent's")
    open_writes = list(expected)
    for event in agent_writes(env):
        name = f"{event.action.class_name}.{event.action.function_name}"
        if event.event_time < consent:
            return ScenarioValidationResult(success=False, rationale=f"{name} was called before the user accepted")
        found = next((write for write in open_writes if write.matches(event)), None)
        if found is None:
            return ScenarioValidationResult(success=False, rationale=f"{name} wrote what nobody had asked for")
        open_writes.remove(found)
    if open_writes:
        missing = ", ".join(map(str, open_writes))
        return ScenarioValidationResult(success=False, rationale=f"not done, or it failed: {missing}")
    return ScenarioValidationResult(success=True)
