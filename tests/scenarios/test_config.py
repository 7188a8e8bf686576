import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pytest_pare.scenarios.config import (
    EnvEventsConfig,
    LLMEngineConfig,
    MultiScenarioRunnerConfig,
    ScenarioRunnerConfig,
    ToolAugmentationConfig,
)

ASKED = {
    "endpoint": None,
    "temperature": None,
    "seed": None,
    "max_tokens": None,
    "timeout_seconds": 120.0,
    "retries": 5,
    "price": None,
    "answers": None,
}
OPENAI_MINI: dict[str, Any] = {"model_name": "gpt-5-mini", "provider": "openai", **ASKED}
OPENAI = {"model_name": "gpt-5", "provider": "openai", **ASKED}
NO_FAULT = {"rate": 0.0, "seed": 0}
NOISE = {
    "data": None,
    "schedule": "default",
    "tool_failure_probability": None,
    "tool_timeout": {**NO_FAULT, "seconds": 30.0, "carried_out": False},
    "tool_partial": NO_FAULT,
    "tool_outdated": NO_FAULT,
    "tool_slow": {**NO_FAULT, "seconds": 20.0},
    "event_late": {**NO_FAULT, "seconds": 60.0},
    "event_twice": {**NO_FAULT, "seconds": 5.0},
    "event_out_of_order": NO_FAULT,
    "user_busy": {**NO_FAULT, "turns": 1},
    "user_changes_mind": NO_FAULT,
    "user_words": NO_FAULT,
    "tool_faults": {},
}

SINGLE: dict[str, Any] = {
    "user_engine_config": OPENAI_MINI,
    "user_max_iterations": 1,
    "agent_type": "observe-execute",
    "agent": None,
    "agent_engine_config": None,
    "user_type": "default",
    "observe_engine_config": OPENAI,
    "observe_max_iterations": 1,
    "execute_engine_config": OPENAI,
    "execute_max_iterations": 1,
    "oracle": False,
    "max_turns": 10,
    "export": False,
    "output_dir": None,
    "trace_dump_format": "hf",
    "use_custom_logger": True,
    "simulated_generation_time_mode": "measured",
    "generation_seconds": 1.0,
    "skip_idle_time": True,
    "proposal_lifetime": 3,
    "execute_max_turns": 5,
    "writes_without_consent": "carry_out",
    "max_tool_calls": 100,
    "tool_augmentation_config": None,
    "env_events_config": None,
    "noise": NOISE,
    "variation": False,
    "judge_only": False,
    "judge_engine_config": None,
    "judge": {"calibration": None},
    "max_scenario_duration": 600,
    "user_model_alias": "gpt-5-mini",
    "observe_model_alias": "gpt-5",
    "execute_model_alias": "gpt-5",
}
MULTI = SINGLE | {
    "max_concurrent_scenarios": None,
    "timeout_seconds": None,
    "executor_type": "thread",
    "log_level": "INFO",
    "log_to_file": True,
    "logs_dir": "logs",
    "enable_caching": True,
    "experiment_name": "default",
}

# Another valid value for each field that has no effect yet and that code cannot set.
WITHOUT_EFFECT: dict[str, Any] = {
    "user_type": "other",
}
# Another value for each of the others, and whether it counts in the hash.
WITH_EFFECT: dict[str, tuple[Any, bool]] = {
    "user_engine_config": ({"model_name": "gpt-5-mini", "provider": "azure"}, False),
    "observe_engine_config": ({"model_name": "gpt-5", "endpoint": "http://localhost"}, False),
    "execute_engine_config": ({"model_name": "gpt-5"}, False),
    "user_max_iterations": (2, True),
    "agent_type": ("my_agent:make", True),
    "agent": ({"command": ["my-agent"]}, True),
    "agent_engine_config": ({"model_name": "gpt-5-mini"}, True),
    "observe_max_iterations": (None, True),
    "execute_max_iterations": (3, True),
    "oracle": (True, True),
    "max_turns": (None, True),
    "export": (True, False),
    "output_dir": ("out", False),
    "trace_dump_format": ("lite", False),
    "simulated_generation_time_mode": ("fixed", True),
    "generation_seconds": (0.0, True),
    "skip_idle_time": (False, True),
    "proposal_lifetime": (1, True),
    "execute_max_turns": (None, True),
    "writes_without_consent": ("refuse", True),
    "max_tool_calls": (1, True),
    "tool_augmentation_config": ({}, True),
    "env_events_config": ({}, True),
    "variation": (True, True),
    "noise": ({"tool_slow": {"rate": 0.5}}, True),
    "judge_only": (True, True),
    "judge_engine_config": ({"model_name": "judge"}, True),
    "judge": ({"calibration": "judge.json"}, True),
    "max_scenario_duration": (601, True),
    "user_model_alias": ("a", True),
    "observe_model_alias": ("b", True),
    "execute_model_alias": ("c", True),
    "max_concurrent_scenarios": (4, False),
    "timeout_seconds": (5, True),
    "executor_type": ("process", False),
    "enable_caching": (False, False),
    "use_custom_logger": (False, False),
    "log_level": ("DEBUG", False),
    "log_to_file": (False, False),
    "logs_dir": ("elsewhere", False),
    "experiment_name": ("nightly", False),
}


