"""The trace: everything that happened in a run, in order, as plain values."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_pare.base.redaction import redacted, redacted_repr
from pytest_pare.base.serialization import to_builtins, to_short_builtins

if TYPE_CHECKING:
    from are.simulation.types import CompletedEvent

__all__ = ["ENV_EVENT", "EngineCall", "Trace", "TraceEvent", "to_builtins", "trace_event"]

ENV_EVENT = "env_event"
"""The fault of an event of the world's that is nothing but noise."""

_ARGUMENT_WIDTH = 60
# Of an event as it is printed, before it is wrapped.
_LINE_WIDTH = 1000
_AGENT_INTERFACE = "PAREAgentUserInterface"
_ANSWERS = ("accept_proposal", "reject_proposal")
_FORMAT = "pytest-pare/trace"
_VERSION = 2

_T = TypeVar("_T", "TraceEvent", "EngineCall", "Trace")


@dataclasses.dataclass(frozen=True)
class TraceEvent:
    """Something that happened, or was tried.

    Attributes:
        time: Simulated seconds since the start of the scenario.
        kind: Who did it: AGENT, USER, ENV, or CONDITION and VALIDATION for checks of the scenario's own.
        event_id: Its id; the same in every run with the same seed. Empty for a call that never became an event: of a
            tool that is not there, with arguments that it does not take, one that was refused, or one that noise kept
            from its tool.
        app: Name of the app.
        app_class: Name of the app's class.
        function: Name of the tool or method.
        args: Its arguments.
        result: What it returned; where noise has changed that, what the agent got.
        error: The message of what it raised, or `None`.
        operation: `read` or `write`; `None` for what is no call of an app.
        turn: The turn, from 0 on; `None` without agents.
        mode: What the agent was doing: `observe`, `awaiting_confirmation` or `execute`; `None` without agents.
        screen_before: What was on the phone's screen, `app/screen`.
        screen_after: What was on it afterwards.
        fault: The kind of noise that this is, or that has changed it; `None` for what is no noise.
    """

    time: float
    kind: str
    event_id: str
    app: str | None
    app_class: str | None
    function: str | None
    args: dict[str, Any]
    result: Any
    error: str | None
    operation: str | None = None
    turn: int | None = None
    mode: str | None = None
    screen_before: str | None = None
    screen_after: str | None = None
    fault: str | None = None

    __repr__ = redacted_repr

    @property
    def is_interface(self) -> bool:
        """Whether it is a matter of the line between the agent and the user."""
        return self.app_class == _AGENT_INTERFACE

    @property
    def is_message(self) -> bool:
        """Whether it went through between the agent and the user."""
        return self.is_interface and self.error is None

    def to_lines(self, width: int = 80) -> list[str]:
        """Return the event for a reader: when, who and what, wrapped at `width` columns, an error on its own lines."""
        arguments = ", ".join(f"{name}={_short(value)}" for name, value in self.args.items() if value not in (None, ""))
        who = f"+{self.time:<7.10g} {self.kind.lower():<6} "
        call = f"{self.app}.{self.function}({arguments})" if self.app else str(self.function)
        indent, further = " " * len(who), " " * (len(who) + 2)
        lines = textwrap.wrap(_brief(call), width, initial_indent=who, subsequent_indent=further)
        if self.error is not None:
            lines += textwrap.wrap(
                _brief(f"raised: {self.error}"), width, initial_indent=indent, subsequent_indent=further
            )
        if self.fault is not None:
            lines.append(f"{indent}fault: {self.fault}")
        return lines


@dataclasses.dataclass(frozen=True)
class EngineCall:
    """A request to an engine and its answer.

    Attributes:
        time: When it was asked, in simulated seconds since the start of the scenario.
        turn: The turn, from 0 on.
        role: Who asked: `user`, `observe` or `execute`.
        model: The model's name.
        fingerprint: Names the request, that is all its messages; equal requests have equal fingerprints.
        response: What the engine answered; `None` if it raised.
        latency: Seconds of simulated time that the answer took.
        prompt_tokens: Tokens of the request; `None` if the engine does not tell.
        completion_tokens: Tokens of the answer; `None` if the engine does not tell.
        cost: US dollars; `None` if the price is not known.
        error: What the engine raised, or `None`.
        live: Whether the answer is a model's, and may have cost something.
        finish_reason: Why the answer ended: `stop`, `length` (cut at `max_tokens`), `tool_calls` or `content_filter`;
            `None` if the engine does not tell.
    """

    time: float
    turn: int
    role: str
    model: str
    fingerprint: str
    response: str | None
    latency: float
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    error: str | None = None
    live: bool = False
    finish_reason: str | None = None

    __repr__ = redacted_repr


