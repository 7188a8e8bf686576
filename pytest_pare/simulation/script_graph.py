"""Finds the events of a script that can happen, from their dependencies."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from are.simulation.types import ConditionCheckEvent, Event, OracleEvent

from pytest_pare.scenarios.event_capture import made_at
from pytest_pare.scenarios.events import event_name, is_plain_answer
from pytest_pare.scenarios.placeholders import Placeholder, placeholders_of

if TYPE_CHECKING:
    from are.simulation.types import AbstractEvent

    from pytest_pare.scenarios.event_capture import Script


class ScriptGraph:
    """The events of a script with their needs: the events that each depends on, and those that its arguments name.

    Args:
        script: The events, as the author wrote them.
        oracle: Whether the environment plays the reference steps.

    Attributes:
        listed: The events in `self.events`.
        left_out: The events that were made and are not in `self.events`.
    """

    def __init__(self, script: Script, *, oracle: bool) -> None:
        self._oracle = oracle
        self.listed = script.events
        self._by_id = {event.event_id: event for event in [*script.made, *script.events]}
        self._listed_ids = {event.event_id for event in script.events}
        # `oracle()` and `copy()` return another object for the same event, which shares this list with it.
        self._calls = {id(event.successors): event for event in script.made if type(event) is Event}
        self._placeholders: dict[int, list[Placeholder]] = {}
        self._needs: dict[int, list[AbstractEvent]] = {}
        listed = {id(event.successors) for event in script.events}
        self.left_out = [
            event
            for event in {id(one.successors): one for one in script.made}.values()
            if id(event.successors) not in listed and event.event_id not in self._listed_ids
        ]

    def call(self, event: AbstractEvent) -> Event | None:
        """Return the call of an event; `None` if it has none, or makes it when it happens."""
        return self._calls.get(id(event.successors))

    def name(self, event: AbstractEvent) -> str:
        """Return the name of an event in messages, with its place in the author's code."""
        call = self.call(event) or event
        place = made_at(call)
        return f"{event_name(event)} ({place})" if place else event_name(event)

    def place(self, event: AbstractEvent) -> str:
        """Return the beginning of a message about an event: its place in the author's code."""
        place = made_at(self.call(event) or event)
        return f"{place}: " if place else ""

    def placeholders(self, event: AbstractEvent) -> list[Placeholder]:
        """Return the placeholders in the arguments of an event."""
        call = self.call(event)
        if call is None:
            return []
        found = self._placeholders.get(id(call))
        if found is None:
            found = self._placeholders[id(call)] = placeholders_of(call.action)
        return found

    def is_id(self, placeholder: Placeholder) -> bool:
        """Return whether an event of the script has the id that a placeholder names."""
        return placeholder.event_id(self._by_id) is not None

    def needs(self, event: AbstractEvent) -> list[AbstractEvent]:
        """Return the events that must happen before an event."""
        known = self._needs.get(id(event))
        if known is not None:
            return known
        # After `event.depends_on(...).oracle()` a dependency has the plain event.
        needs = [self._by_id.get(one.event_id, one) for one in event.dependencies]
        for placeholder in self.placeholders(event):
            event_id = placeholder.event_id(self._by_id)
            if event_id is not None:
                needs.append(self._by_id[event_id])
        if len(needs) > 1:
            needs = list({id(one): one for one in needs}.values())
        self._needs[id(event)] = needs
        return needs

    def all_needs(self, event: AbstractEvent) -> list[AbstractEvent]:
        """Return all events that must happen before an event, directly or not; with itself, if it waits for itself."""
        found: dict[int, AbstractEvent] = {}
        left = [*self.needs(event)]
        while left:
            one = left.pop()
            if id(one) not in found:
                found[id(one)] = one
                left += self.needs(one)
        return list(found.values())

    def can_happen(self, event: AbstractEvent) -> bool:
        """Return whether an event can happen if each condition comes true and each reference step is played."""
        return id(event) in self._possible

    def step_before(self, event: AbstractEvent) -> AbstractEvent | None:
        """Return a reference step that an event of the world waits for; `None` for none.

        In a run with agents nothing of the world happens after it.
        """
        return self._possible.get(id(event))

    def is_listed(self, event: AbstractEvent) -> bool:
        """Return whether an event is in `self.events`."""
        return event.event_id in self._listed_ids

    @property
    def ids(self) -> list[str]:
        """The ids of all events of the script."""
        return list(self._by_id)

    @cached_property
    def _possible(self) -> dict[int, AbstractEvent | None]:
        """By the identity of an event that can happen, a reference step before it."""
        left = [*self.listed, *self.left_out]
        # By the identity of an event: its needs, and the events that need it.
        needs_of: dict[int, list[AbstractEvent]] = {}
        after: dict[int, list[AbstractEvent]] = {}
        ready = []
        while left:
            event = left.pop()
            if id(event) in needs_of:
                continue
            needs = needs_of[id(event)] = self.needs(event)
            for one in needs:
                after.setdefault(id(one), []).append(event)
            left += needs
            if not needs:
                ready.append(event)
        # How many needs of an event are not known to be possible.
        missing = {key: len(needs) for key, needs in needs_of.items()}
        possible: dict[int, AbstractEvent | None] = {}
        for event in ready:
            steps = (self._step_of(one, possible) for one in needs_of[id(event)])
            step = next(filter(None, steps), None)
            if self.is_listed(event) or self._happens(event, step):
                possible[id(event)] = step
                for one in after.get(id(event), ()):
                    missing[id(one)] -= 1
                    if not missing[id(one)]:
                        ready.append(one)
        return possible

    def _step_of(self, need: AbstractEvent, possible: dict[int, AbstractEvent | None]) -> AbstractEvent | None:
        """Return the reference step that what needs an event waits for; `None` if the world does not wait for one."""
        if is_plain_answer(need):
            return None
        return need if type(need) is OracleEvent else possible[id(need)]

    def _happens(self, event: AbstractEvent, step: AbstractEvent | None) -> bool:
        # What is not listed happens, as in ARE, when all that it depends on has happened. A condition behind a step is
        # asked no more if it is listed.
        is_asked = step is None or isinstance(event, ConditionCheckEvent)
        return bool(event.dependencies) and (self._oracle or (is_asked and type(event) is not OracleEvent))
