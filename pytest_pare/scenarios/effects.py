"""The settings that have no effect on runs, with the reasons."""

import re

from pytest_pare.scenarios.config import AGENT_TYPES, NoiseConfig, ScenarioRunnerConfig

_OF_STAGE = re.compile(r"runner\.(observe|execute)_(?:engine_config|max_iterations|model_alias)\b")
_OF_ENGINE = re.compile(r"(\w+)_engine_config")


def why_without_effect(key: str, runner: ScenarioRunnerConfig, noise: NoiseConfig) -> str | None:
    """Return the reason why no value of a numeric key has an effect on runs, or `None` if a value may have one.

    Args:
        key: The key in a suite, such as `runner.max_turns` or `noise.tool_slow.seconds`.
        runner: The other settings of the runs.
        noise: The other settings of noise.
    """
    section, name, *rest = key.split(".")
    option = rest[-1] if rest else ""
    if "timeout_seconds" in (name, option):
        return "it limits real time, not simulated time"
    if runner.oracle:
        # Oracle mode tests no agent, so a curve without an effect misleads no reader.
        return None
    if section == "noise":
        return (
            _why_no_extension_fault(*rest, noise=noise) if name == "tool_faults" else _why_no_fault(name, option, noise)
        )
    return why_no_stage(key, runner) or _why_of_runner(name, option, runner, noise)


def why_no_stage(key: str, runner: ScenarioRunnerConfig) -> str | None:
    """Return the reason why a key of a stage of the built-in agent has no effect, or `None` for any other key."""
    stage = _OF_STAGE.match(key)
    return None if stage is None or runner.is_built_in else f"agent_type {runner.agent_type} has no {stage[1]} stage"


def _why_of_runner(name: str, option: str, runner: ScenarioRunnerConfig, noise: NoiseConfig) -> str | None:
    if engine := _OF_ENGINE.fullmatch(name):
        return _why_not_asked(engine[1], option, runner)
    if name == "env_events_config":
        return _why_no_events(option, runner, noise)
    if option == "tool_failure_probability" and noise.tool_failure_probability is not None:
        return "noise.tool_failure_probability is set and takes precedence"
    if name == "generation_seconds" and not _takes_fixed_time(runner, noise):
        mode = runner.simulated_generation_time_mode
        return f"nothing takes this time if runner.simulated_generation_time_mode is {mode}"
    return None


def _why_no_fault(name: str, option: str, noise: NoiseConfig) -> str | None:
    fault = getattr(noise, name)
    if option == "rate" and name in ("tool_slow", "event_late") and not fault.seconds:
        return f"noise.{name}.seconds is 0"
    return f"noise.{name}.rate is 0" if option not in ("", "rate") and not fault.rate else None


def _why_no_extension_fault(name: str, option: str, *, noise: NoiseConfig) -> str | None:
    fault = noise.tool_faults.get(name)
    has_rate = fault is not None and fault.rate > 0
    return None if option == "rate" or has_rate else f"noise.tool_faults.{name}.rate is 0"


def _why_not_asked(role: str, option: str, runner: ScenarioRunnerConfig) -> str | None:
    engine = runner.engines.get(role)
    if engine is None and role == "judge":
        return "there is no judge"
    if engine is None and role == "agent":
        return f"agent_type {runner.agent_type} makes no calls of a model"
    if engine is not None and not engine.is_live:
        return f"the provider {engine.provider} calls no model"
    return "it changes only the reported cost" if option in ("input", "output") else None


def _why_no_events(option: str, runner: ScenarioRunnerConfig, noise: NoiseConfig) -> str | None:
    events = runner.env_events_config
    if option != "num_env_events_per_minute" and events is not None and not events.num_env_events_per_minute:
        return "runner.env_events_config.num_env_events_per_minute is 0"
    if option == "n_item_events_per_product" and noise.schedule == "pare":
        return "noise.schedule is pare, which adds only mails"
    return None


def _takes_fixed_time(runner: ScenarioRunnerConfig, noise: NoiseConfig) -> bool:
    """Tell whether an answer, a turn of an agent or a turn of a busy user takes `generation_seconds`."""
    mode = runner.simulated_generation_time_mode
    is_charged = not runner.is_built_in and (mode != "measured" or runner.agent_type in AGENT_TYPES)
    # No time passes while the judge answers.
    is_offline = not all(engine.is_live for role, engine in runner.engines.items() if role != "judge")
    has_model = runner.agent_engine_config is not None
    return mode == "fixed" or is_offline or is_charged or has_model or noise.user_busy.rate > 0
