"""The kind of a step, and its title: one plain line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pytest_pare.simulation.trace import ENV_EVENT, EngineCall, TraceEvent
from pytest_pare.timeline.answers import read_answer
from pytest_pare.timeline.texts import arguments_line, one_line, shown

if TYPE_CHECKING:
    from pytest_pare.simulation.trace_steps import Step

StepKind = Literal["call", "message", "proposal", "acceptance", "rejection", "report", "model", "check", "noise"]

_CHECKS = ("CONDITION", "VALIDATION")
_MESSAGES: Final[dict[str, StepKind]] = {
    "accept_proposal": "acceptance",
    "reject_proposal": "rejection",
    "send_message_to_agent": "message",
    "ask_user": "message",
}
_VERBS: Final = {
    "proposal": "proposes",
    "acceptance": "accepts",
    "rejection": "rejects",
    "report": "reports",
    "send_message_to_agent": "says",
    "send_message_to_user": "says",
    "ask_user": "asks",
}


def kind_of(entry: TraceEvent | EngineCall) -> StepKind:
    """Return the kind of a step.

    A message that was not delivered is a call that failed.
    """
    if isinstance(entry, EngineCall):
        return "model"
    if entry.kind in _CHECKS:
        return "check"
    if entry.fault == ENV_EVENT:
        return "noise"
    if not entry.is_message:
        return "call"
    if entry.function == "send_message_to_user":
        return "report" if entry.mode == "execute" else "proposal"
    return _MESSAGES.get(str(entry.function), "call")


def title_of(step: Step) -> str:
    """Return a step as one plain line."""
    entry = step.entry
    return one_line(shown(_of_model(entry) if isinstance(entry, EngineCall) else _of_event(entry)))


def _of_event(event: TraceEvent) -> str:
    kind, function = kind_of(event), str(event.function)
    if kind == "check":
        return f"{event.kind.lower()} {function}"
    if event.is_interface:
        if function == "wait":
            return "waits"
        if verb := _VERBS.get(kind) or _VERBS.get(function):
            content = str(event.args.get("content") or "")
            return f"{verb}: {content}" if content else verb
    app = f"{event.app}: " if event.app else ""
    return f"{app}{function} {arguments_line(event.args)}".rstrip()


def _of_model(call: EngineCall) -> str:
    who = f"{call.role} model"
    if call.response is None:
        return f"{who} fails: {call.error or 'no answer'}"
    cut = " (cut at max_tokens)" if call.finish_reason == "length" else ""
    return f"{who} answers{cut}: {answer_line(call.response)}"


def answer_line(response: str) -> str:
    """Return the calls of an answer as one line, or its text if it has none."""
    answer = read_answer(response)
    calls = [f"{name} {arguments_line(arguments)}".rstrip() for name, arguments in answer.calls]
    return "; ".join(calls) or answer.thought or "nothing"
