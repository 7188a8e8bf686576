"""A run as a document: what the page draws, and what `pytest-pare show` prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted, redacted_json, redacted_plain
from pytest_pare.base.serialization import to_short_text, to_text
from pytest_pare.results.text import plural
from pytest_pare.results.validation_result import exception_type_name
from pytest_pare.simulation.trace import EngineCall, Trace, TraceEvent
from pytest_pare.simulation.trace_steps import steps_of
from pytest_pare.timeline.consent import consent_of
from pytest_pare.timeline.findings import findings_of
from pytest_pare.timeline.states import cards_and_changes
from pytest_pare.timeline.texts import optional_value, redacted_trace, shown, value_text
from pytest_pare.timeline.titles import kind_of, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.simulation.trace_steps import Step

_DEFECT = "ScenarioDefect"


def run_document(
    trace: Trace, result: PAREScenarioValidationResult | None, *, run: str, variant: str = ""
) -> dict[str, Any]:
    """Return a run as builtins, whose texts hold no secrets, can be encoded, and are cut.

    Args:
        trace: The trace.
        result: The result; `None` if there is none.
        run: The name of the run.
        variant: Its variant; empty for none.
    """
    trace = redacted_trace(trace)
    steps = steps_of(trace)
    cards, changes = cards_and_changes(trace, steps)
    consent = consent_of(steps)
    document = {
        "run": run,
        "scenario": trace.scenario_id,
        "variant": variant,
        "run_number": trace.run_number,
        "agent": trace.agent,
        "seed": trace.seed,
        "start_time": trace.start_time,
        "status": "unknown" if result is None else result.status,
        "reason": None if result is None else reason_of(result),
        "notes": [] if result is None else list(_notes(result)),
        "ended_by": None if result is None else result.ended_by,
        "usage": trace.usage(),
        "forked_from": trace.forked_from or None,
        "draws": {name: shown(value) for name, value in trace.draws.items()},
        "differences": _differences(result, steps),
        "findings": findings_of(steps, consent, trace.notified),
        "turns": list(_turns(trace, steps)),
        "steps": [_step(step) for step in steps],
        "consent": consent,
        "cards": cards,
        "changes": changes,
        "reference": [_reference(one) for one in trace.reference],
    }
    # Parts that hold no secret may be one together, such as a name and its value in a title.
    lines = json.dumps(document)
    clean = redacted_json(lines)
    whole: dict[str, Any] = document if clean == lines else json.loads(clean)
    return whole


def reason_of(result: PAREScenarioValidationResult) -> str | None:
    """Return why a run did not succeed: the exception, or the validator's rationale."""
    if result.exception is not None:
        text = to_short_text(result.exception)
        return shown(redacted(f"{exception_type_name(result.exception)}: {text}".removesuffix(": ")))
    if result.rationale:
        return shown(redacted(to_text(result.rationale)))
    return None if result.status == "success" else "the validator gave no rationale"


def is_defect(result: PAREScenarioValidationResult | None) -> bool:
    """Return whether a run ended by a defect of its scenario, and so says nothing about the agent."""
    return result is not None and result.exception is not None and exception_type_name(result.exception) == _DEFECT


def _notes(result: PAREScenarioValidationResult) -> Iterator[str]:
    if is_defect(result):
        yield "the scenario has a defect, so the agent was not judged"
    if result.user_failure is not None:
        yield shown(redacted(to_text(result.user_failure)))
    if missed := result.script_events_missed:
        yield f"{plural(missed, 'event')} of the script had not happened when the run ended"


def _differences(result: PAREScenarioValidationResult | None, steps: Sequence[Step]) -> list[dict[str, Any]]:
    found: Sequence[dict[str, Any]] = redacted_plain(getattr(result, "differences", None) or [])
    return [
        {
            "expected": optional_value(one.get("expected")),
            "got": optional_value(one.get("got")),
            "step": _number(steps, one.get("event_id"), one.get("time")),
        }
        for one in found
    ]


