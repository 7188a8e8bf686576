"""Faults of a scenario's own events: late, twice, or out of order."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from are.simulation.types import AbstractEvent, Action, Event, EventType

from pytest_pare.scenarios.events import is_users_own, with_dependencies
from pytest_pare.scenarios.placeholders import placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.scenarios.noise.target import NoiseTarget
    from pytest_pare.scenarios.noise_config import Fault, LateEvent, NoiseConfig, TwiceEvent

LATE, TWICE, OUT_OF_ORDER = "event_late", "event_twice", "event_out_of_order"
"""The names of the faults in settings and in traces."""

# The tool that gets the id of the arriving mail, and the argument with the id.
_WITH_ID, _ID = "send_email_to_user_with_id", "email_id"
_ARRIVALS = {
    ("StatefulEmailApp", "create_and_add_email"),
    ("StatefulEmailApp", "reply_to_email_from_user"),
    ("StatefulEmailApp", "send_email_to_user_only"),
    ("StatefulEmailApp", _WITH_ID),
    ("StatefulMessagingApp", "create_and_add_message"),
}


def has_event_faults(noise: NoiseConfig) -> bool:
    """Tell whether a scenario's own events can have faults."""
    return any(fault.rate for fault in (noise.event_late, noise.event_twice, noise.event_out_of_order))


def add_event_faults(scenario: NoiseTarget) -> None:
    """Add the faults of `noise_config` to the scenario's events, and record them in `_faults`.

    Only events of the world in the script itself can have faults: no reference steps, conditions, validations or
    actions of the user. Each draw has its own generator, seeded by kind, seed, scenario, run number and event. With a
    rate of 0, nothing is drawn.

    First, a mail or a message may change places with the next one in the same app. Events that depend on the second one
    then depend on both. Next, an event that has not changed places may be late, which delays the events that depend on
    it. Last, a mail or a message may arrive again, with a new id.
    """
    noise = scenario.noise_config
    if noise.event_out_of_order.rate:
        _Exchange(scenario, noise.event_out_of_order).perform()
    if noise.event_late.rate and noise.event_late.seconds:
        _delay(scenario, noise.event_late)
    if noise.event_twice.rate:
        _repeat(scenario, noise.event_twice)


def _draw(scenario: NoiseTarget, kind: str, fault: Fault, event: AbstractEvent) -> Random | None:
    """Return a generator for an event that has the fault, or `None` for one without it."""
    place = (kind, fault.seed, scenario.scenario_id, scenario.seed, scenario.run_number, event.event_id)
    rng = Random("/".join(map(str, place)))  # noqa: S311 - reproducible on purpose
    return rng if rng.random() < fault.rate else None


def _own(scenario: NoiseTarget) -> list[Event]:
    """Return the events of the world in the script itself."""
    plain = [event for event in scenario.events if type(event) is Event and event.event_type is EventType.ENV]
    return [event for event in plain if event.action.app is not None and not is_users_own(event)]


def _is_arrival(event: Event) -> bool:
    classes = [cls.__name__ for cls in type(event.action.app).__mro__]
    if not any((name, event.action.function_name) in _ARRIVALS for name in classes):
        return False
    return str(event.action.args.get("folder_name", "INBOX")).upper() == "INBOX"


# -- late


def _delay(scenario: NoiseTarget, fault: LateEvent) -> None:
    for event in _own(scenario):
        if event.event_id in scenario._faults or _is_awaited(event, scenario.events):
            continue
        rng = _draw(scenario, LATE, fault, event)
        if rng is not None:
            seconds = rng.random() * fault.seconds
            event.event_relative_time = (event.event_relative_time or 0) + seconds
            if event.event_time is not None:
                event.event_time += seconds
            scenario._faults[event.event_id] = LATE


def _is_awaited(event: Event, events: Sequence[AbstractEvent]) -> bool:
    """Tell whether another event uses the result of `event` without a dependency on it."""
    return any(_refers(other, event) and event not in with_dependencies(other) for other in events)


# -- twice


def _repeat(scenario: NoiseTarget, fault: TwiceEvent) -> None:
    for event in _own(scenario):
        rng = _draw(scenario, TWICE, fault, event) if _is_arrival(event) else None
        if rng is not None:
            again = _again(event, rng).depends_on(event, fault.seconds)
            scenario.events.append(again)
            scenario._faults[again.event_id] = TWICE


