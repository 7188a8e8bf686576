"""What engines say about their answers can be anything; what is kept of it can be added up, written and read."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from are.simulation.agents.llm.llm_engine import LLMEngine
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare.engines.cassette import Cassette
from pytest_pare.engines.cassette_spec import CassetteSpec
from pytest_pare.engines.facts import Facts, amount, finish_reason, tokens
from pytest_pare.results.details import detail_lines, details_to_dict
from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.schema import DETAILS_SCHEMA
from pytest_pare.results.validation_result import (
    result_from_record,
    result_to_record,
)
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.simulation.runner import Run, run_scenario
from pytest_pare.simulation.trace import Trace
from tests.engines.recorded_runs import WAIT
from tests.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

BILLION = 10**9


@pytest.mark.parametrize(
    ("told", "count"),
    [
        (0, 0), (7, 7), (2.0, 2), (BILLION, BILLION), (np.int64(5), 5), (np.float64(5), 5), (Fraction(6, 2), 3),
        (400.5, None), (-1, None), (-0.5, None), (BILLION + 1, None), (10**400, None), (1e308, None),
        (math.nan, None), (math.inf, None), (-math.inf, None), (True, None), (False, None), (np.True_, None),
        ("400", None), ("", None), (None, None), ([1], None), ({}, None), (1j, None), (Decimal(3), None),
    ],
)  # fmt: skip
def test_a_count_of_tokens(told: Any, count: int | None) -> None:
    found = tokens(told)
    assert (found, type(found)) == (count, type(count))


@pytest.mark.parametrize(
    ("told", "dollars"),
    [
        (0, 0.0), (0.25, 0.25), (5e-324, 5e-324), (float(BILLION), 1e9), (np.float32(0.5), 0.5),
        (-1e-9, None), (1e10, None), (10**400, None), (math.nan, None), (math.inf, None), (True, None), ("0.1", None),
        (None, None),
    ],
)  # fmt: skip
def test_an_amount(told: Any, dollars: float | None) -> None:
    found = amount(told)
    assert (found, type(found)) == (dollars, type(dollars))


def test_a_zero_has_no_sign() -> None:
    assert str(amount(-0.0)) == "0.0"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (None, "stop"), ("stop", "stop"), ("STOP", "stop"), ("eos", "stop"), ("eos_token", "stop"),
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("COMPLETE", "stop"), ("", "stop"),
        ("length", "length"), ("max_tokens", "length"), ("MAX_TOKENS", "length"), (" max-tokens ", "length"),
        ("tool_calls", "tool_calls"), ("tool_use", "tool_calls"), ("function_call", "tool_calls"),
        ("content_filter", "content_filter"), ("SAFETY", "content_filter"), ("refusal", "content_filter"),
        ("error", None), ("ERROR", None), ("abort", None), ("banana", None), ("network_error", None), (3, None),
        (True, None), ([], None), ({"type": "stop"}, None),
    ],
)  # fmt: skip
def test_why_an_answer_ended(told: Any, reason: str | None) -> None:
    assert finish_reason(told) == reason


@pytest.mark.parametrize("told", [None, [], "x", 3, {}, {"finish_reason": None}, {"finish_reason": "broken"}])
def test_what_tells_nothing_is_unknown(told: Any) -> None:
    assert Facts.of(told) == Facts()


FIGURE = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
    | st.sampled_from([0, -1, 2.0, 400.5, 10**400, 2**63, 1e308, 5e-324, -0.0, math.nan, math.inf, "12", [1], {}])
)  # fmt: skip
NAMES = ("prompt_tokens", "completion_tokens", "cost", "completion_duration", "finish_reason")


class Odd(LLMEngine):
    """Says of its answers what it is given."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__("odd")
        self._facts = facts

    def chat_completion(self, messages: Any, stop_sequences: Any = (), **kwargs: Any) -> tuple[str, dict[str, Any]]:
        return WAIT, self._facts


def play(facts: dict[str, Any], cassette: CassetteSpec, mode: Any) -> Run:
    model = LLMEngineConfig(model_name="odd-2025-01-01", provider="somebody")
    config = MultiScenarioRunnerConfig(
        user_engine_config=model,
        observe_engine_config=model,
        execute_engine_config=model,
        simulated_generation_time_mode=mode,
        max_turns=1,
    )
    return run_scenario(Stage(), config, engine_builder=lambda *_: Odd(facts), cassette=cassette)


@settings(max_examples=30)
@given(
    facts=st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, FIGURE)), mode=st.sampled_from(["fixed", "measured"])
)
def test_what_is_written_of_any_figures_can_be_read(
    facts: dict[str, Any], mode: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("odd") / "stage.jsonl"
    run = play(facts, CassetteSpec(path, "once"), mode)
    assert run.result.exception is None
    assert Trace.from_jsonl(run.trace.to_jsonl()) == run.trace
    assert Cassette.read(path) is not None
    replayed = play({}, CassetteSpec(path), "recorded" if mode == "measured" else mode)
    assert [call.cost for call in replayed.trace.calls] == [call.cost for call in run.trace.calls]
    check_reports(run, path.with_suffix(".parquet"))


def check_reports(run: Run, path: Path) -> None:
    record = json.loads(_strict_json(result_to_record(run.result)))
    result = result_from_record(record)
    assert result.usage == run.result.usage
    results = PAREMultiScenarioValidationResult(MultiScenarioRunnerConfig(), {("stage", None): result})
    results.details_to_polars().write_parquet(path)
    assert pl.read_parquet(path).schema == DETAILS_SCHEMA
    for usage in json.loads(_strict_json(details_to_dict([result])))["usage"].values():
        totals = [usage[name]["total"] for name in NAMES[:3]]
        assert all(total is None or total >= 0 for total in totals)
    lines = detail_lines([result])
    assert all(len(line) <= 80 for line in lines)
    assert "Cost of 1 run" in lines[-1]


def _strict_json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def test_a_figure_that_is_equal_to_a_secret_stays_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOOR_PASSWORD", "12345678")
    path = tmp_path / "stage.jsonl"
    run = play({"prompt_tokens": 12345678, "completion_tokens": 1}, CassetteSpec(path, "once"), "fixed")
    recording = Cassette.read(path)
    assert recording is not None
    assert {call.prompt_tokens for call in recording.calls} == {12345678}
    assert result_to_record(run.result)["usage"]["user"]["prompt_tokens"] == 12345678
