"""What the judge sees of a run: a text of events and values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from are.simulation.types import CompletedEvent, EventType

from pytest_pare.base.serialization import to_builtins
from pytest_pare.scenarios.event_log import is_attempt

if TYPE_CHECKING:
    from are.simulation.types import AbstractEnvironment

_CHANNEL = "PAREAgentUserInterface"
_ANSWERS = ("accept_proposal", "reject_proposal")


def evidence_of(env: AbstractEnvironment) -> str:
    """Return what the agent said and wrote and how the user answered, a line each.

    It has the agent's messages to the user, the user's answers to proposals, and the agent's writes to the apps, failed
    ones included.
    """
    start = env.start_time or 0.0
    lines = [_line(event, start) for event in env.event_log.list_view() if _is_of_agent(event)]
    return "\n".join(lines) or "The agent said nothing and wrote nothing."


def evidence_text(evidence: object) -> str:
    """Return events or values as a text: a text as it is, an event as a line, a list of them a line each, else JSON."""
    if isinstance(evidence, str):
        return evidence
    if isinstance(evidence, CompletedEvent):
        return _line(evidence)
    if isinstance(evidence, list | tuple):
        return "\n".join(map(evidence_text, evidence))
    return _json(evidence)


def _is_of_agent(event: CompletedEvent) -> bool:
    if is_attempt(event):
        return True
    action = event.action
    if getattr(action, "class_name", None) != _CHANNEL:
        return False
    function = action.function_name
    is_answer = event.event_type == EventType.USER and function in _ANSWERS
    return is_answer or (event.event_type == EventType.AGENT and function == "send_message_to_user")


def _line(event: CompletedEvent, start: float | None = None) -> str:
    action: Any = event.action
    arguments = {name: value for name, value in event.get_args().items() if name != "self" and value is not None}
    shown = ", ".join(f"{name}={_json(value)}" for name, value in arguments.items())
    when = "" if start is None or event.event_time is None else f"+{event.event_time - start:.10g} s "
    who = {EventType.AGENT: "agent", EventType.USER: "user"}.get(event.event_type, "world")
    failed = f" failed: {event.metadata.exception}" if event.failed() else ""
    return f"{when}{who}: {action.class_name}.{action.function_name}({shown}){failed}"


def _json(value: object) -> str:
    return json.dumps(to_builtins(value), ensure_ascii=False)
