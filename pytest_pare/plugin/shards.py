"""Selects the scenarios of a shard, with `--pare-shard`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.documents import DocumentError
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.run_id import without_group
from pytest_pare.ledger.shards import Shard, assign
from pytest_pare.plugin.collected import share_nodes
from pytest_pare.plugin.options import BURN_IN, SHARD
from pytest_pare.plugin.run_control import run_limits
from pytest_pare.plugin.stash import suite_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_pare.settings import Suite


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


def refuse_dependent_runs(config: pytest.Config, suites: Mapping[str, Suite]) -> None:
    """Refuse shards whose runs depend on the results of the other shards.

    Raises:
        pytest.UsageError: If a suite may stop early, or the session has a budget or a burn-in.
    """
    reasons = run_limits(config, suites)
    if config.getoption(BURN_IN.dest) is not None:
        reasons.append(BURN_IN.flag)
    if reasons:
        raise pytest.UsageError(
            f"{SHARD.flag}: {' and '.join(reasons)} needs the results of all shards, which no shard has; leave one out"
        )


def _seconds(suite: Suite, name: str, rootdir: Path) -> Mapping[str, float]:
    """Return the mean duration of a run of each scenario, if the suite names a baseline that each machine has.

    Args:
        suite: The suite file, read.
        name: Its node id.
        rootdir: The rootdir of the session.
    """
    reference = suite.settings.gate.baseline
    if reference is None or reference.startswith("session:"):
        return {}
    from pytest_pare.ledger.baseline_source import baseline_runs

    try:
        runs = baseline_runs(reference, name, rootdir, None).runs
    except (DocumentError, LedgerError):
        # The session reports that itself.
        return {}
    seconds: dict[str, list[float]] = {}
    for run in runs:
        if run.duration is not None:
            seconds.setdefault(run.scenario_id, []).append(run.duration)
    return {scenario_id: sum(every) / len(every) for scenario_id, every in seconds.items()}


class ShardSelection:
    """A plugin of each process that collects.

    Args:
        shard: The shard.
        suites: The suites, by the node ids of their files.
        rootdir: The rootdir of the session.
    """

    def __init__(self, shard: Shard, suites: Mapping[str, Suite], rootdir: Path) -> None:
        self._shard = shard
        self._suites = suites
        self._rootdir = rootdir

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
            shards = assign(ids, self._shard.of, _seconds(self._suites[name], name, self._rootdir))
            others |= {item for item in of_suite if shards[_scenario(item)] != self._shard.number}
        if others:
            config.hook.pytest_deselected(items=[item for item in items if item in others])
            items[:] = [item for item in items if item not in others]


def _scenario(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[2].partition("[")[0]
