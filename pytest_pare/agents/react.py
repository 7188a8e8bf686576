"""ARE's ReAct agent and wire format, for one turn at a time."""

from __future__ import annotations

import json
import logging
import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from are.simulation.agents.default_agent.base_agent import BaseAgent, TerminationStep
from are.simulation.agents.default_agent.tools.json_action_executor import JsonActionExecutor, parse_json_tool_call
from are.simulation.exceptions import (
    InvalidActionAgentError,
    JsonExecutionAgentError,
    LoggedError,
    UnavailableToolAgentError,
)

from pytest_pare.agents.errors import TurnOver, UnknownToolError
from pytest_pare.agents.memory import Memory
from pytest_pare.are.copies import fresh_containers
from pytest_pare.are.world import skip_uuid
from pytest_pare.base.serialization import to_builtins_or_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from are.simulation.agents.agent_log import BaseAgentLog
    from are.simulation.agents.llm.llm_engine import LLMEngine
    from are.simulation.time_manager import TimeManager

    from pytest_pare.agents.protocols import Notification
    from pytest_pare.agents.tools import Tool, Toolbox

STOP_SEQUENCES = ("<end_action>", "Observation:")

_ACTION = re.compile(r"^[ \t]*Action:", re.MULTILINE)
# `strftime` would take four times as long, and have the names of the locale.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DECODER = json.JSONDecoder(strict=False)
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_LOGGER = logging.getLogger("pytest_pare.agents")
_LOGGER.addHandler(logging.NullHandler())


class ReActAgent(BaseAgent):
    """Calls one tool after another, with the result of each in its memory, until its turn ends.

    The memory is kept over the turns. Exceptions of the engine pass through.

    Args:
        engine: The engine.
        role: The role of the agent in the engine calls of the trace.
        system_prompt: The system prompt.
        clock: The clock of the simulation.
        ends_turn: Names of functions of the channel to the user, or of no app, that end the turn.
        situation: Returns a text that each request ends with, after the time; `None` for none.
        use_custom_logger: Whether it logs to `pytest_pare.agents.ROLE` instead of `pytest_pare.agents`.

    Attributes:
        called: The calls of this turn that did not fail: tool and arguments.
    """

    def __init__(
        self,
        engine: LLMEngine,
        role: str,
        system_prompt: str,
        clock: TimeManager,
        ends_turn: Iterable[str],
        situation: Callable[[], str] | None = None,
        *,
        use_custom_logger: bool = True,
    ) -> None:
        super().__init__(
            engine,
            system_prompts={"system_prompt": system_prompt},
            update_system_prompt_tools=lambda prompts, _tools: prompts,
            action_executor=JsonActionExecutor(use_custom_logger=False),
            termination_step=TerminationStep(condition=ReActAgent._is_turn_over),
            time_manager=clock,
            use_custom_logger=False,
        )
        self.name = self.agent_id = role
        self.logger = _LOGGER.getChild(role) if use_custom_logger else _LOGGER
        self._ends_turn = frozenset(ends_turn)
        self._situation = situation
        self._tools: Callable[[], Toolbox]
        self._before_step: Callable[[], None]
        self._is_over = False
        self.called: list[tuple[Tool, dict[str, Any]]] = []
        self.initialize()

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Begin with an empty memory."""
        self._memory = Memory()
        super().initialize(*args, **kwargs)

    def append_agent_log(self, log: BaseAgentLog) -> None:
        """Add a log to the memory, which is all that is kept of it."""
        self._memory.add(log)

    def take_turn(
        self,
        tools: Callable[[], Toolbox],
        max_iterations: int | None,
        before_step: Callable[[], None] = lambda: None,
    ) -> None:
        """Take a turn.

        Args:
            tools: Returns the tools by name; called at each step, because a step may change them.
            max_iterations: Most steps; `None` is no limit.
            before_step: Called before each step, to add new notifications.
        """
        self._tools = tools
        self._before_step = before_step
        self.iterations = 0
        self.max_iterations: int | None = max_iterations
        self._is_over = False
        self.called = []
        self.execute_agent_loop()

    def tell(self, notifications: Iterable[Notification], *more: str) -> None:
        """Add notifications and other lines to the memory."""
        lines = [*(f"[{one.time!s:.19}] {one.text}" for one in notifications), *more]
        if lines:
            self._remember("environment_notifications", "\n".join(lines))

    def _remember(self, kind: str, content: str) -> None:
        # ARE's log has an id, and those after it must stay the same.
        skip_uuid()
        self._memory.add_text(kind, content, self.make_timestamp())

    def step(self) -> None:
        """Call the engine, then the tool that its answer names, and remember the result.

        Raises:
            InvalidActionAgentError: If the answer is not of the wire format.
            UnavailableToolAgentError: If there is no such tool now.
            JsonExecutionAgentError: If the tool raises.
        """
        self._before_step()
        request = self._memory.request(self._situation_now())
        answer, _ = self.llm_engine(request, stop_sequences=list(STOP_SEQUENCES))
        self._remember("llm_output", answer)
        name, arguments = parse_action(answer)
        # The id of ARE's log of the call.
        skip_uuid()
        self._remember("observation", self._call(name, arguments))

    def _situation_now(self) -> str:
        now = datetime.fromtimestamp(self.make_timestamp(), tz=UTC)
        more = "" if self._situation is None else f"\n{self._situation()}"
        # Each situation has drawn an id since the first cassettes, and the ids after it must stay the same.
        skip_uuid()
        return f"It is {_DAYS[now.weekday()]}, {now!s:.19}.{more}"

    def _call(self, name: str, arguments: dict[str, Any]) -> str:
        try:
            tool = self._tools()[name]
        except UnknownToolError as error:
            raise UnavailableToolAgentError(str(error)) from error
        try:
            result = tool.invoke(arguments)
        except TurnOver:
            self._is_over = True
            raise
        except Exception as error:
            raise JsonExecutionAgentError(f"{type(error).__name__}: {error}\n{tool.to_text()}") from error
        self.called.append((tool, arguments))
        self._is_over = tool.function in self._ends_turn and (tool.is_interface or not tool.app)
        return _observation(result)

    def log_error(self, e: Exception) -> None:
        """Remember a mistake in an answer of the engine, and raise all other exceptions.

        Raises:
            Exception: `e`, if it is no mistake of the engine.
        """
        if not isinstance(e, LoggedError | TurnOver):
            raise e
        super().log_error(e)

    def _is_turn_over(self) -> bool:
        return self._is_over or (self.max_iterations is not None and self.iterations >= self.max_iterations)


def _observation(result: Any) -> str:
    """Return the result of a tool in the app's own words; what has none is named by its type, not by its address."""
    plain = to_builtins_or_name(result)
    is_nameless = isinstance(plain, str) and not isinstance(result, str) and plain.startswith("<")
    return str(plain if is_nameless else result).strip() or "No observation"


