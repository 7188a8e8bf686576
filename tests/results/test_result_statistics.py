"""Statistics of a table of results: the documented example, and a computation in plain Python to compare with."""

from __future__ import annotations

import json
import math
import random
import statistics
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare.inference.intervals import rate_interval
from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.schema import RESULT_SCHEMA
from pytest_pare.results.statistics import (
    GROUP_KEYS,
    Spread,
    calculate_statistics,
    combine_results_to_dataframe,
    combine_variants,
    group_statistics,
)
from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.scenarios.config import (
    EnvEventsConfig,
    MultiScenarioRunnerConfig,
    NoiseConfig,
    ToolAugmentationConfig,
)
from pytest_pare.scenarios.noise_config import BusyUser, LateEvent, SlowTool

if TYPE_CHECKING:
    from collections.abc import Callable

Run = tuple[str, int | None, PAREScenarioValidationResult]


def four(name: str) -> list[str]:
    return [name, f"{name}_std", f"{name}_sem", f"{name}_interval"]


FIELDS = [
    *("user_model", "proactive_model", "tool_failure_probability", "num_env_events_per_minute"),
    *("total_runs", "validated_runs", "success_runs", "failed_runs", "exception_runs", "no_validation_runs"),
    *four("success_rate"),
    *("pass_at_k", "pass_at_k_percent", "pass_at_k_percent_interval"),
    *("pass_k", "pass_k_percent", "pass_k_percent_interval", "total_scenarios", "k"),
    *("avg_run_duration", "avg_run_duration_std", "job_duration"),
    *("total_proposals", "total_acceptances", "total_turns", "total_read_only_actions", "total_write_actions"),
    *four("aggregate_proposal_rate"),
    *four("aggregate_acceptance_rate"),
    *four("avg_read_only_actions"),
    *four("avg_write_actions"),
]


def config(
    user: str = "u", observe: str = "o", failure: float | None = None, events: int | None = None
) -> MultiScenarioRunnerConfig:
    noise: dict[str, Any] = {}
    if failure is not None:
        noise["tool_augmentation_config"] = ToolAugmentationConfig(tool_failure_probability=failure)
    if events is not None:
        noise["env_events_config"] = EnvEventsConfig(num_env_events_per_minute=events)
    aliases = {"user_model_alias": user, "observe_model_alias": observe, "execute_model_alias": "e"}
    return MultiScenarioRunnerConfig.model_validate({**aliases, **noise})


def many(
    *runs: Run, of: MultiScenarioRunnerConfig | None = None, duration: float = 0
) -> PAREMultiScenarioValidationResult:
    collected = PAREMultiScenarioValidationResult(of or config(), duration=duration)
    for scenario_id, run_number, result in runs:
        collected.add_result(result, scenario_id, run_number)
    return collected


def run(outcome: str, **figures: Any) -> PAREScenarioValidationResult:
    success = {"success": True, "failed": False}.get(outcome)
    exception = ValueError("x") if outcome == "exception" else None
    return PAREScenarioValidationResult(success=success, exception=exception, **figures)


def entries(*collected: PAREMultiScenarioValidationResult) -> list[dict[str, Any]]:
    calculated = calculate_statistics(combine_results_to_dataframe(collected))
    assert list(calculated) == ["per_config_results"]
    found: list[dict[str, Any]] = calculated["per_config_results"]
    return found


def entry(*runs: Run, duration: float = 0) -> dict[str, Any]:
    (only,) = entries(many(*runs, duration=duration))
    return only


def test_documented_example() -> None:
    got = entry(
        ("a", 1, run("success")),
        ("b", 1, run("failed")),
        ("a", 2, run("success")),
        ("b", 2, run("exception")),
        ("c", 1, run("no_validation")),
    )
    assert round(got["success_rate"], 1) == 66.7
    assert round(got["success_rate_std"], 2) == 35.36
    assert got["success_rate_sem"] == pytest.approx(25)
    assert (got["pass_at_k"], got["pass_k"], got["total_scenarios"], got["k"]) == (1, 1, 3, 2)
    assert got["pass_at_k_percent"] == got["pass_k_percent"] == pytest.approx(100 / 3)
    runs = ("total_runs", "validated_runs", "success_runs", "failed_runs", "exception_runs", "no_validation_runs")
    assert [got[name] for name in runs] == [5, 3, 2, 1, 1, 1]


