"""Selects the scenarios of a shard, with `--pare-shard`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.ledger.run_id import without_group
from pytest_pare.ledger.shards import Shard, assign
from pytest_pare.plugin.collected import share_nodes
from pytest_pare.plugin.options import SHARD
from pytest_pare.plugin.stash import suite_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def shard_of(config: pytest.Config) -> Shard | None:
    """Return the shard of this session; `None` without shards.

    Raises:
        pytest.UsageError: If the flag names no shard.
    """
    text = config.getoption(SHARD.dest)
    if text is None:
        return None
    try:
        return Shard.parse(text)
    except ValueError as error:
        raise pytest.UsageError(f"{SHARD.flag}: {error}") from error


class ShardSelection:
    """A plugin of each process that collects.

    Args:
        shard: The shard.
        seconds: Suite to the durations of its scenarios, as far as they are known.
    """

    def __init__(self, shard: Shard, seconds: Mapping[str, Mapping[str, float]]) -> None:
        self._shard = shard
        self._seconds = seconds

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out the scenarios of other shards, after everything else that selects."""
        by_suite: dict[str, list[pytest.Item]] = {}
        for item in items:
            if suite_of(item) is not None:
                by_suite.setdefault(item.nodeid.partition("::")[0], []).append(item)
        others: set[pytest.Item] = set()
        for name, of_suite in by_suite.items():
            share_nodes(name, [without_group(item.nodeid) for item in of_suite])
            ids = [_scenario(item) for item in of_suite]
            shards = assign(ids, self._shard.of, self._seconds.get(name, {}))
            others |= {item for item in of_suite if shards[_scenario(item)] != self._shard.number}
        if others:
            config.hook.pytest_deselected(items=[item for item in items if item in others])
            items[:] = [item for item in items if item not in others]


def _scenario(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[2].partition("[")[0]
