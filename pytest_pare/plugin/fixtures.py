"""The fixtures of a run; a `conftest.py` can override or parametrise each of them.

Precedence, highest first: an overriding fixture, the command line, the suite file, the defaults.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.plugin.pare_fixture import Player
    from pytest_pare.scenarios.agent_program import AgentProgram
    from pytest_pare.scenarios.config import (
        EnvEventsConfig,
        LLMEngineConfig,
        MultiScenarioRunnerConfig,
        NoiseConfig,
        ToolAugmentationConfig,
    )
    from pytest_pare.settings import RunnerSettings, SuiteSettings, Variant


@pytest.fixture
def pare_variant(request: pytest.FixtureRequest) -> Variant:
    """The variant of the suite that the scenario is run in: its `name`, `settings`, and `level` of the sweep.

    It is the suite itself, without a name, if the suite has no variants, or if it has several and the test is your own.
    """
    from pytest_pare.plugin.pare_fixture import variant_for

    return variant_for(request.node, getattr(request, "param", None))


@pytest.fixture
def pare_config(pare_variant: Variant) -> SuiteSettings:
    """The settings of the scenario's suite, in its variant.

    In a test of your own, they are the settings of the session's only suite; if the session has none, those of the only
    suite in the ini value `pare_config`; or else the defaults.
    """
    return pare_variant.settings


@pytest.fixture
def pare_run_number() -> int | None:
    """The number of the run, from 1 on; `None` if each scenario is run once."""
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
def agent_engine_config(pare_config: SuiteSettings) -> LLMEngineConfig | None:
    """The model behind the endpoint for an agent of your own; `None` for no endpoint."""
    return _runner(pare_config).agent_engine_config


@pytest.fixture
def judge_engine_config(pare_config: SuiteSettings) -> LLMEngineConfig | None:
    """The engine behind the judge, which is asked for claims of `self.judge`; `None` for no judge."""
    return _runner(pare_config).judge_engine_config


@pytest.fixture
def tool_augmentation_config(pare_config: SuiteSettings) -> ToolAugmentationConfig | None:
    """Noise in the agent's tools; `None` for none."""
    return _runner(pare_config).tool_augmentation_config


@pytest.fixture
def env_events_config(pare_config: SuiteSettings) -> EnvEventsConfig | None:
    """Noise in the world; `None` for none."""
    return _runner(pare_config).env_events_config


@pytest.fixture
def noise_config(pare_config: SuiteSettings) -> NoiseConfig:
    """The suite's section `noise`: further faults, and the data of noise."""
    return _checked(pare_config).noise


@pytest.fixture
def proactive_agent() -> ProactiveAgent | AgentProgram | None:
    """The agent under test; `None` is the one that `runner.agent` or `runner.agent_type` of the suite names.

    Override it to test an agent of your own: a function that takes a turn, an object that is called with one, or an
    `AgentProgram`. A class, or a function without arguments, makes a new agent for each run.
    """
    return None


@pytest.fixture
def pare_runner_config(
    request: pytest.FixtureRequest,
    pare_config: SuiteSettings,
    user_engine_config: LLMEngineConfig,
    observe_engine_config: LLMEngineConfig,
    execute_engine_config: LLMEngineConfig,
    agent_engine_config: LLMEngineConfig | None,
    judge_engine_config: LLMEngineConfig | None,
    tool_augmentation_config: ToolAugmentationConfig | None,
    env_events_config: EnvEventsConfig | None,
    noise_config: NoiseConfig,
) -> MultiScenarioRunnerConfig:
    """The settings of the run: the suite's `runner` section, with the values of the other fixtures."""
    from pytest_pare.plugin.fixture_values import config_of
    from pytest_pare.plugin.pare_fixture import suite_for

    values = {
        "user_engine_config": user_engine_config,
        "observe_engine_config": observe_engine_config,
        "execute_engine_config": execute_engine_config,
        "agent_engine_config": agent_engine_config,
        "judge_engine_config": judge_engine_config,
        "tool_augmentation_config": tool_augmentation_config,
        "env_events_config": env_events_config,
        "noise": noise_config,
    }
    return config_of(request.node, suite_for(request.node), _checked(pare_config), values)


@pytest.fixture
def _pare_model_variables(pare_runner_config: MultiScenarioRunnerConfig) -> Iterator[None]:
    """The variables by which a client of OpenAI's that `proactive_agent` creates finds the model endpoint."""
    if getattr(pare_runner_config, "agent_engine_config", None) is None:
        yield
        return
    from pytest_pare.simulation.agent_environment import has_endpoint, variables

    with variables() if has_endpoint(pare_runner_config) else nullcontext():
        yield


@pytest.fixture
def pare(
    request: pytest.FixtureRequest,
    pare_config: SuiteSettings,
    pare_runner_config: MultiScenarioRunnerConfig,
    _pare_model_variables: None,
    proactive_agent: ProactiveAgent | AgentProgram | None,
) -> Player:
    """Runs scenarios in tests of your own: `pare.run("new_number")` returns the result and the trace."""
    from pytest_pare.plugin.pare_fixture import Player

    return Player(request.node, pare_config, pare_runner_config, proactive_agent)


def _runner(pare_config: SuiteSettings) -> RunnerSettings:
    return _checked(pare_config).runner


def _checked(pare_config: SuiteSettings) -> SuiteSettings:
    from pytest_pare.settings import SuiteSettings

    if not isinstance(pare_config, SuiteSettings):
        pytest.fail(f"fixture pare_config: must return SuiteSettings, got {pare_config!r:.80}", pytrace=False)
    return pare_config