def test_fields_of_an_entry_in_their_order_as_builtins() -> None:
    got = entry(("a", None, run("success")))
    assert list(got) == FIELDS
    assert json.loads(json.dumps(got, allow_nan=False)) == got


def test_an_exception_is_no_failure_and_no_success() -> None:
    scored: list[Run] = [("a", 1, run("success")), ("b", 1, run("failed"))]
    broken = PAREScenarioValidationResult(success=False, exception=ValueError("x"))
    before, after = entry(*scored), entry(*scored, ("c", 1, broken))
    assert before["success_rate"] == after["success_rate"] == 50
    assert (after["failed_runs"], after["exception_runs"], after["validated_runs"], after["total_runs"]) == (1, 1, 2, 3)


def test_pass_at_k_and_pass_k_differ() -> None:
    got = entry(
        ("always", 1, run("success")),
        ("always", 2, run("success")),
        ("once", 1, run("failed")),
        ("once", 2, run("success")),
        ("never", 1, run("failed")),
        ("more", 1, run("failed")),
        ("more", 2, run("failed")),
        ("more", 3, run("failed")),
    )
    assert (got["pass_at_k"], got["pass_k"], got["total_scenarios"], got["k"]) == (2, 1, 4, 3)
    assert (got["pass_at_k_percent"], got["pass_k_percent"]) == (50, 25)


def test_without_run_numbers_there_is_no_spread() -> None:
    got = entry(
        ("a", None, run("success", proposal_count=1, acceptance_count=1, number_of_turns=2, write_actions=3)),
        ("b", None, run("failed", proposal_count=4, acceptance_count=1, number_of_turns=4, read_only_actions=4)),
    )
    assert [name for name in FIELDS if name.endswith(("_std", "_sem")) and got[name]] == []
    assert got["success_rate"] == 50


def test_rates_leave_out_runs_with_nothing_to_divide_by() -> None:
    got = entry(
        ("a", 1, run("success", proposal_count=2, acceptance_count=1, number_of_turns=4)),
        ("a", 2, run("success", proposal_count=0, acceptance_count=0, number_of_turns=4)),
        ("a", 3, run("success", proposal_count=4, acceptance_count=4, number_of_turns=4)),
        ("a", 4, run("success")),
    )
    assert got["aggregate_proposal_rate"] == 6 / 12
    assert got["aggregate_proposal_rate_std"] == pytest.approx(0.5)
    assert got["aggregate_proposal_rate_sem"] == pytest.approx(0.5 / math.sqrt(3))
    assert got["aggregate_acceptance_rate"] == 5 / 6
    assert got["aggregate_acceptance_rate_std"] == pytest.approx(math.sqrt(0.125))
    assert got["aggregate_acceptance_rate_sem"] == pytest.approx(0.25)


def test_intervals_respect_that_runs_of_a_scenario_belong_together() -> None:
    figures = {"proposal_count": 2, "number_of_turns": 4, "write_actions": 1}
    runs: list[Run] = [
        (scenario, number, run(outcome, acceptance_count=2 * (outcome == "success"), **figures))
        for scenario, outcome in (("a", "success"), ("b", "failed"), ("c", "success"), ("d", "exception"))
        for number in (1, 2, 3)
    ]
    got = entry(*runs)
    success = rate_interval([3, 0, 3], [3, 3, 3])
    passed = rate_interval([1, 0, 1, 0], [1, 1, 1, 1])
    accepted = rate_interval([6, 0, 6, 0], [6, 6, 6, 6])
    assert success is not None
    assert passed is not None
    assert accepted is not None
    assert got["success_rate_interval"] == pytest.approx([100 * success.low, 100 * success.high])
    assert got["pass_k_percent_interval"] == pytest.approx([100 * passed.low, 100 * passed.high])
    assert got["pass_at_k_percent_interval"] == got["pass_k_percent_interval"]
    assert got["aggregate_acceptance_rate_interval"] == pytest.approx([accepted.low, accepted.high])
    # The ratios are equal in all scenarios.
    assert got["aggregate_proposal_rate_interval"] is None
    assert got["avg_write_actions_interval"] is None
    # Independent runs would have a narrower one.
    apart = entry(*((f"{scenario}{number}", 1, result) for scenario, number, result in runs))
    low, high = apart["success_rate_interval"]
    assert success.low * 100 < low < high < success.high * 100