def message(error: ValidationError) -> str:
    (details,) = error.errors()
    return f"{'.'.join(map(str, details['loc']))}: {details['msg']}"


def test_fields_and_defaults() -> None:
    assert ScenarioRunnerConfig().model_dump() == SINGLE
    assert MultiScenarioRunnerConfig().model_dump() == MULTI
    assert issubclass(MultiScenarioRunnerConfig, ScenarioRunnerConfig)
    assert set(WITHOUT_EFFECT) | set(WITH_EFFECT) == set(MULTI)


def test_noise_defaults() -> None:
    assert ToolAugmentationConfig().model_dump() == {
        "tool_failure_probability": 0.1,
        "apply_tool_name_augmentation": True,
        "apply_tool_description_augmentation": True,
    }
    assert EnvEventsConfig().model_dump() == {
        "num_env_events_per_minute": 10,
        "env_events_seed": 0,
        "n_message_events_per_conversation": 4,
        "n_item_events_per_product": 2,
        "weight_per_app_class": {"StatefulEmailApp": 1.0, "StatefulMessagingApp": 1.0, "StatefulShoppingApp": 1.0},
    }


def test_default_weights_are_not_shared() -> None:
    EnvEventsConfig().weight_per_app_class["StatefulEmailApp"] = 5.0
    assert EnvEventsConfig().weight_per_app_class["StatefulEmailApp"] == 1.0


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_what_has_no_effect_cannot_be_set(name: str) -> None:
    assert MultiScenarioRunnerConfig(**{name: MULTI[name]}).model_dump() == MULTI
    expected = (
        f"{name}: {name} has no effect in this version of pytest-pare "
        f"and can only be left at its default ({json.dumps(MULTI[name])})"
    )
    with pytest.raises(ValidationError) as built:
        MultiScenarioRunnerConfig(**{name: WITHOUT_EFFECT[name]})
    assert message(built.value) == expected
    with pytest.raises(ValidationError) as assigned:
        setattr(MultiScenarioRunnerConfig(), name, WITHOUT_EFFECT[name])
    assert message(assigned.value) == expected
    assert str(MultiScenarioRunnerConfig.model_fields[name].description).endswith(
        " Not implemented yet; only the default is accepted."
    )


