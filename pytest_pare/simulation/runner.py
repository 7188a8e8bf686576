"""One run of one scenario."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from are.simulation.scenarios.scenario import Scenario
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AgentValidationEvent, ValidationEvent

from pytest_pare.agents import prompts
from pytest_pare.agents.errors import AgentTypeError
from pytest_pare.agents.loading import load_agent
from pytest_pare.agents.observe_execute import ObserveExecuteAgent
from pytest_pare.base.redaction import redacted, redacted_repr
from pytest_pare.base.serialization import to_builtins, to_short_text
from pytest_pare.engines.building import build_engine, import_clients
from pytest_pare.engines.errors import EngineError
from pytest_pare.results.validation_result import (
    PAREScenarioValidationResult,
    RecordedException,
    exception_type_name,
)
from pytest_pare.scenarios.config import AGENT_TYPES
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError, SimulatedTimeOver
from pytest_pare.scenarios.noise.data import NoiseError
from pytest_pare.scenarios.noise.events import is_arrival
from pytest_pare.scenarios.writes import inspected_writes
from pytest_pare.simulation.consent import Consent
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from pytest_pare.simulation.errors import AgentFailure
from pytest_pare.simulation.export import export_run
from pytest_pare.simulation.limits import Limits
from pytest_pare.simulation.loop import Loop, Played
from pytest_pare.simulation.participants import Participants, name_of
from pytest_pare.simulation.preflight import inspect_scenario
from pytest_pare.simulation.trace import ENV_EVENT, Trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.engines.building import EngineBuilder
    from pytest_pare.engines.recorder import CassetteSpec, Recorder
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario


@dataclass(frozen=True)
class Run:
    """What came out of a run.

    Attributes:
        result: The verdict.
        trace: What happened, as far as the run came.
        warnings: What became of noise that could not come, or failed; defects of the script that were asked to be no
            more than warnings; then what is to be known of the recording that it was made from.
        agent_error: What the agent under test raised, if that ended the run.
        export_error: Why the trace or the recording could not be written, if that was asked for.
        recording_warnings: Those of the warnings that tell of the recording.
        setup_seconds: Real time in seconds that it took to import and to make the agent, before the run began.
        env: The environment as the run left it, for a debugger; `None` if the run came to none, or from another
            process.
    """

    result: PAREScenarioValidationResult
    trace: Trace
    warnings: tuple[str, ...] = ()
    agent_error: BaseException | None = None
    export_error: str | None = None
    recording_warnings: tuple[str, ...] = ()
    setup_seconds: float = 0.0
    env: StateAwareEnvironmentWrapper | None = field(default=None, repr=False, compare=False)

    __repr__ = redacted_repr

    @property
    def success(self) -> bool:
        """Whether the run was judged and succeeded."""
        return self.result.status == "success"


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
) -> Run:
    """Play `scenario` with a user and an agent, or in oracle mode, and validate what happened.

    The world stands still during validation. Whatever the scenario's code, the agent and the engines raise is in the
    result, never raised.

    The agent that `config.agent_type` names is imported and made first, and so is the client of a live engine. The
    clock of the run, its duration and `timeout_seconds`, starts after that.

    Args:
        scenario: A new instance; one that was played before is refused.
        config: How the run is made, and what bounds it.
        script_errors: What a defect of the scenario that is found before the first turn, a step of the script that
            raises, or one that in oracle mode never happens, makes of the run: `fail` an exception (`ScenarioDefect`),
            `warn` a warning.
        agent: The agent under test; `None` is what `config.agent_type` names. Oracle mode has none.
        engine_builder: Makes the engines.
        export_dir: Where a trace is written, if `config.export` asks for it and `config.output_dir` names no place.
        variant: What tells this run from others of the same scenario and number, in the name of that file.
        cassette: Where what live engines answer is recorded, or replayed from; `None` for neither.
        on_start: Called when the run's clock starts.
    """
    asked = time.perf_counter()
    made = _prepare(config, agent, engine_builder, cassette)
    on_start()
    began = time.perf_counter()
    stage = _Stage(scenario, config, script_errors)
    result = _result(stage, agent, made, engine_builder, cassette)
    problem = _finish_recording(stage, result)
    if stage.defects and script_errors == "fail":
        result = _defective(result, stage.defects)
    trace = stage.trace()
    _fill_in(result, trace)
    _tell_the_end(result, stage)
    export_error = _export(scenario, trace, result, config, export_dir, variant)
    result.duration = time.perf_counter() - began
    warnings = [*stage.suspicions, *stage.noise_warnings(), *(stage.defects if script_errors == "warn" else [])]
    told = tuple(f"{scenario.scenario_id}: {warning}" for warning in dict.fromkeys(warnings))
    of_recording = () if stage.recorder is None else tuple(stage.recorder.warnings)
    return Run(
        result,
        trace,
        (*told, *of_recording),
        stage.agent_error,
        problem or export_error,
        of_recording,
        began - asked,
        stage.env,
    )


class TwoAgentScenarioRunner:
    """Runs one scenario, as PARE's runner of that name does."""

    def run(self, config: ScenarioRunnerConfig, scenario: PAREScenario) -> PAREScenarioValidationResult:
        """Play `scenario` and return the verdict; see `run_scenario`, which returns the trace too."""
        return run_scenario(scenario, config).result


