"""Consent: the last proposal, the user's answer, and the agent's mode that follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from are.simulation.types import CompletedEvent, EventType

from pytest_pare.agents.protocols import ProactiveAgentMode, Proposal
from pytest_pare.apps.agent_interface import PAREAgentUserInterface
from pytest_pare.are.abstract import is_subclass

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import ProposalStatus

_MODES = {
    "pending": ProactiveAgentMode.AWAITING_CONFIRMATION,
    "accepted": ProactiveAgentMode.EXECUTE,
}


class Consent:
    """The state of the last proposal, which follows from the messages between the agent and the user.

    A message of the agent is a proposal; while the agent has the user's consent, it is the report that ends the
    consent. An answer of the user goes to the pending proposal; without one it has no effect.

    Args:
        proposal_lifetime: Turns after which a proposal without an answer expires; `None` is never.
        execute_max_turns: Turns after which the consent ends; `None` is never.

    Attributes:
        proposal: The last proposal.
        number: The number of proposals so far, with the last one.
        withdrawn: Ids of the acceptances that the user has withdrawn.
    """

    def __init__(self, proposal_lifetime: int | None, execute_max_turns: int | None) -> None:
        self._lifetime = proposal_lifetime
        self._execute_max_turns = execute_max_turns
        self._accepted_in = 0
        self._accepted_by = ""
        self.proposal: Proposal | None = None
        self.number = 0
        self.withdrawn: set[str] = set()

    @property
    def mode(self) -> ProactiveAgentMode:
        """The mode of the agent."""
        if self.proposal is None:
            return ProactiveAgentMode.OBSERVE
        return _MODES.get(self.proposal.status, ProactiveAgentMode.OBSERVE)

    def handle(self, event: CompletedEvent, turn: int | None) -> bool:
        """Update the proposal after an event, and return whether the event has answered it."""
        # The scenario's own checks have no app.
        app: Any = getattr(event.action, "app", None)
        if not is_subclass(type(app), PAREAgentUserInterface) or event.failed():
            return False
        function, content = event.function_name(), str(event.get_args().get("content", ""))
        if event.event_type == EventType.AGENT and function == "send_message_to_user":
            if self.mode is ProactiveAgentMode.EXECUTE:
                self._set("done")
            else:
                self.number += 1
                self.proposal = Proposal(content, turn or 0)
        elif self.mode is ProactiveAgentMode.AWAITING_CONFIRMATION and event.event_type == EventType.USER:
            if function == "accept_proposal":
                self._accepted_in, self._accepted_by = turn or 0, event.event_id
                self._set("accepted", content)
                return True
            if function == "reject_proposal":
                self._set("rejected", content)
                return True
        return False

    def begin_turn(self, turn: int) -> None:
        """Expire a proposal, or end a consent, that has lasted too many turns."""
        if self.proposal is None:
            return
        if self.mode is ProactiveAgentMode.AWAITING_CONFIRMATION:
            if self._lifetime is not None and turn - self.proposal.turn > self._lifetime:
                self._set("expired")
        elif (
            self.mode is ProactiveAgentMode.EXECUTE
            and self._execute_max_turns is not None
            and turn - self._accepted_in >= self._execute_max_turns
        ):
            self._set("out of turns")

    def give_up(self) -> None:
        """End the execution without a report."""
        if self.mode is ProactiveAgentMode.EXECUTE:
            self._set("given up")

    def withdraw(self) -> None:
        """Withdraw the user's acceptance: the proposal is pending again, and expires as if it was never accepted."""
        if self.proposal is not None and self.mode is ProactiveAgentMode.EXECUTE:
            self.withdrawn.add(self._accepted_by)
            self.proposal = replace(self.proposal, status="pending", reply=None)

    def _set(self, status: ProposalStatus, reply: str | None = None) -> None:
        assert self.proposal is not None
        self.proposal = replace(self.proposal, status=status, reply=reply or self.proposal.reply)
