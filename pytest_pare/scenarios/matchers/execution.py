"""Matches the writes of an execution with the expected ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from are.simulation.types import Action, CompletedEvent, EventType

from pytest_pare.scenarios.event_log import is_attempt
from pytest_pare.scenarios.matchers.assignment import maximum_matching
from pytest_pare.scenarios.matchers.texts import call, difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_pare.scenarios.writes import Write

    Ways = tuple[Write, ...]

# How many calls that raised are shown.
_MOST_ERRORS = 2
_OTHERS = {EventType.ENV: "the world", EventType.USER: "the user"}


def execution_failure(
    events: Sequence[CompletedEvent],
    groups: Sequence[Sequence[Ways]],
    when: Callable[[CompletedEvent], str] = lambda _: "",
) -> str | None:
    """Return why the agent's writes are not exactly the expected ones, or `None`.

    Failed writes are ignored: the agent may retry.

    Args:
        events: The events after an acceptance.
        groups: The expected writes, each with its alternatives. Each group comes after the one before, with its writes
            in any order.
        when: Returns the time of an event as a suffix of its text.
    """
    attempts = list(filter(is_attempt, events))
    written = [event for event in attempts if not event.failed()]
    slots = [ways for group in groups for ways in group]
    matched = _matched(written, slots)
    missing = [ways for ways, event in zip(slots, matched, strict=True) if event is None]
    unexpected = [event for number, event in enumerate(written) if number not in matched]
    names = ", ".join(" or ".join(map(str, ways)) for ways in missing)
    if unexpected:
        near = _closest(unexpected, missing, when)
        others = f"; missing write: {names}" if missing else ""
        return near or f"unexpected write{when(unexpected[0])}: {call(unexpected[0])}{others}"
    if missing:
        failed = [one for one in attempts if one.failed()]
        errors = [f"{call(one)} raised{when(one)}: {one.metadata.exception}" for one in failed[-_MOST_ERRORS:]]
        return "; ".join([f"missing write: {names}", *_made_by_others(events, missing, when), *errors])
    start = 0
    for group in groups:
        part = written[start : start + len(group)]
        if None in _matched(part, group):
            names = ", then ".join(" and ".join(" or ".join(map(str, ways)) for ways in one) for one in groups)
            return f"writes in the wrong order: expected {names}, got {', '.join(map(_name, written))}"
        start += len(group)
    return None


def _matched(written: Sequence[CompletedEvent], slots: Sequence[Ways]) -> list[int | None]:
    edges = [
        [place for place, ways in enumerate(slots) if any(way.matches(event) for way in ways)] for event in written
    ]
    return maximum_matching(edges, len(slots))


def _closest(
    events: Sequence[CompletedEvent], missing: Sequence[Ways], when: Callable[[CompletedEvent], str]
) -> str | None:
    """Return the smallest difference between an event and a missing write; `None` if none calls the same tool."""
    ways = [way for one in missing for way in one]
    near = [(found, event) for event in events if (found := difference(event, ways)) is not None]
    if not near:
        return None
    (_, text), event = min(near, key=lambda entry: entry[0][0])
    return f"{text}{when(event)}"


def _made_by_others(
    events: Sequence[CompletedEvent], missing: Sequence[Ways], when: Callable[[CompletedEvent], str]
) -> Iterator[str]:
    """Yield who else has made a missing write: a step of the agent may be scripted as an event of the world."""
    ways = [way for one in missing for way in one]
    for event in events:
        others = _OTHERS.get(event.event_type)
        if (
            others
            and isinstance(event.action, Action)
            and not event.failed()
            and any(way.matches(event) for way in ways)
        ):
            yield f"{others} made {_name(event)}{when(event)}"


def _name(event: CompletedEvent) -> str:
    return f"{event.action.class_name}.{event.action.function_name}"
