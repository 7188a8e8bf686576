"""The interface between the simulation and the agent under test.

The simulation makes a `Turn`, and the agent acts with it. It has no reference to the simulation's own objects:
`Turn.to_dict` returns all of its information as builtins.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from pytest_pare.agents.errors import ConsentRequired, StaleTurn, ToolFailure, ToolTimeout, TurnOver, UnknownToolError
from pytest_pare.agents.later_tools import LaterTools
from pytest_pare.base import telemetry

if TYPE_CHECKING:
    from pytest_pare.agents.tools import Tool, Toolbox

__all__ = [
    "ConsentRequired",
    "Endpoint",
    "Notification",
    "ProactiveAgent",
    "ProactiveAgentMode",
    "Proposal",
    "ProposalStatus",
    "StaleTurn",
    "ToolFailure",
    "ToolTimeout",
    "Turn",
    "TurnOver",
    "UnknownToolError",
    "UserAgent",
    "UserTurn",
]

_LOGGER = logging.getLogger("pytest_pare.agents.own")

ProposalStatus = Literal["pending", "accepted", "rejected", "expired", "done", "given up", "out of turns"]


class ProactiveAgentMode(Enum):
    """The agent's mode: it looks for something to propose, waits for the answer, or executes what was accepted."""

    OBSERVE = "observe"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    EXECUTE = "execute"


@dataclass(frozen=True)
class Notification:
    """A notification of the agent or the user.

    Attributes:
        time: The simulated time (UTC).
        kind: `user_message`, `agent_message`, `user_action` (an action of the user on the phone), `environment` (an
            action of others, or a reminder) or `stop`.
        text: The text, such as `Emails: New email ask from ines@cafe.example: Coffee`, a line break and the mail.
            `print(turn.notifications)` shows those of a scenario in the output of a failed run.
    """

    time: datetime
    kind: Literal["user_message", "agent_message", "user_action", "environment", "stop"]
    text: str


@dataclass(frozen=True)
class Proposal:
    """A proposal of the agent and its status.

    Attributes:
        text: The agent's text.
        turn: The turn of the proposal.
        status: `pending` until the user answers, and again if the user withdraws the answer; `accepted` while the agent
            may carry it out, then `done` (it reported), `given up` or `out of turns`; `rejected`; `expired` without an
            answer in time.
        reply: The user's text, such as `Yes, but only two.`.
    """

    text: str
    turn: int
    status: ProposalStatus = "pending"
    reply: str | None = None


class Endpoint(NamedTuple):
    """An endpoint of the run on loopback. It answers only to its own token.

    Attributes:
        url: The address. That of the models is the base URL for a client of OpenAI's protocol.
        token: The token, as a bearer token; for the models it is the API key.
    """

    url: str
    token: str


def _no_endpoint(kind: str) -> Endpoint:
    raise RuntimeError(f"turn.{kind}: this turn belongs to no run, so it has no server")


