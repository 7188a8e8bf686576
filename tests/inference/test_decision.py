"""The verdict of a comparison: hand-computed cases, and what holds for all outcomes."""

from __future__ import annotations

import math
from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pytest_pare.inference.decision import Decision, Look, ScenarioPair, decide, decide_all, verdict
from pytest_pare.inference.sequential import level

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTCOMES = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=4).map(tuple)
PAIRS = st.lists(st.builds(ScenarioPair, st.just("s"), OUTCOMES, OUTCOMES), min_size=1, max_size=12)
LOOKS = st.sampled_from([None, Look(1, 3), Look(3, 3)])


def pairs(count: int, baseline: Sequence[float], candidate: Sequence[float]) -> list[ScenarioPair]:
    return [ScenarioPair(f"s{number}", tuple(baseline), tuple(candidate)) for number in range(count)]


def drawn(count: int, *, drop: float = 0.0, runs: tuple[int, int] = (3, 3), seed: int = 0) -> list[ScenarioPair]:
    random = np.random.default_rng(seed)
    rates = random.beta(0.8 * (1 / 0.45 - 1), 0.2 * (1 / 0.45 - 1), count)
    return [
        ScenarioPair(
            f"s{number}",
            tuple((random.random(runs[0]) < rate).astype(float).tolist()),
            tuple((random.random(runs[1]) < rate * (1 - drop / 0.8)).astype(float).tolist()),
        )
        for number, rate in enumerate(rates)
    ]


def test_five_scenarios_that_break_are_a_fail() -> None:
    found = decide(pairs(5, [1] * 3, [0] * 3))
    assert found.verdict == "FAIL"
    assert (found.difference, found.p_drop, found.p_margin) == pytest.approx((-1.0, 1 / 32, 1.0))
    assert (found.interval.low, found.interval.high) == pytest.approx((-1, -1), abs=0.002)
    assert found.method == "sign-flip permutation test"
    assert decide(pairs(4, [1] * 3, [0] * 3)).verdict == "INCONCLUSIVE"


@pytest.mark.parametrize("count", [20, 143])
def test_nothing_failed_in_any_of_many_runs_is_a_pass(count: int) -> None:
    found = decide(pairs(count, [1] * 3, [1] * 3))
    assert found.verdict == "PASS"
    # As probable as no failure in these runs at a rate of 90 %; and by sign flips at least 2 ** -count.
    assert found.p_margin == pytest.approx(max(0.9 ** (3 * count), 2.0**-count), rel=1e-6, abs=1e-14)
    assert found.p_drop == 1
    assert found.interval.low == pytest.approx(0.05 ** (1 / (3 * count)) - 1, abs=0.002)


@pytest.mark.parametrize("count", [1, 4, 9])
def test_few_runs_without_a_failure_are_inconclusive(count: int) -> None:
    found = decide(pairs(count, [1] * 3, [1] * 3))
    assert found.verdict == "INCONCLUSIVE"
    assert found.p_margin == pytest.approx(0.9 ** (3 * count))
    assert (found.further_runs is None) == (count < 5)


