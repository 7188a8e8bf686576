"""The arithmetic of a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.plugin.budget import Budget, Limit, parse_limit, parse_limits, use_of
from pytest_pare.results.validation_result import PAREScenarioValidationResult

if TYPE_CHECKING:
    from pytest_pare.plugin.budget import Unit


def budget(*limits: str, elapsed: float = 0.0) -> Budget:
    return Budget(parse_limits(limits), lambda: elapsed)


def use(usd: float | None = 0.0, tokens: float | None = 0.0, seconds: float = 0.0) -> dict[Unit, float | None]:
    return {"usd": usd, "tokens": tokens, "seconds": seconds}


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("5usd", ("usd", 5.0), "$5.00"),
        ("0.5 USD", ("usd", 0.5), "$0.50"),
        ("500tok", ("tokens", 500.0), "500 tokens"),
        ("200ktok", ("tokens", 200_000.0), "200,000 tokens"),
        ("1.5mtok", ("tokens", 1_500_000.0), "1,500,000 tokens"),
        ("30s", ("seconds", 30.0), "30 s"),
        ("10min", ("seconds", 600.0), "10 min"),
        ("2h", ("seconds", 7200.0), "120 min"),
    ],
)
def test_limits(text: str, limit: tuple[str, float], shown: str) -> None:
    assert parse_limit(text) == limit
    assert str(parse_limit(text)) == shown


@pytest.mark.parametrize("text", ["", "5", "usd", "-5usd", "5eur", "5usd!", "1e3usd", "nan usd", "5,5usd"])
def test_no_limits(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a number and one of usd, tok, .* such as 5usd, 200ktok or 10min"):
        parse_limit(text)


@pytest.mark.parametrize("text", ["0usd", "0.0min", f"{'9' * 400}usd"])
def test_impossible_amounts(text: str) -> None:
    with pytest.raises(ValueError, match="must be more than 0"):
        parse_limit(text)


def test_one_limit_for_each_unit() -> None:
    assert parse_limits(["5usd", "10min"]) == [Limit("usd", 5.0), Limit("seconds", 600.0)]
    with pytest.raises(ValueError, match=r"limits seconds twice: 10 min and 1.5 min; leave one out"):
        parse_limits(["10min", "1usd", "90s"])


def test_a_run_is_not_started_if_its_expected_cost_exceeds_the_rest() -> None:
    one = budget("1usd")
    for run in range(3):
        assert one.reserve(run)
        one.settle(run, use(usd=0.3))
    assert not one.reserve(3)
    assert one.reached == "budget of $1.00 reached"
    assert one.lines() == ["budget: $0.90 of $1.00 used by 3 runs"]


def test_what_running_runs_may_use_is_reserved() -> None:
    one = budget("1usd")
    assert one.reserve("a")
    one.settle("a", use(usd=0.3))
    assert one.reserve("b")
    assert one.reserve("c")
    assert not one.reserve("d")


def test_the_first_run_shows_what_the_others_may_use() -> None:
    one = budget("1usd")
    assert one.reserve("a")
    assert not one.reserve("b")
    assert one.reached is None
    assert one.reserve("b", behind=1)
    assert not one.reserve("c")
    one.settle("a", use(usd=0.1))
    assert one.reserve("c")


def test_an_overshoot_is_printed() -> None:
    one = budget("1usd", "10tok")
    assert one.reserve("a")
    one.settle("a", use(usd=1.5, tokens=12))
    assert not one.reserve("b")
    assert one.lines() == [
        "budget: $1.50 of $1.00 used by 1 run; overshoot $0.50",
        "budget: 12 tokens of 10 tokens used by 1 run; overshoot 2 tokens",
    ]


def test_an_unknown_cost_ends_the_session() -> None:
    one = budget("1usd")
    assert one.reserve("a")
    one.settle("a", use(usd=None))
    assert one.reached == "budget of $1.00 cannot be kept: the cost of a run is unknown"
    assert not one.reserve("b")


def test_a_run_without_a_result_counts_as_expected() -> None:
    one = budget("1usd")
    for run, used in (("a", use(usd=0.4)), ("b", None)):
        assert one.reserve(run)
        one.settle(run, used)
    assert one.reached is None
    assert not one.reserve("c")
    assert one.lines() == ["budget: $0.80 of $1.00 used by 2 runs, $0.40 of it estimated"]


def test_a_run_that_never_began_is_free() -> None:
    one = budget("1usd")
    assert one.reserve("a")
    one.settle("a", use(usd=0.5))
    assert one.reserve("b")
    one.release("b")
    one.release("b")
    assert one.reserve("c")
    assert one.started == 2


def test_the_real_time_of_a_run_must_fit() -> None:
    clock = [0.0]
    one = Budget(parse_limits(["1min"]), lambda: clock[0])
    # Before the end of a first run there is no estimate, and time passes for all workers alike.
    assert one.reserve("a")
    assert one.reserve("b")
    clock[0] = 25.0
    one.settle("a", use(seconds=20))
    assert one.reserve("c")
    assert not one.reserve("d", behind=1)
    assert one.reached == "budget of 1 min reached"
    clock[0] = 75.0
    assert one.lines() == ["budget: 1.25 min of 1 min used by 3 runs; overshoot 15 s"]


def result(**usage: Any) -> PAREScenarioValidationResult:
    return PAREScenarioValidationResult(success=True, duration=2.0, usage=usage)


def role(*, live: bool = True, tokens: int | None = 10, cost: float | None = 0.1) -> dict[str, Any]:
    return {"calls": 1, "live": live, "prompt_tokens": tokens, "completion_tokens": tokens, "cost": cost}


def test_the_use_of_a_run() -> None:
    assert use_of([]) == use()
    assert use_of([result(user=role(live=False, cost=None))]) == use(seconds=2)
    assert use_of([result(user=role(), observe=role()), result(user=role())]) == use(0.30000000000000004, 60, 4)
    assert use_of([result(user=role(), observe=role(cost=None))]) == use(None, 40, 2)
    assert use_of([result(user=role(), observe=role(tokens=None))]) == use(0.2, None, 2)


@given(st.lists(st.floats(0.01, 2), min_size=1, max_size=40), st.floats(0.5, 20), st.integers(1, 4))
def test_the_expected_use_never_exceeds_the_limit(costs: list[float], amount: float, workers: int) -> None:
    """Whatever runs cost: when one is started, what was spent and reserved is within the limit."""
    one = Budget([Limit("usd", amount)], lambda: 0.0)
    left = list(enumerate(costs))
    running: list[tuple[int, float]] = []
    spent: list[float] = []
    while left or running:
        while left and len(running) < workers and one.reserve(left[0][0]):
            quantile = sorted(spent)[-(-9 * len(spent) // 10) - 1] if spent else 0.0
            assert sum(spent) + quantile <= amount + 1e-9
            running.append(left.pop(0))
        if not running:
            break
        run, cost = running.pop(0)
        one.settle(run, use(usd=cost))
        spent.append(cost)
    assert not left or one.reached is not None
    # No more than the runs that were under way when the limit was reached.
    assert sum(spent) <= amount + workers * max(costs) + 1e-9