@dataclass(frozen=True)
class Turn(LaterTools):
    """One turn of the agent under test: its new notifications, and the tools to act.

    Attributes:
        number: The turn, from 0 on.
        time: The simulated time (UTC) at the begin of the turn.
        mode: Whether the agent observes, waits for an answer, or has the user's consent.
        proposal: The agent's last proposal with its status; `None` before the first.
        notifications: The notifications since the agent's last turn.
        tools: The tools by name.
        scenario_seed: The scenario, its seed and the run number, as a seed for an agent that draws random numbers.
    """

    number: int
    time: datetime
    mode: ProactiveAgentMode
    proposal: Proposal | None
    notifications: tuple[Notification, ...]
    tools: Toolbox
    scenario_seed: str
    _news: Callable[[], tuple[Notification, ...]] = field(default=tuple, repr=False)
    _endpoint: Callable[[Literal["mcp", "models"]], Endpoint] = field(default=_no_endpoint, repr=False)

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """The tools as OpenAI-style function calling expects them, with a JSON schema of their arguments."""
        return [tool.definition for tool in self.tools.values()]

    @property
    def functions(self) -> list[Callable[..., Any]]:
        """The tools as plain Python functions, with name, docstring and annotations."""
        return [tool.as_function() for tool in self.tools.values()]

    @property
    def async_functions(self) -> list[Callable[..., Awaitable[Any]]]:
        """The same as async functions, which frameworks start in the order of the model's calls."""
        return [tool.as_function(is_async=True) for tool in self.tools.values()]

    @property
    def mcp(self) -> Endpoint:
        """The MCP server (streamable HTTP) with the tools of the run, for an agent whose framework uses MCP.

        It carries out calls while a turn is open, one after another in the order of their arrival.
        """
        return self._endpoint("mcp")

    @property
    def models(self) -> Endpoint:
        """The endpoint of the agent's model, with OpenAI's protocol. Its calls are recorded and replayed.

        Without `agent_engine_config` there is none, and the run ends with an error of its configuration.
        """
        return self._endpoint("models")

    @property
    def traceparent(self) -> str | None:
        """The span of the turn as W3C's `traceparent`, for spans of another process; `None` without telemetry."""
        return telemetry.current().traceparent()

    def news(self) -> tuple[Notification, ...]:
        """Return the notifications since the turn began or since the last call, because time passes in a turn, too.

        Notifications that are not taken here are among those of the next turn.
        """
        return self._news()

    def call(self, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Call a tool and return its result as builtins.

        Args:
            name: The tool's name.
            arguments: Its arguments by name.

        Raises:
            UnknownToolError: If there is no such tool.
            TurnOver: If the turn has ended.
            ConsentRequired: If it writes without the user's consent, and the suite refuses such writes.
            ToolFailure: If it failed at random, without an effect.
            ToolTimeout: If it timed out at random, with or without its effect.
            Exception: Whatever the tool raises.
        """
        return self.tools[name](**(arguments or {}))

    async def acall(self, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Call a tool as `call` does. In a program of its own this does not block the event loop."""
        return self.call(name, arguments)

    def propose(self, text: str) -> None:
        """Propose something to the user, who answers in a later turn. A new proposal replaces the last one.

        While the agent has the user's consent, this is a report: it ends the execution.
        """
        self._say("send_message_to_user", text)

    def report(self, text: str) -> None:
        """Report the result to the user, which ends the execution. Without the user's consent this is a proposal."""
        self._say("send_message_to_user", text)

    def ask(self, text: str) -> None:
        """Ask the user something, and keep the consent; the answer comes with a later turn's notifications."""
        self._say("ask_user", text)

    def wait(self) -> None:
        """Do nothing. Returning at once is the same."""

    def give_up(self, reason: str = "") -> None:
        """End an execution without a report."""
        self.call("end_task", {"reason": reason})

    def interface(self, function: str) -> Tool:
        """Return a tool of the channel to the user.

        Raises:
            UnknownToolError: If the scenario has no such channel.
        """
        for tool in self.tools.values():
            if tool.is_interface and tool.function == function:
                return tool
        raise UnknownToolError(f"this scenario has no tool {function}; add a PAREAgentUserInterface to its apps")

    def log(self, text: str, level: Literal["debug", "info", "warning", "error"] = "info") -> None:
        """Write a line into the run's log."""
        _LOGGER.log(logging.getLevelNamesMapping()[level.upper()], "%s", text)

    def to_dict(self) -> dict[str, Any]:
        """Return all information of the turn as builtins."""
        return {**without_tools(self), "tools": self.definitions}

    def _say(self, function: str, text: str) -> None:
        self.interface(function)(content=text)


def without_tools(turn: Turn) -> dict[str, Any]:
    """Return all information of a turn without its tools, as builtins."""
    return {
        "number": turn.number,
        "time": turn.time.isoformat(),
        "mode": turn.mode.value,
        "proposal": None if turn.proposal is None else vars(turn.proposal).copy(),
        "notifications": as_builtins(turn.notifications),
    }


def as_builtins(notifications: Iterable[Notification]) -> list[dict[str, str]]:
    """Return notifications as builtins."""
    return [{**vars(one), "time": one.time.isoformat()} for one in notifications]


@dataclass(frozen=True)
class UserTurn:
    """One turn of the simulated user.

    Attributes:
        number: The turn, from 0 on.
        now: Returns the simulated time (UTC), which passes within the turn.
        notifications: The notifications since the user's last turn.
        proposal: The agent's last proposal with its status; `None` before the first.
        tools: Returns the user's tools on the present screen, by name.
        screen: Returns the present screen, `app/screen`.
        apps: The apps that the user can open.
        goal: The user's goal; `None` if the scenario has none.
    """

    number: int
    now: Callable[[], datetime]
    notifications: tuple[Notification, ...]
    proposal: Proposal | None
    tools: Callable[[], Toolbox]
    screen: Callable[[], str]
    apps: tuple[str, ...]
    goal: str | None


class ProactiveAgent(Protocol):
    """The agent under test: a function, or an object with state, that is called with each turn.

    It acts with the turn's tools, and returns `None`. It may be `async`.
    """

    def __call__(self, turn: Turn, /) -> Awaitable[None] | None:
        """Take a turn."""
        ...


class UserAgent(Protocol):
    """The simulated user."""

    def __call__(self, turn: UserTurn, /) -> None:
        """Take a turn."""
        ...
