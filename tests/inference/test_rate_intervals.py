"""Intervals of rates: hand-computed values, the formula with scipy's quantiles, and what holds for all counts."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_pare.inference.intervals import Interval, rate_interval, ratio_interval

COUNTS = st.lists(
    st.integers(1, 12).flatmap(lambda runs: st.tuples(st.integers(0, runs), st.just(runs))), min_size=1, max_size=30
)


def interval(counts: list[tuple[int, int]]) -> Interval:
    found = rate_interval([hits for hits, _ in counts], [runs for _, runs in counts])
    assert found is not None
    return found


def wilson(rate: float, runs: float) -> tuple[float, float]:
    z = stats.norm.ppf(0.975)
    roots = np.roots([1 + z**2 / runs, -(2 * rate + z**2 / runs), rate**2])
    return min(roots), max(roots)


def test_one_run_a_scenario_gives_the_interval_of_wilson() -> None:
    # 16 of 20, as in tables.
    found = interval([(1, 1)] * 16 + [(0, 1)] * 4)
    assert (found.low, found.high) == pytest.approx((0.5840, 0.9193), abs=1e-4)
    reference = stats.binomtest(16, 20).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high))


def test_runs_of_one_scenario_count_for_less_if_they_resemble_each_other() -> None:
    alike = interval([(3, 3)] * 30 + [(0, 3)] * 10)
    assert (alike.low, alike.high) == pytest.approx(wilson(0.75, 40))
    apart = interval([(2, 3)] * 20 + [(3, 3)] * 10 + [(2, 3)] * 10)
    assert (apart.low, apart.high) == pytest.approx(wilson(0.75, 120))


def test_the_effective_number_of_runs_follows_from_the_design_effect() -> None:
    counts = [(3, 3)] * 24 + [(2, 3)] * 6 + [(1, 3)] * 4 + [(0, 3)] * 6
    hits = np.array([one for one, _ in counts])
    rate = hits.mean() / 3
    variance = (hits / 3).var(ddof=1) / 40
    effective = rate * (1 - rate) / variance * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 39)) ** 2
    assert 40 < effective < 120
    found = interval(counts)
    assert (found.low, found.high) == pytest.approx(wilson(rate, effective), abs=1e-5)


@pytest.mark.parametrize("counts", [[(3, 3)] * 20, [(100, 100)] * 20])
def test_outcomes_that_are_all_the_same_count_once_a_scenario(counts: list[tuple[int, int]]) -> None:
    assert interval(counts).low == pytest.approx(wilson(1, 20)[0])
    assert interval(counts).high == 1
    failed = [(0, runs) for _, runs in counts]
    assert interval(failed).low == 0
    assert interval(failed).high == pytest.approx(1 - interval(counts).low)


def test_one_scenario_counts_once() -> None:
    assert (interval([(50, 100)]).low, interval([(50, 100)]).high) == pytest.approx(wilson(0.5, 1))


@given(COUNTS)
def test_an_interval_contains_its_rate_and_stays_within_0_and_1(counts: list[tuple[int, int]]) -> None:
    found = interval(counts)
    rate = sum(hits for hits, _ in counts) / sum(runs for _, runs in counts)
    assert 0 <= found.low <= rate <= found.high <= 1
    assert found.low < found.high


@given(COUNTS)
def test_failures_instead_of_successes_mirror_the_interval(counts: list[tuple[int, int]]) -> None:
    found, other = interval(counts), interval([(runs - hits, runs) for hits, runs in counts])
    assert (found.low, found.high) == pytest.approx((1 - other.high, 1 - other.low))


@given(COUNTS)
def test_an_interval_is_between_those_of_all_runs_and_of_one_run_a_scenario(counts: list[tuple[int, int]]) -> None:
    found = interval(counts)
    runs = [size for _, size in counts]
    rate = sum(hits for hits, _ in counts) / sum(runs)
    narrow = wilson(rate, sum(runs))
    wide = wilson(rate, sum(runs) ** 2 / sum(size**2 for size in runs))
    assert wide[0] - 1e-9 <= found.low <= narrow[0] + 1e-9
    assert narrow[1] - 1e-9 <= found.high <= wide[1] + 1e-9


def test_there_is_no_interval_without_runs() -> None:
    assert rate_interval([], []) is None
    assert rate_interval([0, 0], [0, 0]) is None
    assert rate_interval([2, 0], [3, 0]) == rate_interval([2], [3])


@pytest.mark.parametrize(
    ("hits", "runs", "message"),
    [([4], [3], "between 0 and its runs"), ([-1], [3], "between 0 and its runs"), ([1, 2], [3], "got 2 and 1")],
)
def test_counts_that_cannot_be_are_refused(hits: list[int], runs: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rate_interval(hits, runs)


def test_the_interval_of_a_mean_is_that_of_students_t() -> None:
    values = [1.0, 2.0, 4.0, 3.0, 2.5]
    found = ratio_interval(values, [1] * 5)
    assert found is not None
    reference = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert (found.low, found.high) == pytest.approx(reference, rel=0.01)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 20, 200])
def test_the_interval_of_a_mean_has_students_quantile(count: int) -> None:
    values = [float(number % 2) for number in range(count)]
    found = ratio_interval([10 + value for value in values], [1] * count)
    assert found is not None
    assert (found.high - found.low) / 2 == pytest.approx(stats.t.ppf(0.975, count - 1) * stats.sem(values), rel=0.01)


def test_the_interval_of_a_ratio_has_weights() -> None:
    # Ratio 10 / 20; residuals 4 - 3, 2 - 3, 4 - 4; variance 3 / 2 * 2 / 400.
    found = ratio_interval([4, 2, 4], [6, 6, 8])
    assert found is not None
    half = stats.t.ppf(0.975, 2) * math.sqrt(3 / 2 * 2 / 400)
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half), rel=0.01)
    assert ratio_interval([4], [6]) is None
    assert ratio_interval([0, 1, 9], [3, 3, 4]) == ratio_interval([0, 1, 9, 0], [3, 3, 4, 0])


def test_intervals_need_numpy_alone() -> None:
    code = "import sys, pytest_pare.inference.intervals, pytest_pare.inference.decision; print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
