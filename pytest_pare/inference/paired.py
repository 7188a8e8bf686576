"""The paired test over scenarios by Student's t or by sign flips.

The functions take many comparisons at once, a row each, so that `benchmarks/gate_errors.py` measures this code.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, lcm
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Booleans = np.ndarray[Any, np.dtype[np.bool_]]

T_FROM: Final = 40
"""From so many scenarios on, the test is Student's t."""

# With fewer differences that are not the median one, t is not near its distribution, however many scenarios there are.
_LEAST_OTHER_DIFFERENCES: Final = 10

# Success rates are multiples of a step. Where the numbers of runs have no common step above 1/5040, rates are rounded.
_FINEST: Final = 5040
_ROUNDED: Final = 2520
# The ends of an interval by changes of sign are multiples of at most this step.
_END_STEP: Final = 600


@dataclass(frozen=True)
class ScenarioPair:
    """The outcomes of one scenario in two sessions.

    Attributes:
        scenario_id: Id of the scenario.
        baseline: 1.0 for each run that succeeded and 0.0 for each that did not; at least one run.
        candidate: The same of the session that is compared with the baseline.
    """

    scenario_id: str
    baseline: tuple[float, ...]
    candidate: tuple[float, ...]


@dataclass(frozen=True)
class Differences:
    """Differences of success rates, candidate less baseline, as multiples of a step.

    Attributes:
        steps: The differences, a row for each comparison and a column for each scenario.
        per_unit: Steps in a difference of 1.
        margin: Steps in the margin.
        grain: Steps between possible differences.
        rounding: The most steps by which rounding changes twice the sum of a row; 0 if the rates are multiples.
        baseline_rate: Mean success rate of the scenarios in the baseline of each comparison.
        candidate_rate: The same of the candidate.
        runs: Runs of the candidate in a comparison.
    """

    steps: Integers
    per_unit: int
    margin: int
    grain: float
    rounding: int
    baseline_rate: Floats
    candidate_rate: Floats
    runs: int

    @classmethod
    def of(
        cls, baseline: Floats, candidate: Floats, *, baseline_runs: Sequence[int], runs: Sequence[int], margin: float
    ) -> Differences:
        """Return the differences of success rates, a row for each comparison, after so many runs of each scenario."""
        limit = Fraction(margin).limit_denominator(1000)
        common = lcm(limit.denominator, *set(baseline_runs), *set(runs))
        per_unit = common if common <= _FINEST else _ROUNDED
        return cls(
            steps=np.rint((candidate - baseline) * per_unit).astype(np.int64),
            per_unit=per_unit,
            margin=round(limit * per_unit),
            grain=per_unit / lcm(*set(baseline_runs), *set(runs)),
            rounding=0 if common <= _FINEST else 4 * len(runs),
            baseline_rate=baseline.mean(axis=1),
            candidate_rate=candidate.mean(axis=1),
            runs=sum(runs),
        )

    @property
    def use_t(self) -> Booleans:
        """Which comparisons are tested by Student's t."""
        if self.steps.shape[1] < T_FROM:
            return np.zeros(len(self.steps), dtype=bool)
        others = (self.steps != np.median(self.steps, axis=1, keepdims=True)).sum(axis=1)
        return np.asarray(others >= _LEAST_OTHER_DIFFERENCES)

    def p_drop(self) -> Floats:
        """Return the p-values of "the rate did not drop", small where it dropped."""
        return self._p(self.steps)

    @property
    def means(self) -> Floats:
        """The mean difference of each comparison."""
        return np.asarray(self.steps.mean(axis=1) / self.per_unit)

    def p_margin(self) -> Floats:
        """Return the p-values of "the rate dropped by the margin or more", small where it did not.

        If no run of the candidate failed, there is little variance for a test to measure. Then the least p-value is the
        probability of no failure in so many runs if the rate is that of the baseline less the margin.
        """
        lower = np.maximum(self.baseline_rate - self.margin / self.per_unit, 0.0)
        least = np.where(self.candidate_rate == 1, lower**self.runs, 0.0)
        return np.asarray(np.maximum(self._p(-(self.steps + self.margin)), least))

    def _p(self, steps: Integers) -> Floats:
        """Return the p-values of "the mean is 0 or more"."""
        by_t = self.use_t
        p = np.empty(len(steps))
        if by_t.any():
            p[by_t] = t_test(steps[by_t], self.grain)
        p[~by_t] = sign_flip_test(steps[~by_t], self.rounding)
        return p

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the interval of the first comparison's mean that excludes what the test rejects at `alpha` a side."""
        row = self.steps[0]
        if self.use_t[0]:
            from scipy.special import stdtrit

            half = float(stdtrit(len(row) - 1, 1 - alpha) * row.std(ddof=1) / np.sqrt(len(row)))
            half += self.grain / 2 / len(row)
            low, high = (float(row.mean() + sign * half) / self.per_unit for sign in (-1, 1))
        else:
            finer = ceil(_END_STEP / self.per_unit)
            unit = finer * self.per_unit
            rounding = finer * self.rounding
            high = _first_rejected(row * finer, unit, alpha, rounding) / unit
            low = -_first_rejected(-row * finer, unit, alpha, rounding) / unit
        if self.candidate_rate[0] == 1:
            low = min(low, float(alpha ** (1 / self.runs) - self.baseline_rate[0]))
        return max(-1.0, low), min(1.0, high)


