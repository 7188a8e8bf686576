"""The verdict of a scenario on its run: `validate(env)`, and what it may return."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from are.simulation.scenarios.scenario import Scenario
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AgentValidationEvent, ValidationEvent

from pytest_pare.base.serialization import type_and_value
from pytest_pare.judge.judgement import NoJudgement, conclusion
from pytest_pare.results.validation_result import PAREScenarioValidationResult, optional_text
from pytest_pare.scenarios.differences import differences_of, noted_differences
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.writes import inspected_writes

if TYPE_CHECKING:
    from pytest_pare.scenarios.judging import Judging
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper


def require_validate(scenario: PAREScenario) -> None:
    """Refuse a scenario without a validation.

    Raises:
        ScenarioDefect: If it has neither a `validate` nor validation events.
    """
    # ARE's own `validate` accepts every run, which is enough only for scenarios with validation events.
    if type(scenario).validate is not Scenario.validate:
        return
    if not any(isinstance(event, ValidationEvent | AgentValidationEvent) for event in scenario.events):
        raise ScenarioDefect(f"{type(scenario).__name__} defines no validate(env): nothing would be judged")


def validate(
    scenario: PAREScenario,
    env: StateAwareEnvironmentWrapper,
    judging: Judging | None = None,
    *,
    inspects: bool = True,
) -> PAREScenarioValidationResult:
    """Validate a run, and return its result.

    Args:
        scenario: The scenario.
        env: The environment at the end of the run. Its `defects` get those of expected writes that no app has.
        judging: The judge of the run; `None` outside of one.
        inspects: Whether the expected writes are checked against the apps, which takes time.

    Raises:
        ScenarioDefect: If `validate` returns no verdict.
        Exception: Whatever `validate` raises.
    """
    untyped: Any = scenario
    untyped._judging = judging
    try:
        with ExitStack() as stack:
            wrong = stack.enter_context(inspected_writes(scenario.apps or [])) if inspects else {}
            noted = stack.enter_context(noted_differences())
            verdict = scenario.validate(env)
    except NoJudgement as reason:
        verdict = ScenarioValidationResult(success=None, rationale=str(reason))
    finally:
        untyped._judging = None
    env.defects += wrong
    if judging is not None and judging.error is not None:
        raise judging.error
    result = _result(verdict, env)
    if result.status == "failed":
        result.differences = differences_of(result.rationale, noted)
    return result if judging is None else _with_judgements(result, env, judging)


def _result(verdict: object, env: StateAwareEnvironmentWrapper) -> PAREScenarioValidationResult:
    """Return the result of a verdict of the scenario.

    Raises:
        ScenarioDefect: If it is none.
    """
    if not isinstance(verdict, ScenarioValidationResult | PAREScenarioValidationResult | None):
        raise ScenarioDefect(f"validate() must return a ScenarioValidationResult, not {type_and_value(verdict)}")
    success = None if verdict is None else verdict.success
    if not isinstance(success, bool | None):
        raise ScenarioDefect(
            f"the success that validate() returns must be True, False or None, not {type_and_value(success)}"
        )
    if env.failure is not None and success is not False:
        return PAREScenarioValidationResult(success=False, rationale=env.failure)
    if verdict is None:
        return PAREScenarioValidationResult(success=None, rationale="validate() returned None")
    return PAREScenarioValidationResult(
        success=verdict.success, exception=verdict.exception, rationale=verdict.rationale
    )


def _with_judgements(
    result: PAREScenarioValidationResult, env: StateAwareEnvironmentWrapper, judging: Judging
) -> PAREScenarioValidationResult:
    """Return a result with the judgements of the run; with `judge_only`, they decide."""
    if judging.made:
        result.judgements = {"claims": [one.to_record() for one in judging.made]}
    if not judging.is_alone:
        return result
    if judging.is_reference and result.success is False:
        # Nobody was asked: claims that are taken to hold must not hide that the solution fails.
        return result
    success, rationale = conclusion(judging.made)
    apart = {"without_judge": {"success": result.success, "rationale": optional_text(result.rationale)}}
    judgements = {"claims": [], **result.judgements, **apart}
    if env.failure is not None and success is not False:
        success, rationale = False, env.failure
    # The differences are those of the scenario's own verdict, which decides nothing here.
    return replace(result, success=success, rationale=rationale, judgements=judgements, differences=[])
