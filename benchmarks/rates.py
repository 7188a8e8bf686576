"""A model of suites for simulations: success rates of scenarios, and the outcomes of sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.figures import Figure
from pytest_pare.inference.intervals import rate_interval

if TYPE_CHECKING:
    from pytest_pare.inference.paired import Floats, Integers

SEED = 20_250_106

MEAN = 0.8
"""Mean success rate."""

CORRELATION = 0.45
"""Intra-class correlation: how much runs of one scenario resemble each other."""


def draw_rates(random: np.random.Generator, sessions: int, scenarios: int, mean: float = MEAN) -> Floats:
    """Return success rates from a Beta distribution, a row for each session."""
    size = 1 / CORRELATION - 1
    return random.beta(mean * size, (1 - mean) * size, (sessions, scenarios))


def draw_rounds(random: np.random.Generator, rates: Floats, rounds: int) -> Integers:
    """Return the successes after each round of sessions with these rates: rounds x sessions x scenarios."""
    outcomes = random.random((rounds, *rates.shape)) < rates
    return np.cumsum(outcomes, axis=0)


def share(label: str, happened: np.ndarray[Any, np.dtype[np.bool_]], **bounds: float) -> Figure:
    """Return how often something happened as a percentage with Wilson's 95 % interval; 0 if it had no chance to."""
    interval = rate_interval([int(one) for one in happened], [1] * len(happened))
    return Figure(
        label,
        100 * float(happened.mean()) if len(happened) else 0.0,
        "%",
        interval=None if interval is None else (100 * interval.low, 100 * interval.high),
        **bounds,
    )
