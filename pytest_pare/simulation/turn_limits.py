"""The number of tool calls that are allowed in a turn, and of calls that are refused."""

from __future__ import annotations

from collections import Counter
from typing import NoReturn

from pytest_pare.agents.errors import StaleTurn, TurnOver
from pytest_pare.simulation.errors import AgentFailure, RunEnded

# Refused calls in a turn, after which the agent has failed.
_MOST_REFUSED = 1000


class TurnLimits:
    """Counts the calls of a turn.

    Args:
        most_calls: Most tool calls in a turn; `None` is no limit.
    """

    def __init__(self, most_calls: int | None) -> None:
        self._most_calls = most_calls
        self._calls = 0
        # Refused calls of this turn, by the class of the exception.
        self._refused: Counter[type[TurnOver]] = Counter()

    def begin(self) -> None:
        """Count the calls of a new turn."""
        self._calls = 0
        self._refused.clear()

    def count_call(self) -> TurnOver | None:
        """Count a call, and return why it is refused; `None` if it is allowed."""
        self._calls += 1
        limit = self._most_calls
        if limit is None or self._calls <= limit:
            return None
        return TurnOver(f"more than {limit} tool calls in a turn (max_tool_calls)")

    @property
    def is_far_exceeded(self) -> bool:
        """Whether a call was refused before the present one, so that the trace has one of them already."""
        return self._most_calls is not None and self._calls > self._most_calls + 1

    def refuse(self, over: TurnOver) -> NoReturn:
        """Refuse a call.

        Args:
            over: Why.

        Raises:
            TurnOver: `over`, as long as the agent may stop by itself.
            AgentFailure: If it does not stop. Without this limit, a loop that calls again at once would never end.
            RunEnded: If a thread of an earlier turn does not stop. The run goes on without it.
        """
        self._refused[type(over)] += 1
        if self._refused[type(over)] <= _MOST_REFUSED:
            raise over
        failure = AgentFailure(f"the agent does not stop: {_MOST_REFUSED} calls were refused in a turn, as {over}")
        if isinstance(over, StaleTurn):
            raise RunEnded(failure)
        raise failure
