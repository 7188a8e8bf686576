"""Mutants of the agent's writes as a whole: a write twice, in the wrong order, or failing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_pare.audit.case import Group, mutant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from are.simulation.types import AbstractEvent

    from pytest_pare.audit.case import Case
    from pytest_pare.audit.reference import Reference
    from pytest_pare.audit.script import Script
    from pytest_pare.audit.steps import Step

ERROR = "the network is down"


def call_mutants(reference: Reference) -> Iterator[Case]:
    """Yield the mutants of the writes of a reference run."""
    writes = reference.writes
    for write in writes:
        yield mutant(Group.REPETITION, write.label, f"{write} happens twice", partial(_twice, write=write))
        yield mutant(Group.FAILING_WRITE, write.label, f"{write} fails: {ERROR}", partial(_let_fail, writes=[write]))
    if len(writes) > 1:
        yield mutant(Group.FAILING_WRITE, "all", f"every write fails: {ERROR}", partial(_let_fail, writes=writes))


def fail(*_: Any, **__: Any) -> None:
    """Fail as a tool without a network does.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError(ERROR)


def _twice(script: Script, write: Step) -> list[AbstractEvent]:
    again = script.copy(write, "again")
    script.append(again)
    return [again]


def _let_fail(script: Script, writes: Iterable[Step]) -> None:
    for write in writes:
        script.replace_function(script.event(write), fail)
