"""The states of the apps in a run: a card of each, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.simulation.trace import Trace
    from pytest_pare.timeline.steps import Step


def cards_and_changes(trace: Trace, steps: Sequence[Step]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the cards of the apps, and the changes of their states.

    Args:
        trace: The trace.
        steps: Its steps.
    """
    return [], []
