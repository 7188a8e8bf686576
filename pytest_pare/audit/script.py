"""A fresh instance of a scenario whose script can be rearranged before it is played."""

from __future__ import annotations

import copy
import functools
from typing import TYPE_CHECKING, Any

from are.simulation.types import EventRegisterer, EventType, OracleEvent

from pytest_pare.are.world import drawing_apart
from pytest_pare.audit.steps import called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from are.simulation.types import AbstractEvent, Event

    from pytest_pare.audit.steps import Step
    from pytest_pare.scenarios.scenario import PAREScenario


class Script:
    """The script of a fresh instance of a scenario, to be rearranged and played once.

    Args:
        scenario: The instance, initialized.

    Attributes:
        scenario: The instance.
        events: The events of the script, which can be changed.
    """

    def __init__(self, scenario: PAREScenario) -> None:
        self.scenario = scenario
        self.events: list[AbstractEvent] = scenario.events
        self._original = list(self.events)

    def event(self, step: Step) -> AbstractEvent:
        """Return the event of a step. It may have been left out."""
        return self._original[step.index]

    def app(self, name: str) -> Any:
        """Return an app by its name."""
        return next(app for app in self.scenario.apps or [] if app.name == name)

    # -- new events

    def copy(self, step: Step, suffix: str, changed: Mapping[str, Any] | None = None) -> OracleEvent:
        """Return a new event with the call of a step, with changed arguments; it depends on nothing yet."""
        return self._step(_call(self.event(step)), suffix, changed)

    def call(self, app: str, tool: str, args: Mapping[str, Any], suffix: str) -> OracleEvent:
        """Return a new event with a call of the agent; it depends on nothing yet."""
        target = self.app(app)
        with self.scenario.world.active(), drawing_apart(suffix, target), EventRegisterer.capture_mode():
            return self._step(getattr(target, tool)(**args), suffix, None)

    def _step(self, call: Event, suffix: str, changed: Mapping[str, Any] | None) -> OracleEvent:
        new = copy.copy(call)
        new.action = copy.copy(call.action)
        new.action.args = {**call.action.args, **(changed or {})}
        new.action.resolved_args = {}
        new.event_id = f"{call.event_id}/{suffix}"
        new.event_time = None
        new.dependencies, new.successors = [], []
        return OracleEvent.from_event(new)

    # -- changes of a step

    def set_args(self, step: Step, changed: Mapping[str, Any]) -> AbstractEvent:
        """Change arguments of a step."""
        action = _call(self.event(step)).action
        action.args = {**action.args, **changed}
        return self.event(step)

    def replace_call(self, step: Step, other: OracleEvent) -> AbstractEvent:
        """Let a step make the call of another event."""
        _call(self.event(step)).action = _call(other).action
        return self.event(step)

    def replace_function(self, event: AbstractEvent, function: Callable[..., Any]) -> None:
        """Let the call of an event do something else, under its own name."""
        action = _call(event).action
        action.function = functools.wraps(action.function)(function)

    def make_users(self, step: Step) -> None:
        """Let the user make the call of a step."""
        event = self.event(step)
        call = _call(event).with_type(EventType.USER).with_id(event.event_id)
        call.event_time, call.event_relative_time = event.event_time, event.event_relative_time
        call.dependencies, call.successors = event.dependencies, event.successors
        for dependency in event.dependencies:
            dependency.successors[:] = [call if one is event else one for one in dependency.successors]
        for successor in event.successors:
            successor.dependencies[:] = [call if one is event else one for one in successor.dependencies]
        self.events[self.events.index(event)] = call

    # -- changes of the order

    def leave_out(self, event: AbstractEvent) -> None:
        """Take an event out; what depends on it depends on what it depends on, after the same delays."""
        self.events[:] = _without(event, self.events)
        for dependency in event.dependencies:
            dependency.successors[:] = _without(event, dependency.successors)
        for successor in event.successors:
            successor.dependencies[:] = _without(event, successor.dependencies)
            delay = (successor.event_relative_time or 0) + (0 if event.dependencies else event.event_relative_time or 0)
            successor.depends_on(list(event.dependencies), delay_seconds=delay)
        event.dependencies, event.successors = [], []

    def insert_before(self, new: AbstractEvent, event: AbstractEvent) -> None:
        """Let a new event happen right before another, in the same second."""
        self.events.insert(self.events.index(event), new)
        new.event_time = event.event_time
        new.depends_on(list(event.dependencies), event.event_relative_time or 0)

    def insert_after(self, new: AbstractEvent, event: AbstractEvent, delay: float = 0.5) -> None:
        """Let a new event happen after another, on which nothing depends."""
        self.events.insert(self.events.index(event) + 1, new)
        new.depends_on([event], delay)

    def append(self, new: AbstractEvent) -> None:
        """Let a new event happen when everything else is done."""
        listed = {id(event.successors) for event in self.events}
        last = [e for e in self.events if not any(id(one.successors) in listed for one in e.successors)]
        self.events.append(new.depends_on(last, 1))


def _call(event: AbstractEvent) -> Event:
    call = called(event)
    assert call is not None, "only steps whose calls are known are rearranged"
    return call


def _without(event: AbstractEvent, events: Iterable[AbstractEvent]) -> list[AbstractEvent]:
    # `oracle()` returns another object for the same event, which shares this list with it.
    return [one for one in events if one.successors is not event.successors]
