"""The states of the apps in a run: a card of each, and what changed."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from pytest_pare.simulation.state_change import applied, entries_of
from pytest_pare.timeline.texts import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.simulation.trace import Trace
    from pytest_pare.simulation.trace_steps import Step


def cards_and_changes(trace: Trace, steps: Sequence[Step]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the cards of the apps, and the changes of their states.

    The first card of an app is that at the start, after step 0; a later one follows each of its changes.

    Args:
        trace: The trace.
        steps: Its steps.
    """
    places = [step.place for step in steps]
    states: dict[str, Any] = {}
    cards: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    for one in trace.states:
        is_first = one.app not in states
        states[one.app] = state = applied(states.get(one.app), one.change)
        # The number of steps before that entry is the number of the last of them.
        after = bisect_left(places, one.after)
        where = {"after": after, "turn": one.turn, "app": one.app}
        cards.append({**where, "lines": _card(state)})
        if not is_first:
            rows = [
                {"path": shown(path), "before": _text(before), "after": _text(later)}
                for path, before, later in entries_of(one.change)
            ]
            changes.append({**where, "rows": rows})
    return cards, changes


def _card(state: Any) -> list[list[Any]]:
    # Imported here, because it takes a second, and most runs of a session are shown without their states.
    from pytest_pare.simulation.phone_text import card_lines

    return [[level, shown(text)] for level, text in card_lines(state)]


def _text(value: str | None) -> str | None:
    return None if value is None else shown(value)
