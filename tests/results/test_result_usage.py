"""What the models of runs took: what is known, what is not, and what takes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.results.usage import Known, cost_of_runs, dollars, usage_lines, usage_of_roles
from pytest_pare.results.validation_result import PAREScenarioValidationResult

OFFLINE = {"calls": 9, "live": False, "prompt_tokens": None, "completion_tokens": None, "cost": None}


def live(calls: int = 1, sent: int | None = 10, received: int | None = 1, cost: float | None = 0.5) -> dict[str, Any]:
    return {"calls": calls, "live": True, "prompt_tokens": sent, "completion_tokens": received, "cost": cost}


def run(**usage: dict[str, Any]) -> PAREScenarioValidationResult:
    return PAREScenarioValidationResult(True, usage=usage)


def test_the_text_of_what_is_known_and_what_is_not() -> None:
    runs = [
        run(user=live(4, 30_000, 1_200, 0.25), observe=live(), execute=live(cost=None)),
        run(user=live(3, 20_000, 1_000, 0.17)),
        run(user=live(1, None, None, None)),
        run(user=OFFLINE, observe=OFFLINE),
    ]
    assert "\n".join(usage_lines(runs)) == (
        """\
  Usage             calls        tokens in       tokens out          cost
    user                8        >= 50,000         >= 2,200      >= $0.42
    observe             1               10                1         $0.50
    execute             1               10                1       unknown
    Cost of 1 of 3 runs known: $0.17"""
    )


def test_a_cost_that_is_known_of_all_runs_and_one_that_is_known_of_none() -> None:
    assert usage_lines([run(user=live()), run(user=live())])[-1] == "    Cost of 2 runs: $1.00"
    assert usage_lines([run(user=live(cost=None))])[-1] == "    Cost of 1 run unknown"


@pytest.mark.parametrize("runs", [[], [run()], [run(user=OFFLINE, observe=OFFLINE)]])
def test_where_no_model_took_part_there_is_nothing_to_tell(runs: list[PAREScenarioValidationResult]) -> None:
    assert usage_lines(runs) == []
    assert usage_of_roles(runs) == {}
    assert cost_of_runs(runs) == Known(None, 0, 0)


def test_a_price_of_zero_is_no_unknown_one() -> None:
    lines = usage_lines([run(user=live(cost=0.0))])
    assert lines[-1] == "    Cost of 1 run: $0.00"
    assert lines[1].endswith(" $0.00")


def test_answers_that_were_cut_are_counted() -> None:
    cut = {"finish_reasons": {"length": 1200, "stop": 3}}
    runs = [
        run(user=live(), observe=live() | cut, execute=live()),
        run(observe=live() | cut),
        run(execute=live() | cut),
    ]
    assert usage_lines(runs)[-2] == "    3600 answers cut at max_tokens: observe 2,400, execute 1,200"
    assert usage_of_roles(runs)["observe"].finish_reasons == {"length": 2400, "stop": 6}
    assert "cut" not in " ".join(usage_lines([run(user=live() | {"finish_reasons": {"stop": 3}})]))
    assert usage_lines([run(user=live() | {"finish_reasons": {"length": 1}})])[-2] == (
        "    1 answer cut at max_tokens: user 1"
    )


def test_roles_come_in_the_order_of_a_turn() -> None:
    assert list(usage_of_roles([run(execute=live()), run(observe=live(), user=live())])) == [
        "user",
        "observe",
        "execute",
    ]


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (0, "$0.00"),
        (0.42, "$0.42"),
        (0.1, "$0.10"),
        (0.051, "$0.051"),
        (0.00123, "$0.0012"),
        (1, "$1.00"),
        (12.345, "$12.35"),
        (1234567.891, "$1,234,567.89"),
        (1.25e-9, "$0.0000000013"),
        (1.25e-12, "$1.2e-12"),
        (5e-324, "$4.9e-324"),
    ],
)
def test_dollars(cost: float, text: str) -> None:
    assert dollars(cost) == text


@given(st.floats(5e-324, 1e9))
def test_what_costs_something_is_never_shown_as_nothing(cost: float) -> None:
    assert float(dollars(cost).removeprefix("$").replace(",", "")) == pytest.approx(cost, rel=0.05)


USAGE = st.dictionaries(
    st.sampled_from(["user", "observe", "execute"]),
    st.just(OFFLINE)
    | st.builds(
        live,
        st.integers(1, 10**6),
        st.none() | st.integers(0, 10**9),
        st.none() | st.integers(0, 10**9),
        st.none() | st.floats(0, 1e9),
    ),
)
RUNS = st.lists(USAGE.map(lambda usage: run(**usage)), max_size=8)


@given(RUNS)
def test_no_known_figure_is_lost_and_none_is_made_up(runs: list[PAREScenarioValidationResult]) -> None:
    for role, found in usage_of_roles(runs).items():
        reported = [one.usage[role] for one in runs if role in one.usage and one.usage[role]["live"]]
        tokens = [one["prompt_tokens"] for one in reported]
        assert found.calls == sum(one["calls"] for one in reported)
        assert found.prompt_tokens.runs == len(reported)
        assert found.prompt_tokens.known == len(reported) - tokens.count(None)
        assert (found.prompt_tokens.total or 0) == sum(filter(None, tokens))
        assert (found.prompt_tokens.total is None) == (found.prompt_tokens.known == 0)
    cost = cost_of_runs(runs)
    paid = [[one["cost"] for one in each.usage.values() if one["live"]] for each in runs]
    known = [sum(costs) for costs in paid if costs and None not in costs]
    assert (cost.known, cost.runs) == (len(known), sum(map(bool, paid)))
    assert (cost.total or 0) == pytest.approx(sum(known))


@given(RUNS.flatmap(lambda runs: st.tuples(st.just(runs), st.permutations(runs))))
def test_the_order_of_the_runs_makes_no_difference(both: tuple[Any, Any]) -> None:
    assert usage_of_roles(both[0]) == usage_of_roles(both[1])
    assert cost_of_runs(both[0]) == cost_of_runs(both[1])


@given(RUNS)
def test_no_line_is_too_long(runs: list[PAREScenarioValidationResult]) -> None:
    assert all(len(line) <= 80 for line in usage_lines(runs))


def test_usage_as_json() -> None:
    (usage,) = usage_of_roles([run(user=live(2)), run(user=live(cost=None))]).values()
    assert json.loads(json.dumps(usage.to_dict())) == {
        "calls": 3,
        "prompt_tokens": {"total": 20, "known_runs": 2, "runs": 2},
        "completion_tokens": {"total": 2, "known_runs": 2, "runs": 2},
        "cost": {"total": 0.5, "known_runs": 1, "runs": 2},
        "finish_reasons": {},
    }
