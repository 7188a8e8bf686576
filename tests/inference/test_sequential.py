"""Looks at a session that may end early: published boundaries, and an independent integration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_pare.inference.sequential import Look, crossing_levels, level, levels, repeated_p, spent

Matrix = np.ndarray[Any, np.dtype[np.float64]]


def bounds(found: tuple[float, ...]) -> list[float]:
    return [float(stats.norm.isf(one)) for one in found]


def stays_below(limits: list[float], covariance: Matrix) -> float:
    return float(stats.multivariate_normal(cov=covariance, seed=1).cdf(np.array(limits)))


def independent_increments(fractions: list[float]) -> Matrix:
    at = np.array(fractions)
    return np.asarray(np.sqrt(np.minimum.outer(at, at) / np.maximum.outer(at, at)))


@pytest.mark.parametrize(
    ("looks", "published"),
    [
        # Lan and DeMets's spending function like O'Brien and Fleming's, one-sided 2.5 %.
        (2, [2.963, 1.969]),
        (3, [3.710, 2.511, 1.993]),
        (5, [4.877, 3.357, 2.680, 2.290, 2.031]),
    ],
)
def test_bounds_are_those_of_the_literature(looks: int, published: list[float]) -> None:
    assert bounds(levels(1, looks, 0.025)) == pytest.approx(published, abs=6e-4)


@pytest.mark.parametrize(
    ("bound", "looks"),
    # Jennison and Turnbull 2000, tables 2.1 (Pocock) and 2.3 (O'Brien and Fleming): two-sided 5 %.
    [([2.178] * 2, 2), ([2.289] * 3, 3), ([2.413] * 5, 5), ([2.004 * (3 / k) ** 0.5 for k in (1, 2, 3)], 3)],
)
def test_classical_designs_spend_their_error(bound: list[float], looks: int) -> None:
    fractions = [number / looks for number in range(1, looks + 1)]
    correlation = independent_increments(fractions)
    cumulative = [1 - stays_below(bound[:count], correlation[:count, :count]) for count in range(1, looks + 1)]
    assert cumulative[-1] == pytest.approx(0.025, abs=2e-4)
    assert bounds(crossing_levels(fractions, cumulative)) == pytest.approx(bound, abs=5e-3)


@pytest.mark.parametrize("baseline_runs", [1, 3, 10, 1000])
@pytest.mark.parametrize(("first", "of"), [(1, 3), (2, 4), (1, 2)])
def test_the_error_of_the_baseline_never_adds_false_alarms(baseline_runs: int, first: int, of: int) -> None:
    numbers = np.arange(first, of + 1)
    variance = 1 / numbers + 1 / baseline_runs
    # The difference after k rounds has the variance 1 / k + 1 / m, which is also its covariance with all earlier ones.
    covariance = np.minimum.outer(variance, variance) / np.sqrt(np.outer(variance, variance))
    error = 1 - stays_below(bounds(levels(first, of, 0.05)), covariance)
    assert error <= 0.05 + 1e-4
    if baseline_runs == 1000:
        assert error == pytest.approx(0.05, abs=5e-4)


def test_the_last_look_has_spent_everything() -> None:
    assert spent(1.0, 0.05) == pytest.approx(0.05)
    assert levels(3, 3, 0.05) == pytest.approx([0.05])
    assert level(Look(2, 3), 0.05) == levels(1, 3, 0.05)[1]
    assert level(Look(2, 3, first=2), 0.05) == pytest.approx(spent(2 / 3, 0.05))


@given(st.integers(1, 6), st.floats(0.001, 0.3))
def test_levels_rise_from_look_to_look_and_stay_below_alpha(of: int, alpha: float) -> None:
    found = levels(1, of, alpha)
    assert list(found) == sorted(found)
    assert found[0] >= 0
    assert found[-1] <= alpha * (1 + 1e-6)


@settings(max_examples=15)
@given(st.floats(1e-5, 1.0), st.integers(1, 3), st.sampled_from([0.01, 0.025, 0.05]))
def test_a_repeated_p_rejects_where_the_level_does(p: float, number: int, alpha: float) -> None:
    look = Look(number, 3)
    repeated = repeated_p(p, look)
    assert p <= repeated * (1 + 1e-6) <= 1 + 1e-6
    at = level(look, alpha)
    if abs(p - at) > 1e-3 * at:
        assert (repeated <= alpha) == (p <= at)


def test_one_look_changes_no_p() -> None:
    assert repeated_p(0.03, Look(3, 3, first=3)) == 0.03
    assert repeated_p(1.0, Look(1, 3)) == 1.0


@pytest.mark.parametrize("arguments", [(0, 3, 1), (4, 3, 1), (1, 3, 2), (1, 3, 0)])
def test_a_look_that_cannot_be_is_refused(arguments: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="1 <= first <= number <= of"):
        Look(*arguments)
