"""The reasons why steps of a scenario's own solution could not be played."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from are.simulation.types import ConditionCheckEvent

from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.scenarios.event_capture import made_at
from pytest_pare.scenarios.events import event_name

if TYPE_CHECKING:
    from are.simulation.types import AbstractEvent

    from pytest_pare.engines.reference import Reference, Step
    from pytest_pare.engines.reference_history import History
    from pytest_pare.results.validation_result import Ending
    from pytest_pare.simulation.trace_entries import TraceEvent

_REFUSED: Final = "writes before the proposal, and the suite refuses that (runner.writes_without_consent: refuse)"
_UNASKED: Final = "needs an acceptance of the user, and none precedes it"
_NO_ANSWER: Final = "answers a proposal, and none was pending"
# By the status of the last proposal, why its answer or its execution was not possible.
_CLOSED: Final = {
    "accepted": "the last proposal was accepted before",
    "rejected": "the last proposal was rejected",
    "expired": "the last proposal had expired",
    "done": "the agent had reported the end of the execution",
    "given up": "the agent had ended the execution",
    "out of turns": "the execution had run out of turns (runner.execute_max_turns)",
}
_ENDINGS: Final[dict[str, str]] = {
    "max_turns": "the run had no turn left for it (runner.max_turns)",
    "max_scenario_duration": "the time of the run was over (runner.max_scenario_duration)",
    "duration": "the scenario was over (its duration)",
    "stopped": "the scenario was stopped",
}


def steps_left(reference: Reference, env: Any, ended_by: Ending | None) -> list[str]:
    """Return a sentence on the steps that were not played, with the place of each and the reason.

    Args:
        reference: The solution of the scenario.
        env: The environment at the end of the run.
        ended_by: What ended the turns of the run.
    """
    left = [step for step in reference.steps if step.since is None]
    if not left:
        return []
    history = reference.history()
    reasons = "; ".join(f"{_named(step)} {_reason(step, reference, history, env, ended_by)}" for step in left)
    return [f"{len(left)} step{'s' * (len(left) > 1)} of the solution could not be played: {reasons}"]


def failed_call(event: TraceEvent, reference: Reference) -> str:
    """Return a sentence on a call of the solution that failed."""
    when = f"+{event.time:.10g} s"
    if event.kind == "USER" and not event.app and (event.error or "").startswith("UnknownToolError"):
        step = next(
            (one for one in reference.played_steps if reference.tool(one) == event.function and one.turn == event.turn),
            None,
        )
        if step is not None:
            return (
                f"{when}: {_named(step)}: its tool is not on the user's screen ({event.screen_before or 'nothing'}); "
                "let the user open the screen first"
            )
    return f"{when}: {event.app}.{event.function}: {event.error}"


def _reason(step: Step, reference: Reference, history: History, env: Any, ended_by: Ending | None) -> str:
    if step.is_unaccepted and not step.is_early_write:
        return _REFUSED if step.is_before_proposal else _UNASKED
    for event in step.event.dependencies:
        if history.moment(event) is None:
            return _waiting(event, reference)
    acceptances = [one for one in reference.steps if one.is_acceptance]
    given = sum(history.moment(one.event) is not None for one in acceptances)
    if step.role != "user" and step.consent > given:
        return f"follows the acceptance {_named(acceptances[step.consent - 1])}, which was not given"
    proposal = env.consent.proposal
    closed = _CLOSED.get(proposal.status) if proposal is not None else "the agent had proposed nothing"
    if step.is_answer and env.consent.mode is not ProactiveAgentMode.AWAITING_CONFIRMATION:
        return f"{_NO_ANSWER}: {closed}"
    if step.role == "execute" and env.consent.mode is not ProactiveAgentMode.EXECUTE:
        return f"belongs to an execution that was over: {closed}"
    return _ENDINGS.get(ended_by or "", "never got its turn")


def _waiting(event: AbstractEvent, reference: Reference) -> str:
    step = next((one for one in reference.steps if one.event_id == event.event_id), None)
    if step is not None:
        return f"waits for {_named(step)}"
    place = made_at(event)
    name = f"{event_name(event)} ({place})" if place else event_name(event)
    never = "came true" if isinstance(event, ConditionCheckEvent) else "happened"
    return f"waits for {name}, which never {never}"


def _named(step: Step) -> str:
    name, place = f"{step.app_name}.{step.function}", made_at(step.action) or made_at(step.event)
    return f"{name} ({place})" if place else name
