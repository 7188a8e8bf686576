"""Reference steps: the steps of a scenario's own solution, their roles and their order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.tool_utils import OperationType

from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.events import with_dependencies

if TYPE_CHECKING:
    from are.simulation.types import AbstractEvent, Event, OracleEvent

Role = Literal["user", "observe", "execute", "agent", "judge"]

# Functions of the agent's tools that send a text in the user's name.
_WORDS = ("send_message", "send_message_to_group_conversation", "send_email", "reply_to_email", "forward_email")


@dataclass(eq=False)
class Step:
    """A reference step.

    Attributes:
        event: The oracle event.
        action: The event that it makes.
        role: The role that plays it.
        is_unaccepted: Whether it is a write, or a question, of the agent that nobody has accepted.
        is_before_proposal: Whether it is such a write, and the agent proposes later.
        consent: How many acceptances come before it: an executor's steps between two are one execution.
        since: Length of the event log when it was played; `None` before that.
        turn: The turn in which it was played.
        proposals: The number of proposals when it was played.
        faults: The number of faults of tools and of the user when it was played.
    """

    event: OracleEvent
    action: Event
    role: Role
    is_unaccepted: bool = False
    is_before_proposal: bool = False
    consent: int = 0
    since: int | None = None
    turn: int | None = None
    proposals: int = 0
    faults: int = 0

    @property
    def event_id(self) -> str:
        """The id of the oracle event."""
        return str(self.event.event_id)

    @property
    def function(self) -> str:
        """The name of the function that it calls."""
        return str(self.action.action.function_name)

    @property
    def app_name(self) -> str:
        """The name of the app."""
        return str(self.action.action.app_name)

    @property
    def is_talk(self) -> bool:
        """Whether it belongs to the channel between the agent and the user."""
        return _is_interface(self.action.action.app.__class__)

    @property
    def is_message(self) -> bool:
        """Whether it is a message to the user: a proposal or a report."""
        return self.is_talk and self.function == "send_message_to_user"

    @property
    def is_acceptance(self) -> bool:
        """Whether it accepts a proposal."""
        return self.is_talk and self.function == "accept_proposal"

    @property
    def is_answer(self) -> bool:
        """Whether it accepts or rejects a proposal."""
        return self.is_acceptance or (self.is_talk and self.function == "reject_proposal")

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return bool(self.action.action.operation_type != OperationType.WRITE)

    @property
    def is_early_write(self) -> bool:
        """Whether it is a write before a proposal that the observer makes."""
        return self.is_before_proposal and self.role == "observe"

    def depends_on(self, other: Step) -> bool:
        """Return whether it waits for another step, directly or not."""
        return self is not other and any(one.event_id == other.event_id for one in with_dependencies(self.event))


@cache
def _is_interface(cls: Any) -> bool:
    # Asking the abstract base class of apps takes longer than all else here.
    return issubclass(cls, AgentUserInterface)


def in_order(steps: list[Step], start_time: float) -> list[Step]:
    """Return the steps sorted by dependencies, then by time, then by their order in the script.

    An answer that nothing lets wait for a proposal comes after the next proposal, because it answers none before that.

    Raises:
        ScenarioDefect: If an event depends on itself.
    """
    times: dict[str, float | None] = {}
    planned = {step.event_id: _planned(step.event, start_time, times) for step in steps}
    left, ordered = list(steps), []
    while left:
        waiting = {step.event_id for step in left}
        ready = [step for step in left if not any(one.event_id in waiting for one in step.event.dependencies)]
        first = min(ready, key=lambda step: planned[step.event_id])
        left.remove(first)
        ordered.append(first)
    for answer in [step for step in ordered if step.is_answer]:
        _move_behind_proposal(answer, ordered)
    return ordered


def _move_behind_proposal(answer: Step, steps: list[Step]) -> None:
    """Move an answer, with the steps that wait for it, behind the next proposal if none is pending before it."""
    place = steps.index(answer)
    talk = [step for step in steps[:place] if step.is_message or step.is_answer]
    if talk and talk[-1].is_message:
        return
    later = steps[place + 1 :]
    open_ones = (
        n
        for n, step in enumerate(later)
        if step.is_message and not step.depends_on(answer) and not _is_answered(later[n + 1 :])
    )
    end = next(open_ones, None)
    if end is None:
        return
    waiting = [step for step in later[: end + 1] if step.depends_on(answer)]
    others = [step for step in later[: end + 1] if step not in waiting]
    steps[place : place + end + 2] = [*others, answer, *waiting]


def _is_answered(after: list[Step]) -> bool:
    """Return whether the steps after a message begin, but for other steps, with an answer to it."""
    return next((step.is_answer for step in after if step.is_message or step.is_answer), False)


def _planned(event: AbstractEvent, start_time: float, times: dict[str, float | None]) -> float:
    """Return when an event happens if no event is late.

    Args:
        event: The event.
        start_time: Begin of the simulation, in epoch seconds.
        times: The times that are known, by event id; `None` for an event whose time is being calculated.
    """
    if event.event_id in times:
        known = times[event.event_id]
        if known is None:
            raise ScenarioDefect(f"the event {event.event_id} depends on itself, and will never happen")
        return known
    times[event.event_id] = None
    before = [_planned(one, start_time, times) for one in event.dependencies]
    planned = max(before, default=start_time) + (event.event_relative_time or 0)
    times[event.event_id] = planned = planned if event.event_time is None else float(event.event_time)
    return planned


def assign_roles(steps: list[Step], *, early_writes: bool = False) -> None:
    """Set the role of each step of the agent, by its tool and by the steps before and after it.

    A message in the user's name that nobody has accepted is the user's: if no step of the agent's comes before it and a
    proposal follows from it, or if it comes between a proposal and the user's answer.

    Args:
        steps: All steps in order. Those of the user have their role.
        early_writes: Whether the observer makes the writes before its proposals.
    """
    consent, executing = 0, False
    for index, step in enumerate(steps):
        step.consent = consent
        if step.role == "user":
            if step.is_answer:
                executing = step.is_acceptance
                consent += executing
        elif executing:
            if _leads_to_proposal(steps[index:]):
                step.role = "observe"
            elif step.is_message:
                executing = False
        elif step.is_read or step.is_message:
            step.role = "observe"
        elif _is_users_words(step, steps[:index], steps[index + 1 :]):
            step.role = "user"
        else:
            step.is_unaccepted = True
            # Another one keeps the role `execute`, which gets no turn for it: the check fails.
            step.is_before_proposal = not step.is_talk and any(one.is_message for one in steps[index + 1 :])
            if early_writes and step.is_before_proposal:
                step.role = "observe"


def _is_users_words(step: Step, before: list[Step], after: list[Step]) -> bool:
    """Return whether a write that nobody has accepted is a message that the user sends.

    Args:
        step: The write.
        before: The steps before it, with their roles.
        after: The steps after it.
    """
    if step.is_talk or step.function not in _WORDS:
        return False
    agents = [one for one in before if one.role != "user"]
    if not any(step.depends_on(one) for one in agents):
        return any(one.is_message and one.depends_on(step) for one in after)
    talk = [one for one in before if one.is_message or one.is_answer]
    is_pending = bool(talk) and talk[-1].is_message
    return is_pending and any(one.is_answer and one.depends_on(step) for one in after)


def _leads_to_proposal(steps: list[Step]) -> bool:
    """Return whether the agent, from the first step on, only reads and then sends a message that the user answers."""
    for index, step in enumerate(steps):
        if step.is_message:
            after = next((one for one in steps[index + 1 :] if one.is_answer or one.is_message), None)
            return after is not None and after.is_answer
        if step.role == "user" or not step.is_read:
            return False
    return False