def test_more_acceptances_than_proposals_have_no_interval() -> None:
    got = entry(("a", 1, run("success", proposal_count=1, acceptance_count=2)))
    assert got["aggregate_acceptance_rate_interval"] is None


def test_actions_are_per_row_whatever_its_status() -> None:
    got = entry(
        ("a", 1, run("success", read_only_actions=2, write_actions=1)),
        ("b", 1, run("exception", read_only_actions=4, write_actions=2)),
        ("a", 2, run("no_validation", read_only_actions=9, write_actions=6)),
    )
    assert (got["total_read_only_actions"], got["total_write_actions"]) == (15, 9)
    assert (got["avg_read_only_actions"], got["avg_write_actions"]) == (5, 3)
    assert (got["avg_read_only_actions_sem"], got["avg_write_actions_sem"]) == (pytest.approx(3), pytest.approx(2.25))


def test_durations() -> None:
    one = many(
        ("a", None, run("success", duration=1.0)),
        ("b", None, run("failed", duration=3.0)),
        ("c", None, run("failed")),
        duration=10,
    )
    two = many(("d", None, run("exception", duration=5.0)), duration=30)
    (got,) = entries(one, two)
    assert (got["avg_run_duration"], got["avg_run_duration_std"]) == (3, 2)
    assert got["job_duration"] == 15
    assert "avg_run_duration_sem" not in got


def test_nothing_to_measure_is_zero_in_json_and_none_before() -> None:
    collected = many(("a", 1, run("exception")), ("a", 2, run("no_validation")))
    (group,) = group_statistics(collected.to_polars())
    nothing = Spread(value=None, std=0.0, sem=0.0, samples=0)
    assert group.success_rate == group.aggregate_proposal_rate == group.aggregate_acceptance_rate == nothing
    assert group.avg_run_duration == Spread(value=None, std=0.0, sem=None, samples=0)
    got = group.to_dict()
    rates = ("success_rate", "aggregate_proposal_rate", "aggregate_acceptance_rate", "avg_run_duration")
    assert [got[name] for name in rates] == [0.0] * 4
    assert (got["pass_at_k"], got["pass_k"], got["k"], got["total_scenarios"]) == (0, 0, 2, 1)


def test_samples_are_the_run_numbers_that_have_a_value() -> None:
    collected = many(("a", 1, run("success")), ("a", 2, run("failed")), ("a", 3, run("exception")))
    (group,) = group_statistics(collected.to_polars())
    assert (group.success_rate.samples, group.avg_write_actions.samples) == (2, 3)


def test_groups_come_sorted_by_their_keys() -> None:
    keys: list[tuple[str, str, float, int]] = [
        ("a", "x", 0.0, 0),
        ("a", "x", 0.0, 2),
        ("a", "x", 0.0, 10),
        ("a", "x", 0.1, 0),
        ("a", "y", 0.0, 0),
        ("b", "x", 0.0, 0),
    ]
    collected = [
        many(("s", None, run("success")), of=config(user, observe, failure, events))
        for user, observe, failure, events in keys
    ]
    random.Random(3).shuffle(collected)
    got = [tuple(one[key] for key in GROUP_KEYS) for one in entries(*collected)]
    assert got == [(user, f"observe-execute_{observe}_e", failure, events) for user, observe, failure, events in keys]


def test_variants_are_groups_in_the_order_in_which_they_come() -> None:
    noise = NoiseConfig(user_busy=BusyUser(rate=1), tool_slow=SlowTool(rate=0.25), tool_failure_probability=0.5)
    busy = MultiScenarioRunnerConfig(noise=noise)
    results = {
        "level_9": many(("a", 1, run("success")), ("b", 1, run("failed"))),
        "level_10": many(("a", 1, run("failed"))),
        "busy": many(("a", 1, run("success")), of=busy),
    }
    table = combine_variants(results)
    assert table.drop("variant", "fault_rates").equals(combine_results_to_dataframe(results))
    for rows in (table, table.reverse()):
        got = calculate_statistics(rows)["per_config_results"]
        keys = ("variant", "total_runs", "success_rate", "tool_failure_probability", "fault_rates")
        assert [tuple(one[key] for key in keys) for one in got] == [
            ("level_9", 2, 50, 0, ""),
            ("level_10", 1, 0, 0, ""),
            ("busy", 1, 100, 0.5, "tool_slow 0.25, user_busy 1"),
        ]
    assert list(got[0]) == ["variant", *FIELDS[:4], "fault_rates", *FIELDS[4:]]
    assert json.loads(json.dumps(got, allow_nan=False)) == got


