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

# A sentence or two: the fact that decides is often at the end of a mail.
_ARGUMENT_WIDTH = 120
# The longest text of a printed event, before it is wrapped.
_LINE_WIDTH = 1000
_AGENT_INTERFACE = "PAREAgentUserInterface"


@dataclass(frozen=True)
class TraceEvent:
    """An event, or a call that was tried.

    Attributes:
        time: Simulated seconds since the start of the scenario.
        kind: The side that acted: AGENT, USER, ENV, or CONDITION and VALIDATION for the scenario's own checks.
        event_id: Its id; the same in every run with the same seed. Empty for a call that never became an event: its
            tool does not exist, it had wrong arguments, it was refused, or noise made it fail before the tool.
        app: Name of the app.
        app_class: Name of the app's class.
        function: Name of the tool or method.
        args: The arguments.
        result: The result; if noise has changed it, what the agent got.
        error: The message of the exception, or `None`.
        operation: `read` or `write`; `None` for events that are no call of an app.
        turn: The turn, from 0 on; `None` without agents.
        mode: The agent's mode: `observe`, `awaiting_confirmation` or `execute`; `None` without agents.
        screen_before: The phone's screen before the event, `app/screen`.
        screen_after: The phone's screen after the event.
        fault: The kind of noise that the event is, or that has changed it; `None` without noise.
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
        """Whether it belongs to the channel between the agent and the user."""
        return self.app_class == _AGENT_INTERFACE

    @property
    def is_message(self) -> bool:
        """Whether it is a message between the agent and the user that was delivered."""
        return self.is_interface and self.error is None

    def to_lines(self, width: int = 80) -> list[str]:
        """Return the event as text: time, side and call, wrapped at `width` columns, and an error on its own lines."""
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
        time: The time of the request, in simulated seconds since the start of the scenario.
        turn: The turn, from 0 on.
        role: The role that made the request: `user`, `observe`, `execute`, `judge`, or `agent` for an agent of the
            user's own.
        model: The model's name.
        fingerprint: The fingerprint of all messages of the request; equal requests have equal fingerprints.
        response: The answer; `None` if the engine raised an exception.
        latency: Seconds of simulated time that the answer took.
        prompt_tokens: Tokens of the request; `None` if the engine does not report them.
        completion_tokens: Tokens of the answer; `None` if the engine does not report them.
        cost: US dollars; `None` if the price is not known.
        error: The exception of the engine, or `None`.
        live: Whether a model has answered, which may have cost something.
        finish_reason: Why the answer ended: `stop`, `length` (cut at `max_tokens`), `tool_calls` or `content_filter`;
            `None` if the engine does not report it.
        kept: The number of messages at the begin of the request that are those of the last request of this role.
        request: The other messages of the request, each with its `role` and `content`; `None` for the oracle engine,
            which reads none.
        body: For the model of an agent of the user's own, its whole answer in OpenAI's format, as JSON.
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
    kept: Count = 0
    request: list[dict[str, Any]] | None = None
    body: str | None = None

    __repr__ = redacted_repr


def trace_event(
    event: CompletedEvent,
    start_time: float,
    *,
    turn: int | None,
    mode: str | None,
    screen: str | None,
    fault: str | None = None,
) -> TraceEvent:
    """Return `event` as plain values, as they are now.

    Args:
        event: The event.
        start_time: Begin of the simulation, in epoch seconds.
        turn: The present turn.
        mode: The agent's mode.
        screen: The phone's screen before the event.
        fault: The kind of noise that the event is, or that has changed it; `None` without noise.
    """
    is_check = not hasattr(event.action, "app")
    arguments = {} if is_check else event.get_args().copy()
    arguments.pop("self", None)
    operation = None if is_check else event.action.operation_type
    return TraceEvent(
        time=round(event.event_time - start_time, 6),
        # The value of an enum's member, without two calls.
        kind=event.event_type._value_,
        event_id=event.event_id,
        app=None if is_check else event.app_name(),
        app_class=None if is_check else event.app_class_name(),
        function=getattr(event.action, "function_name", None) or event.action.__name__,
        args={name: to_short_builtins(value) for name, value in arguments.items()},
        result=to_short_builtins(event.metadata.return_value),
        error=to_short_builtins(event.metadata.exception),
        operation=None if operation is None else operation._value_,
        turn=turn,
        mode=mode,
        screen_before=screen,
        screen_after=screen,
        fault=fault,
    )


def _brief(text: str) -> str:
    # Redacted before the cut and the wrap: a part of a secret would not be recognized later.
    text = redacted(text)
    return text if len(text) <= _LINE_WIDTH else f"{text[:_LINE_WIDTH]}..."


def _short(value: Any) -> str:
    # Redacted before the cut: half of a secret would not be recognized later.
    text = redacted(repr(value))
    if len(text) <= _ARGUMENT_WIDTH:
        return text
    quote = text[0] if text[0] in "'\"" and text[-1] == text[0] else ""
    return f"{text[: _ARGUMENT_WIDTH - 3 - len(quote)]}...{quote}"
