"""One run of one scenario."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pytest_pare.agents.errors import AgentTypeError
from pytest_pare.agents.loading import load_agent
from pytest_pare.agents.observe_execute import ObserveExecuteAgent
from pytest_pare.base.extensions import named
from pytest_pare.base.run_files import file_name
from pytest_pare.base.serialization import to_short_text
from pytest_pare.engines.building import build_engine, import_clients
from pytest_pare.engines.errors import EngineError
from pytest_pare.results.validation_result import (
    PAREScenarioValidationResult,
    RecordedException,
)
from pytest_pare.scenarios.config import AGENT_TYPES
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError, SimulatedTimeOver
from pytest_pare.scenarios.noise.data import NoiseError
from pytest_pare.simulation.consent import Consent
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from pytest_pare.simulation.errors import AgentFailure
from pytest_pare.simulation.export import export_run
from pytest_pare.simulation.loop import Loop
from pytest_pare.simulation.participants import Participants, name_of
from pytest_pare.simulation.run import Run, fill_in, set_outcome, span_of, with_defects
from pytest_pare.simulation.run_log import log_begin, log_end, run_log
from pytest_pare.simulation.run_state import RunState
from pytest_pare.simulation.trace import Trace
from pytest_pare.simulation.validation import require_validate, validate

__all__ = ["Run", "TwoAgentScenarioRunner", "run_scenario"]

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.engines.building import EngineBuilder
    from pytest_pare.engines.recorder import CassetteSpec
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario


def run_scenario(
    scenario: PAREScenario,
    config: ScenarioRunnerConfig,
    script_errors: Literal["fail", "warn"] = "fail",
    *,
    agent: ProactiveAgent | None = None,
    engine_builder: EngineBuilder = build_engine,
    export_dir: Path = Path("traces"),
    variant: str = "",
    cassette: CassetteSpec | None = None,
    on_start: Callable[[], None] = lambda: None,
    logs_dir: Path | None = None,
) -> Run:
    """Play a scenario with a user and an agent, or in oracle mode, and validate the run.

    The world stands still during validation. Exceptions of the scenario, the agent and the engines are in the result,
    and never raised.

    The agent of `config.agent_type` and the client of live engines are imported first. The clock of the run, its
    duration and `timeout_seconds`, starts after that.

    Args:
        scenario: A new instance; one that was played before is refused.
        config: The configuration of the run, with its limits.
        script_errors: How a run ends whose scenario has a defect before the first turn, or has a step of its script
            that raises, or that in oracle mode never happens: `fail` with an exception (`ScenarioDefect`), `warn` with
            a warning.
        agent: The agent under test; `None` for that of `config.agent_type`. Oracle mode has none.
        engine_builder: Makes the engines.
        export_dir: The directory of the trace, if `config.export` is set and `config.output_dir` is not.
        variant: The variant, which is part of the name of that file.
        cassette: Where the calls of live engines are recorded, or replayed from; `None` for neither.
        on_start: Called when the run's clock starts.
        logs_dir: The directory of the log file of the run, `None` writes none. `config.log_level` is its level.
    """
    log_path = None
    if logs_dir is not None:
        log_path = logs_dir / file_name(scenario.scenario_id, scenario.run_number, variant, "log")
    with run_log(log_path, getattr(config, "log_level", "INFO")) as log_problems, ExitStack() as spans:
        log_begin(scenario)
        asked = time.perf_counter()
        made = _prepare(config, agent, engine_builder, cassette)
        tested = None if config.oracle else config.agent_type if agent is None else name_of(agent)
        span = spans.enter_context(span_of(scenario, variant, tested))
        on_start()
        began = time.perf_counter()
        state = RunState(scenario, config, script_errors)
        result = _result(state, agent, made, engine_builder, cassette)
        problem = _finish_recording(state, result)
        if state.defects and script_errors == "fail":
            result = with_defects(result, state.defects)
        trace = state.trace()
        fill_in(result, trace)
        state.fill_in_end(result)
        export_error = _export(scenario, trace, result, config, export_dir, variant)
        result.duration = time.perf_counter() - began
        log_end(scenario, result, state.agent_error)
        set_outcome(span, result)
        warnings = [*state.suspicions, *state.noise_warnings(), *(state.defects if script_errors == "warn" else [])]
        about_scenario = tuple(f"{scenario.scenario_id}: {warning}" for warning in dict.fromkeys(warnings))
        about_cassette = () if state.recorder is None else tuple(state.recorder.warnings)
        run = Run(
            result,
            trace,
            (*about_scenario, *about_cassette),
            state.agent_error,
            problem or export_error,
            about_cassette,
            began - asked,
            state.env,
        )
    return replace(run, export_error=run.export_error or log_problems[0]) if log_problems else run


class TwoAgentScenarioRunner:
    """Runs one scenario, as PARE's runner of that name does."""

    def run(self, config: ScenarioRunnerConfig, scenario: PAREScenario) -> PAREScenarioValidationResult:
        """Play a scenario and return its result; `run_scenario` returns the trace, too."""
        return run_scenario(scenario, config).result


def _prepare(
    config: ScenarioRunnerConfig,
    agent: ProactiveAgent | None,
    engine_builder: EngineBuilder,
    cassette: CassetteSpec | None,
) -> ProactiveAgent | Exception | None:
    """Import the client of live engines, and return the agent of `agent_type`, or the error of loading it."""
    if config.oracle:
        return None
    if engine_builder is build_engine and (cassette is None or cassette.asks):
        import_clients(config.engines.values())
    if agent is not None or config.agent_type in named("agent"):
        return None
    try:
        return load_agent(config.agent_type)
    except AgentTypeError as error:
        return error