@pytest.mark.parametrize("name", WITH_EFFECT)
def test_what_can_be_set(name: str) -> None:
    config = MultiScenarioRunnerConfig(**{name: WITH_EFFECT[name][0]})
    assert config.model_dump()[name] != MULTI[name]
    assert "only the default is accepted." not in str(MultiScenarioRunnerConfig.model_fields[name].description)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"max_turn": 3}, "max_turn: Extra inputs are not permitted"),
        ({"oracle": "false"}, "oracle: Input should be a valid boolean"),
        ({"user_max_iterations": True}, "user_max_iterations: Input should be a valid integer"),
        ({"user_max_iterations": 0}, "user_max_iterations: Input should be greater than or equal to 1"),
        ({"max_turns": -1}, "max_turns: Input should be greater than or equal to 0"),
        ({"max_tool_calls": 0}, "max_tool_calls: Input should be greater than or equal to 1"),
        ({"proposal_lifetime": 0}, "proposal_lifetime: Input should be greater than or equal to 1"),
        ({"execute_max_turns": 0}, "execute_max_turns: Input should be greater than or equal to 1"),
        ({"generation_seconds": -0.1}, "generation_seconds: Input should be greater than or equal to 0"),
        ({"generation_seconds": float("inf")}, "generation_seconds: Input should be a finite number"),
        ({"writes_without_consent": "ask"}, "writes_without_consent: Input should be 'carry_out' or 'refuse'"),
        (
            {"simulated_generation_time_mode": "real"},
            "simulated_generation_time_mode: Input should be 'measured', 'fixed' or 'recorded'",
        ),
        ({"trace_dump_format": "xml"}, "trace_dump_format: Input should be 'jsonl', 'hf' or 'lite'"),
        ({"output_dir": "a\0b"}, "output_dir: String should match pattern '^[^\\x00]+$'"),
        (
            {"agent_type": "nul"},
            "agent_type: must be observe-execute, null, eager, reckless, random, replay, spam, "
            'flaky, or module:name of an agent of your own, got "nul"',
        ),
        ({"max_concurrent_scenarios": 0}, "max_concurrent_scenarios: Input should be greater than or equal to 1"),
        ({"executor_type": "fork"}, "executor_type: Input should be 'sequential', 'thread' or 'process'"),
        ({"max_scenario_duration": 0}, "max_scenario_duration: Input should be greater than 0"),
        ({"max_scenario_duration": True}, "max_scenario_duration: Input should be a valid integer"),
        ({"timeout_seconds": -1}, "timeout_seconds: Input should be greater than 0"),
        ({"user_model_alias": ""}, "user_model_alias: String should have at least 1 character"),
        ({"user_engine_config": {}}, "user_engine_config.model_name: Field required"),
        (
            {"user_engine_config": {"model_name": ""}},
            "user_engine_config.model_name: String should have at least 1 character",
        ),
        (
            {"user_engine_config": {"model_name": "m", "url": "x"}},
            "user_engine_config.url: Extra inputs are not permitted",
        ),
        (
            {"tool_augmentation_config": {"tool_failure_probability": 1.01}},
            "tool_augmentation_config.tool_failure_probability: Input should be less than or equal to 1",
        ),
        (
            {"tool_augmentation_config": {"tool_failure_probability": float("nan")}},
            "tool_augmentation_config.tool_failure_probability: Input should be less than or equal to 1",
        ),
        (
            {"env_events_config": {"num_env_events_per_minute": -1}},
            "env_events_config.num_env_events_per_minute: Input should be greater than or equal to 0",
        ),
        (
            {"env_events_config": {"weight_per_app_class": {"A": -1.0}}},
            "env_events_config.weight_per_app_class.A: Input should be greater than or equal to 0",
        ),
        (
            {"env_events_config": {"weight_per_app_class": {"A": float("inf")}}},
            "env_events_config.weight_per_app_class.A: Input should be a finite number",
        ),
        ({"noise": {"tool_slow": {"rate": 1.5}}}, "noise.tool_slow.rate: Input should be less than or equal to 1"),
        ({"noise": {"user_busy": {"turns": 0}}}, "noise.user_busy.turns: Input should be greater than or equal to 1"),
        ({"noise": {"schedule": "p"}}, "noise.schedule: Input should be 'default' or 'pare'"),
        (
            {"tool_augmentation_config": object()},
            "tool_augmentation_config: Input should be a valid dictionary or instance of ToolAugmentationConfig",
        ),
    ],
)
def test_bad_settings(setting: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MultiScenarioRunnerConfig(**setting)
    assert message(caught.value) == expected


def test_accepts_the_objects_of_are() -> None:
    from are.simulation.agents.are_simulation_agent_config import LLMEngineConfig as AreEngine
    from are.simulation.scenarios.utils.scenario_expander import EnvEventsConfig as AreEnvEvents
    from are.simulation.types import ToolAugmentationConfig as AreTools

    config = ScenarioRunnerConfig(
        user_engine_config=AreEngine(model_name="m", provider="p", endpoint="e"),
        tool_augmentation_config=AreTools(0.5, False, True),
        env_events_config=AreEnvEvents(1, 2, 3, 4, {"StatefulShoppingApp": 0.5}),
    )

    assert config.user_engine_config == LLMEngineConfig(model_name="m", provider="p", endpoint="e")
    assert config.tool_augmentation_config == ToolAugmentationConfig(
        tool_failure_probability=0.5, apply_tool_name_augmentation=False, apply_tool_description_augmentation=True
    )
    assert config.env_events_config == EnvEventsConfig(
        num_env_events_per_minute=1,
        env_events_seed=2,
        n_message_events_per_conversation=3,
        n_item_events_per_product=4,
        weight_per_app_class={"StatefulShoppingApp": 0.5},
    )
    assert LLMEngineConfig.model_validate(AreEngine(model_name="m")) == LLMEngineConfig(model_name="m")
    assert ToolAugmentationConfig.model_validate(AreTools()) == ToolAugmentationConfig()


@pytest.mark.parametrize("rate", [2, 2.0])
def test_a_rate_is_a_whole_number_however_it_is_written(rate: Any) -> None:
    from are.simulation.scenarios.utils.scenario_expander import EnvEventsConfig as AreEnvEvents

    given = AreEnvEvents(rate, 2, 3, 4, {"StatefulShoppingApp": 0.5})
    for events in (given, EnvEventsConfig(num_env_events_per_minute=rate), {"num_env_events_per_minute": rate}):
        config = ScenarioRunnerConfig.model_validate({"env_events_config": events}).env_events_config
        assert config is not None
        assert (config.num_env_events_per_minute, type(config.num_env_events_per_minute)) == (2, int)


@pytest.mark.parametrize("rate", [0.5, float("inf"), float("nan"), -1.0, True, "2"])
def test_a_rate_that_is_no_whole_number_is_refused(rate: Any) -> None:
    with pytest.raises(ValidationError, match="num_env_events_per_minute"):
        EnvEventsConfig(num_env_events_per_minute=rate)


def test_the_model_of_an_agent_counts_in_the_hash_and_none_does_not() -> None:
    def hashed(**engine: Any) -> str:
        config = LLMEngineConfig(**engine)
        return ScenarioRunnerConfig(agent_type="my:agent", agent_engine_config=config).get_config_hash()

    # As before the model of an agent was a setting: earlier sessions keep their hash.
    assert ScenarioRunnerConfig().get_config_hash() == "f715a72e98af31b261f32df1f8b67787"
    plain = hashed(model_name="m")
    assert hashed(model_name="m", provider="openai", timeout_seconds=1.0) == plain
    others = [hashed(model_name="n"), hashed(model_name="m", temperature=0.0), hashed(model_name="m", seed=1)]
    assert len({plain, *others}) == 4


def test_what_changes_the_answers_of_an_engine_counts_in_the_hash() -> None:
    def hashed(**options: Any) -> str:
        engine = LLMEngineConfig(model_name="gpt-5", **options)
        return ScenarioRunnerConfig(observe_engine_config=engine).get_config_hash()

    plain = ScenarioRunnerConfig().get_config_hash()
    assert hashed() == hashed(provider="azure", endpoint="http://x", timeout_seconds=1.0, retries=0) == plain
    others = [hashed(temperature=0.0), hashed(seed=0), hashed(max_tokens=1), hashed(answers=["a"])]
    assert len({plain, *others}) == 5


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ({"temperature": -0.1}, "temperature: Input should be greater than or equal to 0"),
        ({"seed": -1}, "seed: Input should be greater than or equal to 0"),
        ({"max_tokens": 0}, "max_tokens: Input should be greater than 0"),
        ({"timeout_seconds": 0.0}, "timeout_seconds: Input should be greater than 0"),
        ({"retries": -1}, "retries: Input should be greater than or equal to 0"),
        ({"price": {"input": 1.0}}, "price.output: Field required"),
        ({"price": {"input": -1.0, "output": 0.0}}, "price.input: Input should be greater than or equal to 0"),
    ],
)
def test_bad_options_of_an_engine(option: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        LLMEngineConfig(model_name="m", **option)
    assert message(caught.value) == expected


def test_which_engines_ask_a_model() -> None:
    providers = ("oracle", "scripted", "openai", None)
    assert [LLMEngineConfig(model_name="m", provider=p).is_live for p in providers] == [False, False, True, True]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, 0.0),
        ({"tool_augmentation_config": {}}, 0.1),
        ({"noise": {"tool_failure_probability": 0.4}}, 0.4),
        ({"tool_augmentation_config": {}, "noise": {"tool_failure_probability": 0.0}}, 0.0),
    ],
)
def test_how_often_tools_fail(config: dict[str, Any], expected: float) -> None:
    assert ScenarioRunnerConfig(**config).tool_failure_probability == expected


