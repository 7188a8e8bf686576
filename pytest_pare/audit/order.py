"""Two writes in reverse: a mutant where their order matters, an alternative where it does not."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from pytest_pare.audit.case import Group, alternative, mutant
from pytest_pare.audit.end_state import end_state
from pytest_pare.audit.steps import Role, called
from pytest_pare.scenarios.placeholders import placeholders_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from are.simulation.types import AbstractEvent

    from pytest_pare.audit.case import Case
    from pytest_pare.audit.reference import Reference
    from pytest_pare.audit.script import Script
    from pytest_pare.audit.steps import Step


def order_cases(reference: Reference) -> Iterator[Case]:
    """Yield a case for each two successive writes of an execution that can be exchanged."""
    for first, second in pairwise(reference.writes):
        if _is_separated(reference, first, second) or _is_named(reference, first, second):
            continue
        name, change = f"{first.label}+{second.label}", f"{second} happens before {first}"
        apply = partial(_exchange, first=first, second=second)
        matters = _order_matters(reference, first, second)
        if matters is None:
            continue
        yield mutant(Group.ORDER, name, change, apply) if matters else alternative("order", name, change, apply)


def _order_matters(reference: Reference, first: Step, second: Step) -> bool | None:
    """Tell whether the order of two writes matters; `None` if they cannot be exchanged."""
    declared = reference.group(first), reference.group(second)
    if None not in declared and declared[0] != declared[1]:
        return True
    if first.app != second.app:
        return False
    script = reference.script()
    exchanged = _exchange(script, first, second)
    env = reference.play(script)
    done = {event.event_id for event in env.event_log.list_view() if not event.failed()}
    if any(event.event_id not in done for event in exchanged):
        return None
    return end_state(script.scenario.apps or []) != end_state(reference.env.apps.values())


def _exchange(script: Script, first: Step, second: Step) -> list[AbstractEvent]:
    script.exchange_calls(first, second)
    return [script.event(first), script.event(second)]


def _is_separated(reference: Reference, first: Step, second: Step) -> bool:
    """Tell whether the user answers between two steps."""
    between = reference.steps[reference.steps.index(first) : reference.steps.index(second)]
    return any(step.role is Role.ANSWER for step in between)


def _is_named(reference: Reference, first: Step, second: Step) -> bool:
    """Tell whether a placeholder refers to one of two steps, so that their results cannot be exchanged."""
    ids = {first.event_id, second.event_id}
    known = [event.event_id for event in reference.scenario.events]
    calls = [call for event in reference.scenario.events if (call := called(event)) is not None]
    return any(one.event_id(known) in ids for call in calls for one in placeholders_of(call.action))
