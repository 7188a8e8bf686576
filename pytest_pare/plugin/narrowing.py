"""Finds why a session is partial: flags, settings and plugins that leave runs out."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from pytest_pare.plugin.options import SHARD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.settings import Suite

UNKNOWN_CODE = "a plugin or a conftest.py"
"""The reason if runs are missing, and no flag or setting leaves them out."""

_LOOKS = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test")
# Of pytest-split, pytest-shard and pytest-test-groups: the number of shares, and the one of this session.
_SHARDS = (("--splits", "--group"), ("--num-shards", "--shard-id"), ("--test-group-count", "--test-group"))


def narrowing(config: pytest.Config, suite: Suite, results: SuiteResults) -> list[str]:
    """Return the flags and settings that may leave runs of a suite out, or else unknown code if runs are missing."""
    reasons = list(reasons_of(config, suite))
    if not reasons and results.outcomes and results.deselected:
        reasons = [UNKNOWN_CODE]
    return reasons


def unplayed(suites: Mapping[str, list[str]]) -> list[str]:
    """Return a sentence for each suite without a run although no flag or setting leaves its runs out.

    Args:
        suites: Name of a suite without a run to the reasons.
    """
    return [
        f"{name}: none of its runs was played, and no flag leaves them out; a plugin or a conftest.py does, or the "
        "workers have another rootdir"
        for name, reasons in suites.items()
        if reasons == [UNKNOWN_CODE]
    ]


def reasons_of(config: pytest.Config, suite: Suite) -> Iterator[str]:
    """Yield the flags and settings that may leave runs of a suite out, as on the command line."""
    for option, flag in (("keyword", "-k"), ("markexpr", "-m")):
        if config.getoption(option, None):
            yield f"{flag} {config.getoption(option)}"
    for option, flag in (("lf", "--lf"), ("stepwise", "--sw"), ("deselect", "--deselect"), ("testmon", "--testmon")):
        if config.getoption(option, None):
            yield flag
    if (shard := config.getoption(SHARD.dest, None)) is not None:
        yield f"{SHARD.flag} {shard}"
    yield from _shards(config)
    if any(PurePath(arg.partition("::")[0]).name == suite.path.name and "::" in arg for arg in config.args):
        yield "node ids"
    if suite.settings.scenarios.limit is not None:
        yield f"limit {suite.settings.scenarios.limit}"


def _shards(config: pytest.Config) -> Iterator[str]:
    """Yield the share of the tests that a plugin selects for this session, as on the command line."""
    for shards, shard in _SHARDS:
        # A flag that no plugin adds has the value None.
        count = config.getoption(shards, None)
        if isinstance(count, int) and count > 1:
            yield f"{shards} {count} {shard} {config.getoption(shard, None)}"


def only_looks(config: pytest.Config) -> bool:
    """Return whether a flag such as `--collect-only` keeps this session from running tests."""
    return any(config.getoption(option, False) for option in _LOOKS)