class _Stage:
    """What a run leaves behind, however it ends."""

    def __init__(
        self, scenario: PAREScenario, config: ScenarioRunnerConfig, script_errors: Literal["fail", "warn"]
    ) -> None:
        self.scenario = scenario
        self.config = config
        self.script_errors = script_errors
        self.limits = Limits(config.max_scenario_duration, getattr(config, "timeout_seconds", None))
        self.env: StateAwareEnvironmentWrapper | None = None
        self.loop: Loop | None = None
        self.recorder: Recorder | None = None
        # Whether the conversation came to its end: nothing more would be asked in this run.
        self.is_played = False
        self.agent_name: str | None = None
        self.agent_error: BaseException | None = None
        self.defects: list[str] = []
        # What looks wrong with the scenario, as far as it was known before the first turn.
        self.suspicions: list[str] = []

    def inspect(self) -> None:
        """Check the scenario before it is played.

        Raises:
            ScenarioDefect: If it has defects, and they are to be more than warnings.
        """
        defects, self.suspicions = inspect_scenario(self.scenario, oracle=self.config.oracle)
        if defects and self.script_errors == "fail":
            raise ScenarioDefect(f"{self.scenario.scenario_id}: {'; '.join(defects)}")
        self.suspicions = [*defects, *self.suspicions]

    def noise_warnings(self) -> list[str]:
        failed = [] if self.env is None else [f"noise failed: {told}" for told in self.env.noise_failures]
        none = getattr(self.scenario, "_no_noise", None)
        return failed if none is None else [f"{none}; it ran without", *failed]

    def trace(self) -> Trace:
        env, played = self.env, Played(0, 0) if self.loop is None else self.loop.played
        return Trace(
            scenario_id=self.scenario.scenario_id,
            start_time=0.0 if env is None else env.start_time,
            entries=() if env is None else tuple(env.trace_entries),
            seed=self.scenario.seed,
            run_number=self.scenario.run_number,
            agent=self.agent_name,
            prompts=None if self.agent_name is None else prompts.version(),
            turns=played.turns,
            turns_saved=played.turns_saved,
        )


def _prepare(
    config: ScenarioRunnerConfig,
    agent: ProactiveAgent | None,
    engine_builder: EngineBuilder,
    cassette: CassetteSpec | None,
) -> ProactiveAgent | Exception | None:
    """Import what the run needs, and return the agent that `agent_type` names, or why there is none."""
    if config.oracle:
        return None
    if engine_builder is build_engine and (cassette is None or cassette.asks):
        import_clients(config.engines.values())
    if agent is not None or config.agent_type in AGENT_TYPES:
        return None
    try:
        return load_agent(config.agent_type)
    except AgentTypeError as error:
        return error


