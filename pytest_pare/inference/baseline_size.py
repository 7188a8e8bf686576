"""How often a session is red only because its baseline had good luck, by the number of runs in the baseline."""

from __future__ import annotations

from typing import Final

RECOMMENDED_RUNS: Final = 10
"""Below so many runs a scenario, `accept` warns."""

_RED_SHARE: Final = {1: 0.20, 3: 0.20}


def baseline_warning(runs_per_scenario: int) -> float | None:
    """Return the share of unchanged sessions that the worst tenth of baselines turns red; None with enough runs.

    The figures are measured, with 60 scenarios x 3 runs: `python -m benchmarks gate_errors`.
    """
    if runs_per_scenario >= RECOMMENDED_RUNS:
        return None
    return _RED_SHARE[max(size for size in _RED_SHARE if size <= max(runs_per_scenario, 1))]
