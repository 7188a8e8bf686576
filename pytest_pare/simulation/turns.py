"""What an agent is given to act with, and what the environment makes of what it does."""

from __future__ import annotations

import threading
from collections import Counter
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.tool_utils import AppToolArg

from pytest_pare.agents.errors import ConsentRequired, StaleTurn, TurnOver, UnknownToolError
from pytest_pare.agents.protocols import Notification, ProactiveAgentMode, Turn, UserTurn
from pytest_pare.agents.tools import Tool, Toolbox
from pytest_pare.base.serialization import to_short_builtins, to_short_text
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.simulation.faults import ToolFaults, call
from pytest_pare.simulation.notifications import FOR_AGENT, FOR_USER, PAREMessageType
from pytest_pare.simulation.trace import TraceEvent

if TYPE_CHECKING:
    from are.simulation.notification_system import Message
    from are.simulation.tool_utils import AppTool

    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.consent import Consent
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper

_KINDS = {
    PAREMessageType.USER_MESSAGE: "user_message",
    PAREMessageType.AGENT_MESSAGE: "agent_message",
    PAREMessageType.USER_ACTION: "user_action",
    PAREMessageType.ENVIRONMENT_NOTIFICATION_USER: "environment",
    PAREMessageType.ENVIRONMENT_NOTIFICATION_AGENT: "environment",
    PAREMessageType.ENVIRONMENT_STOP: "stop",
}
# The messages reach both as notifications.
_MESSAGE_READERS = (
    "get_last_message_from_user",
    "get_last_unread_messages",
    "get_last_message_from_agent",
    "get_all_messages",
)
_MESSAGES = ("send_message_to_user", "ask_user", "send_message_to_agent")
_NOT_FOR_USER = ("base64_utf8_encoded_attachment_contents", "attachments")


# Refused calls in a row, after which an agent does not mean to stop.
_MOST_REFUSED = 1000


class AgentFailure(Exception):  # noqa: N818 - the agent has failed, which is a result and no error of ours
    """The agent under test raised, or returned what is no turn's end. `__cause__` is what it raised."""