def test_so_many_further_runs_without_a_failure_pass() -> None:
    found = decide(pairs(5, [1] * 3, [1] * 3))
    assert found.further_runs is not None
    assert decide(pairs(5, [1] * 3, [1] * (3 + found.further_runs // 5))).verdict == "PASS"
    assert decide(pairs(5, [1] * 3, [1] * (2 + found.further_runs // 5))).verdict == "INCONCLUSIVE"


def test_all_scenarios_failing_in_both_sessions_is_no_drop() -> None:
    found = decide(pairs(20, [0] * 3, [0] * 3))
    assert (found.verdict, found.p_drop, found.smallest_drop) == ("PASS", 1.0, None)


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_scenarios_are_inconclusive_however_many_runs(count: int) -> None:
    for candidate in ([1] * 500, [0] * 500, [0, 1] * 250):
        found = decide(pairs(count, [1] * 500, candidate))
        assert (found.verdict, found.further_runs, found.further_runs_of_both) == ("INCONCLUSIVE", None, None)


def test_the_same_difference_everywhere_has_no_variance_and_a_verdict() -> None:
    found = decide(pairs(143, [1, 1, 1], [1, 1, 0]))
    assert (found.verdict, found.method) == ("FAIL", "sign-flip permutation test")
    assert found.p_drop < 1e-12


def test_the_t_test_and_its_interval_are_students() -> None:
    compared = drawn(143, drop=0.03)
    values = np.array([np.mean(pair.candidate) - np.mean(pair.baseline) for pair in compared])
    found = decide(compared)
    assert found.method == "paired t-test"
    assert found.difference == pytest.approx(values.mean())
    half_a_step = 1 / 3 / 2 / 143
    error = values.std(ddof=1) / math.sqrt(143)
    assert found.p_drop == pytest.approx(stats.t.cdf((values.mean() + half_a_step) / error, 142))
    assert found.p_margin == pytest.approx(stats.t.sf((values.mean() + 0.1 - half_a_step) / error, 142))
    half = stats.t.ppf(0.95, 142) * error + half_a_step
    assert astuple(found.interval) == pytest.approx((values.mean() - half, values.mean() + half))


def test_a_baseline_with_more_runs_uses_them_all() -> None:
    few, many = drawn(60, runs=(3, 3), seed=5), drawn(60, runs=(10, 3), seed=5)
    found = decide(many)
    assert found.baseline_rate == pytest.approx(np.mean([np.mean(pair.baseline) for pair in many]))
    assert found.smallest_drop is not None
    assert found.smallest_drop < (decide(few).smallest_drop or 0)


@settings(max_examples=60)
@given(PAIRS, st.sampled_from([0.05, 0.1, 0.25]), LOOKS)
def test_every_comparison_has_a_verdict_with_figures(
    compared: list[ScenarioPair], margin: float, look: Look | None
) -> None:
    found = decide(compared, max_regression=margin, look=look)
    assert 0 < found.p_drop <= 1
    assert 0 < found.p_margin <= 1
    assert -1 <= found.interval.low <= found.difference + 1e-9
    assert found.difference - 1e-9 <= found.interval.high <= 1
    assert found.difference == pytest.approx(found.candidate_rate - found.baseline_rate)
    assert found.verdict == verdict(found.p_drop, found.p_margin)
    assert found.smallest_drop is None or 0 < found.smallest_drop <= 1
    for runs in (found.further_runs, found.further_runs_of_both):
        assert runs is None or (runs > 0 and runs % len(compared) == 0)
        assert runs is None or found.verdict == "INCONCLUSIVE"


@settings(max_examples=60)
@given(PAIRS, LOOKS)
def test_the_interval_excludes_what_is_rejected(compared: list[ScenarioPair], look: Look | None) -> None:
    found = decide(compared, look=look)
    # A p-value at its level may be on either side by rounding.
    if abs(found.p_drop - 0.05) > 1e-5:
        assert (found.p_drop <= 0.05) == (found.interval.high <= 1e-9)
    if abs(found.p_margin - 0.05) > 1e-5:
        assert (found.p_margin <= 0.05) == (found.interval.low >= -0.1 - 1e-9)


@settings(max_examples=40)
@given(PAIRS)
def test_sessions_that_change_places_mirror_the_test(compared: list[ScenarioPair]) -> None:
    swapped = [ScenarioPair(pair.scenario_id, pair.candidate, pair.baseline) for pair in compared]
    found, other = decide(compared), decide(swapped)
    assert found.difference == pytest.approx(-other.difference)
    assert found.p_drop + other.p_drop >= 1 - 1e-9
    if found.candidate_rate < 1 and found.baseline_rate < 1:
        assert astuple(found.interval) == pytest.approx((-other.interval.high, -other.interval.low), abs=1e-9)


@settings(max_examples=40)
@given(PAIRS, st.data())
def test_one_more_failure_never_helps_a_candidate(compared: list[ScenarioPair], data: st.DataObject) -> None:
    passed = [index for index, pair in enumerate(compared) if 1.0 in pair.candidate]
    if not passed:
        return
    index = data.draw(st.sampled_from(passed))
    pair = compared[index]
    at = pair.candidate.index(1.0)
    worse = ScenarioPair(pair.scenario_id, pair.baseline, (*pair.candidate[:at], 0.0, *pair.candidate[at + 1 :]))
    before, after = decide(compared), decide([*compared[:index], worse, *compared[index + 1 :]])
    assert after.p_drop <= before.p_drop + 1e-9
    if before.candidate_rate < 1:
        assert after.p_margin >= before.p_margin - 1e-9


@settings(max_examples=40)
@given(PAIRS, st.permutations(range(12)))
def test_neither_order_nor_names_nor_a_wider_margin_change_a_verdict_for_the_worse(
    compared: list[ScenarioPair], order: list[int]
) -> None:
    found = decide(compared)
    shuffled = decide([compared[index] for index in order if index < len(compared)])
    assert shuffled.verdict == found.verdict
    assert shuffled.p_drop == pytest.approx(found.p_drop)
    assert decide(compared, max_regression=0.2).p_margin <= found.p_margin + 1e-9


def test_an_early_look_demands_more_and_says_nothing_of_further_runs() -> None:
    compared = drawn(60, runs=(3, 1), seed=2)
    once, early = decide(compared), decide(compared, look=Look(1, 3))
    assert early.p_drop > once.p_drop
    assert early.p_margin > once.p_margin
    assert early.interval.low < once.interval.low < once.interval.high < early.interval.high
    assert (early.further_runs, early.further_runs_of_both) == (None, None)
    assert level(Look(1, 3), 0.05) < 0.001


def test_both_rejections_are_a_fail() -> None:
    assert [verdict(*p) for p in ((0.05, 0.01), (0.06, 0.05), (0.06, 0.06))] == ["FAIL", "PASS", "INCONCLUSIVE"]
    found = decide(drawn(143, drop=0.06, runs=(10, 10)), max_regression=0.2)
    assert found.p_margin < 0.05
    assert found.verdict == "FAIL"


def test_variants_are_adjusted_by_holm() -> None:
    worse, same = drawn(60, drop=0.08, seed=51), drawn(60, seed=12)
    alone: list[Decision] = [decide(worse), decide(same)]
    assert 0.025 < alone[0].p_drop < 0.05
    both = decide_all({"a": worse, "b": same})
    assert both["a"].p_drop == pytest.approx(2 * alone[0].p_drop)
    assert (alone[0].verdict, both["a"].verdict) == ("FAIL", "INCONCLUSIVE")
    assert both["a"].interval == alone[0].interval
    assert both["b"].p_drop == pytest.approx(max(2 * alone[0].p_drop, alone[1].p_drop))
    assert decide_all({"a": worse}) == {"a": alone[0]}
    assert decide_all({}) == {}


@pytest.mark.parametrize(
    ("compared", "margin", "message"),
    [
        ([], 0.1, "at least one scenario"),
        (pairs(3, [1], []), 0.1, "scenario s0: expected runs in both sessions"),
        (pairs(3, [1], [1]), 0.0, "max_regression: expected a number above 0 and at most 1, got 0.0"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused(compared: list[ScenarioPair], margin: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decide(compared, max_regression=margin)
