"""The scripted engine: a run whose answers are written down, in the configuration or in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_pare.engines.building import build_engine
from pytest_pare.engines.errors import EngineConfigurationError, EngineError
from pytest_pare.engines.reference import Reference
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.simulation.runner import run_scenario
from tests.scripted import LINE
from tests.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.simulation.runner import Run

PROPOSES = {
    "thought": "A mail\ncame.",
    "action": f"{LINE}send_message_to_user",
    "action_input": {"content": "Shall I?"},
}
WAITS = {"action": f"{LINE}wait"}


def scripted(answers: Any) -> LLMEngineConfig:
    return LLMEngineConfig(model_name="written", provider="scripted", answers=answers)


def engine(answers: Any, scenario_id: str = "stage") -> LLMEngine:
    reference = Reference([], None, lambda _event: False, frozenset(), scenario_id)
    return build_engine(scripted(answers), "observe", reference)


def play(user: Any, observe: Any, **settings: Any) -> Run:
    config = MultiScenarioRunnerConfig(
        user_engine_config=scripted(user),
        observe_engine_config=scripted(observe),
        execute_engine_config=scripted([]),
        max_turns=2,
        observe_max_iterations=1,
        skip_idle_time=False,
        **settings,
    )
    return run_scenario(Stage(), config)


def test_a_run_is_played_by_what_is_written() -> None:
    run = play(['Thought: I am shy.\nAction:\n{"action": "wait"}<end_action>', {"action": "wait"}], [PROPOSES, WAITS])
    assert run.success, run.result
    assert [event.args["content"] for event in run.trace.proposals()] == ["Shall I?"]
    assert {call.model for call in run.trace.calls} == {"written"}
    assert [call.latency for call in run.trace.calls] == [1.0] * 3
    assert run.trace.calls[1].response == (
        'Thought: A mail came.\nAction:\n{\n  "action": "PAREAgentUserInterface__send_message_to_user",\n'
        '  "action_input": {\n    "content": "Shall I?"\n  }\n}<end_action>'
    )


def test_the_answers_of_a_scenario_can_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "user.yaml").write_text("- action: wait\n- {action: wait, thought: Nothing new.}\n")
    by_scenario = {"stage": [PROPOSES, WAITS], "other": []}
    (tmp_path / "observe.yaml").write_text(yaml.safe_dump(by_scenario))
    run = play(str(tmp_path / "user.yaml"), str(tmp_path / "observe.yaml"))
    assert run.success
    assert run.trace == play([{"action": "wait"}, {"action": "wait", "thought": "Nothing new."}], by_scenario).trace


def test_a_trace_becomes_answers_that_play_it_again(tmp_path: Path) -> None:
    trace = play([{"action": "wait"}] * 2, [PROPOSES, WAITS]).trace
    for role in ("user", "observe"):
        answers = {trace.scenario_id: [call.response for call in trace.calls if call.role == role]}
        (tmp_path / f"{role}.yaml").write_text(yaml.safe_dump(answers, allow_unicode=True), encoding="utf-8")
    assert play(str(tmp_path / "user.yaml"), str(tmp_path / "observe.yaml")).trace == trace


def test_when_the_answers_run_out_the_run_is_no_failure_of_the_agent(tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text("- action: wait\n")
    run = play(str(tmp_path / "answers.yaml"), [PROPOSES])
    assert run.result.status == "exception"
    assert isinstance(run.result.exception, EngineError)
    assert run.result.error_kind == "configuration"
    assert str(run.result.exception) == (
        "the scripted answers of role user have run out after 1 (answers.yaml); write down more of them"
    )
    assert "have run out after 0 (user_engine_config.answers)" in str(play([], []).result.exception)


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        (None, "observe_engine_config.answers: must be a list of answers, or of a mapping by scenario id, got nothing"),
        ({"other": []}, "observe_engine_config.answers: no answers for scenario stage; there is other"),
        ({}, "observe_engine_config.answers: no answers for scenario stage; there is nothing"),
        ({"stage": "x"}, "observe_engine_config.answers: stage: must be a list of answers, or of a mapping *, got str"),
        (["x", 3], r"observe_engine_config.answers[1]: must be a text, or a mapping of *, got int"),
        ([{"act": "x"}], "observe_engine_config.answers[0]: unknown key act; an answer must be a text, or a *"),
        ([{"thought": "x"}], "observe_engine_config.answers[0].action: must be the name of a tool"),
        ([{"action": "x", "action_input": [1]}], "*[0].action_input: must be a mapping of the arguments by name"),
        ([{"action": "x", "thought": 1}], "*[0].thought: must be a text"),
        ([{"action": "x", "action_input": {"a": {1}}}], "*[0].action_input: cannot be written as JSON: *"),
    ],
)
def test_answers_that_are_none_are_refused_with_their_place(answers: Any, complaint: str) -> None:
    with pytest.raises(EngineConfigurationError) as caught:
        engine(answers)
    first, _, last = complaint.rpartition("*")
    assert str(caught.value).endswith(last)
    assert all(part in str(caught.value) for part in first.split("*"))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"- a\n- {", "answers.yaml:2: broken YAML: "),
        (b"- \xff", "answers.yaml: is not UTF-8 text"),
        (b"- 2024-99-99", "answers.yaml: broken YAML: month must be in 1..12"),
        (b"other: [a]", "answers.yaml: no answers for scenario stage; there is other"),
        (b"stage: [a, [b]]", "answers.yaml: stage[1]: must be a text"),
        (b"", "answers.yaml: must be a list of answers"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_line_or_key(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_bytes(content)
    with pytest.raises(EngineConfigurationError) as caught:
        engine(str(tmp_path / "answers.yaml"))
    assert f"{tmp_path}/{complaint}" in str(caught.value)


def test_a_file_that_is_not_there_is_named_with_the_key(tmp_path: Path) -> None:
    with pytest.raises(EngineConfigurationError) as caught:
        engine(str(tmp_path / "answers.yaml"))
    assert str(caught.value) == (
        f"observe_engine_config.answers: {tmp_path}/answers.yaml cannot be read: No such file or directory"
    )
