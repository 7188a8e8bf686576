"""The paired tests: against scipy, against enumeration, and what holds for all outcomes."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_pare.inference.paired import Differences, sign_flip_test, t_test

ROWS = st.lists(st.integers(-30, 30), min_size=1, max_size=10)


def differences(baseline: list[float], candidate: list[float], runs: int = 3, margin: float = 0.1) -> Differences:
    sizes = [runs] * len(baseline)
    return Differences.of(np.array([baseline]), np.array([candidate]), baseline_runs=sizes, runs=sizes, margin=margin)


@given(ROWS)
def test_sign_flips_are_all_enumerated(row: list[int]) -> None:
    sums = [
        sum(sign * abs(value) for sign, value in zip(signs, row, strict=True))
        for signs in product((1, -1), repeat=len(row))
    ]
    expected = np.mean(np.array(sums) <= sum(row))
    assert sign_flip_test(np.array([row]))[0] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=10)
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=8))
def test_sign_flips_are_those_of_scipy(row: list[int]) -> None:
    reference = stats.permutation_test(
        (np.array(row, float),), np.sum, permutation_type="samples", alternative="less", n_resamples=np.inf
    )
    assert sign_flip_test(np.array([row]))[0] == pytest.approx(reference.pvalue)


def test_sign_flips_of_many_rows_are_those_of_each() -> None:
    rows = np.random.default_rng(1).integers(-12, 13, (50, 39))
    single = [sign_flip_test(row[None])[0] for row in rows]
    assert sign_flip_test(rows) == pytest.approx(single, rel=1e-9, abs=1e-14)
    # The two tails share the probability of the sum itself.
    assert (sign_flip_test(rows) + sign_flip_test(-rows) >= 1 - 1e-9).all()
    assert sign_flip_test(np.empty((0, 5), dtype=np.int64)).shape == (0,)


def test_the_least_p_of_sign_flips_is_exact() -> None:
    assert sign_flip_test(np.full((1, 20), -3))[0] == 2**-20
    assert sign_flip_test(np.full((1, 200), -1))[0] == pytest.approx(2.0**-200, abs=1e-12)
    assert sign_flip_test(np.zeros((1, 4), dtype=np.int64))[0] == 1


def test_students_t_is_that_of_scipy_without_a_correction() -> None:
    rows = np.random.default_rng(2).integers(-3, 4, (20, 60))
    reference = stats.ttest_1samp(rows, 0, axis=1, alternative="less").pvalue
    assert t_test(rows, 0) == pytest.approx(reference)
    assert (t_test(rows, 1) > reference).all()
    # The correction is half a step of the sum: the value of a sum half a step higher.
    shifted = stats.ttest_1samp(rows + 1 / 120, 0, axis=1, alternative="less").pvalue
    assert t_test(rows, 1) == pytest.approx(shifted)


def test_from_40_scenarios_on_the_test_is_students_t() -> None:
    random = np.random.default_rng(3)
    for count, uses_t in ((39, False), (40, True)):
        old, new = (random.binomial(3, 0.7, count) / 3 for _ in range(2))
        compared = differences(list(old), list(new))
        assert bool(compared.use_t[0]) == uses_t
        reference = stats.ttest_rel(new, old, alternative="less").pvalue
        assert compared.p_drop()[0] == pytest.approx(reference, abs=0.06)


@pytest.mark.parametrize("others", [0, 9, 10])
def test_few_different_differences_are_tested_by_sign_flips(others: int) -> None:
    candidate = [2 / 3] * others + [1.0] * (143 - others)
    compared = differences([1.0] * 143, candidate)
    assert bool(compared.use_t[0]) == (others >= 10)
    if not compared.use_t[0]:
        assert compared.p_drop()[0] == pytest.approx(2.0**-others)


def test_rates_without_a_common_step_are_rounded_and_ties_count() -> None:
    sizes = [1, 7, 11, 13, 17, 19]
    rates = np.array([[1.0, 6 / 7, 10 / 11, 12 / 13, 16 / 17, 18 / 19]])
    compared = Differences.of(rates, rates * 0, baseline_runs=sizes, runs=sizes, margin=0.1)
    assert compared.per_unit == 2520
    assert compared.rounding == 4 * 6
    assert compared.p_drop()[0] == pytest.approx(2**-6)
    assert compared.p_margin()[0] == 1
    equal = Differences.of(rates, rates, baseline_runs=sizes, runs=sizes, margin=0.1)
    assert equal.p_drop()[0] == 1


@pytest.mark.parametrize("margin", [0.1, 0.05, 0.075, 1 / 3, 1.0])
def test_the_margin_is_a_number_of_steps(margin: float) -> None:
    compared = differences([0.0] * 5, [1.0] * 5, margin=margin)
    assert compared.margin / compared.per_unit == pytest.approx(margin)
    assert compared.per_unit % 3 == 0
