"""Properties and names of the events of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.types import ConditionCheckEvent, Event, OracleEvent, ValidationEvent

from pytest_pare.are.abstract import is_subclass

if TYPE_CHECKING:
    from are.simulation.types import AbstractEvent

_ANSWERS = ("accept_proposal", "reject_proposal")


def is_users_own(event: Event) -> bool:
    """Tell whether the event calls a user tool, such as accept_proposal: in every mode, the user makes the call."""
    if getattr(event.action.function, "_is_user_tool", False):
        return True
    method = getattr(type(event.action.app), event.action.function_name, None)
    return bool(getattr(method, "_is_user_tool", False))


def is_answer(event: AbstractEvent) -> bool:
    """Tell whether the event is an answer to a proposal that was created without `oracle()`."""
    return (
        type(event) is Event
        and is_subclass(type(event.action.app), AgentUserInterface)
        and event.action.function_name in _ANSWERS
    )


def as_reference_step(answer: AbstractEvent) -> OracleEvent:
    """Return an answer without `oracle()` as a reference step of the user, which `is_plain_answer` recognizes."""
    step: OracleEvent = answer.oracle()
    vars(step)["_is_plain_answer"] = True
    return step


def is_plain_answer(event: AbstractEvent) -> bool:
    """Tell whether a reference step is an answer that was created without `oracle()`.

    Events of the world may wait for it: they happen once the user has given this answer.
    """
    return bool(vars(event).get("_is_plain_answer"))


def event_name(event: AbstractEvent) -> str:
    """Return the name of an event of a script in messages."""
    if isinstance(event, OracleEvent):
        description = event.action_desc
        return f"{description.app}.{description.function}" if description else str(event.event_id)
    if isinstance(event, Event):
        return f"{event.action.app_name}.{event.action.function_name}"
    return check_name(event)


def check_name(event: AbstractEvent) -> str:
    """Return the name of a condition, or of another event without a call, in messages."""
    if isinstance(event, ConditionCheckEvent):
        return f"condition {event.action.function_name!r}"
    return f"{'validation ' * isinstance(event, ValidationEvent)}event {event.event_id!r}"


def with_dependencies(event: AbstractEvent) -> list[AbstractEvent]:
    """Return an event and all its dependencies, direct and indirect. The dependencies may form circles."""
    found: dict[int, AbstractEvent] = {}
    left = [event]
    while left:
        one = left.pop()
        if id(one) not in found:
            found[id(one)] = one
            left += one.dependencies
    return list(found.values())
