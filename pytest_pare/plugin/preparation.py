"""Prepares a run: checks what its fixtures returned, and gathers what playing it needs."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pytest_pare.base.extensions import takes
from pytest_pare.base.run_files import file_name, suite_reference
from pytest_pare.ledger.run_id import RunId
from pytest_pare.plugin.caching import key_of
from pytest_pare.plugin.config_record import config_record
from pytest_pare.plugin.fixture_values import (
    checked_config,
    refuse_another_level,
    refuse_two_agents,
    require_agent,
    tested_agent,
)
from pytest_pare.plugin.preflight import require_permission
from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.scenarios.agent_program import AgentProgram
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.settings import Suite, Variant
    from pytest_pare.simulation.runner import Run


@dataclass(frozen=True)
class PreparedRun:
    """A run that only has to be played; that can be done in any thread.

    Attributes:
        scenario_id: The scenario.
        cls: Its class.
        config: The settings of the run, checked.
        agent: The agent under test, or what makes it; `None` is the one that `config` names.
        record: The settings as builtins.
        variant: The name of the variant.
        run_number: The number of the run; `None` where each scenario is run once.
        suite: The suite.
        cassette: Where calls are recorded, or replayed from; `None` for neither.
        key: The key of everything that the run depends on; `None` if results are not reused.
    """

    scenario_id: str
    cls: type[PAREScenario]
    config: MultiScenarioRunnerConfig
    agent: ProactiveAgent | None
    record: dict[str, Any]
    variant: str
    run_number: int | None
    suite: Suite
    cassette: CassetteSpec | None
    key: str | None

    @property
    def timeout_seconds(self) -> int | None:
        """The limit of the run in seconds of real time; `None` for none."""
        return getattr(self.config, "timeout_seconds", None)

    def play(self, on_start: Callable[[], None]) -> tuple[PAREScenario | None, Run]:
        """Play the run, and return it with its scenario; `None` if the scenario could not be made.

        Args:
            on_start: Called when the run's clock starts.
        """
        from pytest_pare.simulation.runner import Run, run_scenario
        from pytest_pare.simulation.trace import Trace

        scenario: PAREScenario | None = None
        settings = self.suite.settings
        try:
            # A class that is registered under two ids has only the last one, so the id is an argument.
            scenario = self.cls(run_number=self.run_number, scenario_id=self.scenario_id)
            return scenario, run_scenario(
                scenario,
                self.config,
                settings.scenarios.script_errors,
                agent=made_agent(self.agent),
                export_dir=self.suite.traces_dir,
                variant=self.variant,
                cassette=self.cassette,
                on_start=on_start,
                logs_dir=self.suite.logs_dir(self.config),
                strict=settings.scenarios.strict,
                details=self.suite.kept_traces,
            )
        except Exception as error:  # noqa: BLE001 - a user's constructor may raise anything
            result = PAREScenarioValidationResult(success=None, exception=error)
            return scenario, Run(result, Trace(self.scenario_id, 0.0, ()))


def prepare(
    item: pytest.Item,
    scenario_id: str,
    cls: type[PAREScenario],
    config: MultiScenarioRunnerConfig,
    agent: ProactiveAgent | AgentProgram | None,
    variant: Variant,
    run_number: int | None,
    suite: Suite,
) -> PreparedRun:
    """Return the run of an item.

    Args:
        item: The item.
        scenario_id: The scenario.
        cls: Its class.
        config: The settings of the run, as the fixtures returned them.
        agent: The agent under test, or what makes it; `None` is the one that `config` names.
        variant: The variant of the suite.
        run_number: The number of the run; `None` where each scenario is run once.
        suite: The suite.

    Raises:
        pytest.fail.Exception: If a fixture returned something wrong.
    """
    require_agent(agent)
    config = checked_config(item, config, suite)
    refuse_two_agents(config, agent, variant, suite)
    agent, config = tested_agent(agent, config, suite)
    name_of_variant = RunId.of_item(item, suite).variant
    record = config_record(item, name_of_variant, config, agent)
    refuse_another_level(config, variant)
    require_permission(suite.settings, config)
    cassette = cassette_of(suite, scenario_id, run_number, name_of_variant, of_suite=True)
    key = key_of(item, config, record, suite, cassette)
    return PreparedRun(scenario_id, cls, config, agent, record, name_of_variant, run_number, suite, cassette, key)


def is_factory(agent: object) -> bool:
    """Return whether the value of `proactive_agent` makes the agent of each run: it is called without arguments."""
    return (inspect.isclass(agent) or not takes(agent, 1)) and takes(agent, 0)


def made_agent(agent: ProactiveAgent | None) -> ProactiveAgent | None:
    """Return the agent of a run, a new one if the value of `proactive_agent` makes agents.

    Raises:
        TypeError: If it makes something else.
    """
    if agent is None or not is_factory(agent):
        return agent
    made = cast("Callable[[], object]", agent)()
    if not takes(made, 1):
        raise TypeError(
            f"the factory that the fixture proactive_agent returns made {made!r:.80}; an agent takes a turn"
        )
    return cast("ProactiveAgent", made)


def cassette_of(
    suite: Suite, scenario_id: str, run_number: int | None, variant: str, *, of_suite: bool
) -> CassetteSpec | None:
    """Return the cassette of a run, to record or to replay; `None` if its suite has no cassettes.

    Args:
        suite: The suite.
        scenario_id: The scenario.
        run_number: The number of the run; `None` where each scenario is run once.
        variant: Distinguishes the run from others of the same scenario and number.
        of_suite: Whether the run is an item of the suite, and not made by the fixture `pare`.
    """
    settings, directory = suite.settings.cassettes, suite.cassettes_dir
    if settings is None or directory is None:
        return None
    from pytest_pare.engines.cassette_spec import CassetteSpec

    recorder = suite_reference(suite.path, directory) if of_suite else ""
    path = directory / file_name(scenario_id, run_number, variant, "jsonl")
    return CassetteSpec(path, settings.mode, settings.on_drift, suite.settings.live, variant, recorder)