@dataclasses.dataclass(frozen=True)
class Trace:
    """What happened in a run, by time.

    Attributes:
        scenario_id: The scenario.
        start_time: Begin of the simulation, in epoch seconds.
        entries: Events and engine calls, in order.
        seed: The scenario's seed.
        run_number: The number of the run; `None` if the scenario is run once.
        agent: The agent under test; `None` without agents.
        prompts: Version of the prompts; `None` without agents.
        turns: Turns that were played.
        turns_saved: Turns that would have gone by with nothing done, had time not jumped to what happens next.
    """

    scenario_id: str
    start_time: float
    entries: tuple[TraceEvent | EngineCall, ...]
    seed: int | None = None
    run_number: int | None = None
    agent: str | None = None
    prompts: str | None = None
    turns: int = 0
    turns_saved: int = 0

    def __repr__(self) -> str:
        return f"Trace({self.scenario_id!r}, {len(self.entries)} entries)"

    @property
    def events(self) -> tuple[TraceEvent, ...]:
        """What happened, without the engine calls."""
        return tuple(entry for entry in self.entries if isinstance(entry, TraceEvent))

    @property
    def calls(self) -> tuple[EngineCall, ...]:
        """The engine calls."""
        return tuple(entry for entry in self.entries if isinstance(entry, EngineCall))

    def actions(
        self, who: str | None = None, mode: str | None = None, operation: str | None = None
    ) -> list[TraceEvent]:
        """Return what the user and the agent did with the apps; their messages to each other, and waits, are none.

        Args:
            who: `USER` or `AGENT`; `None` for both.
            mode: What the agent was doing then; `None` for anything.
            operation: `read` or `write`; `None` for both.
        """
        kinds = ("USER", "AGENT") if who is None else (who,)
        done = (
            one
            for one in self.events
            if one.kind in kinds and one.event_id and not one.is_interface and one.function != "wait_for_notification"
        )
        return [one for one in done if mode in (None, one.mode) and operation in (None, one.operation)]

    def proposals(self) -> list[TraceEvent]:
        """Return the agent's messages to the user that propose something: all but those of an execution."""
        return [event for event in self.events if _is_proposal(event)]

    def acceptances(self) -> list[TraceEvent]:
        """Return the user's acceptances of a proposal, at most one for each."""
        return [event for event in self._answers() if event.function == "accept_proposal"]

    def rejections(self) -> list[TraceEvent]:
        """Return the user's rejections of a proposal, at most one for each."""
        return [event for event in self._answers() if event.function == "reject_proposal"]

    def writes_without_consent(self) -> list[TraceEvent]:
        """Return the agent's tries to write to an app while the user had accepted nothing, those refused included.

        Without agents nobody acts of their own accord, and there are none.
        """
        tried = (one for one in self.events if one.kind == "AGENT" and one.operation == "write")
        return [one for one in tried if not one.is_interface and one.mode not in (None, "execute")]

    def usage(self) -> dict[str, dict[str, Any]]:
        """Return by role what its engine was asked, and what that took.

        `calls` are all calls; `live` tells whether any of them was; `prompt_tokens`, `completion_tokens` and `cost`, in
        US dollars, are sums over the live calls, `None` for what one of them does not tell, and without any;
        `finish_reasons` counts the live calls by why their answer ended, where that is told.
        """
        by_role: dict[str, list[EngineCall]] = {}
        for call in self.calls:
            by_role.setdefault(call.role, []).append(call)
        return {role: _usage(calls) for role, calls in by_role.items()}

    def faults(self) -> dict[str, dict[str, int]]:
        """Return the faults that there were, by kind: each to what it hit, and that to how often.

        What was hit is a tool of the agent's (`Calendar__add_calendar_event`), the `user`, or an event of the world
        (`Calendar.add_calendar_event_by_attendee`).
        """
        counts: dict[str, dict[str, int]] = {}
        hits = Counter((one.fault, _subject(one)) for one in self.events if one.fault not in (None, ENV_EVENT))
        for (kind, subject), count in sorted(hits.items()):
            counts.setdefault(kind, {})[subject] = count
        return counts

    def _answers(self) -> list[TraceEvent]:
        """Return the user's answers that went to a proposal: to one that had no answer yet, and had not expired."""
        answers, pending = [], False
        for event in self.events:
            if _is_proposal(event):
                pending = True
            elif event.kind == "USER" and event.is_message and event.function in _ANSWERS:
                if pending and event.mode in (None, "awaiting_confirmation"):
                    answers.append(event)
                pending = False
        return answers

    def to_jsonl(self) -> str:
        """Return the trace as JSON lines: a header, then a line for each entry, every one with all of its fields."""
        header = {"format": _FORMAT, "version": _VERSION, **_fields(self), "entries": len(self.entries)}
        entries = ({"type": "call" if isinstance(one, EngineCall) else "event", **_fields(one)} for one in self.entries)
        lines = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in (header, *entries)]
        # Half of a surrogate pair, which no file can hold, becomes the escape that JSON has for it.
        return "".join(lines).encode("utf-8", "backslashreplace").decode("utf-8")

    @classmethod
    def from_jsonl(cls, text: str) -> Trace:
        """Return the trace that `to_jsonl` made `text` of.

        It is equal in every part. Only the two halves of a surrogate pair that stood next to each other in a text come
        back as the character that they are in JSON.

        Raises:
            ValueError: If it is no trace, not a whole one, or one that another version wrote.
        """
        # Not `splitlines`, which breaks at more than a line feed.
        first, *rest = text.removesuffix("\n").split("\n")
        header = _parsed(first, "not a trace: the first line")
        if header.pop("format", None) != _FORMAT:
            raise ValueError(f"not a trace: the first line must name the format {_FORMAT!r}")
        version = header.pop("version", None)
        if version != _VERSION:
            raise ValueError(f"a trace of version {version!r}; this version of pytest-pare reads version {_VERSION}")
        entries = tuple(_entry(line, f"line {number} of the trace") for number, line in enumerate(rest, start=2))
        trace = _made(cls, header, "the first line of the trace")
        if header["entries"] != len(entries):
            raise ValueError(f"not a whole trace: there are {len(entries)} of {header['entries']!r} entries")
        return dataclasses.replace(trace, entries=entries)


