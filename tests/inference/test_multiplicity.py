"""Holm's method, the test of one scenario, and Pass^k."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.inference.baseline_size import RECOMMENDED_RUNS, RED_SHARE, baseline_warning
from pytest_pare.inference.decision import ScenarioPair
from pytest_pare.inference.multiplicity import holm, scenario_test
from pytest_pare.inference.reliability import pass_hat_k

P_VALUES = st.lists(st.floats(0, 1), max_size=8)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


@given(P_VALUES, st.floats(0.001, 0.2))
def test_holm_rejects_as_the_stepwise_procedure(p_values: list[float], alpha: float) -> None:
    rejected = set()
    for step, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] * (len(p_values) - step) > alpha:
            break
        rejected.add(index)
    assert {index for index, p in enumerate(holm(p_values)) if p <= alpha} == rejected


@given(P_VALUES)
def test_holm_keeps_the_order_and_lowers_nothing(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= new <= max(p, min(1.0, p * len(p_values))) for p, new in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[index] for index in order] == sorted(adjusted)


def test_fishers_exact_test_by_hand() -> None:
    # All of 3 and none of 3: 2 of the 20 tables with these margins are as extreme.
    assert scenario_test(ScenarioPair("a", (1.0,) * 3, (0.0,) * 3)) == pytest.approx(0.1)
    assert scenario_test(ScenarioPair("a", (1.0,) * 3, (1.0,) * 5)) == 1
    assert scenario_test(ScenarioPair("a", (1.0,) * 10, (0.0,) * 3)) == pytest.approx(1 / 286)


@given(st.lists(st.booleans(), min_size=1, max_size=7), st.data())
def test_pass_hat_k_is_the_share_of_sets_of_k_runs_that_all_succeed(outcomes: list[bool], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(outcomes)))
    sets = [all(chosen) for chosen in combinations(outcomes, k)]
    assert pass_hat_k([sum(outcomes)], [len(outcomes)], k) == pytest.approx(sum(sets) / len(sets))


def test_pass_hat_k_is_a_mean_over_scenarios() -> None:
    assert pass_hat_k([3, 2, 0], [3, 3, 3], 2) == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert pass_hat_k([], [], 2) is None


@pytest.mark.parametrize(("runs", "k", "message"), [([3], 0, "k of at least 1, got 0"), ([5, 3], 4, "Pass.4 needs 4")])
def test_pass_hat_k_refuses_a_k_that_cannot_be(runs: list[int], k: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pass_hat_k([1] * len(runs), runs, k)


def test_a_small_baseline_has_a_warning_with_the_next_lower_figure() -> None:
    assert baseline_warning(1) == RED_SHARE[1]
    assert baseline_warning(4) == RED_SHARE[3]
    assert baseline_warning(9) == RED_SHARE[3]
    assert baseline_warning(RECOMMENDED_RUNS) is None
    assert list(RED_SHARE.values()) == sorted(RED_SHARE.values(), reverse=True)