def test_values_of_ares_objects_are_checked() -> None:
    from are.simulation.types import ToolAugmentationConfig as AreTools

    with pytest.raises(ValidationError, match="less than or equal to 1"):
        ScenarioRunnerConfig(tool_augmentation_config=AreTools(7))


def test_an_alias_that_is_not_set_follows_its_engine() -> None:
    config = ScenarioRunnerConfig(user_engine_config=LLMEngineConfig(model_name="a"), observe_model_alias="mine")
    assert (config.user_model_alias, config.observe_model_alias, config.execute_model_alias) == ("a", "mine", "gpt-5")

    config.user_engine_config = LLMEngineConfig(model_name="b")
    config.observe_engine_config = LLMEngineConfig(model_name="c")
    assert (config.user_model_alias, config.observe_model_alias, config.execute_model_alias) == ("b", "mine", "gpt-5")

    config.observe_model_alias = None
    assert config.observe_model_alias == "c"
    assert ScenarioRunnerConfig(execute_model_alias=None).execute_model_alias == "gpt-5"


@pytest.mark.parametrize("agent_type", ["", ":", "module:", ":name", "observe_execute"])
def test_what_names_no_agent(agent_type: str) -> None:
    with pytest.raises(ValidationError, match="agent_type\n  must be observe-execute, null"):
        ScenarioRunnerConfig(agent_type=agent_type)


ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")
ALL_ORACLE = {"user_engine_config": ORACLE, "observe_engine_config": ORACLE, "execute_engine_config": ORACLE}


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ({"oracle": True}, "oracle"),
        ({"oracle": True, "agent_type": "null"}, "oracle"),
        (ALL_ORACLE, "reference"),
        (ALL_ORACLE | {"agent_type": "null"}, "agent"),
        (ALL_ORACLE | {"agent_engine_config": LLMEngineConfig(model_name="m")}, "reference"),
        (ALL_ORACLE | {"agent_type": "my_agent:make"}, "agent"),
        (ALL_ORACLE | {"observe_engine_config": LLMEngineConfig(model_name="oracle")}, "agent"),
        ({}, "agent"),
    ],
)
def test_what_a_run_says_something_about(settings: dict[str, Any], mode: str) -> None:
    assert ScenarioRunnerConfig(**settings).mode == mode


