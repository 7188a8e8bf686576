"""How well a judge agrees with labels: agreement, kappa, precision, recall, and flips over repeats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# The 97.5 % quantile of the normal distribution.
_Z: Final = 1.959963984540054
_DECIMALS: Final = 6


@dataclass(frozen=True)
class Agreement:
    """The answers of a judge to labelled claims.

    Attributes:
        both: Label and judge say that the claim holds.
        only_judge: Only the judge does.
        only_label: Only the label does.
        neither: Neither does.
        unknown: Answers that could not be read. They are in no other figure.
        flips: Claims to which the judge gave different answers over the repeats.
    """

    both: int
    only_judge: int
    only_label: int
    neither: int
    unknown: int = 0
    flips: int = 0

    @classmethod
    def of(cls, labels: Sequence[bool], answers: Sequence[Sequence[bool | None]]) -> Agreement:
        """Compare the first answer to each label, as a run has one answer; the others count for flips.

        Args:
            labels: Whether each claim holds.
            answers: The judge's answers to each claim, one a repeat; `None` for one that could not be read.
        """
        pairs = [(label, own[0]) for label, own in zip(labels, answers, strict=True)]
        return cls(
            both=pairs.count((True, True)),
            only_judge=pairs.count((False, True)),
            only_label=pairs.count((True, False)),
            neither=pairs.count((False, False)),
            unknown=sum(answer is None for _, answer in pairs),
            flips=sum(len(set(own)) > 1 for own in answers),
        )

    @property
    def answered(self) -> int:
        """The number of labels with an answer that could be read."""
        return self.both + self.only_judge + self.only_label + self.neither

    @property
    def agreement(self) -> float | None:
        """The share of the answers that are as the label; `None` without answers."""
        return _ratio(self.both + self.neither, self.answered)

    @property
    def precision(self) -> float | None:
        """The share of the judge's claims that hold whose label says so; `None` if the judge found none."""
        return _ratio(self.both, self.both + self.only_judge)

    @property
    def recall(self) -> float | None:
        """The share of the labelled claims that hold which the judge found; `None` if there are none."""
        return _ratio(self.both, self.both + self.only_label)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa (1960): agreement beyond that by chance, 1 if complete.

        `None` if it is not defined: all labels and all answers are the same.
        """
        chance, observed = self._chance, self.agreement
        return None if chance is None or observed is None or chance == 1 else (observed - chance) / (1 - chance)

    @property
    def kappa_interval(self) -> tuple[float, float] | None:
        """The 95 % interval of kappa, between -1 and 1; `None` if kappa is not defined.

        It is kappa plus and minus 1.96 standard errors of Fleiss, Cohen and Everitt (1969), Large sample standard
        errors of kappa and weighted kappa, Psychological Bulletin 72, equation 13 for equal weights. That standard
        error is 0 if all answers are as the labels. The lower end is then kappa at the lower end of Wilson's interval
        (1927) of the agreement, `n / (n + 1.96**2)`.
        """
        kappa, chance = self.kappa, self._chance
        if kappa is None or chance is None:
            return None
        n = self.answered
        if self.only_judge == self.only_label == 0:
            return ((n / (n + _Z**2)) - chance) / (1 - chance), 1.0
        judge, label = (self.both + self.only_judge) / n, (self.both + self.only_label) / n
        margins = {True: (label, judge), False: (1 - label, 1 - judge)}
        cells = {
            (True, True): self.both / n,
            (True, False): self.only_label / n,
            (False, True): self.only_judge / n,
            (False, False): self.neither / n,
        }
        same = sum(cells[side, side] * (1 - sum(margins[side]) * (1 - kappa)) ** 2 for side in (True, False))
        other = (1 - kappa) ** 2 * sum(
            share * (margins[judged][0] + margins[labelled][1]) ** 2
            for (labelled, judged), share in cells.items()
            if labelled != judged
        )
        variance = (same + other - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
        half = _Z * math.sqrt(max(0.0, variance))
        return max(-1.0, kappa - half), min(1.0, kappa + half)

    @property
    def _chance(self) -> float | None:
        """The agreement that is expected by chance."""
        n = self.answered
        if not n:
            return None
        judge, label = self.both + self.only_judge, self.both + self.only_label
        return (judge * label + (n - judge) * (n - label)) / n**2

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as builtins for JSON."""
        interval = self.kappa_interval
        return {
            "counts": {
                "both": self.both,
                "only_judge": self.only_judge,
                "only_label": self.only_label,
                "neither": self.neither,
                "unknown": self.unknown,
            },
            "agreement": _rounded(self.agreement),
            "kappa": _rounded(self.kappa),
            "kappa_interval": None if interval is None else [_rounded(end) for end in interval],
            "precision": _rounded(self.precision),
            "recall": _rounded(self.recall),
            "flips": self.flips,
        }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, _DECIMALS)
