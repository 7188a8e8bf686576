"""Removes the cassettes that no scenario of a suite uses, with `--pare-prune-cassettes`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.base.run_files import file_name, suite_reference
from pytest_pare.plugin.narrowing import narrowing, only_looks
from pytest_pare.plugin.options import PRUNE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.plugin.result_collector import ResultCollector
    from pytest_pare.settings import Suite

# Keys that select runs: with an override of one of them, the session is only a part of the suite.
_SELECTS = ("scenarios", "runs", "matrix", "sweep", "cassettes.dir")
_ENDED_EARLY = (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR)


class Pruning:
    """A plugin of the controller.

    Args:
        config: The session's configuration.
        collector: The results of the session, with the selected runs.
    """

    def __init__(self, config: pytest.Config, collector: ResultCollector) -> None:
        self._config = config
        self._collector = collector
        self._lines: list[str] = []

    def pytest_sessionfinish(self, exitstatus: int | pytest.ExitCode) -> None:
        """Remove the unused cassettes of each suite that this session runs as a whole."""
        ended_early = exitstatus in _ENDED_EARLY
        pairs = [(suite, self._collector.suites[name]) for name, suite in self._collector.suite_files.items()]
        used = {path for suite, results in pairs for path in _used(suite, results)}
        for suite, results in pairs:
            reason = "the session ended early" if ended_early else next(self._reasons(suite, results), None)
            if reason is None:
                self._lines += _prune(suite, results.name, used)
            else:
                self._lines.append(f"{results.name}: no cassette was removed: {reason}")

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the removed cassettes, or why none was removed."""
        for line in self._lines:
            # Not wrapped, so that a path can be copied.
            terminalreporter.write_line(redacted(f"pare: {line}"))

    def _reasons(self, suite: Suite, results: SuiteResults) -> Iterator[str]:
        """Yield the reasons why cassettes that this session does not use may be in use."""
        if suite.settings.cassettes is None:
            yield "the suite has no cassettes"
        if only_looks(self._config):
            yield "the session runs nothing"
        less = [
            *narrowing(self._config, suite, results),
            *(one.source for one in suite.overrides if one.key.startswith(_SELECTS)),
        ]
        if less:
            yield f"the session runs only a part of the suite ({', '.join(dict.fromkeys(less))})"
        if not results.all_collected:
            yield "not every module of the library could be imported"
        if not _is_whole(results):
            yield "perhaps not every run of the suite was selected"


def _is_whole(results: SuiteResults) -> bool:
    """Return whether each planned scenario is there with each variant and each number.

    With parametrised fixtures it returns False, because the number of their variants is unknown.
    """
    counts = Counter(results.run_id(nodeid).scenario_id for nodeid in results.outcomes)
    each = results.plan.runs * len(results.plan.variants)
    # The total alone can be right by chance, if the library registers more scenarios than its source shows.
    return results.deselected == 0 and len(counts) == results.plan.selected and set(counts.values()) == {each}


def _used(suite: Suite, results: SuiteResults) -> Iterator[Path]:
    directory = suite.cassettes_dir
    if directory is None:
        return
    for nodeid in results.outcomes:
        run = results.run_id(nodeid)
        yield directory / file_name(run.scenario_id, run.run_number, run.variant, "jsonl")


def _prune(suite: Suite, name: str, used: set[Path]) -> Iterator[str]:
    from pytest_pare.engines.cassette import suite_of

    directory = suite.cassettes_dir
    assert directory is not None
    # Another suite may keep its cassettes in the same directory.
    own = suite_reference(suite.path, directory)
    unused = [path for path in sorted(directory.glob("*.jsonl")) if path not in used and suite_of(path) == own]
    if not unused:
        yield f"{name}: every cassette is used"
        return
    yield f"{name}: {len(unused)} cassette{'s' * (len(unused) > 1)} that no scenario uses:"
    for path in unused:
        try:
            path.unlink()
        except OSError as error:
            yield f"  cannot remove {path}: {error.strerror}"
        else:
            yield f"  removed {path}"


def register(config: pytest.Config, collector: ResultCollector) -> None:
    """Register the plugin if the command line has the flag."""
    if config.getoption(PRUNE.dest):
        config.pluginmanager.register(Pruning(config, collector), "pare-pruning")
