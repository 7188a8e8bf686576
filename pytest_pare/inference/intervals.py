"""95 % intervals of rates and ratios, where the runs of one scenario belong together.

In plain Python: the summary of each session has such intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# The 97.5 % quantile of the normal distribution.
_Z: Final = 1.959963984540054


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
    if any(not 0 <= hit <= size for hit, size in zip(hits, sizes, strict=True)):
        raise ValueError("the successes of a scenario must be between 0 and its runs")
    if not sizes:
        return None
    total = math.fsum(sizes)
    rate = math.fsum(hits) / total
    least = total**2 / math.fsum(size**2 for size in sizes)
    effective = least
    if len(sizes) > 1 and 0 < rate < 1:
        binomial = rate * (1 - rate)
        estimated = binomial / max(_ratio_variance(hits, sizes), binomial / total**2)
        effective = min(max(estimated * (_Z / _t_quantile(len(sizes) - 1)) ** 2, least), total)
    centre = (rate + _Z**2 / (2 * effective)) / (1 + _Z**2 / effective)
    half = _Z / (1 + _Z**2 / effective) * math.sqrt(rate * (1 - rate) / effective + _Z**2 / (4 * effective**2))
    # Rounding must not put the ends on the wrong side of the rate.
    return Interval(low=max(0.0, min(centre - half, rate)), high=min(1.0, max(centre + half, rate)))


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
    ratio = math.fsum(tops) / math.fsum(sizes)
    half = _t_quantile(len(sizes) - 1) * math.sqrt(_ratio_variance(tops, sizes))
    return Interval(low=max(0.0, ratio - half), high=ratio + half)


def _clusters(tops: Sequence[float], sizes: Sequence[float]) -> tuple[list[float], list[float]]:
    if len(tops) != len(sizes):
        raise ValueError(f"expected one figure for each scenario, got {len(tops)} and {len(sizes)}")
    counted = [(float(top), float(size)) for top, size in zip(tops, sizes, strict=True) if size > 0]
    return [top for top, _ in counted], [size for _, size in counted]


def _ratio_variance(tops: list[float], sizes: list[float]) -> float:
    total, count = math.fsum(sizes), len(sizes)
    ratio = math.fsum(tops) / total
    squares = math.fsum((top - ratio * size) ** 2 for top, size in zip(tops, sizes, strict=True))
    return count / (count - 1) * squares / total**2


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
