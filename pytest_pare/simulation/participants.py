"""The participants of a run: the user, the agent under test, and their engines."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_pare.agents.calibration import ReferenceCall
from pytest_pare.agents.loading import AgentContext, make_agent
from pytest_pare.agents.user import ReActUser
from pytest_pare.engines.errors import EngineError
from pytest_pare.engines.recorder import Recorder
from pytest_pare.engines.reference import Reference
from pytest_pare.scenarios.agent_type import is_own_agent
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.events import is_users_own
from pytest_pare.scenarios.scripted_failures import is_scripted
from pytest_pare.simulation.judging import judge_of_run
from pytest_pare.simulation.reference_defects import failed_call, steps_left
from pytest_pare.simulation.request_inputs import request_inputs
from pytest_pare.simulation.switch import Switch
from pytest_pare.simulation.timed_engine import TimedEngine
from pytest_pare.simulation.trace_entries import ENV_EVENT, TraceEvent
from pytest_pare.simulation.turns import TurnGateway
from pytest_pare.simulation.user_failures import user_failures
from pytest_pare.simulation.user_faults import DifficultUser, is_difficult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.agents.calibration import RecordedCall
    from pytest_pare.agents.protocols import ProactiveAgent, UserAgent
    from pytest_pare.engines.building import EngineBuilder
    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.engines.reference import Role
    from pytest_pare.results.validation_result import Ending
    from pytest_pare.scenarios.config import LLMEngineConfig, ScenarioRunnerConfig
    from pytest_pare.scenarios.judging import Judging
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.agent_model import AgentModel
    from pytest_pare.simulation.consent import Consent
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.past import Past
    from pytest_pare.simulation.past_engines import PastCalls
    from pytest_pare.simulation.trace import Trace
    from pytest_pare.simulation.user_failures import UserFault


class Participants:
    """Makes the user and the agent of one run.

    Args:
        scenario: The scenario, initialized.
        config: The configuration of the run.
        env: The environment of the run, with its apps.
        consent: The state of the agent's last proposal.
        engine_builder: Makes the engines.
        agent: The agent under test; `None` for that of the configuration.
        cassette: Where the calls of live engines are recorded, or replayed from; `None` for neither.
        recorded_calls: Returns the agent's calls of a reference run in the world as written.
        past: The past of the run; `None` without one.

    Attributes:
        gateway: Makes the turns.
        recorder: Records and replays the live engines; `None` without a cassette or live engines.
        agent_model: The model behind the agent's endpoint; `None` without one.

    Raises:
        EngineConfigurationError: If there is no cassette, and none may be recorded, or the agent has no model.
    """

    def __init__(
        self,
        scenario: PAREScenario,
        config: ScenarioRunnerConfig,
        env: StateAwareEnvironmentWrapper,
        consent: Consent,
        engine_builder: EngineBuilder,
        agent: ProactiveAgent | None = None,
        cassette: CassetteSpec | None = None,
        recorded_calls: Callable[[], Sequence[RecordedCall]] = tuple,
        past: Past | None = None,
    ) -> None:
        self.gateway = TurnGateway(scenario, env, consent, config, past)
        self._scenario = scenario
        self._config = config
        self._env = env
        self._consent = consent
        self._engine_builder = engine_builder
        self._agent = agent
        self._recorded_calls = recorded_calls
        self._past = past
        # Only the built-in agent plays the agent's reference steps.
        is_built_in = agent is None and config.is_built_in
        roles: tuple[Role, ...] = ("user", "observe", "execute") if is_built_in else ("user",)
        other = None if past is None else past.change.agent
        if config.agent_engine_config is not None and is_own_agent(config.agent_type, agent or other):
            roles += ("agent",)
        self._engines = {role: engine.for_run(scenario.run_number) for role, engine in config.engines.items()}
        played = frozenset(role for role in roles if role != "agent" and self._engines[role].provider == "oracle")
        recorded: tuple[Role, ...] = (*roles, "judge") if "judge" in self._engines else roles
        live = {role: self._engines[role] for role in recorded if self._engines[role].is_live}
        self.recorder: Recorder | None = None
        if cassette is not None and live:
            inputs = request_inputs(scenario, env.apps.values(), live)
            self.recorder = Recorder(cassette, scenario.scenario_id, scenario.run_number, inputs, lambda: env.turn or 0)
        self._reference = Reference(
            scenario.events,
            env,
            is_users_own,
            played,
            scenario.scenario_id,
            early_writes=config.writes_without_consent == "carry_out",
        )
        self.gateway.users_tools = self._reference.users_tools
        self.agent_model = self._make_agent_model() if "agent" in roles else None

    def _make_agent_model(self) -> AgentModel:
        # Only runs with a model for the agent need these imports.
        from pytest_pare.engines.agent_engine import build_agent_engine
        from pytest_pare.simulation.agent_model import AgentModel

        engine = self._engines["agent"]
        build = partial(build_agent_engine, engine, self._reference, self._engine_builder)
        recorder: Recorder | PastCalls | None = self.recorder if engine.is_live else None
        if self._past is not None:
            from pytest_pare.simulation.past_engines import PastCalls

            recorder = PastCalls(self._past, engine)
        return AgentModel(engine, build, recorder, self._env, self.gateway, self._config)

    def user(self) -> UserAgent:
        """Return the simulated user.

        Raises:
            EngineConfigurationError: If its engine cannot be made.
        """
        user = ReActUser(
            self._engine("user"),
            self._env.time_manager,
            self._config.user_max_iterations,
            use_custom_logger=self._config.use_custom_logger,
        )
        noise = self._scenario.noise_config
        return DifficultUser(user, self.gateway, self._consent, noise, self._scenario) if is_difficult(noise) else user

    def agent(self, made: ProactiveAgent | Exception | None = None) -> ProactiveAgent:
        """Return the agent under test.

        Args:
            made: The agent that `config.agent_type` names by `module:name`, or the program of `config.agent`; or the
                error of loading or starting it.

        Raises:
            AgentTypeError: If loading it failed.
            ProgramError: If starting it failed.
            EngineConfigurationError: If an engine cannot be made.
        """
        if isinstance(made, Exception):
            raise made
        if self._agent is not None:
            return self._agent
        if made is not None:
            return made
        context = AgentContext(
            self._config,
            self._env.time_manager,
            self._engine,
            self._next_reference_call,
            reference_writes=lambda: self._reference.has_writes,
            observer_writes=self._reference.observer_writes,
            recorded_calls=self._recorded_calls,
        )
        return make_agent(self._config.agent_type, context, (EngineError,))

    def switch(self, agent: ProactiveAgent) -> Switch:
        """Return an agent that another one replaces at the step of the run's past.

        Args:
            agent: The agent before.
        """
        past = self._past
        other = None if past is None else past.change.agent
        return Switch(agent, other, past, lambda: self._reference.release("observe", "execute"))

    def judging(self) -> Judging:
        """Return the judge of the run, at its end.

        Raises:
            EngineConfigurationError: If its engine cannot be made, or its calibration is that of another judge.
        """
        build = partial(self._bare_engine, "judge") if "judge" in self._engines else None
        is_reference = self._agent is None and self._config.mode == "reference"
        return judge_of_run(self._config, self._env, build, is_reference=is_reference)

    def users_time(self) -> float | None:
        """Return when the user's turn must begin for its next step, in epoch seconds; `None` if it waits for others."""
        due = self._reference.users_time()
        return None if due is None else due - self._config.generation_seconds

    def reference_defects(self, ended_by: Ending | None) -> list[str]:
        """Return the defects of the scenario's solution in a reference check, a sentence each.

        Events of the script that never happened are defects, too. After faults by noise there are none, because noise
        may be the cause.

        Args:
            ended_by: What ended the turns of the run.
        """
        events = [entry for entry in self._env.trace_entries if isinstance(entry, TraceEvent)]
        if (
            self._agent is not None
            or (self._past is not None and not self._past.change.is_none)
            or self._config.mode != "reference"
            or any(event.fault not in (None, ENV_EVENT) for event in events)
        ):
            return []
        # The environment reports events of the script that raised.
        own = {event.event_id for event in self._scenario.events}
        own |= {event.event_id for event in self._env.event_log.list_view() if is_scripted(event)}
        failed = [
            failed_call(event, self._reference)
            for event in events
            if event.kind in ("AGENT", "USER")
            # Without a channel to the user there is no tool for waiting, and an idle agent fails to wait.
            if event.error is not None and event.event_id not in own and (event.app, event.function) != (None, "wait")
        ]
        return [*failed, *self._env.left_behind(), *steps_left(self._reference, self._env, ended_by)]

    def user_failures(self, trace: Trace) -> list[UserFault]:
        """Return the failures of the simulated user; none of the oracle user, which plays the reference."""
        if self._engines["user"].provider == "oracle":
            return []
        try:
            return user_failures(trace, self._reference)
        except ScenarioDefect:
            # A broken solution fails no run that does not play it.
            return []

    def _next_reference_call(self) -> ReferenceCall | None:
        step = self._reference.next_unasked()
        if step is None:
            return None
        arguments = self._reference.play(step)
        return ReferenceCall(step.app_name, step.function, arguments)

    def _engine(self, role: Role) -> TimedEngine:
        return TimedEngine(self._bare_engine(role), role, self._env, self.gateway, self._config)

    def _bare_engine(self, role: Role) -> LLMEngine:
        config = self._engines[role]
        build = partial(self._engine_builder, config, role, self._reference)
        if self._past is not None:
            from pytest_pare.simulation.past_engines import PastEngine

            def build_other(other: LLMEngineConfig) -> LLMEngine:
                return self._engine_builder(other, role, self._reference)

            return PastEngine(self._past, role, config, build_other, self._reference.release)
        return build() if self.recorder is None or not config.is_live else self.recorder.engine(role, build)
