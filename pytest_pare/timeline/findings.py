"""What catches the eye in a run: facts on its steps, without a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.results.text import plural
from pytest_pare.simulation.trace import ENV_EVENT, EngineCall, TraceEvent
from pytest_pare.timeline.texts import one_line, shown
from pytest_pare.timeline.titles import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.timeline.steps import Step

_ERROR_WIDTH = 120


def findings_of(steps: Sequence[Step], consent: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return facts about a run, each with its `text` and the numbers of its `steps`."""
    found = (*_dialogue(steps, consent), *_writes(steps), *_errors(steps), *_models(steps), *_faults(steps))
    return [{"text": shown(text), "steps": numbers} for text, numbers in found]


def _dialogue(steps: Sequence[Step], consent: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[int]]]:
    if not consent:
        if steps and not any(isinstance(step.entry, TraceEvent) and step.entry.mode is None for step in steps):
            yield "the agent proposed nothing", []
        return
    rejected = [one["answer"] for one in consent if one["answer_kind"] == "rejection"]
    if rejected:
        yield f"the user rejected {plural(len(rejected), 'proposal')}", rejected
    if open_ones := [one["proposal"] for one in consent if one["answer"] is None]:
        yield f"{plural(len(open_ones), 'proposal')} without an answer", open_ones
    for number, one in enumerate(consent):
        if one["answer_kind"] == "acceptance":
            end = consent[number + 1]["proposal"] if number + 1 < len(consent) else len(steps) + 1
            after = steps[one["answer"] : end - 1]
            if not any(_is_write(step) for step in after):
                yield "accepted, and the agent wrote nothing after it", [one["answer"]]


def _writes(steps: Sequence[Step]) -> Iterator[tuple[str, list[int]]]:
    early = [step.number for step in steps if _is_write(step) and _mode(step) not in (None, "execute")]
    if early:
        yield f"{plural(len(early), 'write')} without consent", early


def _errors(steps: Sequence[Step]) -> Iterator[tuple[str, list[int]]]:
    for place, step in enumerate(steps):
        event = step.entry
        if not isinstance(event, TraceEvent) or event.error is None or step.lane == "world":
            continue
        called = (event.kind, event.app, event.function)
        later = (one.entry for one in steps[place + 1 :] if isinstance(one.entry, TraceEvent))
        again = [one for one in later if (one.kind, one.app, one.function) == called]
        if any(one.error is None for one in again):
            rest = "a later call of it succeeded"
        else:
            rest = "no later call of it succeeded" if again else "it was not called again"
        name = f"{event.app}.{event.function}" if event.app else str(event.function)
        yield f"{name} failed, {rest}: {one_line(event.error, _ERROR_WIDTH)}", [step.number]


def _models(steps: Sequence[Step]) -> Iterator[tuple[str, list[int]]]:
    calls = [(step.number, step.entry) for step in steps if isinstance(step.entry, EngineCall)]
    cut = [number for number, call in calls if call.finish_reason == "length"]
    if cut:
        yield f"{plural(len(cut), 'answer')} of a model cut at max_tokens (finish_reason length)", cut
    if filtered := [number for number, call in calls if call.finish_reason == "content_filter"]:
        yield f"{plural(len(filtered), 'answer')} of a model cut by a content filter", filtered
    for number, call in calls:
        if call.error is not None:
            yield f"the {call.role} model failed: {one_line(call.error, _ERROR_WIDTH)}", [number]


def _faults(steps: Sequence[Step]) -> Iterator[tuple[str, list[int]]]:
    kinds: dict[str, list[int]] = {}
    for step in steps:
        if isinstance(step.entry, TraceEvent) and step.entry.fault is not None:
            kinds.setdefault(step.entry.fault, []).append(step.number)
    for kind, numbers in sorted(kinds.items()):
        what = plural(len(numbers), "event") if kind == ENV_EVENT else f"{kind} {plural(len(numbers), 'time')}"
        yield f"noise: {what}", numbers


def _is_write(step: Step) -> bool:
    event = step.entry
    is_agents = isinstance(event, TraceEvent) and event.kind == "AGENT" and event.operation == "write"
    return is_agents and kind_of(event) == "call" and not getattr(event, "is_interface", False)


def _mode(step: Step) -> str | None:
    return step.entry.mode if isinstance(step.entry, TraceEvent) else None