def test_an_agent_without_engines_of_its_own_leaves_but_the_users() -> None:
    assert list(ScenarioRunnerConfig().engines) == ["user", "observe", "execute"]
    assert ScenarioRunnerConfig(agent_type="null").engines == {"user": LLMEngineConfig(**OPENAI_MINI)}


def test_dump_of_what_was_set_does_not_freeze_the_aliases() -> None:
    config = ScenarioRunnerConfig(user_engine_config=LLMEngineConfig(model_name="a"))
    assert config.model_dump(exclude_unset=True) == {"user_engine_config": {"model_name": "a"}}
    assert ScenarioRunnerConfig(**config.model_dump()) == config


@pytest.mark.parametrize("name", WITH_EFFECT)
def test_hash_changes_with_what_can_change_a_result(name: str) -> None:
    other, counts = WITH_EFFECT[name]
    changed = MultiScenarioRunnerConfig(**{name: other}).get_config_hash()
    assert (changed != MultiScenarioRunnerConfig().get_config_hash()) == counts


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_hash_and_fields_of_later_versions(name: str) -> None:
    # `model_copy` does not validate, and so gets past the refusal.
    changed = MultiScenarioRunnerConfig().model_copy(update={name: WITHOUT_EFFECT[name]})
    assert changed.get_config_hash() != MultiScenarioRunnerConfig().get_config_hash()


def test_hash_is_the_same_in_every_process() -> None:
    code = "from pytest_pare.scenarios.config import *; print(MultiScenarioRunnerConfig(oracle=True).get_config_hash())"
    root = str(Path(__file__).parents[2])
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert hashes == {MultiScenarioRunnerConfig(oracle=True).get_config_hash()}
    (only,) = hashes
    assert len(only) == 32
    assert int(only, 16)


