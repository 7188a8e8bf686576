"""The details of a trace beside its entries: the notifications of each side, and the states of the apps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_pare.base.records import Count, Number
from pytest_pare.base.redaction import redacted_repr


@dataclass(frozen=True)
class Notified:
    """The notifications of one side in its turn.

    Attributes:
        time: Simulated seconds since the start of the scenario.
        turn: The turn, from 0 on.
        who: `USER` or `AGENT`.
        mode: The agent's mode: `observe`, `awaiting_confirmation` or `execute`.
        notifications: Each with its `time` in simulated seconds since the start, its `kind` and its `text`.
    """

    time: Number
    turn: Count
    who: str
    mode: str
    notifications: list[dict[str, Any]]

    __repr__ = redacted_repr


@dataclass(frozen=True)
class AppChange:
    """A change of an app's state.

    Attributes:
        time: Simulated seconds since the start of the scenario.
        turn: The turn, from 0 on; `None` before the first, and without agents.
        after: The number of entries of the trace before it.
        app: Name of the app.
        app_class: Name of the app's class.
        change: The change of the state before, as `pytest_pare.simulation.state_change.change_of` returns it; the first
            one of an app is the change from `None` to its state at the start.
    """

    time: Number
    turn: Count | None
    after: Count
    app: str
    app_class: str
    change: Any

    __repr__ = redacted_repr
