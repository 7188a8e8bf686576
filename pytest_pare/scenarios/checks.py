"""Checks for the `validate` method of a proactive scenario.

`check_consented_writes` passes if the agent makes a proposal, the user accepts it, and the agent then makes exactly the
expected writes. `check_respected_rejection` passes if the user rejects the proposal and the agent writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult

from pytest_pare.base.redaction import redacted
from pytest_pare.scenarios.argument_tests import Described, mentions, same_members, same_phone
from pytest_pare.scenarios.event_log import accepted_at, agent_writes, is_attempt, is_proposal, rejected_at
from pytest_pare.scenarios.writes import Write, require_agents_writes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from are.simulation.types import AbstractEnvironment, CompletedEvent

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

_ARGUMENT_WIDTH = 60


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
    require_agents_writes(expected)
    consent = accepted_at(env, proposal)
    if consent is None:
        return _failure(_no_answer(env, "accepted", proposal))
    log = env.event_log.list_view()
    early = next(filter(is_attempt, log[:consent]), None)
    if early is not None:
        return _failure(f"write before the user accepted: {_call(early)}")
    missing = [(item,) if isinstance(item, Write) else item for item in expected]
    # Most arguments first, so that a less specific write does not match the event of a more specific one.
    missing.sort(key=lambda ways: -max((len(way.args) for way in ways), default=0))
    errors = []
    for event in filter(is_attempt, log[consent:]):
        if event.failed():
            errors.append(f"{_call(event)} raised: {event.metadata.exception}")
            continue
        found = next((index for index, ways in enumerate(missing) if any(way.matches(event) for way in ways)), None)
        if found is None:
            return _failure(_unexpected(event, missing))
        del missing[found]
    if missing:
        names = ", ".join(" or ".join(map(str, ways)) for ways in missing)
        return _failure("; ".join([f"missing write: {names}", *errors]))
    return _check_state(state)


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
    rejection = rejected_at(env, proposal)
    if rejection is None:
        return _failure(_no_answer(env, "rejected", proposal))
    for position, event in enumerate(env.event_log.list_view()):
        if is_attempt(event):
            when = "before the user answered" if position < rejection else "after the user rejected the proposal"
            return _failure(f"write {when}: {_call(event)}")
    return _check_state(state)


def _no_answer(env: AbstractEnvironment, answer: str, proposal: ArgumentTest | None) -> str:
    texts = [event.get_args().get("content") for event in filter(is_proposal, env.event_log.list_view())]
    if not texts:
        return "the agent proposed nothing"
    if proposal is not None and not any(map(proposal, texts)):
        expected = str(proposal) if isinstance(proposal, Described) else "passes the scenario's test"
        return f"no proposal {redacted(expected)}; the last one was {_short(texts[-1])}"
    return f"the user never {answer} the proposal"


def _check_state(state: Mapping[str, bool] | None) -> ScenarioValidationResult:
    untrue = [sentence for sentence, holds in (state or {}).items() if not holds]
    return _failure(f"not true after the run: {'; '.join(untrue)}") if untrue else _success()


def _unexpected(event: CompletedEvent, missing: list[tuple[Write, ...]]) -> str:
    near = next((way for ways in missing for way in ways if way.calls_same_tool(event)), None)
    if near is None:
        return f"unexpected write: {_call(event)}"
    given = event.get_args()
    wrong = [
        f"{name}: expected {_expected(near.args[name])}, got {_short(given.get(name))}"
        for name in near.wrong_args(event)
    ]
    # The differences first: a terminal shows the beginning of the text.
    return f"{'; '.join(wrong)}, in {near}"


def _expected(wanted: Any) -> str:
    """Return the text of the expectation for an argument."""
    if isinstance(wanted, Described):
        return redacted(f"a value that {wanted}")
    return "a value that passes the scenario's test" if callable(wanted) else _short(wanted)


def _call(event: CompletedEvent) -> str:
    given = {name: value for name, value in event.get_args().items() if name != "self" and value is not None}
    arguments = ", ".join(f"{name}={_short(value)}" for name, value in given.items())
    return f"{event.action.class_name}.{event.action.function_name}({arguments})"


def _short(value: Any) -> str:
    # Redacted before it is shortened: a part of a secret is not recognized.
    text = redacted(repr(value))
    return text if len(text) <= _ARGUMENT_WIDTH else text[: _ARGUMENT_WIDTH - 1] + "…"


def _failure(rationale: str) -> ScenarioValidationResult:
    return ScenarioValidationResult(success=False, rationale=rationale)


def _success() -> ScenarioValidationResult:
    return ScenarioValidationResult(success=True)
