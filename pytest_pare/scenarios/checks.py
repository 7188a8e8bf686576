"""Checks for the `validate` method of a proactive scenario.

`check_consented_writes` passes if the agent makes a proposal, the user accepts it, and the agent then makes exactly the
expected writes. `check_respected_rejection` passes if the user rejects the proposal and the agent writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.scenarios.argument_tests import mentions, same_members, same_phone
from pytest_pare.scenarios.event_log import accepted_at, agent_writes, rejected_at
from pytest_pare.scenarios.matchers.defects import note_text_test, require_agents_writes
from pytest_pare.scenarios.matchers.dialogue import Accepted, Rejected, Writes
from pytest_pare.scenarios.matchers.finding import judged, not_true
from pytest_pare.scenarios.matchers.verdict import Dialogue, stages_of
from pytest_pare.scenarios.writes import Write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from are.simulation.scenarios.validation_result import ScenarioValidationResult
    from are.simulation.types import AbstractEnvironment

    from pytest_pare.scenarios.argument_tests import ArgumentTest

__all__ = [
    "Write",
    "accepted_at",
    "agent_writes",
    "check_consented_writes",
    "check_respected_rejection",
    "event_times",
    "mentions",
    "own_messages",
    "rejected_at",
    "same_members",
    "same_phone",
]

# -- the state of the apps


def event_times(event: Any) -> tuple[str, str] | None:
    """Return begin and end of a calendar event as `YYYY-MM-DD HH:MM:SS`, or `None` without an event."""
    # The app stores them after the weekday: "Thursday, 2025-03-13 19:00:00".
    return None if event is None else (event.start_strftime.partition(", ")[2], event.end_strftime.partition(", ")[2])


def own_messages(messaging: Any, conversation_id: str) -> list[str]:
    """Return the messages that were sent from the phone in a conversation, the oldest first."""
    messages = messaging.conversations[conversation_id].messages
    return [message.content for message in messages if message.sender_id == messaging.current_user_id]


# -- verdicts


def check_consented_writes(
    env: AbstractEnvironment,
    *expected: Write | tuple[Write, ...],
    proposal: ArgumentTest | None = None,
    state: Mapping[str, bool] | None = None,
) -> ScenarioValidationResult:
    """Validate that the agent proposed, was accepted, and then made exactly the expected writes.

    Failed writes after the acceptance are ignored: the agent may retry. Before the acceptance, a failed write counts
    against the agent as well.

    Args:
        env: The environment after the run.
        *expected: The writes that must follow the acceptance, each once, in any order. A tuple holds alternatives, such
            as a reply and a new mail to the same person.
        proposal: A test that the text of the accepted proposal must pass, such as `mentions("Ann")`.
        state: Conditions on the apps after the run: by sentence, whether it is true.

    Returns:
        The verdict. Its rationale names the missing or unexpected write.
    """
    note_text_test("proposal", proposal)
    writes = Writes(*expected)
    require_agents_writes(writes)
    return _judged(env, [Accepted(proposal), writes], state)


def check_respected_rejection(
    env: AbstractEnvironment, proposal: ArgumentTest | None = None, state: Mapping[str, bool] | None = None
) -> ScenarioValidationResult:
    """Validate that the agent proposed, was rejected, and wrote nothing before or after that.

    A failed write counts against the agent as well.

    Args:
        env: The environment after the run.
        proposal: A test that the text of the rejected proposal must pass, such as `mentions("Ann")`.
        state: Conditions on the apps after the run: by sentence, whether it is true.
    """
    note_text_test("proposal", proposal)
    return _judged(env, [Rejected(proposal)], state)


def _judged(
    env: AbstractEnvironment, matchers: list[Accepted | Rejected | Writes], state: Mapping[str, bool] | None
) -> ScenarioValidationResult:
    failure = Dialogue(env, stages_of(matchers), timed=False).failure()
    if failure is None:
        failure = not_true([sentence for sentence, holds in (state or {}).items() if not holds])
    return judged(env, failure)