class RunEnded(BaseException):
    """The run is over. No `except Exception` of an agent's is to keep it from ending.

    Attributes:
        cause: Why.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class WorldOver(Exception):  # noqa: N818 - it is no error, but the end
    """The world has come to its end."""


class Desk:
    """Makes the turns of one run, and carries out the calls that are made in them.

    Args:
        scenario: The scenario, initialized.
        env: The environment that it is played in.
        consent: What the agent has proposed.
        config: How it is run.

    Attributes:
        ended: Why the run must end now, once it must. It stays: who swallows it meets it again.
        acted: Whether something was done in this turn, by either side.
    """

    def __init__(
        self, scenario: PAREScenario, env: StateAwareEnvironmentWrapper, consent: Consent, config: ScenarioRunnerConfig
    ) -> None:
        self.ended: Exception | None = None
        self.acted = False
        self._scenario = scenario
        self._env = env
        self._consent = consent
        self._config = config
        self._faults = ToolFaults(scenario, self._keep_waiting)
        self._lock = threading.RLock()
        self._agent_tools: list[AppTool] | None = None
        # What stands for the turn that is played. A call through another one, an old one's, is refused.
        self._turn: object = None
        self._calls = 0
        # By the class of what they were told.
        self._refused: Counter[type[TurnOver]] = Counter()

    def end(self, cause: Exception) -> NoReturn:
        """End the run, wherever this is called.

        Raises:
            RunEnded: Always.
        """
        self.ended = self.ended or cause
        raise RunEnded(self.ended)

    def _open_turn(self) -> object:
        self._turn, self._calls = object(), 0
        self._refused.clear()
        return self._turn

    def close_turn(self) -> None:
        """Let nothing more be done in the turn that was played."""
        with self._lock:
            self._turn = None

    def agent_turn(self, number: int) -> Turn:
        """Return a new turn of the agent's."""
        token = self._open_turn()
        tools = [self._bound(token, app_tool, "AGENT") for app_tool in self._app_tools()]
        give_up = Tool.apart(
            "end_task",
            "End what the user accepted without a message to the user: it is done, or cannot be done.",
            [AppToolArg("reason", "str", "Why.", has_default=True, default="", type_obj=str)],
            lambda _arguments: self._give_up(token),
        )
        return Turn(
            number=number,
            time=self._now(),
            mode=self._consent.mode,
            proposal=self._consent.proposal,
            notifications=self._notifications(FOR_AGENT),
            tools=Toolbox([*tools, give_up], lambda name: self._note_unknown(token, name, "AGENT")),
            scenario_seed=f"{self._scenario.scenario_id}/{self._scenario.seed}/{self._scenario.run_number}",
            _news=lambda: self._news(token),
        )

    def user_turn(self, number: int) -> UserTurn:
        """Return a new turn of the user's."""
        token = self._open_turn()
        wait = Tool.apart("wait", "Do nothing now.", [], lambda _arguments: "You wait.")
        scenario: Any = self._scenario

        def tools() -> Toolbox:
            app_tools = sorted(self._env.get_user_tools(), key=lambda tool: str(tool.name))
            bound = [self._bound(token, app_tool, "USER") for app_tool in app_tools]
            return Toolbox([*bound, wait], lambda name: self._note_unknown(token, name, "USER"))

        return UserTurn(
            number=number,
            now=self._now,
            notifications=self._notifications(FOR_USER),
            proposal=self._consent.proposal,
            tools=tools,
            screen=lambda: self._env.screen or "nothing",
            apps=tuple(sorted(self._env.openable_apps())),
            goal=scenario.user_goal or scenario.additional_system_prompt or None,
        )

    # -- tools

    def _app_tools(self) -> list[AppTool]:
        if self._agent_tools is None:
            self._agent_tools = [
                tool
                for app in self._env.apps.values()
                for tool in app.get_tools()
                if not (isinstance(app, AgentUserInterface) and tool.func_name in _MESSAGE_READERS)
            ]
        return self._agent_tools

    def _bound(self, token: object, app_tool: AppTool, who: str) -> Tool:
        def invoke(arguments: dict[str, Any]) -> Any:
            with self._lock, self._scenario.world.active():
                return self._invoke(token, tool, app_tool, arguments, who)

        tool = Tool(app_tool, invoke)
        # Theirs to keep: whatever they make of it, what counts is what the tool is.
        given = copy(tool)
        given.arguments = [one for one in tool.arguments if who == "AGENT" or one.name not in _NOT_FOR_USER]
        return given

    def _invoke(self, token: object, tool: Tool, app_tool: AppTool, arguments: dict[str, Any], who: str) -> Any:
        self._require_turn(token)
        if not (tool.is_interface and tool.function == "wait"):
            self.acted = True
        known = len(self._env.trace_entries)
        self._faults.told = {}
        try:
            self._require_calls()
            self._require_consent(tool, who)
            _require_words(tool, arguments)
            carry_out = partial(self._faults.carry_out, tool) if who == "AGENT" else call
            result = carry_out(app_tool, arguments)
        except (ScenarioDefect, ScenarioTimeoutError) as error:
            self.end(error)
        except (Exception, RunEnded) as error:
            if self._last(who, known) is None and not self._is_known_to_be_too_much():
                self._note(tool, arguments, error.cause if isinstance(error, RunEnded) else error, who)
            raise
        finally:
            self._tell(self._last(who, known), self._faults.told)
        self._check_limits()
        return result

    def _give_up(self, token: object) -> None:
        with self._lock:
            self._require_turn(token)
            self._require_calls()
            self.acted = True
            self._consent.give_up()

    def _require_turn(self, token: object) -> None:
        if self.ended is not None:
            raise RunEnded(self.ended)
        if token is not self._turn:
            self._refuse(StaleTurn("this turn has ended"))
        if self._env.is_over:
            self._refuse(TurnOver("the simulation has ended"))
        self._check_limits()

    def _refuse(self, over: TurnOver) -> NoReturn:
        self._refused[type(over)] += 1
        if self._refused[type(over)] <= _MOST_REFUSED:
            raise over
        # Who asks again at once would do so for ever.
        failure = AgentFailure(f"the agent does not stop: {_MOST_REFUSED} calls were refused in a turn, as {over}")
        if isinstance(over, StaleTurn):
            # It may be a thread that was left behind, and whose run goes on without it.
            raise RunEnded(failure)
        self.end(failure)

    def _require_calls(self) -> None:
        self._calls += 1
        limit = self._config.max_tool_calls
        if limit is not None and self._calls > limit:
            self._refuse(TurnOver(f"more than {limit} tool calls in a turn (max_tool_calls)"))

    def _is_known_to_be_too_much(self) -> bool:
        limit = self._config.max_tool_calls
        return limit is not None and self._calls > limit + 1

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
        except Exception as over:  # noqa: BLE001 - the caller is not to take it for what a tool raises
            self.end(over)

    def _keep_waiting(self, seconds: float) -> None:
        self._pass_time(seconds)
        if self._env.is_over:
            raise TurnOver("the simulation has ended")

    # -- the trace of what went wrong, and of what never became an event

    def be_busy(self, kind: str | None) -> None:
        """Let the user's turn go by; the trace has it as a fault of this `kind`, if one is given."""
        self.acted = True
        if kind is not None:
            self._put(None, None, "busy", {}, None, "USER", None)
            self.note_fault(kind)
        self._pass_time(self._config.generation_seconds)

    def note_fault(self, kind: str) -> None:
        """Have the trace say of the last thing that the user did that it was a fault of this kind."""
        self._tell(self._last("USER"), {"fault": kind})

    def _tell(self, place: int | None, changes: dict[str, Any]) -> None:
        if changes and place is not None:
            self._env.trace_entries[place] = replace(self._env.trace_entries[place], **changes)

    def _last(self, who: str, known: int = 0) -> int | None:
        entries = self._env.trace_entries
        places = reversed(range(known, len(entries)))
        return next((place for place in places if getattr(entries[place], "kind", None) == who), None)

    def _note(self, tool: Tool, arguments: dict[str, Any], error: Exception, who: str) -> None:
        self._put(tool.app, tool.app_class, tool.function, arguments, error, who, tool.operation)

    def _note_unknown(self, token: object, name: str, who: str) -> None:
        with self._lock:
            self._require_turn(token)
            self._require_calls()
            self.acted = True
            self._put(None, None, name, {}, UnknownToolError(f"there is no tool {name} now"), who, None)

    def _put(
        self,
        app: str | None,
        app_class: str | None,
        function: str,
        arguments: dict[str, Any],
        error: Exception | None,
        who: str,
        operation: str | None,
    ) -> None:
        screen = self._env.screen
        self._env.trace_entries.put(
            TraceEvent(
                time=round(self._env.time_manager.time() - self._env.start_time, 6),
                kind=who,
                event_id="",
                app=app,
                app_class=app_class,
                function=to_short_builtins(function),
                args=to_short_builtins(arguments),
                result=None,
                error=None if error is None else f"{type(error).__name__}: {to_short_text(error)}",
                operation=operation,
                turn=self._env.turn,
                mode=self._consent.mode.value,
                screen_before=screen,
                screen_after=screen,
            )
        )

    # -- what is told

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._env.time_manager.time(), tz=UTC)

    def _news(self, token: object) -> tuple[Notification, ...]:
        with self._lock:
            return self._notifications(FOR_AGENT) if token is self._turn else ()

    def _notifications(self, types: frozenset[PAREMessageType]) -> tuple[Notification, ...]:
        return tuple(map(_notification, self._env.notification_system.take(types)))


def _notification(message: Message) -> Notification:
    kind: Any = _KINDS[message.message_type]
    return Notification(message.timestamp, kind, message.message)


def _require_words(tool: Tool, arguments: dict[str, Any]) -> None:
    if tool.is_interface and tool.function in _MESSAGES:
        content = arguments.get("content")
        if not isinstance(content, str) or not content.strip():
            raise ValueError(f"{tool.function} needs content, a text that is not empty")