def test_oracle_mode_has_only_faults_of_events() -> None:
    noise = NoiseConfig(user_busy=BusyUser(rate=1), event_late=LateEvent(rate=0.25))
    for oracle, expected in ((False, "event_late 0.25, user_busy 1"), (True, "event_late 0.25")):
        config = MultiScenarioRunnerConfig(noise=noise, oracle=oracle)
        (group,) = calculate_statistics(combine_variants({"": many(("a", 1, run("success")), of=config)}))[
            "per_config_results"
        ]
        assert group["fault_rates"] == expected


def test_a_table_that_says_nothing_of_variants_has_groups_as_before() -> None:
    results = {"": many(("a", 1, run("success")))}
    assert calculate_statistics(combine_variants(results)) == calculate_statistics(
        combine_results_to_dataframe(results)
    )
    table = combine_results_to_dataframe(results)
    for empty in ("", None):
        nameless = table.with_columns(variant=pl.lit(empty, dtype=pl.String))
        assert calculate_statistics(nameless) == calculate_statistics(table)


def test_a_variant_may_have_no_name_beside_others_that_have() -> None:
    got = calculate_statistics(
        combine_variants({"": many(("a", 1, run("success"))), "x": many(("a", 1, run("failed")))})
    )
    assert [(one["variant"], one["success_rate"]) for one in got["per_config_results"]] == [("", 100), ("x", 0)]


@pytest.mark.parametrize("results", [{}, {"x": many()}])
def test_variants_without_a_run(results: dict[str, PAREMultiScenarioValidationResult]) -> None:
    assert calculate_statistics(combine_variants(results)) == {"per_config_results": []}


def test_combining() -> None:
    one, two = many(("a", 1, run("success"))), many(("b", 1, run("failed")), of=config("v"))
    table = combine_results_to_dataframe([one, two])
    assert table.equals(pl.concat([one.to_polars(), two.to_polars()]))
    assert combine_results_to_dataframe(iter([one, two])).equals(table)
    assert combine_results_to_dataframe({"first": one, "second": two}).equals(table)


@pytest.mark.parametrize("empty", [combine_results_to_dataframe([]), pl.DataFrame()])
def test_no_rows_no_groups(empty: pl.DataFrame) -> None:
    assert calculate_statistics(empty) == {"per_config_results": []}


def test_combining_nothing_has_the_columns() -> None:
    assert combine_results_to_dataframe([]).schema == RESULT_SCHEMA


# The same once more, in plain Python


def spread_of(values: list[float]) -> tuple[float, float]:
    std = statistics.stdev(values) if len(values) > 1 else 0.0
    return std, std / math.sqrt(len(values)) if values else 0.0


def ratio(rows: list[PAREScenarioValidationResult], part: str, whole: str) -> float | None:
    total = sum(getattr(row, whole) for row in rows)
    return sum(getattr(row, part) for row in rows) / total if total else None


