"""Control agents, whose results are known: they test scenarios and comparisons.

A scenario that asks something of its agent must fail with each of them, or its validator is too weak. The exceptions
are `Flaky`, and `Replay` in the world that it has recorded.
"""

from __future__ import annotations

import math
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.agents.protocols import ProactiveAgentMode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from pytest_pare.agents.protocols import ProactiveAgent, Turn
    from pytest_pare.agents.tools import Tool

# The distribution of the success rates of agents on scenarios.
_MEAN_RATE = 0.8
_CORRELATION = 0.45

# Waits count as simulated time of a run, which is limited.
_LONGEST_WAIT = 400
_MOST_WAITS = 20

_WORDS = ("today", "tomorrow", "dinner", "2025-01-06 10:00:00", "john@pare.com", "1")


def null(turn: Turn) -> None:
    """Do nothing in every turn."""
    turn.wait()


def eager(turn: Turn) -> None:
    """Propose in every turn, and never act on an acceptance."""
    turn.propose("Is there anything that I can do for you?")


class ReferenceCall(NamedTuple):
    """A tool call of the scenario's own solution.

    Attributes:
        app: The name of the app.
        function: The name of the function.
        arguments: The arguments by name, as builtins.
    """

    app: str
    function: str
    arguments: dict[str, Any]


class Reckless:
    """Makes the tool calls of the scenario's solution as soon as each is possible, without asking the user.

    Where the solution writes nothing, it answers all news by an unrequested write.

    Args:
        next_call: Returns the next of these calls and marks it as made; `None` if there is none now.
        writes: Returns whether the solution has a write.
    """

    def __init__(self, next_call: Callable[[], ReferenceCall | None], writes: Callable[[], bool]) -> None:
        self._next_call = next_call
        self._writes = writes

    def __call__(self, turn: Turn) -> None:
        """Take a turn."""
        while (call := self._next_call()) is not None:
            # A reckless agent goes on after a failed or refused call.
            with suppress(Exception):
                turn.tools.of(call.app, call.function)(**call.arguments)
        if turn.notifications and not self._writes():
            chance = Random(f"reckless/{turn.scenario_seed}")  # noqa: S311 - reproducible on purpose
            tools = [tool for tool in turn.tools.values() if tool.app and not tool.is_interface]
            _try(chance.choice([tool for tool in tools if tool.operation == "write"]), chance)


class RecordedCall(NamedTuple):
    """A call of the agent in a run that succeeded.

    Attributes:
        time: Its time, in epoch seconds.
        after: The time of the last event of the world or of the phone before it.
        is_execution: Whether the agent had the user's consent.
        call: The call, with the arguments of that run.
    """

    time: float
    after: float
    is_execution: bool
    call: ReferenceCall


class Replay:
    """Plays back the agent's calls of a good run in the world as written, without looking at anything.

    It makes each call at the recorded time, a proposal only while no answer is awaited, and the calls of an execution
    only while it has the user's consent. So it succeeds in the same world, and should fail in any other.

    Args:
        calls: The calls of the good run, in order.
        now: Returns the simulated time, in epoch seconds.
    """

    def __init__(self, calls: Sequence[RecordedCall], now: Callable[[], float]) -> None:
        self._calls = list(calls)
        self._now = now

    def __call__(self, turn: Turn) -> None:
        """Take a turn."""
        is_execution = turn.mode is ProactiveAgentMode.EXECUTE
        while self._calls and self._calls[0].is_execution == is_execution:
            following = self._calls[0]
            is_message = following.call.function == "send_message_to_user"
            if is_message and turn.mode is ProactiveAgentMode.AWAITING_CONFIRMATION:
                return
            if self._now() < following.after:
                # Between its turns the agent skips idle time, but an execution has few turns.
                if not is_execution or following.after - self._now() > _LONGEST_WAIT:
                    return
                self._wait(turn, following.after)
            self._wait(turn, following.time)
            del self._calls[0]
            # In another world, a call of this one may be refused.
            with suppress(Exception):
                turn.tools.of(following.call.app, following.call.function)(**following.call.arguments)
            if is_message:
                return
        if is_execution:
            turn.give_up()

    def _wait(self, turn: Turn, until: float) -> None:
        wait = next((tool for tool in turn.tools.values() if tool.function == "wait_for_notification"), None)
        # Any notification ends a wait, and so do those that were not taken before.
        for _ in range(_MOST_WAITS):
            if wait is None or not 0 < until - self._now() <= _LONGEST_WAIT:
                return
            turn.news()
            wait(timeout=math.ceil(until - self._now()))


