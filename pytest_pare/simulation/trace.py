"""The trace: everything that happened in a run, in order, as plain values."""

from __future__ import annotations

import base64
import dataclasses
import json
import math
import textwrap
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from are.simulation.types import CompletedEvent

_ARGUMENT_WIDTH = 60


@dataclasses.dataclass(frozen=True)
class TraceEvent:
    """Something that happened.

    Attributes:
        time: Simulated seconds since the start of the scenario.
        kind: Who did it: AGENT, USER, ENV, or CONDITION and VALIDATION for checks of the scenario's own.
        event_id: Its id; the same in every run with the same seed.
        app: Name of the app.
        app_class: Name of the app's class.
        function: Name of the tool or method.
        args: Its arguments.
        result: What it returned.
        error: The message of what it raised, or `None`.
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

    def to_lines(self, width: int = 80) -> list[str]:
        """Return the event for a reader: when, who and what, wrapped at `width` columns, an error on its own lines."""
        arguments = ", ".join(f"{name}={_short(value)}" for name, value in self.args.items() if value not in (None, ""))
        who = f"+{self.time:<7.10g} {self.kind.lower():<6} "
        call = f"{self.app}.{self.function}({arguments})" if self.app else str(self.function)
        indent = " " * len(who)
        lines = textwrap.wrap(call, width, initial_indent=who, subsequent_indent=indent + "  ")
        if self.error is not None:
            lines += textwrap.wrap(
                f"raised: {self.error}", width, initial_indent=indent, subsequent_indent=indent + "  "
            )
        return lines


@dataclasses.dataclass(frozen=True)
class Trace:
    """All events of a run, by time.

    Attributes:
        scenario_id: The scenario.
        start_time: Begin of the simulation, in epoch seconds.
        events: What happened.
    """

    scenario_id: str
    start_time: float
    events: tuple[TraceEvent, ...]

    def to_jsonl(self) -> str:
        """Return the trace as JSON lines: a header, then a line for each event."""
        header = {"scenario_id": self.scenario_id, "start_time": self.start_time}
        lines = [header, *(dataclasses.asdict(event) for event in self.events)]
        return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def trace_event(event: CompletedEvent, start_time: float) -> TraceEvent:
    """Return `event` as plain values, as they are now.

    Args:
        event: What has happened.
        start_time: Begin of the simulation, in epoch seconds.
    """
    is_check = not hasattr(event.action, "app")
    arguments = {} if is_check else {k: v for k, v in event.get_args().items() if k != "self"}
    return TraceEvent(
        time=round(event.event_time - start_time, 6),
        kind=event.event_type.value,
        event_id=event.event_id,
        app=None if is_check else event.app_name(),
        app_class=None if is_check else event.app_class_name(),
        function=getattr(event.action, "function_name", None) or event.action.__name__,
        args={name: _to_builtins_or_name(value) for name, value in arguments.items()},
        result=_to_builtins_or_name(event.metadata.return_value),
        error=event.metadata.exception,
    )


def _to_builtins_or_name(value: Any) -> Any:
    try:
        return to_builtins(value)
    except Exception:  # noqa: BLE001 - a `get_state` may raise anything, and an object may hold itself
        return f"<{type(value).__qualname__}>"


def to_builtins(value: Any) -> Any:
    """Return `value` as what JSON can hold; the same in every process.

    Dataclasses and objects with a `get_state` become dictionaries, enums their value, dates ISO 8601, bytes base64,
    sets sorted lists; of anything else only the type's name is kept, for a `repr` may hold an address in memory.
    """
    if isinstance(value, Enum | date):
        return value.isoformat() if isinstance(value, date) else to_builtins(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        # JSON has no word for the others.
        return value if not isinstance(value, float) or math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {str(to_builtins(key)): to_builtins(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [to_builtins(item) for item in value]
        return items if isinstance(value, list | tuple) else sorted(items, key=repr)
    return _object_to_builtins(value)


def _object_to_builtins(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_builtins(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if callable(getattr(value, "get_state", None)):
        return to_builtins(value.get_state())
    return f"<{type(value).__qualname__}>"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _ARGUMENT_WIDTH else text[: _ARGUMENT_WIDTH - 3] + "..."
