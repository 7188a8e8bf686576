"""Serve an agent in a program of its own to pytest-pare, over standard input and output.

The module needs only the standard library, and is the other side of the agent protocol, version 1.
"""

from __future__ import annotations

import asyncio
import builtins
import copy
import inspect
import itertools
import json
import os
import queue
import sys
import threading
import traceback
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, Union

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__version__ = "0.1.0"
__all__ = [
    "ConsentRequired", "Endpoint", "Notification", "ProactiveAgentMode", "Proposal", "ProtocolError", "RunEnded",
    "StaleTurn", "Tool", "ToolError", "ToolFailure", "ToolTimeout", "Turn", "TurnOver", "UnknownToolError", "serve",
]  # fmt: skip

PROTOCOL_VERSION = 1
# How long threads that an agent has left may keep the program after the end of its input.
_GRACE_SECONDS = 5
_SCALARS = {"string": str, "integer": int, "number": float, "boolean": bool, "null": None}


class RunEnded(BaseException):
    """The run has ended, and the agent must stop. It is no `Exception`, so that `except Exception` lets it pass."""


class TurnOver(Exception):
    """The turn is over, and nothing more can be done in it."""


class StaleTurn(TurnOver):
    """The agent used a turn that it had kept from earlier, after that turn had ended."""


class ConsentRequired(Exception):
    """A write was refused, because the user has accepted nothing."""


class ToolFailure(Exception):
    """Noise of the suite made a tool call fail at random, before anything was done."""


class ToolTimeout(TimeoutError):
    """Noise of the suite made a tool call time out at random. Its effect may have happened or not."""


class UnknownToolError(KeyError):
    """There is no such tool, or not any more."""

    def __str__(self) -> str:
        # A KeyError's own puts quotes around it.
        return str(self.args[0])


class ProtocolError(Exception):
    """The host did not understand a message, for example a call whose arguments are not a mapping."""


class ToolError(Exception):
    """A tool raised an exception.

    `type` is the name of its class, and `message` its text. An exception of Python's, such as a ValueError, is an
    instance of both classes: `except ValueError` catches it.
    """

    def __init__(self, type: str, message: str) -> None:  # noqa: A002 - the name in the protocol
        self.type, self.message = type, message

    def __str__(self) -> str:
        return self.message


_ERRORS: dict[int, type[BaseException]] = {
    -32002: UnknownToolError, -32003: ConsentRequired, -32004: ToolFailure, -32005: ToolTimeout, -32006: TurnOver,
    -32007: RunEnded,
}  # fmt: skip


class ProactiveAgentMode(Enum):
    """The agent's mode: it looks for something to propose, waits for the answer, or executes what was accepted."""

    OBSERVE = "observe"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    EXECUTE = "execute"


@dataclass(frozen=True)
class Notification:
    """A message, or something that happened: its simulated time (UTC), kind and text."""

    time: datetime
    kind: str
    text: str


@dataclass(frozen=True)
class Proposal:
    """A proposal of the agent, the turn it was made in, its status, and the user's reply."""

    text: str
    turn: int
    status: str = "pending"
    reply: str | None = None


class Endpoint(NamedTuple):
    """An endpoint of the run on loopback, and the bearer token or API key that it answers to."""

    url: str
    token: str


