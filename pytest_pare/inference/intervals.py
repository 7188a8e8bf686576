"""95 % intervals of rates and ratios, where the runs of one scenario belong together.

Importing this module imports numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

# The 97.5 % quantile of the normal distribution.
_Z: Final = 1.959963984540054


_Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Interval:
    """A confidence interval, in the unit of its figure.

    Attributes:
        low: Lower end.
        high: Upper end.
    """

    low: float
    high: float


def rate_interval(successes: Sequence[int], runs: Sequence[int]) -> Interval | None:
    """Return the 95 % interval of the pooled success rate, `sum(successes) / sum(runs)`, between 0 and 1.

    It is Wilson's interval (1927) with the effective number of runs in the place of the number of runs: the runs
    divided by the design effect (Kish 1965), with the degrees of freedom of the scenarios (Korn and Graubard 1998;
    Franco, Little, Louis and Slud 2019 compare such intervals). The design effect is that of an intra-class correlation
    between 0 and 1, so the effective number of runs is at most the number of runs, and at least the number of scenarios
    if all have the same number of runs. The least is assumed where the outcomes do not show how runs of one scenario
    resemble each other: with one scenario, and if all outcomes are the same. With one run a scenario it is Wilson's
    interval.

    Args:
        successes: Successful runs of each scenario.
        runs: Runs of each scenario; scenarios without runs count for nothing.

    Returns:
        The interval; None without runs.

    Raises:
        ValueError: If a number of successes is not between 0 and the scenario's runs.
    """
    hits, sizes = _clusters(successes, runs)
    if (hits < 0).any() or (hits > sizes).any():
        raise ValueError("the successes of a scenario must be between 0 and its runs")
    if not len(sizes):
        return None
    total = sizes.sum()
    rate = float(hits.sum() / total)
    least = total**2 / (sizes**2).sum()
    effective = least
    if len(sizes) > 1 and 0 < rate < 1:
        binomial = rate * (1 - rate)
        estimated = binomial / max(_ratio_variance(hits, sizes), binomial / total**2)
        effective = min(max(estimated * (_Z / _t_quantile(len(sizes) - 1)) ** 2, least), total)
    centre = (rate + _Z**2 / (2 * effective)) / (1 + _Z**2 / effective)
    half = _Z / (1 + _Z**2 / effective) * np.sqrt(rate * (1 - rate) / effective + _Z**2 / (4 * effective**2))
    # Rounding must not put the ends on the wrong side of the rate.
    return Interval(low=max(0.0, min(float(centre - half), rate)), high=min(1.0, max(float(centre + half), rate)))


def ratio_interval(numerators: Sequence[float], denominators: Sequence[float]) -> Interval | None:
    """Return the 95 % interval of `sum(numerators) / sum(denominators)`, such as proposals per turn; 0 or more.

    The variance is that of a ratio of sums over clusters, by linearization (Cochran 1977, section 6.4), with Student's
    t for the number of scenarios. For a mean over runs, the denominators are the numbers of runs.

    Args:
        numerators: A sum over the runs of each scenario.
        denominators: Another sum over the same runs; scenarios where it is 0 count for nothing.

    Returns:
        The interval; None with fewer than two scenarios.
    """
    tops, sizes = _clusters(numerators, denominators)
    if len(sizes) < 2:
        return None
    ratio = float(tops.sum() / sizes.sum())
    half = float(_t_quantile(len(sizes) - 1) * np.sqrt(_ratio_variance(tops, sizes)))
    return Interval(low=max(0.0, ratio - half), high=ratio + half)


def _clusters(tops: Sequence[float], sizes: Sequence[float]) -> tuple[_Array, _Array]:
    if len(tops) != len(sizes):
        raise ValueError(f"expected one figure for each scenario, got {len(tops)} and {len(sizes)}")
    numerators, denominators = np.asarray(tops, float), np.asarray(sizes, float)
    return numerators[denominators > 0], denominators[denominators > 0]


def _ratio_variance(tops: _Array, sizes: _Array) -> float:
    residuals = tops - tops.sum() / sizes.sum() * sizes
    count = len(sizes)
    return float(count / (count - 1) * (residuals**2).sum() / sizes.sum() ** 2)


def _t_quantile(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's t, within 1 %; by Abramowitz and Stegun 1964, 26.7.5, from 3 on."""
    if freedom < 3:
        return (12.7062, 4.3027)[freedom - 1]
    z, n = _Z, freedom
    terms = (
        z,
        (z**3 + z) / (4 * n),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3),
    )
    return sum(terms)
