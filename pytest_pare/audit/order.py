"""Two writes in reverse: a mutant where their order matters, an alternative where it does not."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from pytest_pare.audit.case import Group, alternative, mutant
from pytest_pare.audit.end_state import end_state
from pytest_pare.audit.steps import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from are.simulation.types import AbstractEvent

    from pytest_pare.audit.case import Case
    from pytest_pare.audit.reference import Reference
    from pytest_pare.audit.script import Script
    from pytest_pare.audit.steps import Step


def order_cases(reference: Reference) -> Iterator[Case]:
    """Yield a case for each two successive writes of an execution."""
    for first, second in pairwise(reference.writes):
        if _is_separated(reference, first, second):
            continue
        name, change = f"{first.label}+{second.label}", f"{second} happens before {first}"
        if _order_matters(reference, first, second):
            # The second call may fail without the first one, which is wrong as well.
            yield mutant(Group.ORDER, name, change, partial(_reverse, first=first, second=second))
        else:
            yield alternative("order", name, change, partial(_reversed, first=first, second=second))


def _order_matters(reference: Reference, first: Step, second: Step) -> bool:
    """Tell whether the validator declares the order of two writes, or its reverse leads to another result."""
    declared = reference.group(first), reference.group(second)
    if None not in declared and declared[0] != declared[1]:
        return True
    script = reference.script()
    moved = _reversed(script, first, second)
    env = reference.play(script)
    done = {event.event_id for event in env.event_log.list_view() if not event.failed()}
    if any(event.event_id not in done for event in moved):
        return True
    # Apps know nothing of each other.
    return first.app == second.app and end_state(script.scenario.apps or []) != end_state(reference.env.apps.values())


def _reverse(script: Script, first: Step, second: Step) -> None:
    _reversed(script, first, second)


def _reversed(script: Script, first: Step, second: Step) -> list[AbstractEvent]:
    moved = script.event(second)
    script.leave_out(moved)
    script.insert_before(moved, script.event(first))
    return [script.event(first), moved]


def _is_separated(reference: Reference, first: Step, second: Step) -> bool:
    """Tell whether the user answers between two steps."""
    between = reference.steps[reference.steps.index(first) : reference.steps.index(second)]
    return any(step.role is Role.ANSWER for step in between)