class Tool:
    """A tool of the turn: `name`, `description`, `parameters` (a JSON schema); called with its arguments by name.

    `app` and `function` are where it comes from, `operation` is `read` or `write`, `is_interface` says whether it
    belongs to the channel to the user.
    """

    def __init__(self, turn: Turn, annotated: dict[str, Any]) -> None:
        self.definition = {key: one for key, one in annotated.items() if key != "annotations"}
        function, annotations = annotated["function"], annotated["annotations"]
        self.name: str = function["name"]
        self.description: str = function["description"]
        self.parameters: dict[str, Any] = function["parameters"]
        self.app: str = annotations["app"]
        self.function: str = annotations["function"]
        self.operation: Literal["read", "write"] = annotations["operation"]
        self.is_interface: bool = annotations["is_interface"]
        self._turn = turn

    def __call__(self, **arguments: Any) -> Any:
        """Call the tool, and return its result."""
        return self._turn.call(self.name, arguments)

    @property
    def signature(self) -> inspect.Signature:
        """The signature of the tool as a Python function, made of its JSON schema."""
        required, definitions = self.parameters.get("required", ()), self.parameters.get("$defs", {})
        parameters: list[inspect.Parameter] = []
        kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
        for name, schema in self.parameters.get("properties", {}).items():
            default = inspect.Parameter.empty if name in required else schema.get("default")
            if parameters and name in required and parameters[-1].default is not inspect.Parameter.empty:
                kind = inspect.Parameter.KEYWORD_ONLY
            parameters.append(inspect.Parameter(name, kind, default=default, annotation=_type(schema, definitions)))
        return inspect.Signature(parameters, return_annotation=Any)

    def as_function(self, *, is_async: bool = False) -> Callable[..., Any]:
        """Return the tool as a plain Python function, with name, docstring in Google style, annotations, signature."""
        signature = self.signature

        def function(*args: Any, **kwargs: Any) -> Any:
            return self._turn.call(self.name, {**signature.bind_partial(*args).arguments, **kwargs})

        async def async_function(*args: Any, **kwargs: Any) -> Any:
            return await self._turn.acall(self.name, {**signature.bind_partial(*args).arguments, **kwargs})

        made: Any = async_function if is_async else function
        made.__name__ = made.__qualname__ = self.name.replace("-", "_")
        described = [(name, one.get("description", "")) for name, one in self.parameters.get("properties", {}).items()]
        lines = ["", "Args:", *[f"    {name}: {text}".rstrip() for name, text in described]] if described else []
        made.__doc__ = "\n".join([self.description, *lines])
        made.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
        made.__annotations__["return"] = Any
        made.__signature__ = signature
        return made  # type: ignore[no-any-return]


class _Toolbox(dict[str, Tool]):
    def __init__(self, turn: Turn, tools: list[Tool]) -> None:
        super().__init__((tool.name, tool) for tool in tools)
        self._turn = turn

    def __missing__(self, name: str) -> NoReturn:
        self._turn.call(name)  # The host raises the error, so that the trace has the call.
        raise UnknownToolError(f"there is no tool {name} now")


