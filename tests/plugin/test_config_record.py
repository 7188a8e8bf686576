"""The record of the config of runs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.plugin.config_record import config_record
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.settings.runner import RunnerSettings

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Turn


@pytest.fixture
def item() -> Any:
    return SimpleNamespace(nodeid="pare.yaml::a", config=SimpleNamespace(stash=pytest.Stash()))


def test_equal_configs_of_a_variant_have_one_record(item: Any) -> None:
    made = config_record(item, "a", MultiScenarioRunnerConfig(max_turns=3), None)
    assert made["max_turns"] == 3
    assert config_record(item, "a", MultiScenarioRunnerConfig(max_turns=3), None) is made


def test_a_config_that_a_fixture_changes_gets_another_record(item: Any) -> None:
    config = MultiScenarioRunnerConfig()
    made = config_record(item, "", config, None)
    config.max_turns = 4
    config.user_engine_config = config.user_engine_config.model_copy(update={"model_name": "other"})
    changed = config_record(item, "", config, None)
    assert (changed["max_turns"], changed["user_engine_config"]["model_name"]) == (4, "other")
    assert (made["max_turns"], made["user_engine_config"]["model_name"]) == (10, "gpt-5-mini")


def test_an_agent_gets_a_record_of_its_own(item: Any) -> None:
    def own(turn: Turn) -> None: ...

    config = MultiScenarioRunnerConfig()
    assert config_record(item, "", config, None)["agent_type"] == "observe-execute"
    assert config_record(item, "", config, own)["agent_type"] == f"{__name__}:{own.__qualname__}"


def test_a_secret_that_is_set_later_is_redacted(item: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    config = MultiScenarioRunnerConfig(experiment_name="planted-value-1")
    assert config_record(item, "", config, None)["experiment_name"] == "planted-value-1"
    monkeypatch.setenv("SOME_API_KEY", "planted-value-1")
    assert config_record(item, "", config, None)["experiment_name"] == "[redacted]"


def test_a_part_that_is_changed_in_place_gets_another_record(item: Any) -> None:
    answers = ["a"]
    engine = LLMEngineConfig(model_name="scripted", provider="scripted", answers=answers)
    config = RunnerSettings(user_engine_config=engine)
    made = config_record(item, "", config, None)
    assert config_record(item, "", config, None) is made
    kept = config.user_engine_config.answers
    assert isinstance(kept, list)
    kept.append("b")
    changed = config_record(item, "", config, None)
    assert [one["user_engine_config"]["answers"] for one in (made, changed)] == [["a"], ["a", "b"]]
    same = RunnerSettings(user_engine_config=engine.model_copy(update={"answers": ["a", "b"]}))
    assert config_record(item, "", same, None) is changed
