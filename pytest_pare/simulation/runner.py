"""One run of one scenario."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pytest_pare.agents.errors import AgentTypeError, ProgramError
from pytest_pare.agents.naming import name_of
from pytest_pare.base.extensions import named
from pytest_pare.base.garbage import collecting_rarely
from pytest_pare.base.run_files import file_name
from pytest_pare.base.serialization import to_short_text
from pytest_pare.engines.building import build_engine, import_clients
from pytest_pare.engines.errors import EngineError
from pytest_pare.results.validation_result import (
    PAREScenarioValidationResult,
    RecordedException,
)
from pytest_pare.scenarios.errors import NoiseError, ScenarioDefect, ScenarioTimeoutError, SimulatedTimeOver
from pytest_pare.simulation.agent_environment import model_variables
from pytest_pare.simulation.export import export_run
from pytest_pare.simulation.oracle_run import oracle_run
from pytest_pare.simulation.program_runs import TWO_AGENTS, ProgramRun
from pytest_pare.simulation.run import Run, fill_in, set_outcome, span_of, with_defects
from pytest_pare.simulation.run_log import log_begin, log_end, run_log
from pytest_pare.simulation.run_state import RunState
from pytest_pare.simulation.trace import Trace
from pytest_pare.simulation.validation import require_validate

__all__ = ["Run", "TwoAgentScenarioRunner", "run_scenario", "solution_of"]

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.engines.building import EngineBuilder
    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.past import Past
    from pytest_pare.simulation.reference_run import Solution
    from pytest_pare.simulation.run_state import Details


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
    strict: bool = False,
    details: Details = "failed",
    past: Past | None = None,
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
        strict: Whether the findings of the linter are defects, too; see `lint`.
        details: Which runs have the states of their apps, and the reference steps, in their traces: `failed` for those
            that do not succeed, `all` or `none`. An exported trace always has the states.
        past: The begin of an earlier run, which is played again first; `None` without one.
    """
    log_path = None
    if logs_dir is not None:
        log_path = logs_dir / file_name(scenario.scenario_id, scenario.run_number, variant, "log")
    level = getattr(config, "log_level", "INFO")
    with (
        collecting_rarely(),
        run_log(log_path, level) as log_problems,
        model_variables(config, agent),
        ProgramRun(scenario, config) as program,
        ExitStack() as spans,
    ):
        log_begin(scenario)
        asked = time.perf_counter()
        made = _prepare(config, agent, engine_builder, cassette, program)
        tested = None if config.oracle else config.agent_type if agent is None else name_of(agent)
        span = spans.enter_context(span_of(scenario, variant, tested))
        on_start()
        began = time.perf_counter()
        state = RunState(scenario, config, script_errors, strict=strict, details="all" if config.export else details)
        state.past = past
        state.recorded_calls = lambda: solution_of(scenario, config).calls
        result = _result(state, agent, made, engine_builder, cassette)
        problem = _finish_recording(state, result)
        if state.defects and script_errors == "fail":
            result = with_defects(result, state.defects)
        trace = state.whole_trace(result)
        fill_in(result, trace)
        state.fill_in_end(result)
        export_error = _export(scenario, trace, result, config, export_dir, variant)
        result.duration = time.perf_counter() - began
        program.reason = result.ended_by or result.status
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


# By class, id and seed of the scenario, and by configuration.
_SOLUTIONS: dict[tuple[type, str, int | None, str], Solution] = {}


def solution_of(scenario: PAREScenario, config: ScenarioRunnerConfig) -> Solution:
    """Return the reference run of a scenario in the world as written; it is played once in a process.

    Args:
        scenario: Any instance of the class.
        config: The limits of the run.
    """
    # Only the agent that plays back a run needs this import.
    from pytest_pare.simulation.reference_run import Solution, calls_of, is_silent, reference_config

    plain = reference_config(config)
    key = (type(scenario), scenario.scenario_id, scenario.seed, plain.get_config_hash())
    if key not in _SOLUTIONS:
        written = type(scenario)(scenario_id=scenario.scenario_id, seed=scenario.seed)
        run = run_scenario(written, plain, "warn", details="none")
        _SOLUTIONS[key] = Solution(run.success, is_silent(run.trace), calls_of(run.trace))
    return _SOLUTIONS[key]


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
    program: ProgramRun,
) -> ProactiveAgent | Exception | None:
    """Import the client of live engines, and return the agent of the configuration, or the error of loading it."""
    if config.oracle:
        return None
    if engine_builder is build_engine and (cassette is None or cassette.asks):
        import_clients(config.engines)
    if config.agent is not None:
        return program.start() if agent is None else ProgramError(TWO_AGENTS)
    if agent is not None or config.agent_type in named("agent"):
        return None
    from pytest_pare.agents.loading import load_agent

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
        scenario.configure_variation(state.config)
        scenario.initialize()
        scenario._played = True
        require_validate(scenario)
        state.inspect()
        with scenario.world.active():
            if state.config.oracle:
                return oracle_run(state)
            # Oracle mode needs none of what this imports.
            from pytest_pare.simulation.agent_run import agent_run

            return agent_run(state, agent, made, engine_builder, cassette)
    except (Exception, SystemExit) as raised:  # noqa: BLE001 - an exception of a scenario's code is a result
        state.defects = state.defects or ([] if state.env is None else state.env.defects)
        # Only these have the attribute with this meaning.
        kind = raised.kind if isinstance(raised, AgentTypeError | ProgramError | EngineError | NoiseError) else None
        return PAREScenarioValidationResult(success=None, exception=_exception(raised), exception_kind=kind)


def _exception(raised: Exception | SystemExit) -> Exception:
    if isinstance(raised, SimulatedTimeOver):
        return ScenarioTimeoutError(str(raised))
    if isinstance(raised, SystemExit):
        error: Exception = RecordedException("SystemExit", to_short_text(raised))
        error.__cause__ = raised
        return error
    return raised


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
