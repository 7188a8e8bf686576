"""The fixtures that a scenario is run with. Each can be overridden, or parametrised, in a `conftest.py`.

Precedence, the strongest first: an overriding fixture, the command line, the suite file, the defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pydantic import ValidationError

    from pytest_pare.scenarios.config import (
        EnvEventsConfig,
        LLMEngineConfig,
        MultiScenarioRunnerConfig,
        ToolAugmentationConfig,
    )
    from pytest_pare.settings import RunnerSettings, SuiteSettings


@pytest.fixture
def pare_config(request: pytest.FixtureRequest) -> SuiteSettings:
    """The settings of the suite that the scenario is run by; the defaults in a test of another kind."""
    from pytest_pare.settings import SuiteSettings
    from pytest_pare.suite import suite_of

    suite = suite_of(request.node)
    return SuiteSettings() if suite is None else suite.settings


@pytest.fixture
def pare_run_number() -> int | None:
    """The number of the run, from 1 on; `None` where each scenario is run once."""
    return None


@pytest.fixture
def user_engine_config(pare_config: SuiteSettings) -> LLMEngineConfig:
    """The engine behind the simulated user."""
    return _runner(pare_config).user_engine_config


@pytest.fixture
def observe_engine_config(pare_config: SuiteSettings) -> LLMEngineConfig:
    """The engine behind the proactive agent while it observes."""
    return _runner(pare_config).observe_engine_config


@pytest.fixture
def execute_engine_config(pare_config: SuiteSettings) -> LLMEngineConfig:
    """The engine behind the proactive agent while it executes."""
    return _runner(pare_config).execute_engine_config


@pytest.fixture
def tool_augmentation_config(pare_config: SuiteSettings) -> ToolAugmentationConfig | None:
    """Noise in the agent's tools; `None` for none."""
    return _runner(pare_config).tool_augmentation_config


@pytest.fixture
def env_events_config(pare_config: SuiteSettings) -> EnvEventsConfig | None:
    """Noise in the world; `None` for none."""
    return _runner(pare_config).env_events_config


@pytest.fixture
def pare_runner_config(
    pare_config: SuiteSettings,
    user_engine_config: LLMEngineConfig,
    observe_engine_config: LLMEngineConfig,
    execute_engine_config: LLMEngineConfig,
    tool_augmentation_config: ToolAugmentationConfig | None,
    env_events_config: EnvEventsConfig | None,
) -> MultiScenarioRunnerConfig:
    """What the scenario is run with: the suite's `runner` section, with what the other fixtures say put in."""
    runner = _runner(pare_config)
    changed = {
        name: value
        for name, value in {
            "user_engine_config": user_engine_config,
            "observe_engine_config": observe_engine_config,
            "execute_engine_config": execute_engine_config,
            "tool_augmentation_config": tool_augmentation_config,
            "env_events_config": env_events_config,
        }.items()
        if value != getattr(runner, name)
    }
    return _updated(runner, changed) if changed else runner


def _runner(pare_config: SuiteSettings) -> RunnerSettings:
    from pytest_pare.settings import SuiteSettings

    if not isinstance(pare_config, SuiteSettings):
        pytest.fail(f"fixture pare_config: must return SuiteSettings, got {pare_config!r:.80}", pytrace=False)
    return pare_config.runner


def _updated(runner: MultiScenarioRunnerConfig, changed: dict[str, Any]) -> MultiScenarioRunnerConfig:
    from pydantic import ValidationError

    # Only what was set: an alias that nobody set follows its engine.
    settings = {name: getattr(runner, name) for name in runner.model_fields_set}
    try:
        return type(runner).model_validate({**settings, **changed})
    except ValidationError as error:
        pytest.fail(explain_fixture("", error), pytrace=False)


def explain_fixture(name: str, error: ValidationError) -> str:
    """Say in a line for each problem what is wrong with what fixtures returned.

    Args:
        name: The fixture; empty if its name is where the problem is.
        error: What pydantic says of it.
    """
    details = error.errors(include_url=False)
    return "\n".join(f"fixture {'.'.join(filter(None, [name, *map(str, e['loc'])]))}: {e['msg']}" for e in details)
