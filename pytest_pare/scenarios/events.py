"""What can be told of an event of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from are.simulation.types import AbstractEvent, Event


def is_users_own(event: Event) -> bool:
    """Tell whether the event calls what only a user can do, as accept_proposal: it is the user's in every mode."""
    if getattr(event.action.function, "_is_user_tool", False):
        return True
    method = getattr(type(event.action.app), event.action.function_name, None)
    return bool(getattr(method, "_is_user_tool", False))


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
