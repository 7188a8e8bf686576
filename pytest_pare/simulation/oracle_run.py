"""Plays a run in oracle mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.scenarios.judging import Judging
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from pytest_pare.simulation.validation import validate

if TYPE_CHECKING:
    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.simulation.run_state import RunState


def oracle_run(state: RunState) -> PAREScenarioValidationResult:
    """Let the environment play all events of a scenario, without agents, and return the verdict."""
    env = state.env = StateAwareEnvironmentWrapper(
        clock=state.scenario.world.clock, limits=state.limits, oracle_mode=True
    )
    env.run(state.scenario)
    with env.off_the_record():
        judging = Judging(env, is_alone=state.config.judge_only, is_reference=True)
        result = validate(state.scenario, env, judging)
    state.limits.check()
    # A failed validation event ended the run. Events that were due later are no defect.
    state.defects = env.defects if env.failure is not None else [*env.defects, *env.left_behind()]
    return result