class Turn:
    """One turn of the agent: its new notifications, and the tools to act.

    Attributes:
        number: The turn, from 0 on.
        time: The simulated time (UTC) at the begin of the turn.
        mode: Whether the agent observes, waits for an answer, or has the user's consent.
        proposal: The agent's last proposal with its status; `None` before the first.
        notifications: The notifications since the agent's last turn.
        scenario_seed: The scenario, its seed and the run number, as a seed for an agent that draws random numbers.
        mcp: URL and token of the MCP server with the tools of the run.
        traceparent: The span of the turn, as W3C writes it; `None` without telemetry.
    """

    def __init__(self, host: _Host, run: dict[str, Any], params: dict[str, Any], tools: list[dict[str, Any]]) -> None:
        proposal = params["proposal"]
        self.number: int = params["number"]
        self.time = datetime.fromisoformat(params["time"])
        self.mode = ProactiveAgentMode(params["mode"])
        self.proposal = proposal and Proposal(*[proposal.get(key) for key in ("text", "turn", "status", "reply")])
        self.notifications = _notifications(params)
        self.scenario_seed: str = run["scenario_seed"]
        self.mcp = Endpoint(run["mcp"]["url"], run["mcp"]["token"])
        self.traceparent: str | None = params.get("traceparent")
        self._models, self._tools, self._host = run.get("models"), tools, host
        self._params = {key: params[key] for key in ("number", "time", "mode", "proposal", "notifications")}
        self._is_open = True

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """The tools as OpenAI-style function calling expects them, with a JSON schema of their arguments."""
        return copy.deepcopy([tool.definition for tool in self.tools.values()])

    @cached_property
    def tools(self) -> dict[str, Tool]:
        """The tools by name."""
        return _Toolbox(self, [Tool(self, annotated) for annotated in copy.deepcopy(self._tools)])

    @property
    def models(self) -> Endpoint:
        """Base URL and key of the model endpoint, for a client of OpenAI's protocol.

        Raises:
            RuntimeError: If the suite has no `agent_engine_config`.
        """
        if self._models is None:
            raise RuntimeError("the run has no model endpoint; set runner.agent_engine_config in the suite file")
        return Endpoint(self._models["url"], self._models["token"])

    @property
    def functions(self) -> list[Callable[..., Any]]:
        """The tools as plain Python functions, which may be called from any thread."""
        return [tool.as_function() for tool in self.tools.values()]

    @property
    def async_functions(self) -> list[Callable[..., Awaitable[Any]]]:
        """The tools as async functions; calls that run side by side reach the host in the order they were made in."""
        return [tool.as_function(is_async=True) for tool in self.tools.values()]

    def call(self, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Call a tool and return its result. The exceptions of this module say how it can fail."""
        return self._request("tools/call", name=name, arguments=dict(arguments or {})).result()["result"]

    async def acall(self, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Call a tool as `call` does, without blocking the event loop."""
        future = self._request("tools/call", name=name, arguments=dict(arguments or {}))
        return (await asyncio.wrap_future(future))["result"]

    def news(self) -> tuple[Notification, ...]:
        """Return the notifications since the turn began or since the last call."""
        return _notifications(self._request("news").result()) if self._is_open else ()

    def propose(self, text: str) -> None:
        """Propose something to the user, who answers in a later turn; with the user's consent, report."""
        self._request("propose", text=text).result()

    def report(self, text: str) -> None:
        """Report the result to the user, which ends the execution; without the user's consent, propose."""
        self._request("report", text=text).result()

    def ask(self, text: str) -> None:
        """Ask the user something, and keep the consent; the answer comes with a later turn's notifications."""
        self._request("ask", text=text).result()

    def wait(self) -> None:
        """Do nothing. Returning at once is the same."""

    def give_up(self, reason: str = "") -> None:
        """End an execution without a report."""
        self._request("give_up", reason=reason).result()

    def interface(self, function: str) -> Tool:
        """Return a tool of the channel to the user, or raise UnknownToolError if the scenario has none."""
        for tool in self.tools.values():
            if tool.is_interface and tool.function == function:
                return tool
        raise UnknownToolError(f"this scenario has no tool {function}; add a PAREAgentUserInterface to its apps")

    def log(self, text: str, level: Literal["debug", "info", "warning", "error"] = "info") -> None:
        """Write a line into the run's log."""
        self._host.send({"method": "log", "params": {"level": level, "text": text}})

    def to_dict(self) -> dict[str, Any]:
        """Return all information of the turn as builtins."""
        return copy.deepcopy({**self._params, "tools": self.definitions})

    def _request(self, method: str, **params: Any) -> Future[Any]:
        return self._host.request(self, method, params)


def serve(
    agent: Any = None, *, factory: Callable[[], Any] | None = None, name: str | None = None, version: str | None = None
) -> None:
    """Serve an agent to the program that has started this one, until it closes the input.

    Args:
        agent: A function, async function or object that takes a turn; each run has a copy of an object. A class or
            function that can be called without arguments makes a new agent for each run, like `factory`.
        factory: Makes a new agent for each run.
        name: The agent's name; that of the function or class if it is missing.
        version: The agent's version.
    """
    if (agent is None) == (factory is None):
        raise TypeError("serve() takes an agent or a factory: serve(agent), or serve(factory=make_agent)")
    given = agent if factory is None else factory
    makes = factory is not None or _takes(agent, 0)
    if not makes and (inspect.isclass(agent) or not _takes(agent, 1)):
        raise TypeError(f"serve() takes an agent, a function that needs a turn, or what makes one; got {agent!r}")
    make = given if makes else partial(_copied, agent)
    name = str(name or getattr(given, "name", None) or getattr(given, "__name__", type(given).__name__))
    if sys.stdin is not None and sys.stdin.isatty():
        sys.stderr.write("This program is an agent: pytest-pare starts it (runner.agent) and writes to its input.\n")
    session = _Session(_Host(), make, {"name": name, "version": version})
    try:
        with suppress(KeyboardInterrupt, RunEnded):
            session.serve()
    finally:
        session.close()


class _Session:
    """Answers the host's requests one after another, in the thread that called `serve`."""

    def __init__(self, host: _Host, make: Callable[[], Any], about: dict[str, Any]) -> None:
        self._host, self._make, self._about = host, make, about
        self._run: dict[str, Any] | None = None
        self._agent: Any = None
        self._tools: list[dict[str, Any]] = []
        # One for all runs: the HTTP client of a framework keeps its connections, which belong to their loop.
        self._loop = asyncio.new_event_loop()
        self._methods: dict[str, Callable[[dict[str, Any]], Any]] = {
            "initialize": lambda _: {"protocol_version": PROTOCOL_VERSION, "agent": self._about},
            "run/start": self._start_run, "turn": self._take_turn, "run/end": self._end_run, "shutdown": self._end_run,
        }  # fmt: skip

    def serve(self) -> None:
        for request in iter(self._host.requests.get, None):
            method = request["method"]
            if "id" not in request:
                continue
            try:
                if method not in self._methods:
                    answer: dict[str, Any] = {"error": {"code": -32601, "message": f"there is no method {method}"}}
                else:
                    answer = {"result": self._methods[method](request.get("params") or {}) or {}}
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - a SystemExit of the agent is its failure, too
                _print_traceback(error)
                answer = {"error": {"code": -32000, "message": _text_of(error)}}
            sys.stderr.flush()
            self._host.send({"id": request["id"], **answer})
            if method == "shutdown":
                return

    def _start_run(self, params: dict[str, Any]) -> None:
        self._end_run()
        # In each run, because `asyncio.run` in an agent sets another one.
        asyncio.set_event_loop(self._loop)
        self._agent = self._make()
        if not _takes(self._agent, 1):
            raise TypeError(f"an agent takes a turn; {type(self._agent).__name__} does not")
        self._run, self._tools = params, []

    def _take_turn(self, params: dict[str, Any]) -> None:
        if self._run is None:
            raise ProtocolError("there is no run; run/start comes before turn")
        self._tools = params.get("tools", self._tools)
        turn = Turn(self._host, self._run, params, self._tools)
        try:
            returned = self._agent(turn)
            if inspect.isawaitable(returned):
                returned = self._loop.run_until_complete(returned)
        except StaleTurn:
            raise
        except (TurnOver, RunEnded):
            returned = None
        finally:
            self._host.close(turn)
        if returned is not None:
            kind = type(returned).__name__
            raise TypeError(f"the agent returned {kind}; it must return None, and act through the turn it is given")

    def _end_run(self, _params: dict[str, Any] | None = None) -> None:
        self._agent = self._run = None
        for task in (tasks := asyncio.all_tasks(self._loop)):
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    def close(self) -> None:
        """End the run, and close the event loop. Threads of the agent do not keep the process for long."""
        _exit_soon()
        self._end_run()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        self._loop.close()


class _Host:
    """The connection to the host. It takes standard input and output, so that `print` writes to standard error."""

    def __init__(self) -> None:
        self.requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._waiting: dict[int, Future[Any]] = {}
        self._is_over = False
        self._input, self._output = open(os.dup(0), "rb"), os.dup(1)  # noqa: PTH123, SIM115 - open until the end
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        sys.stdout.flush()  # What was printed before this line goes to standard error, too.
        sys.stdout = sys.stderr
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message that needs no answer."""
        line = _line(message)
        with self._lock:
            self._write(line)

    def request(self, turn: Turn, method: str, params: dict[str, Any]) -> Future[Any]:
        """Send a request, and return the future that gets its answer."""
        number, future = next(self._ids), Future[Any]()
        future.set_running_or_notify_cancel()  # Nothing can cancel a call that was made.
        line = _line({"id": number, "method": method, "params": params})
        with self._lock:
            if self._is_over:
                raise RunEnded("the host has ended")
            if not turn._is_open:
                raise StaleTurn("this turn has ended")
            self._waiting[number] = future
            self._write(line)
        return future

    def close(self, turn: Turn) -> None:
        """Let no further request of a turn pass."""
        with self._lock:
            turn._is_open = False

    def _write(self, line: bytes) -> None:
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._output, rest) :]
        except OSError:
            raise RunEnded("the host has ended") from None

    def _read(self) -> None:
        for line in self._input:
            self._accept(line)
        with self._lock:
            self._is_over = True
        for future in self._waiting.values():
            future.set_exception(RunEnded("the host has ended"))
        self.requests.put(None)
        _exit_soon()

    def _accept(self, line: bytes) -> None:
        try:
            message = json.loads(line)
            if "method" in message:
                self.requests.put(message)
                return
            error = _exception(message["error"]) if "error" in message else None
            future = self._waiting.pop(message["id"])
        except (ValueError, LookupError, TypeError):
            sys.stderr.write(f"pytest-pare-agent: the host sent an unknown message: {line[:200]!r}\n")
            return
        if error is None:
            future.set_result(message.get("result"))
        else:
            future.set_exception(error)


def _exit_soon() -> None:
    timer = threading.Timer(_GRACE_SECONDS, os._exit, [0])
    timer.daemon = True
    timer.start()


def _line(message: dict[str, Any]) -> bytes:
    text = json.dumps({"jsonrpc": "2.0", **message}, default=_builtin, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"


def _builtin(value: Any) -> Any:
    """Return what JSON can hold for an argument of another type."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"an argument must be a JSON value; got {type(value).__name__}")


def _exception(error: dict[str, Any]) -> BaseException:
    """Return the exception for an error; that of a tool has its class's name, and is one of it if it is Python's."""
    message = error["message"]
    if error["code"] != -32001:
        return _ERRORS.get(error["code"], ProtocolError)(message)
    name = error["data"]["type"]
    known = getattr(builtins, name, None)
    if isinstance(known, type) and issubclass(known, Exception) and not issubclass(known, StopIteration):
        with suppress(TypeError):
            return type(name, (ToolError, known), {})(name, message)  # type: ignore[no-any-return]
    return type(name, (ToolError,), {})(name, message)  # type: ignore[no-any-return]


def _print_traceback(error: BaseException) -> None:
    frames = error.__traceback__
    # From the agent's own code on.
    before = __file__, asyncio.base_events.__file__
    while frames and frames.tb_next and frames.tb_frame.f_code.co_filename in before:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)


