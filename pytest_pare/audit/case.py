"""A case of an audit: one change of a scenario's reference run, and what its validator must say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from are.simulation.types import AbstractEvent

    from pytest_pare.audit.script import Script

ALTERNATIVE = "alternative"


class Group(StrEnum):
    """The classes of cases. Those from `READ` on are reported apart, and do not count."""

    OMISSION = "omission"
    CONSENT = "consent"
    REPETITION = "repetition"
    ORDER = "order"
    ARGUMENT = "argument"
    EXTRA_WRITE = "extra-write"
    FAILING_WRITE = "failing-write"
    NOTHING = "nothing"
    USERS_WORK = "users-work"
    SPAM = "spam"
    READ = "read"
    FREE_TEXT = "free-text"


APART = (Group.READ, Group.FREE_TEXT)


@dataclass(frozen=True)
class Case:
    """One change of a reference run.

    Attributes:
        case_id: The id, unique in its scenario.
        group: The class of the change: a `Group`, or the name of a kind of alternatives.
        change: What is changed, as a sentence without a period.
        apply: Rearranges a script, and returns the events whose calls must succeed; otherwise the change is void.
        is_right: Whether the changed run is right, so that the validator must accept it.
    """

    case_id: str
    group: str
    change: str
    apply: Callable[[Script], Iterable[AbstractEvent]]
    is_right: bool = False

    @property
    def counts(self) -> bool:
        """Whether the case counts for the score."""
        return self.group not in APART


def mutant(group: Group, name: str, change: str, apply: Callable[[Script], Iterable[AbstractEvent] | None]) -> Case:
    """Return a case that must be rejected; its id is `GROUP:NAME`, or `GROUP` without a name."""
    return Case(f"{group}:{name}" if name else str(group), group, change, lambda script: apply(script) or ())


def alternative(kind: str, name: str, change: str, apply: Callable[[Script], Iterable[AbstractEvent] | None]) -> Case:
    """Return a case that must be accepted; its id is `alternative:KIND:NAME`."""
    case_id = ":".join(filter(None, (ALTERNATIVE, kind, name)))
    return Case(case_id, kind, change, lambda script: apply(script) or (), is_right=True)
