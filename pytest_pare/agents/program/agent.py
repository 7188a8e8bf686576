"""A program plays the agent of a run: it gets the turns, and acts in them by its requests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_pare.agents.errors import (
    ConsentRequired,
    ProgramError,
    ProgramFailure,
    ToolFailure,
    ToolTimeout,
    TurnOver,
    UnknownToolError,
)
from pytest_pare.agents.program.jsonrpc import INVALID_PARAMS, METHOD_NOT_FOUND, RequestError
from pytest_pare.agents.program.process import TURN_OVER, until
from pytest_pare.agents.protocols import as_builtins, without_tools

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.program.process import Program
    from pytest_pare.agents.protocols import Turn
    from pytest_pare.scenarios.agent_program import AgentProgram

TOOL_RAISED = -32001
RUN_OVER = -32007

# The codes of the errors of tools. The first class that fits counts.
_CODES: tuple[tuple[type[Exception], int], ...] = (
    (UnknownToolError, -32002),
    (ConsentRequired, -32003),
    (ToolFailure, -32004),
    (ToolTimeout, -32005),
    (TurnOver, TURN_OVER),
)

# How long a program may go on after the error that the run is over, in seconds.
_GRACE_SECONDS = 2.0


class ProgramAgent:
    """The agent of one run, which a program plays.

    Args:
        program: The program, which no other run uses.
        spec: Its settings.

    Attributes:
        seconds_left: Returns how many seconds of real time are left for the run.
        is_over: Returns whether the run must end, for a reason outside of the program's requests.
        seconds_of_model: Returns how many seconds of real time the program has waited for its model in this run.
    """

    def __init__(self, program: Program, spec: AgentProgram) -> None:
        self._program = program
        self._spec = spec
        self._tools: tuple[str, ...] | None = None
        self.seconds_left: Callable[[], float] = lambda: math.inf
        self.is_over: Callable[[], bool] = lambda: False
        self.seconds_of_model: Callable[[], float] = lambda: 0.0

    def __call__(self, turn: Turn) -> None:
        """Let the program play a turn.

        Raises:
            ProgramFailure: If it fails.
            ProgramError: If it does not follow the protocol.
            BaseException: What ended the run in one of its calls.
        """
        served = _ServedTurn(turn)
        in_turn, waited = until(self._spec.turn_timeout), self.seconds_of_model()

        def left() -> float:
            if self.is_over():
                served.set_grace()
            # A model that does not answer is no failure of the program: its engine has a time limit of its own.
            return min(in_turn() + self.seconds_of_model() - waited, self.seconds_left(), served.grace())

        try:
            self._program.request("turn", self._params(turn), left, served)
        except (ProgramError, ProgramFailure):
            if served.ended is None:
                raise
        if served.ended is not None:
            raise served.ended

    def _params(self, turn: Turn) -> dict[str, Any]:
        params = without_tools(turn)
        if (traceparent := turn.traceparent) is not None:
            params["traceparent"] = traceparent
        # The tools of a run are constant, and to describe them takes longer than all the rest.
        names = tuple(turn.tools)
        if names != self._tools:
            params["tools"] = [tool.annotated for tool in turn.tools.values()]
            self._tools = names
        return params


class _ServedTurn:
    """Carries out the requests of a program in a turn.

    Attributes:
        ended: What ended the run in a request; `None` while it goes on.
    """

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self.ended: BaseException | None = None
        self._grace: Callable[[], float] | None = None

    def set_grace(self) -> None:
        """Let the program go on for a short time from now on."""
        self._grace = self._grace or until(_GRACE_SECONDS)

    def grace(self) -> float:
        """Return for how many seconds the program may go on."""
        return math.inf if self._grace is None else self._grace()

    def __call__(self, method: str, params: Any) -> Any:
        """Carry out a request, and return its result.

        Raises:
            RequestError: If it fails.
            KeyboardInterrupt: If the session is interrupted.
        """
        if not isinstance(params, dict):
            raise RequestError(INVALID_PARAMS, f"{method} takes its parameters as an object")
        try:
            return self._carry_out(method, params)
        except (RequestError, KeyboardInterrupt):
            raise
        except Exception as error:  # noqa: BLE001 - a tool may raise anything
            _refuse(error)
        except BaseException as over:  # noqa: BLE001 - the end of the run, which an agent must not swallow
            self.ended = self.ended or over
            self.set_grace()
            raise RequestError(RUN_OVER, f"the run is over, stop now: {over}") from None

    def _carry_out(self, method: str, params: dict[str, Any]) -> Any:
        turn = self._turn
        match method:
            case "tools/call":
                arguments = params.get("arguments") or {}
                if not isinstance(arguments, dict):
                    raise RequestError(INVALID_PARAMS, "tools/call: arguments must be an object")
                return {"result": turn.call(_text(method, params, "name"), arguments)}
            case "propose":
                turn.propose(_text(method, params, "text"))
            case "report":
                turn.report(_text(method, params, "text"))
            case "ask":
                turn.ask(_text(method, params, "text"))
            case "wait":
                turn.wait()
            case "give_up":
                turn.give_up(_text(method, {"reason": "", **params}, "reason"))
            case "news":
                return {"notifications": as_builtins(turn.news())}
            case _:
                raise RequestError(METHOD_NOT_FOUND, f"there is no method {method}")
        return {}


def _text(method: str, params: dict[str, Any], name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str):
        raise RequestError(INVALID_PARAMS, f"{method}: {name} must be text")
    return value


def _refuse(error: Exception) -> NoReturn:
    for kind, code in _CODES:
        if isinstance(error, kind):
            raise RequestError(code, str(error)) from None
    raise RequestError(TOOL_RAISED, _message(error), {"type": type(error).__name__}) from None


def _message(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the `__str__` of a scenario's exception may raise anything
        return type(error).__name__