def _again(event: Event, rng: Random) -> Event:
    action = event.action
    new_id = {_ID: f"{rng.getrandbits(128):032x}"} if action.function_name == _WITH_ID else {}
    repeated = Action(
        function=action.function,
        args={**action.args, **new_id},
        app=action.app,
        action_id=f"{action.action_id}-again",
        operation_type=action.operation_type,
    )
    return Event(event_type=event.event_type, event_id=f"{event.event_id}-again", action=repeated)


# -- out of order


class _Planned(NamedTuple):
    """The planned time of an event, as far as the script determines it.

    Attributes:
        after: Id of an event without a known time, such as a condition; empty for the start.
        seconds: The time after that event.
    """

    after: str
    seconds: float


class _Exchange:
    """Exchanges the places of events."""

    def __init__(self, scenario: NoiseTarget, fault: Fault) -> None:
        self._scenario = scenario
        self._fault = fault
        self._planned: dict[str, _Planned] = {}

    def perform(self) -> None:
        """Exchange events with those that follow them."""
        for first, second in list(self._pairs()):
            taken = {first.event_id, second.event_id} & self._scenario._faults.keys()
            if taken or not _can_change_places(first, second):
                continue
            if _draw(self._scenario, OUT_OF_ORDER, self._fault, first) is not None:
                _change_places(first, second)
                self._scenario._faults |= {first.event_id: OUT_OF_ORDER, second.event_id: OUT_OF_ORDER}

    def _pairs(self) -> Iterator[tuple[Event, Event]]:
        rows: dict[tuple[str, str], list[Event]] = {}
        for event in filter(_is_arrival, _own(self._scenario)):
            rows.setdefault((event.action.app_name, self._plan(event).after), []).append(event)
        for row in rows.values():
            yield from pairwise(sorted(row, key=lambda event: self._plan(event).seconds))

    def _plan(self, event: AbstractEvent) -> _Planned:
        if event.event_id not in self._planned:
            # Ends the recursion in a script with circular dependencies, whose events never happen.
            self._planned[event.event_id] = _Planned(event.event_id, 0.0)
            self._planned[event.event_id] = self._planned_anew(event)
        return self._planned[event.event_id]

    def _planned_anew(self, event: AbstractEvent) -> _Planned:
        if event.event_time is not None:
            return _Planned("", event.event_time - self._scenario.world.clock.time())
        before = [self._plan(one) for one in event.dependencies] or [_Planned("", 0.0)]
        if type(event) is not Event or len({one.after for one in before}) > 1:
            return _Planned(event.event_id, 0.0)
        return _Planned(before[0].after, max(one.seconds for one in before) + (event.event_relative_time or 0))


def _can_change_places(first: Event, second: Event) -> bool:
    """Tell whether no event is between two events, and the second does not use the first."""
    others = [one for one in second.dependencies if one is not first]
    between = any(first in with_dependencies(one) for one in others)
    return not (between or first in others or second in with_dependencies(first) or _refers(second, first))


def _change_places(first: Event, second: Event) -> None:
    for one in {id(one): one for one in (*first.dependencies, *second.dependencies)}.values():
        one.successors[:] = [second if s is first else first if s is second else s for s in one.successors]
    following = [one for one in second.successors if one is not first]
    if first in second.dependencies:
        # The exchange above has put it among its own successors.
        first.successors[:] = [one for one in first.successors if one is not first]
        second.successors.append(first)
    deps = [second if one is first else one for one in second.dependencies]
    first.dependencies[:], second.dependencies[:] = deps, list(first.dependencies)
    first.event_time, second.event_time = second.event_time, first.event_time
    first.event_relative_time, second.event_relative_time = second.event_relative_time, first.event_relative_time
    for one in following:
        if first not in one.dependencies:
            one.dependencies.append(first)
            first.successors.append(one)


# -- references


def _refers(event: AbstractEvent, other: Event) -> bool:
    """Tell whether an argument of `event` is the result of `other`, or the id of the mail that `other` delivers."""
    action = getattr(event, "action", None)
    if action is None:
        described = getattr(event, "action_desc", None)
        texts = [str(one["value"]) for one in described.args] if described else []
    else:
        args = getattr(action, "args", {})
        texts = [value for name, value in args.items() if name != "self"]
    own_id = other.action.args[_ID] if other.action.function_name == _WITH_ID else None
    ids = (other.event_id,)
    is_named = own_id is not None and own_id in texts
    return is_named or any(one.event_id(ids) is not None for text in texts for one in placeholders(text))
