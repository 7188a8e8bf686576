"""The score of an audit: how many of the counted cases the validators judged rightly."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_pare.audit.playing import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.audit.playing import Trial


@dataclass
class Tally:
    """How many cases were judged rightly.

    Attributes:
        right: How many were.
        total: Of how many.
    """

    right: int = 0
    total: int = 0

    def add(self, *, is_right: bool) -> None:
        """Count a case."""
        self.right += is_right
        self.total += 1

    @property
    def share(self) -> float:
        """The share of right cases; 1 without cases."""
        return self.right / self.total if self.total else 1.0

    def __str__(self) -> str:
        return f"{self.right}/{self.total} ({percent(self)})"


@dataclass
class Score:
    """The score of some scenarios.

    Attributes:
        mutants: Of the mutants that count.
        alternatives: Of the alternatives that count.
        groups: Of each class of mutants.
        kinds: Of each kind of alternatives.
        apart: Of each class of mutants that does not count.
        void: How many cases had no effect, by class or kind.
    """

    mutants: Tally = field(default_factory=Tally)
    alternatives: Tally = field(default_factory=Tally)
    groups: dict[str, Tally] = field(default_factory=dict)
    kinds: dict[str, Tally] = field(default_factory=dict)
    apart: dict[str, Tally] = field(default_factory=dict)
    void: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """The smaller share of the counted mutants and the counted alternatives."""
        return min(self.mutants.share, self.alternatives.share)


def score_of(trials: Iterable[Trial]) -> Score:
    """Return the score of trials."""
    score = Score()
    for trial in trials:
        case = trial.case
        if trial.outcome is Outcome.VOID:
            score.void[case.group] += 1
        elif not case.counts:
            score.apart.setdefault(case.group, Tally()).add(is_right=trial.is_right)
        else:
            total = score.alternatives if case.is_right else score.mutants
            total.add(is_right=trial.is_right)
            groups = score.kinds if case.is_right else score.groups
            groups.setdefault(case.group, Tally()).add(is_right=trial.is_right)
    return score


def percent(tally: Tally) -> str:
    """Return the share of a tally; 100 % only if every case is right."""
    return f"{int(tally.share * 1000) / 10:g} %"
