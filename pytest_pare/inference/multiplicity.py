"""Holm's adjustment for several tests, and the test of one scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.inference.paired import ScenarioPair


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Holm's method (1979), in the same order.

    To reject where the adjusted value is at most 5 % makes an error anywhere in at most 5 % of the cases, however the
    tests depend on each other. scipy has the false discovery rate only.
    """
    values = np.asarray(p_values, float)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return [float(one) for one in adjusted]


def scenario_test(pair: ScenarioPair) -> float:
    """Return the two-sided p-value of Fisher's exact test that a scenario succeeds as often as in the baseline."""
    from scipy.stats import fisher_exact

    table = [[sum(one), len(one) - sum(one)] for one in (pair.baseline, pair.candidate)]
    return float(fisher_exact(np.rint(table).astype(int)).pvalue)
