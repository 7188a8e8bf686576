"""A workaround for `vscode_pytest`, the adapter of Visual Studio Code's Python extension.

The adapter expects a `.py` file in the node id of each item that has parameters. If one item has no such file, it shows
no tests of the project at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.plugin.items import ScenarioItem

if TYPE_CHECKING:
    from collections.abc import Generator

ADAPTER = "vscode_pytest"
"""Name of the adapter as a pytest plugin."""

_CALLSPEC = pytest.StashKey[object]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hide the parameters of scenarios, so that the adapter lists each run below its suite file."""
    for item in items:
        if isinstance(item, ScenarioItem) and hasattr(item, "callspec"):
            item.stash[_CALLSPEC] = vars(item).pop("callspec")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Show the parameters of a scenario while it runs: its fixtures take their values from there."""
    hidden = item.stash.get(_CALLSPEC, None)
    if hidden is not None:
        vars(item)["callspec"] = hidden
    try:
        return (yield)
    finally:
        if hidden is not None:
            del vars(item)["callspec"]
