"""The scripted engine: a run whose answers are written down, in the configuration or in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_pare.agents.react import parse_action
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
    assert run.result.exception_kind == "configuration"
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
        ({"stage": "x"}, "observe_engine_config.answers.stage: must be a list of answers, or of a mapping *, got str"),
        (["x", 3], r"observe_engine_config.answers[1]: must be a text, or a mapping of *, got int"),
        ([{"act": "x"}], "observe_engine_config.answers[0].act: unknown key act; an answer must be a text, or a *"),
        ([{"thought": "x"}], "observe_engine_config.answers[0].action: must be the name of a tool, got nothing"),
        (
            [{"action": "x", "action_input": [1]}],
            "*[0].action_input: must be a mapping of the arguments by name, got list",
        ),
        (
            [{"action": "x", "action_input": 0}],
            "*[0].action_input: must be a mapping of the arguments by name, got int",
        ),
        ([{"action": "x", "thought": 1}], "*[0].thought: must be a text, got int"),
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
        (b"- a\n- {", "answers.yaml:2: broken YAML in column 4: "),
        (b"- a\n- \xff", "answers.yaml:2: is not UTF-8 text"),
        (b"- !!timestamp x", "answers.yaml:1: broken YAML in column 3: this is no timestamp"),
        (b"other: [a]", "answers.yaml: no answers for scenario stage; there is other"),
        (b"stage:\n- a\n- [b]", "answers.yaml:3: stage[1]: must be a text"),
        (b"stage: [a]\nstage: [b]", "answers.yaml:2: stage: duplicate key, already set in line 1"),
        (b"- {action: a, action: b}", "answers.yaml:1: [0].action: duplicate key, already set in line 1"),
        (
            b"- action: a\n  action_input:\n    x: 1\n    x: 2",
            "answers.yaml:4: [0].action_input.x: duplicate key, already set in line 3",
        ),
        (b"- {action: a, action_input: {1: x}}", "answers.yaml:1: [0].action_input: keys must be text; put quotes"),
        (b"1: [a]", "answers.yaml:1: keys must be text; put quotes around 1"),
        (b"stage:", "answers.yaml:1: stage: must be a list of answers, or of a mapping by scenario id, got nothing"),
        (b"- action: a\n- ", "answers.yaml:2: [1]: must be a text, or a mapping"),
        (b"- action: ", "answers.yaml:1: [0].action: must be the name of a tool, got nothing"),
        (b"- {action: a, thought: }", "answers.yaml:1: [0].thought: is empty; write null for nothing, or"),
        (
            b"- action: a\n  action_input:\n    x:",
            "answers.yaml:3: [0].action_input.x: is empty; write null for nothing, or '' for an empty text",
        ),
        (b"- {action: a, action_input: {x: [b, ~, ], y: }}\n- 3", "answers.yaml:1: [0].action_input.y: is empty; "),
        (b"", "answers.yaml:1: must be a list of answers"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_line_or_key(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_bytes(content)
    with pytest.raises(EngineConfigurationError) as caught:
        engine(str(tmp_path / "answers.yaml"))
    assert f"{tmp_path}/{complaint}" in str(caught.value)


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("No", "No"),
        ("on", "on"),
        ("10:30", "10:30"),
        ("0123", "0123"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("2025-01-08", "2025-01-08"),
        ("2025-01-08 09:00:00", "2025-01-08 09:00:00"),
        ("=", "="),
        ("costs $5, ${X} and {{ y }}", "costs $5, ${X} and {{ y }}"),
        ("12", 12),
        ("-1.5", -1.5),
        ("true", True),
        ("null", None),
        ("'12'", "12"),
    ],
)
def test_an_argument_is_what_is_written(plain: str, value: Any, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(f"- action: search\n  action_input: {{query: {plain}}}\n")
    if "{{" in plain:
        file.write_text(f"- action: search\n  action_input:\n    query: {plain}\n")
    answer, _ = engine(str(file)).chat_completion([])
    assert parse_action(answer) == ("search", {"query": value})


def test_answers_may_have_anchors_and_merges(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(
        "other:\n- &wait {action: wait, thought: x}\nstage:\n- *wait\n- {<<: *wait, thought: y, action_input: }\n"
    )
    scripted_engine = engine(str(file))
    thoughts = [scripted_engine.chat_completion([])[0].splitlines()[0] for _ in range(2)]
    assert thoughts == ["Thought: x", "Thought: y"]


def test_all_that_is_wrong_with_a_file_is_counted(tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text("- 3\n- {action_inputs: {}}\n")
    with pytest.raises(EngineConfigurationError, match=r"\[0\]: must be a text, .*, got int \(and 2 more\)$"):
        engine(str(tmp_path / "answers.yaml"))


def test_a_file_that_is_not_there_is_named_with_the_key(tmp_path: Path) -> None:
    with pytest.raises(EngineConfigurationError) as caught:
        engine(str(tmp_path / "answers.yaml"))
    assert str(caught.value) == (
        f"observe_engine_config.answers: {tmp_path}/answers.yaml: cannot be read: No such file or directory"
    )
