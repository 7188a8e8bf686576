"""What an agent is given, and what it may do: the line between the simulation and the agent under test.

The simulation makes a `Turn`, the agent acts through it. Nothing in it refers to the simulation's own objects: all that
an agent is told, `Turn.to_dict` returns as builtins.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pytest_pare.agents.errors import ConsentRequired, StaleTurn, ToolFailure, ToolTimeout, TurnOver, UnknownToolError

if TYPE_CHECKING:
    from pytest_pare.agents.tools import Tool, Toolbox

__all__ = [
    "ConsentRequired",
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

ProposalStatus = Literal["pending", "accepted", "rejected", "expired", "done", "given up", "out of turns"]


class ProactiveAgentMode(Enum):
    """What the agent is doing: looking for something to propose, waiting for the answer, or doing what was accepted."""

    OBSERVE = "observe"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    EXECUTE = "execute"


@dataclass(frozen=True)
class Notification:
    """Something that an agent, or the user, is told.

    Attributes:
        time: When, in simulated time (UTC).
        kind: `user_message`, `agent_message`, `user_action` (what the user did on the phone), `environment` (what
            others did, and reminders) or `stop`.
        text: What it says.
    """

    time: datetime
    kind: Literal["user_message", "agent_message", "user_action", "environment", "stop"]
    text: str


@dataclass(frozen=True)
class Proposal:
    """What the agent has proposed, and what became of it.

    Attributes:
        text: What the agent said.
        turn: The turn in which it did.
        status: `pending` until the user answers, and again if they take that back; `accepted` while the agent may
            carry it out, then `done` (it reported), `given up` or `out of turns`; `rejected`; `expired` if nobody
            answered in time.
        reply: The user's words.
    """

    text: str
    turn: int
    status: ProposalStatus = "pending"
    reply: str | None = None


@dataclass(frozen=True)
class Turn:
    """One turn of the agent under test: what is new, and the means to act.

    Attributes:
        number: The turn, from 0 on.
        time: Now, in simulated time (UTC).
        mode: Whether the agent is to observe, waits for an answer, or has the user's consent.
        proposal: The agent's last proposal and what became of it; `None` before the first.
        notifications: What the agent has been told since its last turn.
        tools: The tools by name.
        scenario_seed: Names the scenario, its seed and the run, for an agent that draws by chance.
    """

    number: int
    time: datetime
    mode: ProactiveAgentMode
    proposal: Proposal | None
    notifications: tuple[Notification, ...]
    tools: Toolbox
    scenario_seed: str
    _news: Callable[[], tuple[Notification, ...]] = field(default=tuple, repr=False)

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """The tools as OpenAI-style function calling expects them, with a JSON schema of their arguments."""
        return [tool.definition for tool in self.tools.values()]

    @property
    def functions(self) -> list[Callable[..., Any]]:
        """The tools as plain Python functions, with name, docstring and annotations."""
        return [tool.as_function() for tool in self.tools.values()]

    def news(self) -> tuple[Notification, ...]:
        """Return what the agent has been told since the turn began, or since the last call: time passes in a turn too.

        What is not taken here is among the notifications of the next turn.
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
            ConsentRequired: If it writes, the user has accepted nothing, and the suite has such writes refused.
            ToolFailure: If it failed by chance, and nothing was done.
            ToolTimeout: If it was given up by chance, with what it was to do done or not.
            Exception: Whatever the tool raises.
        """
        return self.tools[name](**(arguments or {}))

    def propose(self, text: str) -> None:
        """Propose something to the user, who answers in a turn of theirs. A new proposal replaces the last one.

        While the agent has the user's consent, this is a report: it ends the execution.
        """
        self._say("send_message_to_user", text)

    def report(self, text: str) -> None:
        """Tell the user what came of it, which ends the execution. Without the user's consent this is a proposal."""
        self._say("send_message_to_user", text)

    def ask(self, text: str) -> None:
        """Ask the user something and keep their consent; the answer comes with a later turn's notifications."""
        self._say("ask_user", text)

    def wait(self) -> None:
        """Do nothing; to return at once is the same."""

    def give_up(self, reason: str = "") -> None:
        """End an execution without a report."""
        self.call("end_task", {"reason": reason})

    def interface(self, function: str) -> Tool:
        """Return the tool of the line to the user that is called `function`.

        Raises:
            UnknownToolError: If the scenario has no such line.
        """
        for tool in self.tools.values():
            if tool.is_interface and tool.function == function:
                return tool
        raise UnknownToolError(f"this scenario has no tool {function}; add a PAREAgentUserInterface to its apps")

    def to_dict(self) -> dict[str, Any]:
        """Return all that the agent is told as builtins."""
        return {
            "number": self.number,
            "time": self.time.isoformat(),
            "mode": self.mode.value,
            "proposal": None if self.proposal is None else vars(self.proposal).copy(),
            "notifications": [{**vars(one), "time": one.time.isoformat()} for one in self.notifications],
            "tools": self.definitions,
        }

    def _say(self, function: str, text: str) -> None:
        self.interface(function)(content=text)


@dataclass(frozen=True)
class UserTurn:
    """One turn of the simulated user.

    Attributes:
        number: The turn, from 0 on.
        now: Returns the simulated time (UTC), which passes within the turn.
        notifications: What the user has been told since the last turn.
        proposal: The agent's last proposal and what became of it; `None` before the first.
        tools: Returns what the user can do on the screen that is shown now, by name.
        screen: Returns what is on the screen now, `app/screen`.
        apps: The apps that the user can open.
        goal: What the user wants; `None` if the scenario does not say.
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
    """The agent under test: anything that can be called with a turn, a function as well as an object that keeps state.

    It acts through the turn and returns `None`. It may be `async`.
    """

    def __call__(self, turn: Turn, /) -> Awaitable[None] | None:
        """Take a turn."""
        ...


class UserAgent(Protocol):
    """The simulated user."""

    def __call__(self, turn: UserTurn, /) -> None:
        """Take a turn."""
        ...