def _text_of(error: BaseException) -> str:
    name = type(error).__name__
    with suppress(Exception):  # The `__str__` of an agent's exception may raise anything.
        return f"{name}: {error}".removesuffix(": ")
    return name


def _copied(agent: Any) -> Any:
    try:
        return copy.deepcopy(agent)  # A function is returned as it is.
    except Exception as error:
        text = f"the agent cannot be copied, and runs must not share it ({_text_of(error)}); use serve(factory=...)"
        raise TypeError(text) from error


def _notifications(params: dict[str, Any]) -> tuple[Notification, ...]:
    found = params["notifications"]
    return tuple(Notification(datetime.fromisoformat(one["time"]), one["kind"], one["text"]) for one in found)


def _takes(candidate: Any, count: int) -> bool:
    """Return whether something can be called with `count` positional arguments, as far as its signature says."""
    if not callable(candidate):
        return False
    try:
        inspect.signature(candidate).bind(*range(count))
    except ValueError:
        return count > 0
    except TypeError:
        return False
    return True


def _type(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """Return the type of Python that a JSON schema stands for; `Any` if there is no simple one."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _type(definitions.get(name, {}), {key: one for key, one in definitions.items() if key != name})
    if "enum" in schema or "const" in schema:
        return Literal[tuple(schema.get("enum") or [schema["const"]])]
    kind = schema.get("type")
    kinds = [{**schema, "type": one} for one in kind] if isinstance(kind, list) else []
    if choices := schema.get("anyOf") or schema.get("oneOf") or kinds:
        return Union[tuple(_type(one, definitions) for one in choices)]
    if kind == "array":
        return list[_type(schema.get("items") or {}, definitions)]  # type: ignore[misc]
    if kind == "object":
        values = schema.get("additionalProperties")
        return dict[str, _type(values if isinstance(values, dict) else {}, definitions)]  # type: ignore[misc]
    return _SCALARS.get(kind, Any)  # type: ignore[arg-type]
