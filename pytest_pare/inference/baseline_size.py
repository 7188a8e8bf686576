"""How often a baseline that had good luck turns an unchanged agent red, by its number of runs."""

from __future__ import annotations

from typing import Final

RECOMMENDED_RUNS: Final = 10
"""Below so many runs a scenario, `accept` warns."""

RED_SHARE: Final = {1: 0.42, 2: 0.32, 3: 0.25, 10: 0.17}
"""Runs of a scenario in the baseline, and the share of red sessions of an unchanged agent with the worst tenth of such
baselines. Measured with 60 scenarios x 3 runs by `python -m benchmarks gate_errors`, in whole percent."""


def baseline_warning(runs_per_scenario: int) -> float | None:
    """Return the share of unchanged sessions that the worst tenth of baselines turns red; None with enough runs."""
    if runs_per_scenario >= RECOMMENDED_RUNS:
        return None
    return RED_SHARE[max(size for size in RED_SHARE if size <= max(runs_per_scenario, 1))]