def _result(
    state: RunState,
    agent: ProactiveAgent | None,
    made: ProactiveAgent | Exception | None,
    engine_builder: EngineBuilder,
    cassette: CassetteSpec | None,
) -> PAREScenarioValidationResult:
    scenario = state.scenario
    try:
        if getattr(scenario, "_played", False):
            raise ScenarioDefect(f"{scenario.scenario_id}: this instance was played before; make a new one")  # noqa: TRY301
        scenario.configure_noise(state.config)
        scenario.initialize()
        scenario._played = True
        require_validate(scenario)
        state.inspect()
        with scenario.world.active():
            if state.config.oracle:
                return _oracle_run(state)
            return _agent_run(state, agent, made, engine_builder, cassette)
    except (Exception, SystemExit) as raised:  # noqa: BLE001 - an exception of a scenario's code is a result
        state.defects = state.defects or ([] if state.env is None else state.env.defects)
        # Only these have the attribute with this meaning.
        kind = raised.kind if isinstance(raised, AgentTypeError | EngineError | NoiseError) else None
        return PAREScenarioValidationResult(success=None, exception=_exception(raised), exception_kind=kind)


def _exception(raised: Exception | SystemExit) -> Exception:
    if isinstance(raised, SimulatedTimeOver):
        return ScenarioTimeoutError(str(raised))
    if isinstance(raised, SystemExit):
        error: Exception = RecordedException("SystemExit", to_short_text(raised))
        error.__cause__ = raised
        return error
    return raised


def _oracle_run(state: RunState) -> PAREScenarioValidationResult:
    env = state.env = StateAwareEnvironmentWrapper(
        clock=state.scenario.world.clock, limits=state.limits, oracle_mode=True
    )
    env.run(state.scenario)
    with env.off_the_record():
        result = validate(state.scenario, env)
    state.limits.check()
    state.defects = _defects(env)
    return result


def _agent_run(
    state: RunState,
    agent: ProactiveAgent | None,
    made: ProactiveAgent | Exception | None,
    engine_builder: EngineBuilder,
    cassette: CassetteSpec | None,
) -> PAREScenarioValidationResult:
    scenario, config = state.scenario, state.config
    consent = Consent(config.proposal_lifetime, config.execute_max_turns)
    env = state.env = StateAwareEnvironmentWrapper(clock=scenario.world.clock, limits=state.limits, consent=consent)
    env.run(scenario, wait_for_end=False)
    participants = Participants(scenario, config, env, consent, engine_builder, agent, cassette)
    state.recorder = participants.recorder
    user = participants.user()
    state.agent_name = config.agent_type if agent is None else name_of(agent)
    under_test = participants.agent(made)
    charges = not isinstance(under_test, ObserveExecuteAgent)
    offline = agent is None and config.agent_type in AGENT_TYPES
    loop = state.loop = Loop(
        env,
        participants.gateway,
        consent,
        user,
        under_test,
        config,
        charges=charges,
        users_time=participants.users_time,
        offline=offline,
    )
    try:
        loop.play()
        state.is_played = True
    except AgentFailure as failure:
        # A failed agent is a result, and a replay must reach it as well.
        state.is_played = True
        state.defects = env.defects
        state.agent_error = failure.__cause__ or failure
        return PAREScenarioValidationResult(success=False, rationale=f"turn {loop.played.turns - 1}: {failure}")
    except ScenarioTimeoutError as over:
        # Real time cut the run short. The verdict on the incomplete run is shown, and does not count.
        verdict = _finish(state, env)
        said = "yes" if verdict.success else f"no ({to_short_text(verdict.rationale)})" if verdict.rationale else "no"
        return PAREScenarioValidationResult(
            success=None, exception=over, rationale=f"of what had happened until then, validate() says {said}"
        )
    result = _finish(state, env)
    state.limits.check()
    # A failed validation event ended the run. Events that were due later are no defect.
    if env.failure is None:
        state.defects = [*state.defects, *participants.reference_defects()]
    return result


def _finish(state: RunState, env: StateAwareEnvironmentWrapper) -> PAREScenarioValidationResult:
    env.finish()
    state.defects = env.defects
    with env.off_the_record():
        return validate(state.scenario, env)


def _finish_recording(state: RunState, result: PAREScenarioValidationResult) -> str | None:
    if state.recorder is None:
        return None
    try:
        state.recorder.finish(result.exception, is_whole=state.is_played)
    except OSError as raised:
        return f"{state.scenario.scenario_id}: cannot write the cassette {raised.filename}: {raised.strerror}"
    return None


def _export(
    scenario: PAREScenario,
    trace: Trace,
    result: PAREScenarioValidationResult,
    config: ScenarioRunnerConfig,
    directory: Path,
    variant: str,
) -> str | None:
    try:
        path = export_run(scenario, trace, result, config, directory, variant)
    except OSError as error:
        return f"{trace.scenario_id}: cannot write the trace {error.filename}: {error.strerror}"
    except Exception as error:  # noqa: BLE001 - a failed export must not cost the result
        return f"{trace.scenario_id}: cannot write the trace: {to_short_text(error)}"
    result.export_path = None if path is None else str(path)
    return None


def _defects(env: StateAwareEnvironmentWrapper) -> list[str]:
    # A failed validation event ended the run. Events that were due later are no defect.
    return env.defects if env.failure is not None else [*env.defects, *env.left_behind()]