def _result(
    stage: _Stage,
    agent: ProactiveAgent | None,
    made: ProactiveAgent | Exception | None,
    engine_builder: EngineBuilder,
    cassette: CassetteSpec | None,
) -> PAREScenarioValidationResult:
    scenario = stage.scenario
    try:
        if getattr(scenario, "_played", False):
            raise ScenarioDefect(f"{scenario.scenario_id}: this instance was played before; make a new one")  # noqa: TRY301
        scenario.configure_noise(stage.config)
        scenario.initialize()
        scenario._played = True
        _require_validate(scenario)
        stage.inspect()
        with scenario.world.active():
            if stage.config.oracle:
                return _oracle_run(stage)
            return _agent_run(stage, agent, made, engine_builder, cassette)
    except (Exception, SystemExit) as raised:  # noqa: BLE001 - whatever a scenario's code raises is the result
        stage.defects = stage.defects or ([] if stage.env is None else stage.env.defects)
        # These say what they come of; what an exception of somebody else's calls its kind is another matter.
        kind = raised.kind if isinstance(raised, AgentTypeError | EngineError | NoiseError) else None
        return PAREScenarioValidationResult(success=None, exception=_exception(raised), error_kind=kind)


def _exception(raised: Exception | SystemExit) -> Exception:
    if isinstance(raised, SimulatedTimeOver):
        return ScenarioTimeoutError(str(raised))
    if isinstance(raised, SystemExit):
        error: Exception = RecordedException("SystemExit", to_short_text(raised))
        error.__cause__ = raised
        return error
    return raised


def _oracle_run(stage: _Stage) -> PAREScenarioValidationResult:
    env = stage.env = StateAwareEnvironmentWrapper(
        clock=stage.scenario.world.clock, limits=stage.limits, oracle_mode=True
    )
    env.run(stage.scenario)
    with env.off_the_record():
        result = _validate(stage.scenario, env)
    stage.limits.check()
    stage.defects = _defects(env)
    return result