def expected_entry(runs: dict[tuple[str, int | None], PAREScenarioValidationResult]) -> dict[str, Any]:
    rows = list(runs.values())
    by_run = [
        [row for (_, number), row in runs.items() if number == wanted]
        for wanted in {number for _, number in runs}
        if wanted is not None
    ]
    by_scenario = [[row for (name, _), row in runs.items() if name == wanted] for wanted in {name for name, _ in runs}]

    def scores(some: list[PAREScenarioValidationResult]) -> list[float]:
        return [100.0 * bool(row.success) for row in some if row.exception is None and row.success is not None]

    figures: dict[str, Callable[[list[PAREScenarioValidationResult]], float | None]] = {
        "success_rate": lambda some: statistics.fmean(scores(some)) if scores(some) else None,
        "aggregate_proposal_rate": lambda some: ratio(some, "proposal_count", "number_of_turns"),
        "aggregate_acceptance_rate": lambda some: ratio(some, "acceptance_count", "proposal_count"),
        "avg_read_only_actions": lambda some: statistics.fmean(row.read_only_actions for row in some),
        "avg_write_actions": lambda some: statistics.fmean(row.write_actions for row in some),
    }
    expected: dict[str, Any] = {}
    for name, figure in figures.items():
        std, sem = spread_of([value for some in by_run if (value := figure(some)) is not None])
        expected |= {name: figure(rows) or 0.0, f"{name}_std": std, f"{name}_sem": sem}
    durations = [row.duration for row in rows if row.duration is not None]
    statuses = [row.status for row in rows]
    passed_once = sum(any(scores(some)) for some in by_scenario)
    passed_all = sum(bool(scores(some)) and all(scores(some)) for some in by_scenario)
    return expected | {
        "total_runs": len(rows),
        "validated_runs": len(scores(rows)),
        "success_runs": statuses.count("success"),
        "failed_runs": statuses.count("failed"),
        "exception_runs": statuses.count("exception"),
        "no_validation_runs": statuses.count("no_validation"),
        "pass_at_k": passed_once,
        "pass_at_k_percent": 100 * passed_once / len(by_scenario),
        "pass_k": passed_all,
        "pass_k_percent": 100 * passed_all / len(by_scenario),
        "total_scenarios": len(by_scenario),
        "k": max(map(len, by_scenario)),
        "avg_run_duration": statistics.fmean(durations) if durations else 0.0,
        "avg_run_duration_std": spread_of(durations)[0],
        "total_proposals": sum(row.proposal_count for row in rows),
        "total_acceptances": sum(row.acceptance_count for row in rows),
        "total_turns": sum(row.number_of_turns for row in rows),
        "total_read_only_actions": sum(row.read_only_actions for row in rows),
        "total_write_actions": sum(row.write_actions for row in rows),
    }


some = st.integers(0, 4)
any_run = st.builds(
    run,
    st.sampled_from(["success", "failed", "exception", "no_validation"]),
    duration=st.none() | st.floats(0, 1e4),
    proposal_count=some,
    acceptance_count=some,
    read_only_actions=some,
    write_actions=some,
    number_of_turns=some,
)
group_of_runs = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from([None, 1, 2, 3])), any_run, min_size=1, max_size=12
)
configs = st.tuples(
    st.sampled_from(["u1", "u2"]),
    st.sampled_from(["o1", "o2"]),
    st.sampled_from([None, 0.1, 0.5]),
    st.sampled_from([None, 4]),
)
sessions = st.dictionaries(configs, group_of_runs, max_size=4)


def collect(session: dict[Any, dict[tuple[str, int | None], PAREScenarioValidationResult]]) -> pl.DataFrame:
    return combine_results_to_dataframe(
        many(*((name, number, result) for (name, number), result in runs.items()), of=config(*key), duration=7)
        for key, runs in session.items()
    )


@given(sessions)
@settings(deadline=None)
def test_every_figure_is_that_of_plain_python(session: Any) -> None:
    expected = {
        (user, f"observe-execute_{observe}_e", failure or 0.0, events or 0): expected_entry(runs)
        for (user, observe, failure, events), runs in session.items()
    }
    got = calculate_statistics(collect(session))["per_config_results"]
    assert [tuple(one[key] for key in GROUP_KEYS) for one in got] == sorted(expected)
    for one in got:
        key = tuple(one.pop(key) for key in GROUP_KEYS)
        assert one.pop("job_duration") == 7
        for name in [name for name in one if name.endswith("_interval")]:
            interval, rate = one.pop(name), one[name.removesuffix("_interval")]
            assert interval is None or interval[0] - 1e-9 <= rate <= interval[1] + 1e-9
        assert one == pytest.approx(expected[key])


@given(sessions, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_rows_changes_no_digit(session: Any, rng: random.Random) -> None:
    table = collect(session)
    order = list(range(table.height))
    rng.shuffle(order)
    assert calculate_statistics(table[order]) == calculate_statistics(table)
