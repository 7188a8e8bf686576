"""The entries of a trace: events and engine calls, with plain values."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_pare.base.records import Count, Flag, Number
from pytest_pare.base.redaction import redacted, redacted_repr
from pytest_pare.base.serialization import to_short_builtins

if TYPE_CHECKING:
    from are.simulation.types import CompletedEvent

ENV_EVENT = "env_event"
"""The fault of an event of the world that is noise itself."""

_ARGUMENT_WIDTH = 60
# The longest text of a printed event, before it is wrapped.
_LINE_WIDTH = 1000
_AGENT_INTERFACE = "PAREAgentUserInterface"


@dataclass(frozen=True)
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

    time: Number
    kind: str
    event_id: str
    app: str | None
    app_class: str | None
    function: str | None
    args: dict[str, Any]
    result: Any
    error: str | None
    operation: str | None = None
    turn: Count | None = None
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


@dataclass(frozen=True)
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

    time: Number
    turn: Count
    role: str
    model: str
    fingerprint: str
    response: str | None
    latency: Number
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    cost: Number | None = None
    error: str | None = None
    live: Flag = False
    finish_reason: str | None = None

    __repr__ = redacted_repr


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
