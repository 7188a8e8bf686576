"""Pass^k: the probability that k runs of a scenario all succeed."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def pass_hat_k(successes: Sequence[int], runs: Sequence[int], k: int) -> float | None:
    """Return the mean over scenarios of the probability that k runs all succeed, between 0 and 1.

    The estimate of a scenario with c successes in n runs is C(c, k) / C(n, k), which has no bias (Yao, Shinn, Razavi
    and Narasimhan 2024, "tau-bench").

    Args:
        successes: Successful runs of each scenario.
        runs: Runs of each scenario.
        k: Number of runs, at least 1.

    Returns:
        The probability; None if there are no scenarios.

    Raises:
        ValueError: If k is below 1, or above the runs of a scenario.
    """
    if k < 1:
        raise ValueError(f"expected k of at least 1, got {k}")
    if runs and min(runs) < k:
        raise ValueError(f"Pass^{k} needs {k} runs of each scenario, got a scenario with {min(runs)}")
    if not runs:
        return None
    return sum(comb(hits, k) / comb(size, k) for hits, size in zip(successes, runs, strict=True)) / len(runs)
