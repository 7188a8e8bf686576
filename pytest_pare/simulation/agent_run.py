"""Plays a run with a user and an agent."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from pytest_pare.agents.naming import name_of
from pytest_pare.base.serialization import to_short_text
from pytest_pare.engines.errors import EngineError
from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.scenarios.agent_type import is_own_agent
from pytest_pare.scenarios.errors import ScenarioTimeoutError
from pytest_pare.simulation.agent_environment import reachable
from pytest_pare.simulation.consent import Consent
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from pytest_pare.simulation.errors import AgentFailure
from pytest_pare.simulation.judging import unasked
from pytest_pare.simulation.loop import Loop
from pytest_pare.simulation.participants import Participants
from pytest_pare.simulation.program_runs import connected
from pytest_pare.simulation.run_backend import RunBackend
from pytest_pare.simulation.validation import validate

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.engines.building import EngineBuilder
    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.scenarios.judging import Judging
    from pytest_pare.simulation.run_state import RunState


def agent_run(
    state: RunState,
    agent: ProactiveAgent | None,
    made: ProactiveAgent | Exception | None,
    engine_builder: EngineBuilder,
    cassette: CassetteSpec | None,
) -> PAREScenarioValidationResult:
    """Play a scenario with a user and an agent, and return the verdict.

    Args:
        state: The run.
        agent: The agent under test; `None` for that of the configuration.
        made: That of the configuration, if it is loaded or started before the run, or the error of that.
        engine_builder: Makes the engines.
        cassette: Where the calls of live engines are recorded, or replayed from; `None` for neither.

    Raises:
        Exception: Whatever ends the run without a verdict.
    """
    scenario, config = state.scenario, state.config
    consent = Consent(config.proposal_lifetime, config.execute_max_turns)
    env = state.env = StateAwareEnvironmentWrapper(clock=scenario.world.clock, limits=state.limits, consent=consent)
    env.run(scenario, wait_for_end=False)
    past = state.past
    if past is not None:
        past.begin(env.trace_entries)
    participants = Participants(
        scenario, config, env, consent, engine_builder, agent, cassette, state.recorded_calls, past
    )
    state.recorder = participants.recorder
    user = participants.user()
    state.agent_name = config.agent_type if agent is None else name_of(agent)
    under_test = participants.agent(made)
    backend = RunBackend(participants.gateway, participants.agent_model)
    players = participants.switch(under_test)
    offline = not is_own_agent(config.agent_type, agent)
    loop = state.loop = Loop(
        env,
        participants.gateway,
        consent,
        user,
        players,
        config,
        charges=players.charges,
        users_time=participants.users_time,
        offline=offline,
        during=backend.during,
        look=state.look,
        models=participants.agent_model,
        past=past,
    )
    try:
        with closing(backend), reachable(backend, config, agent), connected(under_test, state.limits, backend):
            loop.play()
        state.is_played = True
    except AgentFailure as failure:
        # A failed agent is a result, and a replay must reach it as well.
        state.is_played = True
        state.defects = env.defects
        state.agent_error = failure.__cause__ or failure
        state.user_faults = participants.user_failures(state.trace())
        return PAREScenarioValidationResult(success=False, rationale=f"turn {loop.played.turns - 1}: {failure}")
    except ScenarioTimeoutError as over:
        # Real time cut the run short. The verdict on the incomplete run is shown, and does not count.
        verdict = _finish(state, env, unasked(config, env))
        said = "yes" if verdict.success else f"no ({to_short_text(verdict.rationale)})" if verdict.rationale else "no"
        return PAREScenarioValidationResult(
            success=None, exception=over, rationale=f"of what had happened until then, validate() says {said}"
        )
    try:
        result = _finish(state, env, participants.judging())
    except (EngineError, ScenarioTimeoutError):
        # The judge has failed: its calls are not whole, unlike the others.
        state.is_played = False
        raise
    state.user_faults = participants.user_failures(state.trace())
    state.limits.check()
    # A failed validation event ended the run. Events that were due later are no defect.
    if env.failure is None:
        state.defects = [*state.defects, *participants.reference_defects(loop.ended_by)]
    return result


def _finish(state: RunState, env: StateAwareEnvironmentWrapper, judging: Judging) -> PAREScenarioValidationResult:
    env.finish()
    state.defects = env.defects
    with env.off_the_record():
        return validate(state.scenario, env, judging)
