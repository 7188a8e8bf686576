"""How often the 95 % interval of a success rate contains the rate of the population of scenarios."""

from __future__ import annotations

import numpy as np

from benchmarks.figures import Figure
from benchmarks.rates import SEED, draw_rates, draw_rounds, share
from pytest_pare.inference.intervals import rate_interval

HEADING = "coverage of 95 % intervals, simulated, with their own intervals"

SUITES = [(mean, scenarios, runs) for mean in (0.5, 0.8, 0.95) for scenarios in (20, 60, 143) for runs in (1, 3, 10)]


def measure(*, quick: bool = False) -> list[Figure]:
    """Simulate sessions of suites with different rates, numbers of scenarios and numbers of runs."""
    random = np.random.default_rng(SEED)
    sessions = 100 if quick else 10_000
    figures = []
    for mean, scenarios, runs in SUITES:
        successes = draw_rounds(random, draw_rates(random, sessions, scenarios, mean), runs)[-1]
        covers = np.array([_covers(row, runs, mean) for row in successes])
        figures.append(share(f"mean rate {mean}, {scenarios} x {runs}", covers))
    return figures


def _covers(successes: np.ndarray, runs: int, mean: float) -> bool:  # type: ignore[type-arg]
    interval = rate_interval(list(successes), [runs] * len(successes))
    return interval is not None and interval.low <= mean <= interval.high
