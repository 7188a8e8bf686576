"""Aligns the steps of two runs: after the equal beginning, by what they do."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.simulation.trace import EngineCall, TraceEvent

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from pytest_pare.simulation.trace_steps import Step

# Ids of the world: after the first difference they may be others for the same thing.
_IDS = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
# With more pairs of steps, the comparison leaves out frequent ones to stay fast.
_MOST_PAIRS = 1_000_000


class Row(NamedTuple):
    """Two steps beside each other.

    Attributes:
        a: The number of the step in the first run; `None` for none.
        b: That in the second.
        same: Whether both do the same.
    """

    a: int | None
    b: int | None
    same: bool


def content_of(entry: TraceEvent | EngineCall, *, with_request: bool = True) -> tuple[Any, ...]:
    """Return what two steps of equal runs have in common, apart from their time.

    How long a model took, its tokens and its price are measured, and no part of what happened.

    Args:
        entry: The step.
        with_request: Whether the request of a call counts, or its answer alone.
    """
    if isinstance(entry, EngineCall):
        request = (entry.fingerprint, entry.request, entry.kept) if with_request else ()
        return ("call", entry.turn, entry.role, request, entry.response, entry.error)
    values = vars(entry)
    return ("event", *(value for name, value in values.items() if name not in ("time", "event_id")))


def equal_beginning(a: Sequence[Step], b: Sequence[Step], *, with_requests: bool = True) -> int:
    """Return the number of steps with which both runs begin.

    The time of an event of the world counts while all times before it are equal.

    Args:
        a: The steps of the first run.
        b: Those of the second.
        with_requests: Whether the requests of calls count, or their answers alone.
    """
    same_times = True
    for place, (one, other) in enumerate(zip(a, b, strict=False)):
        same_time = one.entry.time == other.entry.time
        moved = same_times and not same_time and "world" in (one.lane, other.lane)
        contents = [content_of(step.entry, with_request=with_requests) for step in (one, other)]
        if moved or contents[0] != contents[1]:
            return place
        same_times = same_times and same_time and _latency(one) == _latency(other)
    return min(len(a), len(b))


def aligned(a: Sequence[Step], b: Sequence[Step], begin: int) -> list[Row]:
    """Return all steps of both runs in rows.

    Args:
        a: The steps of the first run.
        b: Those of the second.
        begin: The number of steps with which both begin.
    """
    rows = [Row(number, number, same=True) for number in range(1, begin + 1)]
    rest = a[begin:], b[begin:]
    if not any(rest):
        return rows
    # The first step that differs is compared with the one at its place.
    if all(rest) and _is_pair(rest[0][0], rest[1][0]):
        rows.append(Row(begin + 1, begin + 1, same=False))
        rest = rest[0][1:], rest[1][1:]
    keys = [[_key(step.entry) for step in side] for side in rest]
    is_large = len(keys[0]) * len(keys[1]) > _MOST_PAIRS
    for tag, *places in SequenceMatcher(None, keys[0], keys[1], autojunk=is_large).get_opcodes():
        ones, others = rest[0][places[0] : places[1]], rest[1][places[2] : places[3]]
        if tag == "equal":
            rows += [Row(one.number, other.number, same=True) for one, other in zip(ones, others, strict=True)]
        else:
            rows += _paired(list(ones), list(others))
    return rows


def _paired(ones: list[Step], others: list[Step]) -> Iterator[Row]:
    """Yield steps that differ, those of one kind beside each other."""
    while ones and others:
        if _is_pair(ones[0], others[0]):
            yield Row(ones.pop(0).number, others.pop(0).number, same=False)
            continue
        place = next((place for place, one in enumerate(others) if _is_pair(ones[0], one)), None)
        if place is None:
            yield Row(ones.pop(0).number, None, same=False)
        else:
            yield from (Row(None, one.number, same=False) for one in others[:place])
            del others[:place]
    yield from (Row(one.number, None, same=False) for one in ones)
    yield from (Row(None, one.number, same=False) for one in others)


def _is_pair(one: Step, other: Step) -> bool:
    return (one.lane, getattr(one.entry, "role", "")) == (other.lane, getattr(other.entry, "role", ""))


def _latency(step: Step) -> float:
    return step.entry.latency if isinstance(step.entry, EngineCall) else 0.0


def _key(entry: TraceEvent | EngineCall) -> Hashable:
    """Return what a step does, by which it is aligned."""
    if isinstance(entry, EngineCall):
        return ("call", entry.role, _IDS.sub("ID", entry.response or f"failed: {entry.error}"))
    done = repr((entry.args, entry.result, entry.error))
    return (entry.kind, entry.app, entry.function, entry.mode, entry.fault, _IDS.sub("ID", done))