def _subject(event: TraceEvent) -> str:
    if str(event.fault).startswith("user_"):
        return "user"
    return f"{event.app}{'__' if event.kind == 'AGENT' else '.'}{event.function}"


def _is_proposal(event: TraceEvent) -> bool:
    sent = event.kind == "AGENT" and event.function == "send_message_to_user"
    return sent and event.is_message and event.mode != "execute"


def _usage(calls: list[EngineCall]) -> dict[str, Any]:
    live = [call for call in calls if call.live]
    usage: dict[str, Any] = {"calls": len(calls), "live": bool(live)}
    for name in ("prompt_tokens", "completion_tokens", "cost"):
        told = [getattr(call, name) for call in live]
        usage[name] = sum(told) if told and None not in told else None
    reasons = Counter(call.finish_reason for call in live if call.finish_reason is not None)
    return {**usage, "finish_reasons": dict(sorted(reasons.items()))}


def _fields(entry: TraceEvent | EngineCall | Trace) -> dict[str, Any]:
    return {field.name: getattr(entry, field.name) for field in dataclasses.fields(entry)}


def _parsed(line: str, what: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    raise ValueError(f"{what} is no JSON object")


def _entry(line: str, what: str) -> TraceEvent | EngineCall:
    values = _parsed(line, what)
    kind = values.pop("type", None)
    if kind not in ("event", "call"):
        raise ValueError(f"{what} is of the type {kind!r}, and must be 'event' or 'call'")
    if kind == "event":
        return _made(TraceEvent, values, what)
    # Traces of earlier versions do not have it.
    return _made(EngineCall, {"finish_reason": None, **values}, what)


def _made(cls: type[_T], values: dict[str, Any], what: str) -> _T:
    names = {field.name for field in dataclasses.fields(cls)}
    wrong = [f"{'unknown' if name in values else 'missing'} field {name!r}" for name in sorted(names ^ values.keys())]
    if wrong:
        raise ValueError(f"{what} is not as this version writes it: {', '.join(wrong)}")
    return cls(**values)


def trace_event(
    event: CompletedEvent, start_time: float, *, turn: int | None, mode: str | None, screen: str | None
) -> TraceEvent:
    """Return `event` as plain values, as they are now.

    Args:
        event: What has happened.
        start_time: Begin of the simulation, in epoch seconds.
        turn: The turn that it happened in.
        mode: What the agent was doing.
        screen: What was on the phone's screen before.
    """
    is_check = not hasattr(event.action, "app")
    arguments = {} if is_check else {k: v for k, v in event.get_args().items() if k != "self"}
    operation = None if is_check else event.action.operation_type
    return TraceEvent(
        time=round(event.event_time - start_time, 6),
        kind=event.event_type.value,
        event_id=event.event_id,
        app=None if is_check else event.app_name(),
        app_class=None if is_check else event.app_class_name(),
        function=getattr(event.action, "function_name", None) or event.action.__name__,
        args={name: to_short_builtins(value) for name, value in arguments.items()},
        result=to_short_builtins(event.metadata.return_value),
        error=to_short_builtins(event.metadata.exception),
        operation=None if operation is None else operation.value,
        turn=turn,
        mode=mode,
        screen_before=screen,
        screen_after=screen,
    )


def _brief(text: str) -> str:
    return text if len(text) <= _LINE_WIDTH else f"{text[:_LINE_WIDTH]}..."


def _short(value: Any) -> str:
    # Before it is cut: half a secret would not be known as one.
    text = redacted(repr(value))
    return text if len(text) <= _ARGUMENT_WIDTH else text[: _ARGUMENT_WIDTH - 3] + "..."