def _number(steps: Sequence[Step], event_id: str | None, time: float | None) -> int | None:
    """Return the number of the step of an event; without its id, that of the last event at that time or before."""
    events = [step for step in steps if isinstance(step.entry, TraceEvent)]
    if event_id:
        # An id that a script gives may come twice.
        found = [step for step in events if getattr(step.entry, "event_id", None) == event_id]
        return next((step.number for step in found if step.entry.time == time), found[0].number if found else None)
    if time is None:
        return None
    return max((step.number for step in events if step.entry.time <= time), default=None)


def _turns(trace: Trace, steps: Sequence[Step]) -> Iterator[dict[str, Any]]:
    notified: dict[int, list[Any]] = {}
    for one in trace.notified:
        notified.setdefault(one.turn, []).append(one)
    played: dict[int, list[Step]] = {}
    for step in steps:
        if step.entry.turn is not None:
            played.setdefault(step.entry.turn, []).append(step)
    for turn in sorted({*notified, *played}):
        of_turn, sides = played.get(turn, []), notified.get(turn, [])
        events = [step.entry for step in of_turn if isinstance(step.entry, TraceEvent)]
        yield {
            "turn": turn,
            "time": min([one.time for one in sides] + [step.entry.time for step in of_turn]),
            "mode": next((one.mode for one in (*sides, *events) if one.mode), None),
            "screen": next((event.screen_before for event in events if event.screen_before), None),
            "notified": [
                {"who": one.who, "notifications": list(map(_notification, one.notifications))} for one in sides
            ],
            "first_step": of_turn[0].number if of_turn else None,
            "last_step": of_turn[-1].number if of_turn else None,
        }


def _notification(one: dict[str, Any]) -> dict[str, Any]:
    return {"time": one.get("time"), "kind": one.get("kind"), "text": shown(one.get("text", ""))}


def _step(step: Step) -> dict[str, Any]:
    entry = step.entry
    common = {
        "n": step.number,
        "time": entry.time,
        "turn": entry.turn,
        "lane": step.lane,
        "kind": kind_of(entry),
        "title": title_of(step),
    }
    return {**common, **(_call(entry) if isinstance(entry, EngineCall) else _event(entry))}


# The parts of an event that a call of a model does not have.
_NO_EVENT: dict[str, Any] = dict.fromkeys(
    ("app", "function", "result", "operation", "mode", "screen_before", "screen_after", "fault")
)


def _event(event: TraceEvent) -> dict[str, Any]:
    return {
        "app": event.app,
        "function": event.function,
        "args": {name: value_text(value) for name, value in event.args.items()},
        "result": optional_value(event.result),
        "error": None if event.error is None else shown(event.error),
        "operation": event.operation,
        "mode": event.mode,
        "screen_before": event.screen_before,
        "screen_after": event.screen_after,
        "fault": event.fault,
    }


def _call(call: EngineCall) -> dict[str, Any]:
    request = None
    if call.request is not None:
        request = [
            {"role": str(one.get("role", "")), "content": value_text(one.get("content", ""))} for one in call.request
        ]
    error = None if call.error is None else shown(call.error)
    return {
        **_NO_EVENT,
        "args": {},
        "error": error,
        "model": {
            "role": call.role,
            "model": call.model,
            "kept": call.kept,
            "request": request,
            "response": None if call.response is None else shown(call.response),
            "latency": call.latency,
            "prompt_tokens": call.prompt_tokens,
            "completion_tokens": call.completion_tokens,
            "cost": call.cost,
            "finish_reason": call.finish_reason,
            "error": error,
            "live": call.live,
        },
    }


def _reference(one: dict[str, Any]) -> dict[str, Any]:
    args = one.get("args") or {}
    names = {name: one.get(name) for name in ("who", "app", "function")}
    return {**names, "args": {name: value_text(value) for name, value in args.items()}}
