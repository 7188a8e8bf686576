"""Traces that are made by hand."""

from __future__ import annotations

from typing import Any

from pytest_pare.simulation.trace import EngineCall, Trace, TraceEvent

LINE = "PAREAgentUserInterface"


def event(kind: str, function: str, *, app: str = "Emails", time: float = 1.0, **fields: Any) -> TraceEvent:
    """Return an event; of the channel between the agent and the user if `app` is that one."""
    values: dict[str, Any] = {
        "event_id": f"{kind}-{function}-{time}",
        "app_class": LINE if app == LINE else "StatefulEmailApp",
        "args": {},
        "result": None,
        "error": None,
        "operation": "write",
        "turn": 0,
        "mode": "observe",
        "screen_before": "System",
        "screen_after": "System",
    }
    return TraceEvent(time=time, kind=kind, app=app, function=function, **{**values, **fields})


def agent(function: str, **fields: Any) -> TraceEvent:
    return event("AGENT", function, **fields)


def user(function: str, **fields: Any) -> TraceEvent:
    return event("USER", function, **fields)


def world(function: str, **fields: Any) -> TraceEvent:
    return event("ENV", function, **fields)


def proposal(content: str = "Shall I write to Ann?", **fields: Any) -> TraceEvent:
    return agent("send_message_to_user", app=LINE, args={"content": content}, **fields)


def answer(*, accepts: bool = True, **fields: Any) -> TraceEvent:
    function = "accept_proposal" if accepts else "reject_proposal"
    return user(function, app=LINE, args={"content": "As you say."}, **{"mode": "awaiting_confirmation", **fields})


def report(content: str = "Done.", **fields: Any) -> TraceEvent:
    return agent("send_message_to_user", app=LINE, args={"content": content}, mode="execute", **fields)


def call(role: str = "observe", response: str | None = None, *, time: float = 1.0, **fields: Any) -> EngineCall:
    """Return a call of a live model; by default it waits."""
    text = "Thought: Nothing to do.\nAction:\n" + '{"action": "wait", "action_input": {}}<end_action>'
    values: dict[str, Any] = {
        "turn": 0,
        "model": "gpt",
        "fingerprint": "f1",
        "latency": 1.0,
        "live": True,
        "request": [{"role": "user", "content": "What now?"}],
    }
    return EngineCall(time=time, role=role, response=response or text, **{**values, **fields})


def trace(*entries: TraceEvent | EngineCall, **fields: Any) -> Trace:
    """Return a trace of a run of `plants`."""
    turns = {entry.turn for entry in entries if entry.turn is not None}
    values: dict[str, Any] = {"seed": 0, "agent": "mine", "prompts": "p1", "turns": len(turns)}
    return Trace("plants", 1735689600.0, entries, **{**values, **fields})
