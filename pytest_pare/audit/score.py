"""The score of an audit: how many of the counted cases the validators judged rightly."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_pare.audit.trial import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.audit.trial import Trial

MOST_EXCUSED: Final = 0.05
"""The largest share of the cases of all scenarios that may be taken out of the count."""

FEW_EXCUSES: Final = 3
"""So many may be taken out in any case, so that a scenario can be audited alone."""


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
        if not self.total:
            return "none"
        # Rounded down, so that only all cases are 100 %.
        return f"{self.right} of {self.total} ({int(self.share * 1000) / 10:g} %)"


@dataclass
class Score:
    """The score of some scenarios.

    Attributes:
        mutants: Of the mutants that count: how many were rejected.
        alternatives: Of the alternatives that count: how many were accepted.
        groups: Of each class of mutants.
        kinds: Of each kind of alternatives.
        apart: Of each class of mutants that does not count.
        void: How many cases had no effect, by class or kind.
        unplayable: How many cases could not be played.
        excused: How many cases their scenarios take out of the count.
    """

    mutants: Tally = field(default_factory=Tally)
    alternatives: Tally = field(default_factory=Tally)
    groups: dict[str, Tally] = field(default_factory=dict)
    kinds: dict[str, Tally] = field(default_factory=dict)
    apart: dict[str, Tally] = field(default_factory=dict)
    void: Counter[str] = field(default_factory=Counter)
    unplayable: int = 0
    excused: int = 0

    @property
    def share(self) -> float:
        """The smaller of the shares of mutants and alternatives."""
        return min(self.mutants.share, self.alternatives.share)

    @property
    def proves_nothing(self) -> bool:
        """Whether there are cases, and none of them was played with an effect."""
        known = self.mutants.total or self.alternatives.total or self.apart or self.excused
        return not known and bool(self.void.total() or self.unplayable)

    @property
    def has_too_many_excuses(self) -> bool:
        """Whether more cases are taken out of the count than may be."""
        total = self.mutants.total + self.alternatives.total + self.excused
        return self.excused > max(FEW_EXCUSES, MOST_EXCUSED * total)


def score_of(trials: Iterable[Trial]) -> Score:
    """Return the score of trials."""
    score = Score()
    for trial in trials:
        if trial.status is Status.EXCUSED:
            score.excused += 1
        elif trial.status in (Status.VOID, Status.UNPLAYABLE):
            score.void[trial.group] += trial.status is Status.VOID
            score.unplayable += trial.status is Status.UNPLAYABLE
        elif not trial.counts:
            score.apart.setdefault(trial.group, Tally()).add(is_right=trial.is_judged_rightly)
        else:
            total, parts = (score.alternatives, score.kinds) if trial.is_alternative else (score.mutants, score.groups)
            for tally in (total, parts.setdefault(trial.group, Tally())):
                tally.add(is_right=trial.is_judged_rightly)
    return score
