"""Faults of the user: busy for some turns, an unclear answer, a withdrawn acceptance."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.agents.tools import Toolbox
from pytest_pare.simulation.faults import chance, forked

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Notification, UserAgent, UserTurn
    from pytest_pare.agents.tools import Tool
    from pytest_pare.scenarios.noise_config import NoiseConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.consent import Consent
    from pytest_pare.simulation.turns import TurnGateway

_WORDS = {"accept_proposal": "Yes.", "reject_proposal": "No."}
_SECOND_THOUGHTS = "Wait, I am not sure any more."
_AFTER_ALL = "Go ahead after all."


def is_difficult(noise: NoiseConfig) -> bool:
    """Return whether any fault of the user has a rate above 0."""
    return any(fault.rate > 0 for fault in (noise.user_busy, noise.user_words, noise.user_changes_mind))


class _Answer(NamedTuple):
    """An answer that the user has still to give.

    Attributes:
        number: The number of the proposal.
        function: The function of the answer.
        content: The text of the answer.
    """

    number: int
    function: str
    content: str


class DifficultUser:
    """A user agent with faults around another user agent.

    Faults are drawn once for each proposal. A busy user lets turns pass, from the first one with the proposal on. Then
    the answer has at most one of two faults: it is given in words that are no answer, or it accepts and is withdrawn at
    once. After either, the answer is given at the beginning of the next turn, if the proposal is still pending. The
    inner user agent does not notice the faults.

    Args:
        user: The inner user agent.
        gateway: Makes the turns.
        consent: The state of the agent's last proposal.
        noise: The rates of the faults.
        scenario: The scenario, initialized.
    """

    def __init__(
        self, user: UserAgent, gateway: TurnGateway, consent: Consent, noise: NoiseConfig, scenario: PAREScenario
    ) -> None:
        self._user = user
        self._gateway = gateway
        self._consent = consent
        self._noise = noise
        self._scenario = scenario
        self._seen = 0
        self._busy_turns = 0
        self._missed: tuple[Notification, ...] = ()
        self._answered = 0
        self._owed: _Answer | None = None

    def __call__(self, turn: UserTurn) -> None:
        """Take a turn."""
        missed = (*self._missed, *turn.notifications)
        if self._is_busy():
            self._missed = missed
            return
        self._missed = ()
        self._make_up(turn)
        self._user(
            replace(turn, notifications=missed, proposal=self._consent.proposal, tools=lambda: self._tools(turn))
        )

    def _is_busy(self) -> bool:
        kind = None
        if self._is_asked() and self._seen != self._consent.number:
            self._seen = self._consent.number
            if self._is_hit("user_busy"):
                kind, self._busy_turns = "user_busy", self._noise.user_busy.turns
        if self._busy_turns == 0:
            return False
        self._busy_turns -= 1
        self._gateway.be_busy(kind)
        return True

    def _make_up(self, turn: UserTurn) -> None:
        """Give the answer that a fault has delayed."""
        owed, self._owed = self._owed, None
        if owed is not None and self._is_asked() and owed.number == self._consent.number:
            _channel_tool(turn.tools(), owed.function)(content=owed.content)

    def _tools(self, turn: UserTurn) -> Toolbox:
        """Return the user's tools, with answers that may have a fault."""
        tools = turn.tools()
        return Toolbox(map(partial(self._with_faults, turn), tools.values()), tools.on_unknown)

    def _with_faults(self, turn: UserTurn, tool: Tool) -> Tool:
        if not (tool.is_interface and tool.function in _WORDS):
            return tool
        return tool.carried_out_by(partial(self._answer, turn, tool))

    def _answer(self, turn: UserTurn, tool: Tool, arguments: dict[str, Any]) -> Any:
        number = self._consent.number
        if not self._is_asked() or number == self._answered:
            return tool.invoke(arguments)
        self._answered = number
        said = str(arguments.get("content") or "").strip()
        if self._is_hit("user_words"):
            result = self._say(turn, said or _WORDS[tool.function], "user_words")
            self._owed = _Answer(number, tool.function, said)
            return result
        result = tool.invoke(arguments)
        if tool.function == "accept_proposal" and self._is_hit("user_changes_mind"):
            self._say(turn, _SECOND_THOUGHTS, "user_changes_mind")
            self._consent.withdraw()
            self._owed = _Answer(number, tool.function, f"{_AFTER_ALL} {said}".strip())
        return result

    def _say(self, turn: UserTurn, content: str, kind: str) -> Any:
        result = _channel_tool(turn.tools(), "send_message_to_agent").invoke({"content": content})
        self._gateway.note_fault(kind)
        return result

    def _is_asked(self) -> bool:
        return self._consent.mode is ProactiveAgentMode.AWAITING_CONFIRMATION

    def _is_hit(self, kind: str) -> bool:
        fault = getattr(self._noise, kind)
        subject = forked(self._consent.number, self._gateway.fork_seed())
        return bool(chance(kind, fault.seed, self._scenario, subject).random() < fault.rate)


def _channel_tool(tools: Toolbox, function: str) -> Tool:
    return next(tool for tool in tools.values() if tool.is_interface and tool.function == function)