class Spam:
    """Proposes in every turn, in a text of everything that it has read, and never writes.

    It reads what the tools without required arguments return.
    """

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def __call__(self, turn: Turn) -> None:
        """Take a turn."""
        if turn.number == 0 or turn.notifications:
            self._texts |= dict.fromkeys(notification.text for notification in turn.notifications)
            self._texts |= dict.fromkeys(_everything(turn))
        turn.propose("\n".join(["Shall I see to all of this?", *self._texts]))


def _everything(turn: Turn) -> Iterator[str]:
    for tool in turn.tools.values():
        # Waiting is a read as well.
        is_read = tool.app and tool.operation == "read" and tool.function != "wait_for_notification"
        if is_read and not tool.is_interface and not tool.parameters["required"]:
            with suppress(Exception):
                yield str(tool())


class RandomAgent:
    """Waits, proposes and calls tools at random; it writes only with the user's consent.

    The random generator is seeded with the scenario, its seed and the run's number.
    """

    def __init__(self) -> None:
        self._seed = ""
        self._random = Random(self._seed)  # noqa: S311 - reproducible on purpose

    def __call__(self, turn: Turn) -> None:
        """Take a turn."""
        # A fork has another seed from its step on.
        if self._seed != turn.scenario_seed:
            self._seed = turn.scenario_seed
            self._random = Random(f"random/{self._seed}")  # noqa: S311 - as above
        chance = self._random
        match chance.randrange(4):
            case 0:
                turn.wait()
            case 1:
                turn.propose(f"Shall I see to it {chance.choice(_WORDS)}?")
            case _:
                may_write = turn.mode is ProactiveAgentMode.EXECUTE
                tools = [tool for tool in turn.tools.values() if tool.app and not tool.is_interface]
                _try(chance.choice([tool for tool in tools if may_write or tool.operation == "read"]), chance)


class Flaky:
    """Plays a scenario as another agent does in some of its runs, and does nothing in the others.

    Each scenario has a success rate of its own, drawn from a Beta distribution with a mean of 0.8 and an intra-class
    correlation of 0.45: some scenarios always succeed, and some hardly ever. Both draws are seeded, with the scenario
    and with the run. So the agent never changes, and a comparison of its sessions should find no difference.

    Args:
        agent: The other agent.
    """

    def __init__(self, agent: ProactiveAgent) -> None:
        self._agent = agent
        self._plays: bool | None = None

    def __call__(self, turn: Turn) -> Awaitable[None] | None:
        """Take a turn."""
        if self._plays is None:
            self._plays = Random(f"flaky/{turn.scenario_seed}").random() < self.rate(turn.scenario_seed)  # noqa: S311 - as above
        if self._plays:
            return self._agent(turn)
        turn.wait()
        return None

    @staticmethod
    def rate(scenario_seed: str) -> float:
        """Return the success rate of a scenario, 0 to 1.

        Args:
            scenario_seed: That of a run, which ends with the scenario's seed and the run number.
        """
        scenario_id = scenario_seed.rsplit("/", 2)[0]
        # A Beta distribution with this correlation has a + b = 1 / correlation - 1.
        total = 1 / _CORRELATION - 1
        return Random(f"flaky/{scenario_id}").betavariate(_MEAN_RATE * total, (1 - _MEAN_RATE) * total)  # noqa: S311 - as above


def _try(tool: Tool, chance: Random) -> None:
    parameters = tool.parameters
    arguments = {name: _drawn(parameters["properties"][name], chance) for name in parameters["required"]}
    # Most random arguments are refused by the tool.
    with suppress(Exception):
        tool(**arguments)


def _drawn(schema: dict[str, Any], chance: Random) -> Any:
    match schema.get("type"):
        case "integer":
            return chance.randrange(10)
        case "number":
            return float(chance.randrange(100))
        case "boolean":
            return chance.random() < 0.5
        case "array":
            return [chance.choice(_WORDS)]
        case "object":
            return {}
    return chance.choice(_WORDS)
