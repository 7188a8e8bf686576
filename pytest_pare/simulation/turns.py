"""The turns of the user and the agent: their tools, and the execution of tool calls."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_pare.agents.errors import ConsentRequired, StaleTurn, TurnOver, UnknownToolError
from pytest_pare.agents.protocols import Notification, ProactiveAgentMode, Turn, UserTurn
from pytest_pare.agents.tools import NO_TOOLS, Toolbox
from pytest_pare.base import telemetry
from pytest_pare.base.times import utc_time
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.simulation.app_tools import MadeTools, UserTools, agent_tools, require_words
from pytest_pare.simulation.errors import AgentFailure, RunEnded, ToolFaultError
from pytest_pare.simulation.faults import ToolFaults, seed_of
from pytest_pare.simulation.notifications import FOR_AGENT, FOR_USER, PAREMessageType, to_notification
from pytest_pare.simulation.tool_faults import call_tool
from pytest_pare.simulation.turn_limits import TurnLimits
from pytest_pare.simulation.turn_trace import TurnTrace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from are.simulation.tool_utils import AppTool

    from pytest_pare.agents.tools import Tool
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.consent import Consent
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.past import Past


class TurnGateway:
    """Makes the turns of one run, and carries out the calls that are made in them.

    Args:
        scenario: The scenario, initialized.
        env: The environment that it is played in.
        consent: The state of the agent's last proposal.
        config: The configuration of the run.
        past: The past of the run; `None` without one.

    Attributes:
        ended: Why the run must end now, or `None`. It stays: an agent that swallows the exception gets it again.
        acted: Whether either side has acted in this turn.
        span: The span of the present turn, or of the run before its first turn.
        users_tools: Returns tools of the agent that the user has as well, beside those of its screen.
    """

    def __init__(
        self,
        scenario: PAREScenario,
        env: StateAwareEnvironmentWrapper,
        consent: Consent,
        config: ScenarioRunnerConfig,
        past: Past | None = None,
    ) -> None:
        self.ended: Exception | None = None
        self.acted = False
        self.span = telemetry.current()
        self.users_tools: Callable[[], list[AppTool]] = list
        self._scenario = scenario
        self._env = env
        self._consent = consent
        self._config = config
        self._faults = ToolFaults(scenario, self._keep_waiting, self.fork_seed)
        self._past = past
        self._trace = TurnTrace(env, consent)
        self._lock = threading.RLock()
        self._agent_tools: list[AppTool] | None = None
        self._tools = MadeTools()
        # The token of the present turn. A call with another token, that of an old turn, is refused.
        self._turn: object = None
        self._limits = TurnLimits(config.max_tool_calls)
        self._user_tools = UserTools(
            env,
            lambda: self.users_tools(),  # noqa: PLW0108 - it is set later
            lambda app_tool: self._bound(lambda: self._turn, app_tool, "USER"),
            self._tools.wait.carried_out_by(lambda _arguments: "You wait."),
            lambda name: self._note_unknown(self._turn, name, who="USER"),
        )

    def end(self, cause: Exception) -> NoReturn:
        """End the run.

        Raises:
            RunEnded: Always.
        """
        self.ended = self.ended or cause
        raise RunEnded(self.ended)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Let no call of another thread change the world meanwhile."""
        with self._lock, self._scenario.world.active():
            yield

    def _open_turn(self) -> object:
        self._turn = object()
        self._limits.begin()
        return self._turn

    def close_turn(self) -> None:
        """Refuse all further calls in the present turn."""
        with self._lock:
            self._turn = None

    def agent_turn(self, number: int) -> Turn:
        """Return a new turn of the agent."""
        token = self._open_turn()
        of_run = self._tools_of_run  # Made at once: tools with one name are a defect of the scenario.
        turn = Turn(
            number=number,
            time=self._now(),
            mode=self._consent.mode,
            proposal=self._consent.proposal,
            notifications=self._notifications(FOR_AGENT),
            tools=NO_TOOLS,
            scenario_seed=seed_of(self._scenario, self.fork_seed()),
            _news=lambda: self._news(token),
        )
        return turn.with_tools_made_by(lambda: self._toolbox(lambda: token), lambda: of_run)

    def fork_seed(self) -> int:
        """Return the seed of a fork for what is drawn now; 0 for the draws of the run."""
        return 0 if self._past is None else self._past.seed()

    def user_turn(self, number: int) -> UserTurn:
        """Return a new turn of the user."""
        scenario = self._scenario
        self._open_turn()
        return UserTurn(
            number=number,
            now=self._now,
            notifications=self._notifications(FOR_USER),
            proposal=self._consent.proposal,
            tools=self._user_tools,
            screen=lambda: self._env.screen or "nothing",
            apps=tuple(sorted(self._env.openable_apps())),
            goal=scenario.user_goal or scenario.additional_system_prompt or None,
        )

    # -- tools

    def definitions(self) -> list[dict[str, Any]]:
        """Return the agent's tools as `Turn.definitions` has them, with `annotations`, also before the first turn."""
        with self.exclusively():
            return [tool.annotated for tool in self._toolbox(object).values()]

    @cached_property
    def _tools_of_run(self) -> Toolbox:
        """Tools that are called in the present turn, for agents that take no turn after another has begun."""
        return self._toolbox(lambda: self._turn)

    def _toolbox(self, token: Callable[[], object]) -> Toolbox:
        tools = [self._bound(token, app_tool, "AGENT") for app_tool in self._app_tools()]
        give_up = self._tools.end_task.carried_out_by(lambda _arguments: self._give_up(token()))
        return Toolbox([*tools, give_up], lambda name: self._note_unknown(token(), name, "AGENT"))

    def _app_tools(self) -> list[AppTool]:
        if self._agent_tools is None:
            self._agent_tools = [tool for app in self._env.apps.values() for tool in agent_tools(app)]
        return self._agent_tools

    def _bound(self, token: Callable[[], object], app_tool: AppTool, who: str) -> Tool:
        """Return the tool of a side, which is called in the turn whose token `token` returns."""
        tool = self._tools.of(app_tool, who)
        # The agent gets a copy: changing it changes neither its calls nor their checks.
        return tool.carried_out_by(lambda arguments: self._carry_out(token(), tool, app_tool, who, arguments))

    def _carry_out(self, token: object, tool: Tool, app_tool: AppTool, who: str, arguments: dict[str, Any]) -> Any:
        with self.exclusively(), self._span(tool.name, arguments, who) as span:
            return span.returned(self._invoke(token, tool, app_tool, arguments, who))

    def _span(self, name: str, arguments: dict[str, Any], who: str) -> telemetry.Span:
        return telemetry.tool_call(name, arguments, who, self._env.time_manager.time(), self.span)

    def _invoke(self, token: object, tool: Tool, app_tool: AppTool, arguments: dict[str, Any], who: str) -> Any:
        self._require_turn(token)
        if not (tool.is_interface and tool.function == "wait"):
            self.acted = True
        known, self._faults.trace_fields = len(self._env.trace_entries), {}
        try:
            self._require_calls()
            self._require_consent(tool, who)
            require_words(tool, arguments)
            carry_out = partial(self._faults.carry_out, tool) if who == "AGENT" else call_tool
            result = carry_out(app_tool, arguments)
            if self._faults.trace_fields and self._trace.last(who, known) is None:
                # A fault has answered without carrying the call out.
                self._trace.add_call(tool, arguments, None, who)
        except (ScenarioDefect, ScenarioTimeoutError, ToolFaultError) as error:
            self.end(error)
        except (Exception, RunEnded) as error:
            if self._trace.last(who, known) is None and not self._limits.is_far_exceeded:
                cause = error.cause if isinstance(error, RunEnded) else error
                self._trace.add_call(tool, arguments, cause, who)
            raise
        finally:
            telemetry.note_fault(self._faults.trace_fields.get("fault"))
            self._trace.change(self._trace.last(who, known), self._faults.trace_fields)
        self._check_limits()
        return result if self._past is None else self._past.received(self._trace, who, known, result)

    def _give_up(self, token: object) -> None:
        with self._lock, self._span("end_task", {}, "AGENT"):
            self._require_turn(token)
            self._require_calls()
            self.acted = True
            self._consent.give_up()

    def _require_turn(self, token: object) -> None:
        if self.ended is not None:
            raise RunEnded(self.ended)
        if token is None or token is not self._turn:
            self._refuse(StaleTurn("this turn has ended"))
        if self._env.is_over:
            self._refuse(TurnOver("the simulation has ended"))
        self._check_limits()

    def _refuse(self, over: TurnOver) -> NoReturn:
        try:
            self._limits.refuse(over)
        except AgentFailure as failure:
            self.end(failure)

    def _require_calls(self) -> None:
        over = self._limits.count_call()
        if over is not None:
            self._refuse(over)

    def _require_consent(self, tool: Tool, who: str) -> None:
        if (
            who == "AGENT"
            and self._config.writes_without_consent == "refuse"
            and tool.operation == "write"
            and not tool.is_interface
            and self._consent.mode is not ProactiveAgentMode.EXECUTE
        ):
            raise ConsentRequired(f"{tool.name} writes, and the user has accepted nothing; propose it first")

    def _check_limits(self) -> None:
        try:
            self._env.limits.check()
        except ScenarioTimeoutError as error:
            self.end(error)

    def _pass_time(self, seconds: float) -> None:
        try:
            self._env.pass_time(seconds, "the agents have not come to an end")
        except Exception as over:  # noqa: BLE001 - an agent must not take it for an exception of a tool
            self.end(over)

    def _keep_waiting(self, seconds: float) -> None:
        self._pass_time(seconds)
        if self._env.is_over:
            raise TurnOver("the simulation has ended")

    def be_busy(self, kind: str | None) -> None:
        """Let the user's turn pass without an action.

        Args:
            kind: The kind of fault that the trace records for it; `None` to record nothing.
        """
        self.acted = True
        if kind is not None:
            self._trace.add("busy", "USER")
            self.note_fault(kind)
        self._pass_time(self._config.generation_seconds)

    def note_fault(self, kind: str) -> None:
        """Record a kind of fault on the user's last event in the trace."""
        self._trace.change(self._trace.last("USER"), {"fault": kind})

    def _note_unknown(self, token: object, name: str, who: str) -> None:
        with self._lock:
            self._require_turn(token)
            self._require_calls()
            self.acted = True
            error = UnknownToolError(f"there is no tool {name} now")
            with self._span(name, {}, who) as span:
                span.failed("UnknownToolError", str(error))
            self._trace.add(name, who, error=error)

    def _now(self) -> datetime:
        return utc_time(self._env.time_manager.time())

    def _news(self, token: object) -> tuple[Notification, ...]:
        with self._lock:
            return self._notifications(FOR_AGENT) if token is self._turn else ()

    def _notifications(self, types: frozenset[PAREMessageType]) -> tuple[Notification, ...]:
        found = tuple(map(to_notification, self._env.notification_system.take(types)))
        self._trace.add_told("USER" if types is FOR_USER else "AGENT", found)
        return found