@hypothesis.settings(deadline=None)  # A busy machine is no failure.
@given(
    weights=st.dictionaries(
        st.sampled_from(sorted(EnvEventsConfig().weight_per_app_class)),
        st.floats(min_value=0.5, max_value=1e9),
        min_size=1,
    )
)
def test_hash_does_not_see_the_order_of_weights(weights: dict[str, float]) -> None:
    def hashed(items: dict[str, float]) -> str:
        return ScenarioRunnerConfig(env_events_config=EnvEventsConfig(weight_per_app_class=items)).get_config_hash()

    assert hashed(weights) == hashed(dict(reversed(weights.items())))
    assert hashed(weights) != hashed({**weights, "StatefulEmailApp": weights.get("StatefulEmailApp", 0.0) + 1.0})


@hypothesis.settings(deadline=None)  # A busy machine is no failure.
@given(st.lists(st.integers(min_value=1, max_value=10**6), min_size=2, max_size=2, unique=True))
def test_hash_tells_durations_apart(durations: list[int]) -> None:
    one, other = (ScenarioRunnerConfig(max_scenario_duration=seconds).get_config_hash() for seconds in durations)
    assert one != other


def test_logs_dir() -> None:
    config = MultiScenarioRunnerConfig(
        experiment_name="nightly", logs_dir="/var/log", user_model_alias="org/u", execute_model_alias=".."
    )
    assert config.build_logs_dir() == "/var/log/nightly_user_org%2Fu_mt_10_umi_1_omi_1_emi_1/obs_gpt-5_exec_.."
    assert config.build_logs_dir("../x") == "/var/log/..%2Fx_user_org%2Fu_mt_10_umi_1_omi_1_emi_1/obs_gpt-5_exec_.."


@hypothesis.settings(deadline=None)  # A busy machine is no failure.
@given(*[st.text(st.characters(codec="utf-8", exclude_characters="$~{"), min_size=1)] * 2)
def test_logs_dir_keeps_models_apart(one: str, other: str) -> None:
    one_dir, other_dir = (
        MultiScenarioRunnerConfig(user_model_alias=alias, observe_model_alias=alias).build_logs_dir()
        for alias in (one, other)
    )
    assert (one_dir == other_dir) == (one == other)
    assert one_dir.count("/") == 2
    assert "\0" not in one_dir


def test_logs_dir_is_made_only_if_something_is_logged(tmp_path: Path) -> None:
    config = MultiScenarioRunnerConfig(logs_dir=str(tmp_path / "logs"))
    assert config.model_copy(update={"log_to_file": False}).maybe_build_logs_dir() is None
    assert list(tmp_path.iterdir()) == []
    assert config.maybe_build_logs_dir() == config.build_logs_dir()
    assert Path(config.build_logs_dir()).is_dir()
    assert config.maybe_build_logs_dir() == config.build_logs_dir()


def test_json_schema_marks_what_has_no_effect() -> None:
    fields = MultiScenarioRunnerConfig.model_json_schema()["properties"]
    assert {name for name, field in fields.items() if field.get("x-without-effect") == "anywhere"} == set(
        WITHOUT_EFFECT
    )
    assert {name for name, field in fields.items() if field.get("x-without-effect") == "suite"} == {"executor_type"}
    assert all(field["description"] for field in fields.values())


BUILT_LATE = """
import sys
from threading import Barrier, Thread

from pydantic_core import to_jsonable_python

from pytest_pare.scenarios.config import MultiScenarioRunnerConfig

sys.setswitchinterval(1e-6)
begin, made = Barrier(8), []

def make():
    begin.wait()
    made.append(MultiScenarioRunnerConfig.model_validate({"tool_augmentation_config": {"tool_failure_probability": 1}}))

threads = [Thread(target=make) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
# Where no class is declared, pydantic uses the own serializer of a part.
print(len(made), to_jsonable_python(made[0].tool_augmentation_config)["tool_failure_probability"])
"""


def test_threads_may_make_the_first_config_of_a_process() -> None:
    done = subprocess.run([sys.executable, "-c", BUILT_LATE], capture_output=True, text=True, check=False)
    assert done.stdout == "8 1.0\n", done.stderr
