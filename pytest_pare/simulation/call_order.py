"""Sorts the calls of an agent's model in the trace, so that it does not depend on threads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_pare.simulation.trace_entries import EngineCall, TraceEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.simulation.queues import TraceEntries

    _Entry = TraceEvent | EngineCall


def sort_calls(entries: TraceEntries, start: int, calls: Sequence[EngineCall]) -> None:
    """Sort calls of an agent between two of its actions, and set their times: one follows the other.

    An agent that makes requests at the same time gets the answers in any order. Only what it does with them shows an
    order, so that calls never pass an action of the agent.

    Args:
        entries: The trace.
        start: The index of the first entry of the turn.
        calls: The calls of the turn, in the wanted order.
    """
    rank = {id(call): number for number, call in enumerate(calls)}
    segment: list[_Entry] = []
    for index in range(start, len(entries) + 1):
        entry = entries[index] if index < len(entries) else None
        is_action = isinstance(entry, TraceEvent) and entry.kind == "AGENT"
        if entry is not None and not is_action:
            segment.append(entry)
            continue
        for number, one in enumerate(_sorted(segment, rank), start=index - len(segment)):
            entries[number] = one
        segment = []


def _sorted(segment: list[_Entry], rank: dict[int, int]) -> list[_Entry]:
    calls = [one for one in segment if isinstance(one, EngineCall) and id(one) in rank]
    if len(calls) < 2:
        return segment
    first = segment.index(calls[0])
    others = [one for one in segment[first:] if id(one) not in rank]
    found, time = segment[:first], calls[0].time
    for call in sorted(calls, key=lambda one: rank[id(one)]):
        # What happens at the time of a call was there before it, except for the first one.
        while others and len(found) > first and others[0].time <= time:
            found.append(others.pop(0))
        found.append(replace(call, time=time))
        time = round(time + call.latency, 6)
    return found + others
