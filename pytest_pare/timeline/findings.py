"""What catches the eye in a run: facts on its steps, without a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted
from pytest_pare.results.text import plural
from pytest_pare.simulation.trace import ENV_EVENT, EngineCall, TraceEvent
from pytest_pare.timeline.answers import read_answer
from pytest_pare.timeline.texts import one_line, shown
from pytest_pare.timeline.titles import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.simulation.trace_details import Notified
    from pytest_pare.simulation.trace_steps import Step

    _Found = Iterator[tuple[str, list[int]]]

_ERROR_WIDTH = 120
_MODELS = {"user": "the user's", "observe": "the agent's", "execute": "the agent's", "agent": "the agent's"}


def findings_of(
    steps: Sequence[Step], consent: Sequence[dict[str, Any]], notified: Sequence[Notified] = ()
) -> list[dict[str, Any]]:
    """Return facts about a run, each with its `text` and the numbers of its `steps`."""
    found = (
        *_cut_answers(steps),
        *_scripted(steps),
        *_silence(steps, notified),
        *_dialogue(steps, consent),
        *_writes(steps),
        *_errors(steps),
        *_failed_models(steps),
        *_faults(steps),
    )
    return [{"text": shown(text), "steps": numbers} for text, numbers in found]


def model_findings(steps: Sequence[Step], notified: Sequence[Notified]) -> list[tuple[str, list[int]]]:
    """Return what the events do not show: answers that were cut, and what a silent agent's model said instead."""
    return [*_cut_answers(steps), *(one for one in _silence(steps, notified) if one[1])]


def _silence(steps: Sequence[Step], notified: Sequence[Notified]) -> _Found:
    """Yield that the agent proposed nothing, with its notifications, and the answers of its model that call no tool."""
    # Runs without agents have no mode; and after a defect of the script there may have been nothing to propose.
    with_mode = not any(isinstance(step.entry, TraceEvent) and step.entry.mode is None for step in steps)
    is_silent = not any(_is_script_error(step) or kind_of(step.entry) == "proposal" for step in steps)
    if not (steps and with_mode and is_silent):
        return
    idle = [(step.number, thought) for step in steps if (thought := _idle_thought(step)) is not None]
    text = "the agent proposed nothing"
    if notified:
        count = sum(len(one.notifications) for one in notified if one.who == "AGENT")
        text = f"the agent was notified of {plural(count, 'event') if count else 'no event'} and proposed nothing"
    if idle and (last := one_line(redacted(idle[-1][1]), _ERROR_WIDTH)):
        text = f"{text}; in {plural(len(idle), 'answer')} its model called no tool, the last: {last!r}"
    yield text, [number for number, _ in idle]


def _idle_thought(step: Step) -> str | None:
    """Return what the agent's model said in an answer that calls no tool, or only waits; `None` for another step."""
    call = step.entry
    if not isinstance(call, EngineCall) or _MODELS.get(call.role) != "the agent's" or call.finish_reason == "length":
        return None
    if call.response is None:
        return None
    answer = read_answer(call.response)
    return None if any(not name.endswith("wait") for name, _ in answer.calls) else answer.thought


def _scripted(steps: Sequence[Step]) -> _Found:
    for step in steps:
        event = step.entry
        if isinstance(event, TraceEvent) and _is_script_error(step):
            yield (
                f"an event of the scenario failed: {_name(event)}: {one_line(str(event.error), _ERROR_WIDTH)}",
                [step.number],
            )


def _is_script_error(step: Step) -> bool:
    event = step.entry
    return step.lane == "world" and isinstance(event, TraceEvent) and event.error is not None and event.fault is None


def _dialogue(steps: Sequence[Step], consent: Sequence[dict[str, Any]]) -> _Found:
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


def _writes(steps: Sequence[Step]) -> _Found:
    early = [step.number for step in steps if _is_write(step) and _mode(step) not in (None, "execute")]
    if early:
        yield f"{plural(len(early), 'write')} without consent", early


def _errors(steps: Sequence[Step]) -> _Found:
    lost: Step | None = None
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
        yield f"{_name(event)} failed, and {rest}: {one_line(event.error, _ERROR_WIDTH)}", [step.number]
        if _is_write(step) and all(one.error is not None for one in again):
            lost = step
    if lost is not None:
        yield from _reported(lost, steps)


def _reported(lost: Step, steps: Sequence[Step]) -> _Found:
    """Yield the first report of the agent after a write that failed: it may hide that."""
    for step in steps[lost.number :]:
        event, failed = step.entry, lost.entry
        if isinstance(event, TraceEvent) and isinstance(failed, TraceEvent) and kind_of(event) == "report":
            said = one_line(redacted(str(event.args.get("content") or "")), _ERROR_WIDTH)
            yield f"after {_name(failed)} failed, the agent reported: {said!r}", [step.number]
            return


def _name(event: TraceEvent) -> str:
    return f"{event.app}.{event.function}" if event.app else str(event.function)


def _cut_answers(steps: Sequence[Step]) -> _Found:
    for reason, how in (("length", "at max_tokens"), ("content_filter", "by a content filter")):
        cut: dict[str, list[int]] = {}
        for step in steps:
            if isinstance(step.entry, EngineCall) and step.entry.finish_reason == reason:
                role = step.entry.role
                cut.setdefault(_MODELS.get(role, f"the {role}"), []).append(step.number)
        for whose, numbers in cut.items():
            was = "was" if len(numbers) == 1 else "were"
            yield f"{plural(len(numbers), 'answer')} of {whose} model {was} cut {how}", numbers


def _failed_models(steps: Sequence[Step]) -> _Found:
    for step in steps:
        if isinstance(step.entry, EngineCall) and step.entry.error is not None:
            yield f"the {step.entry.role} model failed: {one_line(step.entry.error, _ERROR_WIDTH)}", [step.number]


def _faults(steps: Sequence[Step]) -> _Found:
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