def parse_action(answer: str) -> tuple[str, dict[str, Any]]:
    """Return the tool that an answer names and its arguments.

    Strict JSON is read as it is. Only what is none goes to ARE's parser, which is more lenient, and puts single quotes
    in the place of escaped double ones.

    Raises:
        InvalidActionAgentError: If the answer has not exactly one action, or what it says is no call.
        JsonParsingAgentError: If the action is no JSON.
    """
    name, arguments = _parsed(answer)
    return name, fresh_containers(arguments)


# The reference engine gives the same answers again and again.
@lru_cache(maxsize=64)
def _parsed(answer: str) -> tuple[str, dict[str, Any]]:
    actions = _ACTION.split(answer)
    if len(actions) != 2:
        raise InvalidActionAgentError(
            f"the answer must have exactly one line that begins with 'Action:', it has {len(actions) - 1}"
        )
    name, arguments = _read_call(actions[1])
    if not isinstance(name, str) or not name:
        raise InvalidActionAgentError("the action must be an object with 'action', the name of a tool")
    if arguments in (None, ""):
        arguments = {}
    if not isinstance(arguments, dict):
        raise InvalidActionAgentError(
            f"'action_input' must be an object with the arguments by name, not {type(arguments).__name__}"
        )
    return name, arguments


def _read_call(text: str) -> tuple[Any, Any]:
    start = text.find("{")
    if start < 0:
        raise InvalidActionAgentError("the action must be a JSON object")
    try:
        call, end = _DECODER.raw_decode(text, start)
    except RecursionError as error:
        raise InvalidActionAgentError("the action is nested too deeply") from error
    except ValueError:
        name, arguments = parse_json_tool_call(text.partition("<end_action>")[0])
        return name, arguments
    if "{" in text[end:].partition("<end_action>")[0]:
        raise InvalidActionAgentError("the answer must have one action, and there is more behind the first one")
    return call.get("action"), call.get("action_input")


def cut_answer(answer: str, stop_sequences: Iterable[str] = STOP_SEQUENCES) -> str:
    """Return an answer up to the first stop sequence; one inside of the action's JSON, such as in a mail, is none."""
    action = _ACTION.search(answer)
    start = -1 if action is None else answer.find("{", action.end())
    end = max(start, 0)
    with suppress(ValueError, RecursionError):
        end = _DECODER.raw_decode(answer, start)[1] if start >= 0 else 0
    places = [at for stop in stop_sequences for at in (answer.find(stop, 0, max(start, 0)), answer.find(stop, end))]
    return answer[: min((at for at in places if at >= 0), default=None)]


def format_action(thought: str, name: str, arguments: Mapping[str, Any]) -> str:
    """Return a call in the wire format, with the thought on one line: what `parse_action` reads."""
    # The text of an indented dump of the whole, which Python writes ten times as slowly.
    given = ",".join("\n" + _argument(*one) for one in arguments.items())
    end = "\n  }" if given else "}"
    call = f'{{\n  "action": {encode_basestring(name)},\n  "action_input": {{{given}{end}\n}}'
    return f"Thought: {' '.join(thought.split())}\nAction:\n{call}<end_action>"


def _argument(name: str, value: Any) -> str:
    """Return the lines of an argument in an indented dump of a call."""
    if isinstance(value, dict | list | tuple):
        return "  " + json.dumps({name: value}, indent=2, ensure_ascii=False)[2:-2].replace("\n", "\n  ")
    return "    " + _ENCODER.encode({name: value})[1:-1]
