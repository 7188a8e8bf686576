"""Matches the writes of an execution with the expected ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from are.simulation.types import Action, CompletedEvent, EventType

from pytest_pare.scenarios.event_log import is_attempt
from pytest_pare.scenarios.matchers.assignment import maximum_matching
from pytest_pare.scenarios.matchers.finding import Finding
from pytest_pare.scenarios.matchers.texts import call, difference, long, wanted

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
) -> Finding | None:
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
    if unexpected:
        return _closest(unexpected, missing, when) or _unexpected(unexpected[0], missing, when)
    if missing:
        return _missing(missing, events, when)
    start = 0
    for group in groups:
        part = written[start : start + len(group)]
        placed = _matched(part, group)
        if None in placed:
            names = ", then ".join(" and ".join(" or ".join(map(str, ways)) for ways in one) for one in groups)
            got = ", ".join(map(_name, written))
            early = next(event for number, event in enumerate(part) if number not in placed)
            return Finding(
                f"writes in the wrong order: expected {names}, got {got}", ((long(names), long(got)),), early
            )
        start += len(group)
    return None


def _matched(written: Sequence[CompletedEvent], slots: Sequence[Ways]) -> list[int | None]:
    edges = [
        [place for place, ways in enumerate(slots) if any(way.matches(event) for way in ways)] for event in written
    ]
    return maximum_matching(edges, len(slots))


def _closest(
    events: Sequence[CompletedEvent], missing: Sequence[Ways], when: Callable[[CompletedEvent], str]
) -> Finding | None:
    """Return the smallest difference between an event and a missing write; `None` if none calls the same tool."""
    ways = [way for one in missing for way in one]
    near = [(found, event) for event in events if (found := difference(event, ways)) is not None]
    if not near:
        return None
    found, event = min(near, key=lambda entry: entry[0].number)
    return Finding(f"{found.text}{when(event)}", found.pairs, event)


def _unexpected(event: CompletedEvent, missing: Sequence[Ways], when: Callable[[CompletedEvent], str]) -> Finding:
    names = _alternatives(missing)
    others = f"; missing write: {', '.join(names)}" if missing else ""
    expected = ", ".join(map(wanted, missing)) if missing else None
    return Finding(f"unexpected write{when(event)}: {call(event)}{others}", ((expected, call(event, long)),), event)


def _missing(
    missing: Sequence[Ways], events: Sequence[CompletedEvent], when: Callable[[CompletedEvent], str]
) -> Finding:
    names = _alternatives(missing)
    failed = [event for event in events if is_attempt(event) and event.failed()]
    errors = [f"{call(one)} raised{when(one)}: {one.metadata.exception}" for one in failed[-_MOST_ERRORS:]]
    others = list(_made_by_others(events, missing))
    by_others = [f"{who} made {_name(event)}{when(event)}" for who, event in others]
    # The last failed attempt is the nearest to the missing write; else the same call of another side.
    about = failed[-1] if failed else others[0][1] if others else None
    pairs = tuple((wanted(ways), None) for ways in missing)
    return Finding("; ".join([f"missing write: {', '.join(names)}", *by_others, *errors]), pairs, about)


def _alternatives(missing: Sequence[Ways]) -> list[str]:
    return [" or ".join(map(str, ways)) for ways in missing]


def _made_by_others(events: Sequence[CompletedEvent], missing: Sequence[Ways]) -> Iterator[tuple[str, CompletedEvent]]:
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
            yield others, event


def _name(event: CompletedEvent) -> str:
    return f"{event.action.class_name}.{event.action.function_name}"
