"""The verdict of a comparison with a baseline: FAIL, PASS or INCONCLUSIVE, with a known rate of errors.

scipy is imported when a comparison is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from pytest_pare.inference.intervals import Interval
from pytest_pare.inference.multiplicity import holm
from pytest_pare.inference.paired import Differences, ScenarioPair, least_p_margin
from pytest_pare.inference.prediction import Spread, further_rounds, smallest_drop
from pytest_pare.inference.sequential import Look, level, repeated_p

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ALPHA", "MAX_REGRESSION", "Decision", "Look", "ScenarioPair", "Word", "decide", "decide_all", "verdict"]

Word = Literal["PASS", "FAIL", "INCONCLUSIVE"]

ALPHA: Final = 0.05
"""The error rate of each verdict: FAIL of an agent that did not change, PASS of one that dropped by the margin."""

MAX_REGRESSION: Final = 0.10
"""The drop of the success rate that must not pass."""


@dataclass(frozen=True)
class Decision:
    """The verdict of a comparison, and what it follows from.

    Attributes:
        verdict: FAIL if "no drop" is rejected, else PASS if "a drop of the margin or more" is rejected, else
            INCONCLUSIVE.
        difference: Mean over scenarios of the success rate of the candidate less that of the baseline, -1 to 1.
        interval: The differences that neither test rejects: 90 %, 5 % on each side, and wider at a look that is one of
            several. FAIL has its high end below 0; PASS its low end above minus the margin.
        baseline_rate: Mean success rate of the scenarios in the baseline.
        candidate_rate: The same of the candidate.
        p_drop: p-value of "no drop". At one of several looks it allows for all of them.
        p_margin: p-value of "a drop of the margin or more", likewise.
        method: The name of the test.
        scenarios: Number of scenarios.
        further_runs: Runs of the candidate, in all scenarios together and on top of those made, after which the verdict
            is probably PASS or FAIL; None if the verdict is one of them, if no number is enough, and before the last
            look.
        smallest_drop: The smallest drop that these runs find with a probability of 80 %; None if they find none.
    """

    verdict: Word
    difference: float
    interval: Interval
    baseline_rate: float
    candidate_rate: float
    p_drop: float
    p_margin: float
    method: str
    scenarios: int
    further_runs: int | None
    smallest_drop: float | None


def decide(
    pairs: Sequence[ScenarioPair],
    *,
    max_regression: float = MAX_REGRESSION,
    alpha: float = ALPHA,
    look: Look | None = None,
) -> Decision:
    """Return the verdict on a candidate from the outcomes of the scenarios that it shares with the baseline.

    Both tests are one-sided tests over the differences of the scenarios' success rates (two one-sided tests, Schuirmann
    1987): Student's t from 40 scenarios on, else all changes of sign. See `Differences.use_t`.

    Args:
        pairs: The scenarios; each has at least one run in both sessions, and may have more in one than in the other.
        max_regression: The margin, above 0 and at most 1.
        alpha: The error rate of each test.
        look: Which look this is in a session that may end early; None if it is the only one.

    Raises:
        ValueError: Without scenarios, or if one has no run in a session.
    """
    _check(pairs, max_regression)
    rates = np.array([[np.mean(pair.baseline), np.mean(pair.candidate)] for pair in pairs])
    sizes = [len(side) for pair in pairs for side in (pair.baseline, pair.candidate)]
    differences = Differences.of((rates[:, 1] - rates[:, 0])[None], sizes, max_regression)
    baseline_rate, candidate_rate = rates.mean(axis=0)
    runs = sum(len(pair.candidate) for pair in pairs)
    least = least_p_margin(baseline_rate, candidate_rate, runs, max_regression)
    p_drop, p_margin = float(differences.p_drop()[0]), float(max(differences.p_margin()[0], least))
    local = alpha
    if look is not None:
        local = level(look, alpha)
        p_drop, p_margin = repeated_p(p_drop, look), repeated_p(p_margin, look)
    word = verdict(p_drop, p_margin, alpha)
    low, high = differences.interval(local)
    if candidate_rate == 1:
        low = min(low, float(local ** (1 / runs) - baseline_rate))
    spread = Spread.of(pairs)
    is_last = look is None or look.number == look.of
    rounds = further_rounds(spread, margin=max_regression, alpha=local) if word == "INCONCLUSIVE" and is_last else None
    return Decision(
        verdict=word,
        difference=float(differences.means[0]),
        interval=Interval(low, high),
        baseline_rate=float(baseline_rate),
        candidate_rate=float(candidate_rate),
        p_drop=p_drop,
        p_margin=p_margin,
        method="paired t-test" if differences.use_t[0] else "sign-flip permutation test",
        scenarios=len(pairs),
        further_runs=None if rounds is None else rounds * len(pairs),
        smallest_drop=smallest_drop(spread, alpha=local),
    )


def decide_all(
    variants: Mapping[str, Sequence[ScenarioPair]],
    *,
    max_regression: float = MAX_REGRESSION,
    alpha: float = ALPHA,
    look: Look | None = None,
) -> dict[str, Decision]:
    """Return the verdict on each variant, with p-values adjusted by Holm's method.

    An agent that did not change gets a FAIL in any of its variants with a probability of `alpha` at most. Intervals are
    those of each variant alone. Further runs are predicted for a level of `alpha / len(variants)`.
    """
    alone = {
        name: decide(pairs, max_regression=max_regression, alpha=alpha, look=look) for name, pairs in variants.items()
    }
    drops = holm([one.p_drop for one in alone.values()])
    margins = holm([one.p_margin for one in alone.values()])
    decisions = {}
    for (name, one), p_drop, p_margin in zip(alone.items(), drops, margins, strict=True):
        word = verdict(p_drop, p_margin, alpha)
        further = None
        if word == "INCONCLUSIVE":
            strict = decide(variants[name], max_regression=max_regression, alpha=alpha / len(alone), look=look)
            further = strict.further_runs
        decisions[name] = replace(one, verdict=word, p_drop=p_drop, p_margin=p_margin, further_runs=further)
    return decisions


def verdict(p_drop: float, p_margin: float, alpha: float = ALPHA) -> Word:
    """Return the verdict that follows from the p-values of both tests."""
    if p_drop <= alpha:
        return "FAIL"
    return "PASS" if p_margin <= alpha else "INCONCLUSIVE"


def _check(pairs: Sequence[ScenarioPair], max_regression: float) -> None:
    if not pairs:
        raise ValueError("a comparison needs at least one scenario that both sessions have played")
    if not 0 < max_regression <= 1:
        raise ValueError(f"max_regression: expected a number above 0 and at most 1, got {max_regression}")
    for pair in pairs:
        if not (pair.baseline and pair.candidate):
            raise ValueError(f"scenario {pair.scenario_id}: expected runs in both sessions")