def t_test(values: Integers, grain: float) -> Floats:
    """Return one-sided p-values of Student's t for each row: small where its mean is below 0.

    Success rates of few runs are coarse, so the sum of a row is corrected for continuity, by half of what lies between
    two possible sums (Yates 1934). Without that, 5.1 % of unchanged agents fail at 5 %.
    """
    from scipy.special import stdtr

    count = values.shape[1]
    statistic = (values.mean(axis=1) + grain / 2 / count) / (values.std(axis=1, ddof=1) / np.sqrt(count))
    return np.asarray(stdtr(count - 1, statistic))


def sign_flip_test(values: Integers, rounding: int = 0) -> Floats:
    """Return exact one-sided p-values for each row: the share of all changes of sign with a sum as low or lower.

    The test assumes that the differences are symmetric around 0 (Fisher 1935, The Design of Experiments, section 21).
    The distribution over all changes of sign is the inverse Fourier transform of its characteristic function, which is
    a product of cosines (Pagano and Tritchler 1983). `scipy.stats.permutation_test` enumerates, which it can do for
    about 20 scenarios.

    Args:
        values: Whole numbers.
        rounding: Sums that are higher by so much count as equal.
    """
    p = np.empty(len(values))
    if not len(values):
        return p
    most = int(np.abs(values).sum(axis=1).max())
    size = 1 << (2 * most).bit_length()
    # The memory of a block stays below some 100 MB.
    block = max(1, 2**23 // size)
    for start in range(0, len(values), block):
        rows = values[start : start + block]
        p[start : start + block] = _tails(np.abs(rows), rows.sum(axis=1) + rounding, size)
    return p


def _tails(sizes: Integers, sums: Integers, period: int) -> Floats:
    """Return for each row the probability that its sizes with random signs add up to at most its sum."""
    angles = 2 * np.pi * np.arange(period // 2 + 1) / period
    different, which = np.unique(sizes, return_inverse=True)
    cosines = np.cos(np.outer(different, angles))
    which = which.reshape(sizes.shape)
    transform = np.ones((len(sizes), len(angles)))
    for column in which.T:
        transform *= cosines[column]
    # Index 0 is the sum 0; negative sums are at the end of the period.
    probabilities = np.roll(np.fft.irfft(transform, n=period), period // 2, axis=1)
    last = np.minimum(sums + period // 2, period - 1)
    below = np.take_along_axis(np.cumsum(probabilities, axis=1), last[:, None], axis=1)[:, 0]
    # One of the changes of sign is that of the data.
    return np.clip(below, 0.5 ** sizes.shape[1], 1.0)


def _first_rejected(row: Integers, unit: int, alpha: float, rounding: int) -> int:
    """Return the least mean, in steps from the middle on, that the data reject as too high; at most `unit`."""

    def rejects(mean: int) -> bool:
        return bool(sign_flip_test((row - mean)[None], rounding)[0] <= alpha)

    low = int(np.floor(row.mean()))
    high, width = low + 1, 1
    # Most intervals are narrow, and a mean far off takes long to test.
    while high < unit and not rejects(high):
        low, width = high, 2 * width
        high += width
    if high >= unit and not rejects(unit):
        return unit
    high = min(high, unit)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if rejects(middle) else (middle, high)
    return high
