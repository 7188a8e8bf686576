"""Further runs that would settle a verdict, and the smallest drop that the runs could find.

Both follow from the variance within scenarios, between runs, and of the differences between scenarios.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING, Final

import numpy as np

from pytest_pare.inference.paired import T_FROM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.inference.paired import Booleans, Floats, ScenarioPair

PROBABILITY_TO_SETTLE: Final = 0.8
"""The predicted probability of a verdict after the further runs."""

_UPPER: Final = 0.2
"""The variance is taken at the upper end of its one-sided 80 % interval: estimates that happen to be low would print
numbers that are too small."""

POWER: Final = 0.8
"""The probability that a drop of `smallest_drop` is found."""

MOST_RUNS: Final = 100
"""No more runs of a scenario than this are suggested."""


@dataclass(frozen=True)
class Spread:
    """Means and variances of a comparison.

    Attributes:
        scenarios: Number of scenarios.
        difference: Mean difference of the scenarios' success rates, candidate less baseline.
        variance: Variance of the scenarios' differences.
        baseline_rate: Mean success rate of the scenarios in the baseline.
        within: Variance of the outcomes of one scenario, from both sessions.
        baseline_share: Mean over the scenarios of 1 / runs in the baseline.
        candidate_share: The same of the candidate.
        continuity: What the tests add to the mean difference because success rates of few runs are coarse.
    """

    scenarios: int
    difference: float
    variance: float
    baseline_rate: float
    within: float
    baseline_share: float
    candidate_share: float
    continuity: float

    @classmethod
    def of(cls, pairs: Sequence[ScenarioPair]) -> Spread:
        """Return the figures of these pairs.

        If each scenario has one run in each session, all variance of the differences is taken as variance between runs.
        """
        baseline, candidate = [pair.baseline for pair in pairs], [pair.candidate for pair in pairs]
        rates = [_mean(one) for one in baseline]
        differences = np.array([_mean(new) - rate for new, rate in zip(candidate, rates, strict=True)])
        variance = float(differences.var(ddof=1)) if len(pairs) > 1 else 0.0
        shares = [_mean([1 / len(one) for one in side]) for side in (baseline, candidate)]
        steps = lcm(*(len(one) for one in (*baseline, *candidate)))
        variances = [_variance(one) for one in (*baseline, *candidate) if len(one) > 1]
        return cls(
            scenarios=len(pairs),
            difference=float(differences.mean()),
            variance=variance,
            baseline_rate=_mean(rates),
            within=_mean(variances) if variances else variance / sum(shares),
            baseline_share=shares[0],
            candidate_share=shares[1],
            # A change of sign moves a sum by two steps, and half of what lies between two sums is lost.
            continuity=(0.5 if len(pairs) >= T_FROM else 1.0) / steps / len(pairs),
        )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    mean = _mean(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def further_rounds(spread: Spread, *, margin: float, alpha: float, of_both: bool = False) -> int | None:
    """Return how often to play every scenario once more, so that the verdict is probably PASS or FAIL.

    It is the smallest number with a predicted probability of `PROBABILITY_TO_SETTLE`. The prediction takes the new mean
    difference as normal around the present one, with the variance that disappears (Spiegelhalter, Freedman and
    Blackburn 1986). Further runs shrink the variance within scenarios of the session that they belong to. The error of
    the other session and the variance between scenarios stay.

    Args:
        spread: The figures of the runs so far.
        margin: The drop that must not pass.
        alpha: The level of each test.
        of_both: Whether the baseline gets as many further runs as the candidate.

    Returns:
        The number; None if none up to `MOST_RUNS` runs of a scenario is enough.
    """
    from scipy.special import chdtri, ndtr, stdtrit

    if 0.5**spread.scenarios > alpha:
        return None
    rounds = np.arange(1, MOST_RUNS)
    candidate = 1 / (1 / spread.candidate_share + rounds)
    baseline = 1 / (1 / spread.baseline_share + rounds * of_both)
    least = spread.within * (candidate + baseline)
    gone = spread.within * (spread.candidate_share + spread.baseline_share) - least
    freedom = spread.scenarios - 1
    scale = freedom / chdtri(freedom, 1 - _UPPER) / spread.scenarios
    remaining = np.maximum(spread.variance - gone, least)
    reach = stdtrit(freedom, 1 - alpha) * np.sqrt(scale * remaining)
    # The present difference may be on an edge, and nothing to move it.
    moved = np.sqrt(scale * gone) + 1e-12
    fails = ndtr((-reach - spread.difference) / moved)
    passes = ndtr((spread.difference + margin - reach) / moved)
    # If the two regions meet, each difference is in one of them.
    settled = np.where(2 * reach <= margin, 1.0, fails + passes)
    enough = (settled >= PROBABILITY_TO_SETTLE) & _may_pass(spread, candidate, margin, alpha)
    return int(rounds[enough.argmax()]) if enough.any() else None


def _may_pass(spread: Spread, shares: Floats, margin: float, alpha: float) -> Booleans:
    """Return where so many runs without a failure may pass, if none has failed; see `Differences.p_margin`."""
    if spread.baseline_rate + spread.difference < 1:
        return np.ones(shares.shape, dtype=bool)
    return np.asarray(max(spread.baseline_rate - margin, 0.0) ** (spread.scenarios / shares) <= alpha)


def smallest_drop(spread: Spread, *, alpha: float) -> float | None:
    """Return the smallest drop of the success rate that such runs find with a probability of `POWER`, 0 to 1.

    The drop lowers the rate of each scenario by the same factor, which changes the variance of the candidate's
    outcomes.

    Returns:
        The drop; None if these runs find none.
    """
    from scipy.special import ndtri, stdtrit

    if 0.5**spread.scenarios > alpha or not spread.baseline_rate:
        return None
    rate = spread.baseline_rate
    between = max(rate * (1 - rate) - spread.within, 0.0)
    drops = np.arange(1, 1001) / 1000 * rate
    factor = 1 - drops / rate
    within = factor * rate - factor**2 * (rate - spread.within)
    variance = (
        spread.within * spread.baseline_share
        + within * spread.candidate_share
        + between * (1 - factor) ** 2
    )  # fmt: skip
    reach = (stdtrit(spread.scenarios - 1, 1 - alpha) + ndtri(POWER)) * np.sqrt(variance / spread.scenarios)
    reach += spread.continuity
    found = drops >= reach
    return float(drops[found.argmax()]) if found.any() else None
