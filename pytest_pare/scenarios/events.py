"""What can be told of an event of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.types import ConditionCheckEvent, Event, OracleEvent, ValidationEvent

if TYPE_CHECKING:
    from are.simulation.types import AbstractEvent

_ANSWERS = ("accept_proposal", "reject_proposal")


def is_users_own(event: Event) -> bool:
    """Tell whether the event calls what only a user can do, as accept_proposal: it is the user's in every mode."""
    if getattr(event.action.function, "_is_user_tool", False):
        return True
    method = getattr(type(event.action.app), event.action.function_name, None)
    return bool(getattr(method, "_is_user_tool", False))


def is_answer(event: AbstractEvent) -> bool:
    """Tell whether the event is the user's answer to a proposal, written without `oracle()`."""
    return (
        type(event) is Event
        and isinstance(event.action.app, AgentUserInterface)
        and event.action.function_name in _ANSWERS
    )


def event_name(event: AbstractEvent) -> str:
    """Return what messages call an event of a script."""
    if isinstance(event, OracleEvent):
        description = event.action_desc
        return f"{description.app}.{description.function}" if description else str(event.event_id)
    if isinstance(event, Event):
        return f"{event.action.app_name}.{event.action.function_name}"
    return check_name(event)


def check_name(event: AbstractEvent) -> str:
    """Return what messages call a condition, or what else a script holds besides calls."""
    if isinstance(event, ConditionCheckEvent):
        return f"condition {event.action.function_name!r}"
    return f"{'validation ' * isinstance(event, ValidationEvent)}event {event.event_id!r}"


def with_dependencies(event: AbstractEvent) -> list[AbstractEvent]:
    """Return an event and all that has to happen before it, also of a script that goes round in circles."""
    found: dict[int, AbstractEvent] = {}
    left = [event]
    while left:
        one = left.pop()
        if id(one) not in found:
            found[id(one)] = one
            left += one.dependencies
    return list(found.values())
