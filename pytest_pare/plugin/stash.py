"""Keys for the data that the plugin keeps on pytest's nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.settings import Suite

SUITE = pytest.StashKey["Suite"]()
"""The suite, on the node of its file."""

SCENARIO: pytest.StashKey[type[PAREScenario]] = pytest.StashKey()
"""The class of the scenario, on the item of a run."""

RECORD = pytest.StashKey[dict[str, Any]]()
"""The record of the last attempt at a run, on its item: builtins only, as it travels on a report."""


def suite_of(node: pytest.Item | pytest.Collector) -> Suite | None:
    """Return the suite that a node belongs to."""
    # Upwards, because the file is the parent of its runs; pytest's own `listchain` goes on to the root.
    one: Any = node
    while one is not None:
        suite: Suite | None = one.stash.get(SUITE, None)
        if suite is not None:
            return suite
        one = one.parent
    return None
