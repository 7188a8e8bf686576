"""Results of runs: what they count as, how they travel, and the table they make."""

from __future__ import annotations

import copy
import json
import math
import pickle
import subprocess
import sys
from dataclasses import fields
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.schema import RESULT_SCHEMA
from pytest_pare.results.validation_result import (
    PAREScenarioValidationResult,
    RecordedException,
    exception_type_name,
    result_from_record,
    result_to_record,
)
from pytest_pare.scenarios.config import (
    EnvEventsConfig,
    LLMEngineConfig,
    MultiScenarioRunnerConfig,
    ToolAugmentationConfig,
)

BROKEN = ValueError("broke")
CONFIG = MultiScenarioRunnerConfig.model_validate({})


class SilentError(Exception):
    """An exception that is false, as one with a length of 0 is."""

    def __bool__(self) -> bool:
        return False


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class FakeNumber:
    """Like a number of numpy's: it can be converted, and it is no builtin."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __float__(self) -> float:
        return float(self.value)


def many(*results: tuple[str, int | None, PAREScenarioValidationResult]) -> PAREMultiScenarioValidationResult:
    collected = PAREMultiScenarioValidationResult(CONFIG)
    for scenario_id, run_number, result in results:
        collected.add_result(result, scenario_id, run_number)
    return collected


def counts(collected: PAREMultiScenarioValidationResult) -> tuple[int, int, int, int]:
    return (
        collected.successful_count,
        collected.failed_count,
        collected.exception_count,
        collected.no_validation_count,
    )


# One run


@pytest.mark.parametrize(
    ("success", "exception", "status"),
    [
        (True, None, "success"),
        (False, None, "failed"),
        (None, None, "no_validation"),
        (None, BROKEN, "exception"),
        (False, BROKEN, "exception"),
        (True, BROKEN, "exception"),
        (None, SilentError(), "exception"),
        (False, SilentError(), "exception"),
    ],
)
def test_status(success: bool | None, exception: Exception | None, status: str) -> None:
    assert PAREScenarioValidationResult(success, exception).status == status


@pytest.mark.parametrize(
    ("proposals", "acceptances", "turns", "proposal_rate", "acceptance_rate"),
    [(3, 1, 4, 0.75, 1 / 3), (0, 0, 4, 0.0, 0.0), (2, 2, 0, 0.0, 1.0), (0, 0, 0, 0.0, 0.0)],
)
def test_rates_of_a_run(
    proposals: int, acceptances: int, turns: int, proposal_rate: float, acceptance_rate: float
) -> None:
    result = PAREScenarioValidationResult(
        success=True, proposal_count=proposals, acceptance_count=acceptances, number_of_turns=turns
    )
    assert (result.proposal_rate, result.acceptance_rate) == (proposal_rate, acceptance_rate)
    assert isinstance(result.proposal_rate, float)


def test_fields_of_a_run_in_their_order() -> None:
    result = PAREScenarioValidationResult(success=None)
    defaults = {one.name: getattr(result, one.name) for one in fields(result)[1:]}
    assert list(defaults.items()) == [
        ("exception", None),
        ("export_path", None),
        ("rationale", None),
        ("duration", None),
        ("proposal_count", 0),
        ("acceptance_count", 0),
        ("read_only_actions", 0),
        ("write_actions", 0),
        ("number_of_turns", 0),
        ("rejection_count", 0),
        ("writes_without_consent", 0),
        ("turns_saved", 0),
        ("gather_context", 0),
        ("reads_before_first_proposal", 0),
        ("prompt_version", None),
        ("exception_kind", None),
        ("noise_events", 0),
        ("faults", {}),
        ("usage", {}),
        ("script_events_missed", 0),
        ("ended_by", None),
        ("user_faults", []),
        ("reused_from", None),
        ("judgements", {}),
        ("differences", []),
    ]


# Records


exceptions = st.none() | st.builds(
    lambda name, message: type(name, (Exception,), {})(message),
    st.from_regex(r"\A[A-Z][A-Za-z]{0,8}Error\Z"),
    st.text(),
)
natural = st.integers(0, 2**62)
results = st.builds(
    PAREScenarioValidationResult,
    success=st.none() | st.booleans(),
    exception=exceptions,
    export_path=st.none() | st.text(),
    rationale=st.none() | st.text(),
    duration=st.none() | st.floats(0, allow_infinity=False),
    proposal_count=natural,
    acceptance_count=natural,
    read_only_actions=natural,
    write_actions=natural,
    number_of_turns=natural,
    rejection_count=natural,
    writes_without_consent=natural,
    turns_saved=natural,
    gather_context=natural,
    reads_before_first_proposal=natural,
    differences=st.lists(
        st.fixed_dictionaries({"expected": st.none() | st.text(), "got": st.none() | st.text(), "time": natural}),
        max_size=2,
    ),
    prompt_version=st.none() | st.text(),
    exception_kind=st.sampled_from([None, "configuration", "infrastructure"]),
    noise_events=natural,
    faults=st.dictionaries(st.text(), st.dictionaries(st.text(), natural, max_size=2), max_size=2),
    usage=st.dictionaries(st.text(), st.dictionaries(st.text(), st.none() | natural, max_size=2), max_size=2),
    script_events_missed=natural,
    ended_by=st.sampled_from([None, "max_turns", "nothing_left"]),
    user_faults=st.lists(st.fixed_dictionaries({"kind": st.text(), "turn": natural, "text": st.text()}), max_size=2),
    reused_from=st.none() | st.text(),
)


@given(results)
def test_a_record_survives_json_and_gives_the_result_back(result: PAREScenarioValidationResult) -> None:
    record = result_to_record(result)
    arrived = result_from_record(json.loads(json.dumps(record, allow_nan=False)))

    for one in fields(PAREScenarioValidationResult):
        if one.name != "exception":
            assert getattr(arrived, one.name) == getattr(result, one.name), one.name
    assert arrived.status == result.status
    if result.exception is None:
        assert arrived.exception is None
    else:
        assert isinstance(arrived.exception, RecordedException)
        assert str(arrived.exception) == str(result.exception)
        assert exception_type_name(arrived.exception) == type(result.exception).__name__
    assert result_to_record(arrived) == record


@given(results)
def test_a_table_is_the_same_before_and_after_the_journey(result: PAREScenarioValidationResult) -> None:
    arrived = result_from_record(result_to_record(result))
    assert many(("a", 1, arrived)).to_polars().equals(many(("a", 1, result)).to_polars())


def test_a_record_is_made_of_builtins_only() -> None:
    result = PAREScenarioValidationResult(
        success=FakeNumber(0),  # type: ignore[arg-type]
        rationale=BROKEN,  # type: ignore[arg-type]
        export_path=sys,  # type: ignore[arg-type]
        duration=FakeNumber(1.5),  # type: ignore[arg-type]
        proposal_count=FakeNumber(1),  # type: ignore[arg-type]
        acceptance_count=FakeNumber(2),  # type: ignore[arg-type]
        read_only_actions=FakeNumber(3),  # type: ignore[arg-type]
        write_actions=FakeNumber(4),  # type: ignore[arg-type]
        number_of_turns=FakeNumber(5),  # type: ignore[arg-type]
        rejection_count=FakeNumber(6),  # type: ignore[arg-type]
        writes_without_consent=FakeNumber(7),  # type: ignore[arg-type]
        turns_saved=FakeNumber(8),  # type: ignore[arg-type]
        prompt_version=BROKEN,  # type: ignore[arg-type]
        exception_kind=BROKEN,  # type: ignore[arg-type]
        noise_events=FakeNumber(9),  # type: ignore[arg-type]
        faults={"tool_failure": {"a": True}},
        usage={"user": {"cost": True}},
        script_events_missed=FakeNumber(10),  # type: ignore[arg-type]
        ended_by=BROKEN,  # type: ignore[arg-type]
        user_faults=[{"kind": BROKEN}],
    )
    record = result_to_record(result)
    assert json.loads(json.dumps(record)) == record
    assert record == {
        "success": False,
        "exception": None,
        "export_path": str(sys),
        "rationale": "broke",
        "duration": 1.5,
        "proposal_count": 1,
        "acceptance_count": 2,
        "read_only_actions": 3,
        "write_actions": 4,
        "number_of_turns": 5,
        "rejection_count": 6,
        "writes_without_consent": 7,
        "turns_saved": 8,
        "prompt_version": "broke",
        "exception_kind": "broke",
        "noise_events": 9,
        "faults": {"tool_failure": {"a": True}},
        "usage": {"user": {"cost": True}},
        "script_events_missed": 10,
        "ended_by": "broke",
        "user_faults": [{"kind": "<ValueError>"}],
        "reused_from": None,
    }


def test_half_a_surrogate_pair_costs_nothing() -> None:
    result = PAREScenarioValidationResult(success=None, exception=ValueError("a\ud83db"), rationale="\ude00")
    record = result_to_record(result)
    assert record["exception"] == {"type": "ValueError", "message": "a\\ud83db"}
    assert record["rationale"] == "\\ude00"
    row = many(("a", None, result)).to_polars({"note": "\ud83d"}).row(0, named=True)
    assert (row["exception_message"], row["rationale"], row["note"]) == ("a\\ud83db", "\\ude00", "\\ud83d")


def test_an_exception_without_text_costs_nothing() -> None:
    record = result_to_record(PAREScenarioValidationResult(success=None, exception=UnprintableError()))
    assert record["exception"] == {"type": "UnprintableError", "message": "<unprintable UnprintableError>"}


@pytest.mark.parametrize("change", [{"surprise": 1}, {"duration": ...}])
def test_a_record_with_other_keys_is_refused(change: dict[str, Any]) -> None:
    record = {**result_to_record(PAREScenarioValidationResult(success=True)), **change}
    record = {key: value for key, value in record.items() if value is not ...}
    with pytest.raises(ValueError, match=next(iter(change))):
        result_from_record(record)


def test_a_recorded_exception_can_be_copied_and_pickled() -> None:
    original = RecordedException("TimeoutError", "too late")
    for other in (copy.copy(original), copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
        assert isinstance(other, RecordedException)
        assert (other.type_name, other.message, str(other)) == ("TimeoutError", "too late", "too late")


def test_type_name_of_an_exception() -> None:
    assert exception_type_name(BROKEN) == "ValueError"
    assert exception_type_name(RecordedException("MyError", "x")) == "MyError"


# Many runs


def test_results_are_counted_by_status() -> None:
    collected = many(
        ("a", 1, PAREScenarioValidationResult(success=True)),
        ("a", 2, PAREScenarioValidationResult(success=True)),
        ("a", 3, PAREScenarioValidationResult(success=True)),
        ("a", 4, PAREScenarioValidationResult(success=True)),
        ("b", 1, PAREScenarioValidationResult(success=False)),
        ("b", 2, PAREScenarioValidationResult(success=False)),
        ("b", 3, PAREScenarioValidationResult(success=False)),
        ("c", 1, PAREScenarioValidationResult(success=False, exception=BROKEN)),
        ("c", 2, PAREScenarioValidationResult(success=None, exception=BROKEN)),
        ("d", None, PAREScenarioValidationResult(success=None)),
    )
    assert counts(collected) == (4, 3, 2, 1)
    assert collected.success_rate == pytest.approx(4 / 10)
    assert collected.success_rate_updated() == pytest.approx(0.4)


def test_what_is_no_success_lowers_the_rate() -> None:
    collected = many(("a", None, PAREScenarioValidationResult(success=True)))
    assert (collected.success_rate, collected.success_rate_updated()) == (1.0, 1.0)
    collected.add_result(PAREScenarioValidationResult(success=False, exception=BROKEN), "b")
    assert (collected.success_rate, collected.success_rate_updated()) == (0.5, 0.5)
    for number in range(2):
        collected.add_result(PAREScenarioValidationResult(success=None), "c", number)
    assert (collected.success_rate, collected.success_rate_updated()) == (0.25, 0.25)


def test_every_attribute_of_pares_has_its_unit() -> None:
    """One success, one failure, eight exceptions: what a script for PARE reads of them."""
    result = PAREScenarioValidationResult(
        success=True, proposal_count=2, acceptance_count=1, read_only_actions=6, write_actions=3, number_of_turns=5
    )
    collected = many(("one", 1, result), ("one", 2, PAREScenarioValidationResult(success=False, number_of_turns=3)))
    for number in range(3, 11):
        collected.add_result(PAREScenarioValidationResult(success=None, exception=BROKEN), "one", number)
    collected.duration = 12.5
    expected_of_one = {
        "success": True,
        "exception": None,
        "export_path": None,
        "rationale": None,
        "duration": None,
        "proposal_count": 2,
        "acceptance_count": 1,
        "read_only_actions": 6,
        "write_actions": 3,
        "number_of_turns": 5,
        "proposal_rate": 0.4,
        "acceptance_rate": 0.5,
    }
    expected_of_all = {
        "duration": 12.5,
        "successful_count": 1,
        "failed_count": 1,
        "exception_count": 8,
        "no_validation_count": 0,
        "total_proposals": 2,
        "total_acceptances": 1,
        "total_turns": 8,
        "total_read_only_actions": 6,
        "total_write_actions": 3,
        "aggregate_proposal_rate": 0.25,
        "aggregate_acceptance_rate": 0.5,
        "success_rate": 0.1,
    }
    assert {name: getattr(result, name) for name in expected_of_one} == expected_of_one
    assert {name: getattr(collected, name) for name in expected_of_all} == expected_of_all
    assert collected.success_rate_updated() == pytest.approx(0.1)
    assert collected.run_config is CONFIG
    assert list(collected.scenario_results) == [("one", number) for number in range(1, 11)]
    assert collected.to_polars().columns == list(RESULT_SCHEMA)
    assert isinstance(collected.description(), str)
    own = {
        "rejection_count",
        "writes_without_consent",
        "turns_saved",
        "prompt_version",
        "exception_kind",
        "noise_events",
    }
    own |= {
        "judgements",
        "differences",
        "gather_context",
        "reads_before_first_proposal",
        "faults",
        "usage",
        "script_events_missed",
        "ended_by",
        "reused_from",
        "status",
        "details_to_polars",
    }
    own |= {"user_faults", "user_failure"}
    own |= {"run_configs", "configs", "configs_in_order", "other_attempts", "rows"}
    methods = {"success_rate_updated", "add_result", "to_polars", "description", "run_config", "scenario_results"}
    public = {name for one in (result, collected) for name in dir(one) if not name.startswith("_")}
    assert public - own == {*expected_of_one, *expected_of_all, *methods}


def test_no_results_at_all() -> None:
    collected = PAREMultiScenarioValidationResult(CONFIG)
    assert (collected.success_rate, collected.success_rate_updated()) == (0.0, 0.0)
    assert (collected.aggregate_proposal_rate, collected.aggregate_acceptance_rate) == (0.0, 0.0)
    assert collected.duration == 0.0
    assert collected.to_polars().schema == RESULT_SCHEMA
    assert collected.to_polars().is_empty()
    assert collected.to_polars({"suite": "x"}).columns == [*RESULT_SCHEMA, "suite"]


def test_counts_follow_from_the_results_and_are_kept_without_any() -> None:
    given_results: dict[tuple[str, int | None], PAREScenarioValidationResult] = {
        ("a", None): PAREScenarioValidationResult(True),
        ("b", None): PAREScenarioValidationResult(False),
    }
    assert counts(PAREMultiScenarioValidationResult(CONFIG, given_results, successful_count=7)) == (1, 1, 0, 0)
    bare = PAREMultiScenarioValidationResult(CONFIG, successful_count=3, failed_count=1, exception_count=4)
    assert counts(bare) == (3, 1, 4, 0)
    assert (bare.success_rate, bare.success_rate_updated()) == (0.375, 0.375)


def test_a_result_that_is_changed_and_added_again_is_counted_once() -> None:
    result = PAREScenarioValidationResult(success=True)
    collected = PAREMultiScenarioValidationResult(CONFIG, {("a", None): result})
    result.success = False
    collected.add_result(result, "a")
    assert counts(collected) == (0, 1, 0, 0)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([None, 1, 2]), results)))
def test_counts_are_those_of_the_last_result_of_each_run(
    added: list[tuple[str, int | None, PAREScenarioValidationResult]],
) -> None:
    collected = many(*added)
    last = {(scenario_id, run): result for scenario_id, run, result in added}
    assert collected.scenario_results == last
    statuses: list[str] = [result.status for result in last.values()]
    assert counts(collected) == tuple(map(statuses.count, ("success", "failed", "exception", "no_validation")))
    table = collected.to_polars()
    assert sorted(table["status"]) == sorted(statuses)
    assert table["success_numeric"].count() == statuses.count("success") + statuses.count("failed")


def test_how_results_were_counted_is_nobody_elses_business() -> None:
    result = PAREScenarioValidationResult(success=True)
    added, given_whole = many(("a", None, result)), PAREMultiScenarioValidationResult(CONFIG, {("a", None): result})
    result.success = False
    added.add_result(result, "a")
    given_whole.failed_count, given_whole.successful_count = 1, 0
    assert added == given_whole
    assert repr(added) == repr(given_whole)
    assert [one.name for one in fields(added) if one.init] == [
        "run_config",
        "scenario_results",
        "duration",
        "successful_count",
        "failed_count",
        "exception_count",
        "no_validation_count",
    ]


def test_totals_and_aggregate_rates() -> None:
    one = PAREScenarioValidationResult(
        True, proposal_count=3, acceptance_count=1, read_only_actions=10, write_actions=4, number_of_turns=5
    )
    two = PAREScenarioValidationResult(
        None, BROKEN, proposal_count=4, acceptance_count=2, read_only_actions=20, write_actions=7, number_of_turns=15
    )
    collected = many(("a", 1, one), ("b", 1, two))
    assert collected.total_proposals == 7
    assert collected.total_acceptances == 3
    assert collected.total_turns == 20
    assert collected.total_read_only_actions == 30
    assert collected.total_write_actions == 11
    assert collected.aggregate_proposal_rate == 7 / 20
    assert collected.aggregate_acceptance_rate == 3 / 7


# The table


def configured() -> MultiScenarioRunnerConfig:
    return MultiScenarioRunnerConfig.model_validate(
        {
            "user_engine_config": LLMEngineConfig(model_name="u-model", provider="u-provider"),
            "observe_engine_config": LLMEngineConfig(model_name="o-model", provider="o-provider"),
            "execute_engine_config": LLMEngineConfig(model_name="e-model", provider="e-provider"),
            "user_model_alias": "u-alias",
            "execute_model_alias": "e-alias",
            "tool_augmentation_config": ToolAugmentationConfig(tool_failure_probability=0.25),
            "env_events_config": EnvEventsConfig(num_env_events_per_minute=4),
        }
    )


def test_no_model_is_named_of_a_stage_that_nobody_played() -> None:
    config = configured().model_copy(update={"agent_type": "mine:agent"})
    row = PAREMultiScenarioValidationResult(config, {("a", 1): PAREScenarioValidationResult(success=True)}).to_polars()
    of_stages = ("observe_model", "observe_provider", "execute_model", "execute_provider")
    assert [row[name].item() for name in of_stages] == [None] * 4
    assert (row["user_model"].item(), row["proactive_model"].item()) == ("u-alias", "mine:agent")


@pytest.mark.parametrize(("agent_type", "name"), [("mine:agent", "mine:agent_m-1"), ("null", "null")])
def test_the_model_behind_the_endpoint_is_that_of_an_own_agent(agent_type: str, name: str) -> None:
    engine = LLMEngineConfig(model_name="m-1", provider="openai")
    config = configured().model_copy(update={"agent_type": agent_type, "agent_engine_config": engine})
    row = PAREMultiScenarioValidationResult(config, {("a", 1): PAREScenarioValidationResult(success=True)}).to_polars()
    assert row["proactive_model"].item() == name


def test_a_row_of_the_table() -> None:
    result = PAREScenarioValidationResult(
        success=False,
        exception=RecordedException("RateLimitError", "slow down"),
        export_path="traces/a.json",
        rationale="the mail was not sent",
        duration=1.5,
        proposal_count=3,
        acceptance_count=2,
        read_only_actions=5,
        write_actions=6,
        number_of_turns=4,
    )
    collected = PAREMultiScenarioValidationResult(configured(), {("a", 2): result}, duration=9)
    assert collected.to_polars().row(0, named=True) == {
        "base_scenario_id": "a",
        "run_number": 2,
        "success_numeric": None,
        "success_bool": None,
        "status": "exception",
        "has_exception": True,
        "exception_type": "RateLimitError",
        "exception_message": "slow down",
        "rationale": "the mail was not sent",
        "export_path": "traces/a.json",
        "run_duration": 1.5,
        "job_duration": 9.0,
        "user_model": "u-alias",
        "user_provider": "u-provider",
        "observe_model": "o-model",
        "observe_provider": "o-provider",
        "execute_model": "e-alias",
        "execute_provider": "e-provider",
        "agent_type": "observe-execute",
        "proactive_model": "observe-execute_o-model_e-alias",
        "tool_failure_probability": 0.25,
        "num_env_events_per_minute": 4,
        "proposal_count": 3,
        "acceptance_count": 2,
        "read_only_actions": 5,
        "write_actions": 6,
        "number_of_turns": 4,
        "proposal_rate": 0.75,
        "acceptance_rate": 2 / 3,
    }


def test_success_in_the_table_and_noise_that_is_not_set() -> None:
    table = many(
        ("a", None, PAREScenarioValidationResult(success=True)),
        ("b", None, PAREScenarioValidationResult(success=False)),
        ("c", None, PAREScenarioValidationResult(success=None)),
    ).to_polars()
    assert table["success_numeric"].to_list() == [1.0, 0.0, None]
    assert table["success_bool"].to_list() == [True, False, None]
    assert table["status"].to_list() == ["success", "failed", "no_validation"]
    assert table["has_exception"].to_list() == [False, False, False]
    assert table["exception_type"].to_list() == table["exception_message"].to_list() == [None, None, None]
    assert table["run_number"].to_list() == table["run_duration"].to_list() == [None, None, None]
    assert table["tool_failure_probability"].unique().to_list() == [0.0]
    assert table["num_env_events_per_minute"].unique().to_list() == [0]
    assert table.schema == RESULT_SCHEMA


def test_the_order_of_arrival_does_not_show() -> None:
    runs = [(name, run, PAREScenarioValidationResult(True)) for name in "ab" for run in (None, 1, 2, 10)]
    table = many(*reversed(runs)).to_polars()
    assert table.equals(many(*runs).to_polars())
    assert table.select("base_scenario_id", "run_number").rows() == [(name, run) for name, run, _ in runs]


def test_extra_columns_are_strings_at_the_end() -> None:
    extra: dict[str, Any] = {"suite": "nightly", "attempt": 3}
    table = many(("a", 1, PAREScenarioValidationResult(True)), ("b", 1, PAREScenarioValidationResult(True))).to_polars(
        extra
    )
    assert table.columns == [*RESULT_SCHEMA, "suite", "attempt"]
    assert table.select("suite", "attempt").rows() == [("nightly", "3")] * 2
    assert table.schema["attempt"] == pl.String


@pytest.mark.parametrize("shadow", list(RESULT_SCHEMA))
def test_an_extra_column_must_not_hide_a_column(shadow: str) -> None:
    with pytest.raises(ValueError, match=rf"columns of the results: {shadow}$"):
        many(("a", 1, PAREScenarioValidationResult(True))).to_polars({"fine": "x", shadow: "y"})


def test_an_endless_duration_is_kept() -> None:
    table = many(("a", 1, PAREScenarioValidationResult(True, duration=math.inf))).to_polars()
    assert table["run_duration"].to_list() == [math.inf]


def test_description_is_the_report_with_the_time() -> None:
    text = many(("a", 1, PAREScenarioValidationResult(True))).description("nightly", {"StatefulEmailApp": 2.0})
    assert "Split: nightly" in text
    assert "Weights: StatefulEmailApp 2.0" in text
    assert "user=gpt-5-mini" in text
    (time,) = [line for line in text.splitlines() if line.startswith("Time: ")]
    assert time.endswith("+00:00")
    assert "Split: unknown" in many().description()


# What importing costs


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        ("pytest_pare.results.gate, pytest_pare.results.validation_result", "polars numpy pydantic are pytest"),
        ("pytest_pare.results.report, pytest_pare.results.schema", "are pytest"),
    ],
)
def test_what_is_not_imported(modules: str, absent: str) -> None:
    code = f"import sys, {modules}; print(*(name for name in {absent.split()} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.split() == []


def test_a_report_needs_neither_are_nor_pytest() -> None:
    code = (
        "import sys\n"
        "from pytest_pare.scenarios.config import MultiScenarioRunnerConfig\n"
        "from pytest_pare.results.multi_result import *\n"
        "many = PAREMultiScenarioValidationResult(MultiScenarioRunnerConfig())\n"
        "many.add_result(PAREScenarioValidationResult(True), 'a')\n"
        "assert 'a' in many.description()\n"
        "print(*(name for name in ('are', 'pytest', 'litellm') if name in sys.modules))\n"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.split() == []


def test_a_run_has_its_own_configuration_or_that_of_all() -> None:
    own = MultiScenarioRunnerConfig(
        user_model_alias="own", tool_augmentation_config=ToolAugmentationConfig(tool_failure_probability=0.5)
    )
    results = PAREMultiScenarioValidationResult(CONFIG)
    results.add_result(PAREScenarioValidationResult(success=True), "b", 1, own)
    results.add_result(PAREScenarioValidationResult(success=True), "a", 1)
    assert results.configs_in_order() == [CONFIG, own]
    columns = ("base_scenario_id", "user_model", "tool_failure_probability")
    assert results.to_polars().select(*columns).rows() == [("a", CONFIG.user_model_alias, 0.0), ("b", "own", 0.5)]
    # A result that is replaced takes its configuration along.
    results.add_result(PAREScenarioValidationResult(success=True), "b", 1)
    assert results.configs_in_order() == [CONFIG, CONFIG]
