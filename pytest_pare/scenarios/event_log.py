"""The agent's writes and the user's answers in the event log of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from are.simulation.tool_utils import OperationType
from are.simulation.types import AbstractEnvironment, Action, CompletedEvent, EventType

if TYPE_CHECKING:
    from collections.abc import Collection

    from pytest_pare.scenarios.argument_tests import ArgumentTest

_AGENT_INTERFACE = "PAREAgentUserInterface"
_ANSWERS = ("accept_proposal", "reject_proposal")


def agent_writes(env: AbstractEnvironment) -> list[CompletedEvent]:
    """Return the agent's successful writes to the apps, in order. Messages to the user are not writes."""
    return [event for event in env.event_log.list_view() if is_attempt(event) and not event.failed()]


def accepted_at(env: AbstractEnvironment, proposal: ArgumentTest | None = None) -> int | None:
    """Return the position in the event log of the first acceptance of a proposal, or `None`.

    An answer belongs to the agent's latest message. Only the first answer to a message counts; an acceptance that the
    user takes back does not count at all.

    Args:
        env: The environment after the run.
        proposal: A test that the proposal's text must pass, as `mentions` makes it.

    Returns:
        The index of the acceptance in `env.event_log.list_view()`. Events before that index happened earlier, even in
        the same simulated second.
    """
    return _answered_at(env, "accept_proposal", proposal)


def rejected_at(env: AbstractEnvironment, proposal: ArgumentTest | None = None) -> int | None:
    """Return the position in the event log of the first rejection of a proposal, or `None`. See `accepted_at`."""
    return _answered_at(env, "reject_proposal", proposal)


def _answered_at(env: AbstractEnvironment, answer: str, proposal: ArgumentTest | None) -> int | None:
    for one in answers(env):
        if one.function == answer and (proposal is None or proposal(one.text)):
            return one.position
    return None


class Answer(NamedTuple):
    """The user's answer to a proposal.

    Attributes:
        position: The index in the event log.
        function: `accept_proposal` or `reject_proposal`.
        text: The text of the proposal.
    """

    position: int
    function: str
    text: Any


def answers(env: AbstractEnvironment) -> list[Answer]:
    """Return the user's answers to proposals, in order; see `accepted_at`."""
    found: list[Answer] = []
    proposal: CompletedEvent | None = None
    # The proposal waits for another answer after the user has taken an acceptance back.
    withdrawn: Collection[str] = getattr(getattr(env, "consent", None), "withdrawn", frozenset())
    for position, event in enumerate(env.event_log.list_view()):
        if event.event_id in withdrawn:
            continue
        if is_proposal(event):
            proposal = event
        elif _is_message(event, EventType.USER) and event.action.function_name in _ANSWERS:
            if proposal is not None:
                found.append(Answer(position, event.action.function_name, proposal.get_args().get("content")))
            proposal = None
    return found


def is_attempt(event: CompletedEvent) -> bool:
    """Tell whether the agent tried to write to an app."""
    return (
        event.event_type == EventType.AGENT
        and isinstance(event.action, Action)
        and event.action.operation_type == OperationType.WRITE
        and event.action.class_name != _AGENT_INTERFACE
    )


def _is_message(event: CompletedEvent, sender: EventType) -> bool:
    """Tell whether `event` is a delivered message between the agent and the user, sent by `sender`."""
    return (
        event.event_type == sender
        and isinstance(event.action, Action)
        and event.action.class_name == _AGENT_INTERFACE
        and not event.failed()
    )


def is_proposal(event: CompletedEvent) -> bool:
    """Tell whether the event is a message of the agent that the user can accept or reject."""
    return _is_message(event, EventType.AGENT) and event.action.function_name == "send_message_to_user"
