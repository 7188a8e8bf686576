"""An agent that another one replaces from a turn on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.agents.observe_execute import ObserveExecuteAgent

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import ProactiveAgent, Turn
    from pytest_pare.simulation.past import Past


class Switch:
    """Plays one agent up to the turn of a past's step, and another one from there on.

    Args:
        agent: The agent of the run.
        other: The other one; `None` for no other.
        past: The past; `None` without one.
        release: Called when the other agent takes over.
    """

    def __init__(
        self, agent: ProactiveAgent, other: ProactiveAgent | None, past: Past | None, release: Callable[[], None]
    ) -> None:
        self._agent = agent
        self._other = other
        self._past = past
        self._release = release

    def charges(self) -> bool:
        """Return whether the turn of the present agent takes time as a whole, because no calls of an engine do."""
        return not isinstance(self._agent, ObserveExecuteAgent)

    def __call__(self, turn: Turn) -> Any:
        """Take a turn.

        Raises:
            PastError: If the turns before differ from those of the earlier run.
        """
        if self._past is not None and self._other is not None and turn.number >= self._past.turn:
            self._past.leave()
            self._release()
            self._agent, self._other = self._other, None
        return self._agent(turn)
