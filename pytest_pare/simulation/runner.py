"""One run of one scenario."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from are.simulation.scenarios.validation_result import ScenarioValidationResult

from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.validation_result import PAREScenarioValidationResult
from pytest_pare.simulation.environment import Limits, StateAwareEnvironmentWrapper
from pytest_pare.simulation.trace import Trace, trace_of

if TYPE_CHECKING:
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario


@dataclass(frozen=True)
class Run:
    """What came out of a run.

    Attributes:
        result: The verdict.
        trace: What happened, as far as the run came.
        warnings: Defects of the scenario's script that were asked to be no more than warnings.
    """

    result: PAREScenarioValidationResult
    trace: Trace
    warnings: tuple[str, ...] = ()


def run_scenario(
    scenario: PAREScenario,
    config: ScenarioRunnerConfig,
    script_errors: Literal["fail", "warn"] = "fail",
) -> Run:
    """Play `scenario` in oracle mode and validate what happened.

    The world stands still during validation. Whatever the scenario's code raises is in the result, never raised.

    Args:
        scenario: A new instance; one that was played before is refused.
        config: `max_scenario_duration` and `timeout_seconds` bound the run.
        script_errors: What a step of the script that raises or can never happen makes of the run: `fail` an exception
            (`ScenarioDefect`), `warn` a warning.

    Raises:
        NotImplementedError: If `config.oracle` is false: this version has no agents.
    """
    if not config.oracle:
        raise NotImplementedError("this version of pytest-pare has no agents; set runner.oracle to true")
    began = time.perf_counter()
    env: StateAwareEnvironmentWrapper | None = None
    warnings: tuple[str, ...] = ()
    try:
        if getattr(scenario, "_played", False):
            raise ScenarioDefect(f"{scenario.scenario_id}: this instance was played before; make a new one")  # noqa: TRY301
        scenario.initialize()
        scenario._played = True
        limits = Limits(config.max_scenario_duration, getattr(config, "timeout_seconds", None))
        with scenario.world.active():
            env = StateAwareEnvironmentWrapper(scenario.world.clock, limits, oracle_mode=True)
            env.run(scenario)
            result = _validate(scenario, env)
        defects = _defects(env)
        if defects and script_errors == "fail":
            result = PAREScenarioValidationResult(
                success=None, exception=ScenarioDefect("; ".join(defects)), rationale=result.rationale
            )
        elif defects:
            warnings = tuple(f"{scenario.scenario_id}: {defect}" for defect in defects)
    except Exception as error:  # noqa: BLE001 - a scenario's code may raise anything; it is the result of this run
        result = PAREScenarioValidationResult(success=None, exception=error)
    result.duration = time.perf_counter() - began
    trace = trace_of(scenario.scenario_id, env) if env is not None else Trace(scenario.scenario_id, 0.0, ())
    return Run(result, trace, warnings)


def _validate(scenario: PAREScenario, env: StateAwareEnvironmentWrapper) -> PAREScenarioValidationResult:
    verdict = scenario.validate(env)
    if verdict is None:
        return PAREScenarioValidationResult(success=None, rationale="validate() returned None")
    if not isinstance(verdict, ScenarioValidationResult | PAREScenarioValidationResult):
        raise ScenarioDefect(
            f"validate() must return a ScenarioValidationResult, not {type(verdict).__name__} ({verdict!r:.80})"
        )
    return PAREScenarioValidationResult(
        success=verdict.success, exception=verdict.exception, rationale=verdict.rationale
    )


def _defects(env: StateAwareEnvironmentWrapper) -> list[str]:
    left = env.oracle_events_left()
    if not left:
        return env.defects
    names = ", ".join(f"{e.action_desc.app}.{e.action_desc.function}" if e.action_desc else e.event_id for e in left)
    return [*env.defects, f"{len(left)} oracle event{'s' * (len(left) > 1)} never happened: {names}"]
