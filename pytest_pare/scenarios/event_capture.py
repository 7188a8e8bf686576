"""Records the events that a scenario's code creates, with their place and delay.

ARE records none of this. Its `depends_on()` and `followed_by()` without a delay replace an earlier delay with 0, and
`depends_on()` of a condition and of a validation event ignores `schedule_every_ticks`.
Importing this module replaces these methods of ARE's event classes. Outside of `captured()` they behave as before.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any

from are.simulation.types import (
    AbstractEvent,
    AgentValidationEvent,
    CompletedEvent,
    ConditionCheckEvent,
    ValidationEvent,
)

from pytest_pare.are.signatures import signature
from pytest_pare.scenarios.events import event_name
from pytest_pare.scenarios.source_location import authors_line, authors_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Script:
    """The events of a scenario, as its code created them.

    Attributes:
        made: All events that were created while the scenario was built.
        events: The value of `self.events` before noise changes it.
        conflicts: A sentence for each event with two different delays.
        has_flow: Whether a flow builder has been used.
    """

    made: list[AbstractEvent] = field(default_factory=list)
    events: list[AbstractEvent] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    has_flow: bool = False


_current: ContextVar[Script | None] = ContextVar("pytest_pare_script", default=None)


@contextmanager
def captured() -> Iterator[Script]:
    """Record the events that are created in this context."""
    script = Script()
    token = _current.set(script)
    try:
        yield script
    finally:
        _current.reset(token)


def made_at(event: AbstractEvent) -> str:
    """Return the file and line that created an event of a script, or an empty text if it was not recorded."""
    return str(vars(event).get("_made_at", ""))


def current_script() -> Script | None:
    """Return the script that is being recorded, or `None`."""
    return _current.get()


class _NotStated(int):
    """A delay of 0 seconds that is the default of a method."""


_NOT_STATED = _NotStated(0)


def _is_stated(delay: float | None) -> bool:
    return delay is not None and not isinstance(delay, _NotStated)


def _install() -> None:
    of_completed = CompletedEvent.__post_init__
    _capture(AbstractEvent)
    # It is what has happened, and no part of a script.
    CompletedEvent.__post_init__ = of_completed
    for cls in (AbstractEvent, AgentValidationEvent, ConditionCheckEvent, ValidationEvent):
        _keep_delays(cls, "depends_on", "delay_seconds")
    _keep_delays(AbstractEvent, "followed_by", "delay_seconds")
    _keep_delays(AbstractEvent, "delayed", "delay")


def _capture(cls: Any) -> None:
    original = cls.__post_init__

    @wraps(original)
    def capture(self: AbstractEvent) -> None:
        original(self)
        script = _current.get()
        if script is not None:
            vars(self)["_made_at"] = authors_line()
            script.made.append(self)

    cls.__post_init__ = capture


def _keep_delays(cls: Any, name: str, argument: str) -> None:
    original: Callable[..., Any] = getattr(cls, name)
    # After `self`.
    names = list(signature(original).parameters)[1:]
    place, has_interval = names.index(argument), "schedule_every_ticks" in names

    @wraps(original)
    def keep(self: Any, *args: Any, **kwargs: Any) -> Any:
        script = _current.get()
        if script is None:
            return original(self, *args, **kwargs)
        events: Any = self
        if name == "followed_by":
            # Without any, the call fails.
            events = args[0] if args else kwargs.get("events", [])
        delays = [(one, one.event_relative_time) for one in (events if isinstance(events, list) else [events])]
        result = original(self, *args, **kwargs)
        if has_interval:
            given = dict(zip(names, args, strict=False)) | kwargs
            if given.get("schedule_every_ticks") is not None:
                self.schedule_every_ticks = given["schedule_every_ticks"]
        is_given = len(args) > place or argument in kwargs
        for event, before in delays:
            if not is_given:
                event.event_relative_time = _NOT_STATED if before is None else before
            elif _is_stated(before) and event.event_relative_time != before:
                script.conflicts.append(
                    f"{authors_place()}: {event_name(event)} has two delays, {before:g} s and "
                    f"{event.event_relative_time:g} s; state one of them, in depends_on(..., delay_seconds=...) or in "
                    "delayed(...)"
                )
        return result

    setattr(cls, name, keep)


_install()
