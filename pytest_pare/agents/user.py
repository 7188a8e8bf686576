"""The simulated user, who uses the phone and answers the agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.agents import prompts
from pytest_pare.agents.react import ReActAgent

if TYPE_CHECKING:
    from are.simulation.agents.llm.llm_engine import LLMEngine
    from are.simulation.time_manager import TimeManager

    from pytest_pare.agents.protocols import UserTurn
    from pytest_pare.agents.tools import Toolbox

_ANSWERS = ("accept_proposal", "reject_proposal")


class ReActUser:
    """The simulated user: an engine with the present screen, its tools and the user's notifications.

    Args:
        engine: The engine.
        clock: The clock of the simulation.
        max_iterations: Most steps in a turn; `None` is no limit.
        use_custom_logger: Whether it has a logger of its own.
    """

    def __init__(
        self, engine: LLMEngine, clock: TimeManager, max_iterations: int | None, *, use_custom_logger: bool = True
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._max_iterations = max_iterations
        self._use_custom_logger = use_custom_logger
        self._agent: ReActAgent | None = None
        self._turn: UserTurn
        self._described: Toolbox | None = None
        self._texts: tuple[str, ...] = ()

    def __call__(self, turn: UserTurn) -> None:
        """Take a turn."""
        self._turn = turn
        if self._agent is None:
            prompt = prompts.render("user", goal=turn.goal, apps=turn.apps)
            self._agent = ReActAgent(
                self._engine,
                "user",
                prompt,
                self._clock,
                ("wait",),
                self._situation,
                use_custom_logger=self._use_custom_logger,
            )
        self._agent.tell(turn.notifications)
        self._agent.take_turn(turn.tools, self._max_iterations)

    def _situation(self) -> str:
        turn, tools = self._turn, self._turn.tools()
        if tools is not self._described:
            # They mostly stay the same from turn to turn.
            self._described, self._texts = tools, tuple([tool.to_text() for tool in tools.values()])
        return prompts.render("user_situation", screen=turn.screen(), proposal=self._pending(), tools=self._texts)

    def _pending(self) -> str | None:
        """Return the text of the pending proposal; `None` if it was answered in a step of this turn."""
        proposal = self._turn.proposal
        if proposal is None or proposal.status != "pending" or self._agent is None:
            return None
        answered = any(tool.is_interface and tool.function in _ANSWERS for tool, _ in self._agent.called)
        return None if answered else proposal.text