def _agent_run(
    stage: _Stage,
    agent: ProactiveAgent | None,
    made: ProactiveAgent | Exception | None,
    engine_builder: EngineBuilder,
    cassette: CassetteSpec | None,
) -> PAREScenarioValidationResult:
    scenario, config = stage.scenario, stage.config
    consent = Consent(config.proposal_lifetime, config.execute_max_turns)
    env = stage.env = StateAwareEnvironmentWrapper(clock=scenario.world.clock, limits=stage.limits, consent=consent)
    env.run(scenario, wait_for_end=False)
    participants = Participants(scenario, config, env, consent, engine_builder, agent, cassette)
    stage.recorder = participants.recorder
    user = participants.user()
    stage.agent_name = config.agent_type if agent is None else name_of(agent)
    under_test = participants.agent(made)
    charges = not isinstance(under_test, ObserveExecuteAgent)
    offline = agent is None and config.agent_type in AGENT_TYPES
    loop = stage.loop = Loop(
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
        stage.is_played = True
    except AgentFailure as failure:
        # That is a result as well, which a replay is to come to.
        stage.is_played = True
        stage.defects = env.defects
        stage.agent_error = failure.__cause__ or failure
        return PAREScenarioValidationResult(success=False, rationale=f"turn {loop.played.turns - 1}: {failure}")
    except ScenarioTimeoutError as over:
        # Cut short by the machine, not by the world: what validate() says of a part is told, and judges nothing.
        verdict = _finish(stage, env)
        said = "yes" if verdict.success else f"no ({to_short_text(verdict.rationale)})" if verdict.rationale else "no"
        return PAREScenarioValidationResult(
            success=None, exception=over, rationale=f"of what had happened until then, validate() says {said}"
        )
    result = _finish(stage, env)
    stage.limits.check()
    # A validation that failed has ended the run; what was to come after it is no defect.
    if env.failure is None:
        stage.defects = [*stage.defects, *participants.reference_defects()]
    return result


def _finish(stage: _Stage, env: StateAwareEnvironmentWrapper) -> PAREScenarioValidationResult:
    env.finish()
    stage.defects = env.defects
    with env.off_the_record():
        return _validate(stage.scenario, env)


def _finish_recording(stage: _Stage, result: PAREScenarioValidationResult) -> str | None:
    if stage.recorder is None:
        return None
    try:
        stage.recorder.finish(result.exception, is_whole=stage.is_played)
    except OSError as raised:
        return f"{stage.scenario.scenario_id}: cannot write the cassette {raised.filename}: {raised.strerror}"
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
    except Exception as error:  # noqa: BLE001 - what cannot be written costs the file, and not the result
        return f"{trace.scenario_id}: cannot write the trace: {to_short_text(error)}"
    result.export_path = None if path is None else str(path)
    return None


def _fill_in(result: PAREScenarioValidationResult, trace: Trace) -> None:
    """Count in the trace what the result tells of noise and faults, and of the agents. Oracle mode has no agents."""
    noise = (one for one in trace.events if one.fault == ENV_EVENT and one.error is None)
    result.noise_events = sum(is_arrival(one.event_id) for one in noise)
    result.faults = trace.faults()
    if trace.agent is None:
        return
    result.proposal_count = len(trace.proposals())
    result.acceptance_count = len(trace.acceptances())
    result.rejection_count = len(trace.rejections())
    result.read_only_actions = len(trace.actions("AGENT", operation="read"))
    result.write_actions = len(trace.actions("AGENT", operation="write"))
    result.writes_without_consent = len(trace.writes_without_consent())
    result.number_of_turns = trace.turns
    result.turns_saved = trace.turns_saved
    result.prompt_version = trace.prompts
    result.usage = trace.usage()


def _tell_the_end(result: PAREScenarioValidationResult, stage: _Stage) -> None:
    """Say how the turns of a run came to their end, and what of its script had not happened by then."""
    env, ended_by = stage.env, None if stage.loop is None else stage.loop.ended_by
    if env is None or ended_by is None:
        return
    result.ended_by = ended_by
    # A validation that failed has ended the run, and says why itself.
    result.script_events_missed = env.events_missed() if env.failure is None else 0


def _require_validate(scenario: PAREScenario) -> None:
    # ARE's own says yes to whatever happened; that is enough only where events of the scenario's do the validation.
    has_events = any(isinstance(event, ValidationEvent | AgentValidationEvent) for event in scenario.events)
    if type(scenario).validate is Scenario.validate and not has_events:
        raise ScenarioDefect(f"{type(scenario).__name__} defines no validate(env): nothing would be judged")


def _validate(scenario: PAREScenario, env: StateAwareEnvironmentWrapper) -> PAREScenarioValidationResult:
    with inspected_writes(scenario.apps or []) as wrong:
        verdict = scenario.validate(env)
    env.defects += wrong
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
    value = to_builtins(value) if isinstance(value, int) else value
    return f"{name} ({redacted(repr(value)):.80})" if isinstance(value, str | int | float) else name


def _defective(result: PAREScenarioValidationResult, defects: list[str]) -> PAREScenarioValidationResult:
    # What else went wrong may well come from it.
    error = result.exception
    told = defects if error is None else [*defects, f"{exception_type_name(error)}: {to_short_text(error)}"]
    defect = ScenarioDefect("; ".join(told))
    defect.__cause__ = error
    return PAREScenarioValidationResult(success=None, exception=defect, rationale=result.rationale)


def _defects(env: StateAwareEnvironmentWrapper) -> list[str]:
    # A validation that failed has ended the run; what was to come after it is no defect.
    return env.defects if env.failure is not None else [*env.defects, *env.left_behind()]
