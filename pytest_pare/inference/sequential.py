"""Levels of a group-sequential test, which looks at a session after each round.

Each round plays every scenario once more, and may end the session. The levels of the looks are those of Lan and DeMets
(1983) with their spending function like O'Brien and Fleming's, by the recursive integration of Armitage, McPherson and
Rowe (1969).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

# Points of the grid of the integration, and where it ends, in standard deviations.
_POINTS: Final = 201
_WIDTH: Final = 8.0


@dataclass(frozen=True)
class Look:
    """One look at the outcomes of a session that may end early.

    Attributes:
        number: Runs that each scenario has by now.
        of: Runs that each scenario has at the last look.
        first: Runs that each scenario has at the first look; there is a look after each round from there on.
    """

    number: int
    of: int
    first: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.number <= self.of:
            raise ValueError(f"expected 1 <= first <= number <= of, got {self.first}, {self.number}, {self.of}")


def level(look: Look, alpha: float) -> float:
    """Return the level at which a one-sided test rejects at this look, so that all looks err with `alpha` at most.

    The statistics of two looks correlate at least as those of j and k independent runs of the candidate, by
    `sqrt(j / k)`: what both share, the error of the baseline and the spread of the scenarios, adds to the correlation.
    The levels assume `sqrt(j / k)`, and by Slepian's inequality (1962) a higher correlation makes errors rarer. So they
    hold with a baseline that is estimated, from however few runs.
    """
    return levels(look.first, look.of, alpha)[look.number - look.first]


def repeated_p(p: float, look: Look) -> float:
    """Return the smallest `alpha` at which this look rejects: a p-value that allows for all looks.

    It is the p-value of a repeated test (Jennison and Turnbull 2000, section 9.4). It is rounded up to 1e-4 of itself.
    """
    if look.first == look.of or p >= 1:
        return min(p, 1.0)
    low, high = 0.0, 1.0
    while high - low > 1e-4 * high and high > 1e-12:
        middle = (low + high) / 2
        low, high = (low, middle) if level(look, middle) >= p else (middle, high)
    return high


@lru_cache(maxsize=1024)
def levels(first: int, of: int, alpha: float) -> tuple[float, ...]:
    """Return the level of each look from `first` runs a scenario to `of`."""
    fractions = [number / of for number in range(first, of + 1)]
    return crossing_levels(fractions, [spent(fraction, alpha) for fraction in fractions])


def spent(fraction: float, alpha: float) -> float:
    """Return the error that is spent up to a fraction of the information: 2 - 2 Phi(z / sqrt(fraction))."""
    from scipy.special import ndtr, ndtri

    return float(2 * ndtr(ndtri(alpha / 2) / np.sqrt(fraction)))


def crossing_levels(fractions: list[float], cumulative: list[float]) -> tuple[float, ...]:
    """Return one-sided levels so that the probability to reject by each look is as given.

    Args:
        fractions: Information at each look as a fraction of that at the last, ascending.
        cumulative: Probability to have rejected by then if the hypothesis is true, ascending.
    """
    from scipy.special import ndtr

    bounds: list[float] = []
    grid, weights = np.zeros(1), np.ones(1)  # The score without information is 0.
    before, used = 0.0, 0.0
    for fraction, total in zip(fractions, cumulative, strict=True):
        step = np.sqrt(fraction - before)

        def crossing(bound: float, at: float = fraction, step: float = step) -> float:
            return float(weights @ ndtr((grid - bound * np.sqrt(at)) / step))  # noqa: B023 - called in this round only

        bounds.append(_root(crossing, max(total - used, 0.0)))
        # The density of the score, for the sessions that go on, at the points of a grid with Simpson's weights.
        upper = bounds[-1] * np.sqrt(fraction)
        points = np.linspace(-_WIDTH * np.sqrt(fraction), max(upper, -_WIDTH * np.sqrt(fraction)), _POINTS)
        density = np.exp(-(((points[:, None] - grid) / step) ** 2) / 2) @ weights / (step * np.sqrt(2 * np.pi))
        simpson = np.where(np.arange(_POINTS) % 2, 4.0, 2.0)
        simpson[[0, -1]] = 1.0
        grid, weights = points, density * simpson * (points[1] - points[0]) / 3
        before, used = fraction, total
    return tuple(float(ndtr(-bound)) for bound in bounds)


def _root(crossing: Callable[[float], float], target: float) -> float:
    """Return the bound that is crossed with this probability."""
    low, high = -_WIDTH, _WIDTH
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if crossing(middle) > target else (low, middle)
    return high
