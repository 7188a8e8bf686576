"""One run of one scenario."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from are.simulation.scenarios.scenario import Scenario
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AgentValidationEvent, OracleEvent, ValidationEvent

from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.validation_result import PAREScenarioValidationResult
from pytest_pare.simulation.environment import Limits, StateAwareEnvironmentWrapper
from pytest_pare.simulation.trace import Trace

if TYPE_CHECKING:
    from are.simulation.types import Event

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
    try:
        if getattr(scenario, "_played", False):
            raise ScenarioDefect(f"{scenario.scenario_id}: this instance was played before; make a new one")  # noqa: TRY301
        limits = Limits(config.max_scenario_duration, getattr(config, "timeout_seconds", None))
        scenario.initialize()
        scenario._played = True
        _require_validate(scenario)
        with scenario.world.active():
            env = StateAwareEnvironmentWrapper(scenario.world.clock, limits, oracle_mode=True)
            env.run(scenario)
            with env.off_the_record():
                result = _validate(scenario, env)
            limits.check()
        defects = _defects(env)
    except Exception as error:  # noqa: BLE001 - a scenario's code may raise anything; it is the result of this run
        result = PAREScenarioValidationResult(success=None, exception=error)
        defects = [] if env is None else env.defects
    if defects and script_errors == "fail":
        result = _defective(result, defects)
    result.duration = time.perf_counter() - began
    happened = () if env is None else tuple(env.trace_events)
    start_time = 0.0 if env is None else env.start_time
    warnings = tuple(f"{scenario.scenario_id}: {defect}" for defect in defects) if script_errors == "warn" else ()
    return Run(result, Trace(scenario.scenario_id, start_time, happened), warnings)


def _require_validate(scenario: PAREScenario) -> None:
    # ARE's own says yes to whatever happened; that is enough only where events of the scenario's do the validation.
    has_events = any(isinstance(event, ValidationEvent | AgentValidationEvent) for event in scenario.events)
    if type(scenario).validate is Scenario.validate and not has_events:
        raise ScenarioDefect(f"{type(scenario).__name__} defines no validate(env): nothing would be judged")


def _validate(scenario: PAREScenario, env: StateAwareEnvironmentWrapper) -> PAREScenarioValidationResult:
    verdict = scenario.validate(env)
    if not isinstance(verdict, ScenarioValidationResult | PAREScenarioValidationResult | None):
        raise ScenarioDefect(f"validate() must return a ScenarioValidationResult, not {_told(verdict)}")
    success = None if verdict is None else verdict.success
    if not isinstance(success, bool | None):
        raise ScenarioDefect(f"the success that validate() returns must be True, False or None, not {_told(success)}")
    if env.failure is not None and success is not False:
        return PAREScenarioValidationResult(success=False, rationale=env.failure)
    if verdict is None:
        return PAREScenarioValidationResult(success=None, rationale="validate() returned None")
    return PAREScenarioValidationResult(
        success=verdict.success, exception=verdict.exception, rationale=verdict.rationale
    )


def _told(value: object) -> str:
    # The `repr` of anything else may hold an address in memory.
    name = type(value).__name__
    return f"{name} ({value!r:.80})" if isinstance(value, str | int | float) else name


def _defective(result: PAREScenarioValidationResult, defects: list[str]) -> PAREScenarioValidationResult:
    # What else went wrong may well come from it.
    error = result.exception
    told = defects if error is None else [*defects, f"{type(error).__name__}: {error}"]
    defect = ScenarioDefect("; ".join(told))
    defect.__cause__ = error
    return PAREScenarioValidationResult(success=None, exception=defect, rationale=result.rationale)


def _defects(env: StateAwareEnvironmentWrapper) -> list[str]:
    left = env.events_left()
    # A validation that failed has ended the run; what was to come after it is no defect.
    if not left or env.failure is not None:
        return env.defects
    names = ", ".join(map(_name, left))
    return [*env.defects, f"{len(left)} event{'s' * (len(left) > 1)} of the script never happened: {names}"]


def _name(event: Event | OracleEvent) -> str:
    if isinstance(event, OracleEvent):
        description = event.action_desc
        return f"{description.app}.{description.function}" if description else str(event.event_id)
    return f"{event.action.app_name}.{event.action.function_name}"
