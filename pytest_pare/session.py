"""The suites of a pytest session: read once, collected where pytest finds them, announced in the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare import options
from pytest_pare.selection import planned_ids
from pytest_pare.settings import Override, SettingsError, Suite, load_suite, parse_assignment
from pytest_pare.suite import ScenarioHooks, SuiteFile
from pytest_pare.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path


class SuiteSession:
    """A plugin that stands for the suites of one session.

    Args:
        config: The session's configuration.
        suites: The suites, by path.
    """

    def __init__(self, config: pytest.Config, suites: dict[Path, Suite]) -> None:
        self._config = config
        self._suites = suites
        self._planned: dict[Path, tuple[list[str], bool]] = {}

    @classmethod
    def create(cls, config: pytest.Config, paths: list[Path]) -> SuiteSession:
        """Read the suite files and start counting.

        Raises:
            pytest.UsageError: If something in a file or a flag is wrong.
        """
        try:
            overrides = _overrides(config)
            suites = {path: load_suite(path, overrides) for path in paths}
        except SettingsError as error:
            raise pytest.UsageError(str(error)) from error
        session = cls(config, suites)
        if not hasattr(config, "workerinput"):
            session._planned = {path: planned_ids(suite, config.rootpath) for path, suite in suites.items()}
            tally = Tally(
                config,
                {session._name(path): suite for path, suite in suites.items()},
                {session._name(path): len(ids) for path, (ids, _) in session._planned.items()},
            )
            config.pluginmanager.register(tally, "pare-tally")
        config.pluginmanager.register(ScenarioHooks, "pare-scenarios")
        return session

    def collect(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Return the collector of a suite file of this session; `None` for any other file."""
        suite = self._suites.get(file_path)
        if suite is None:
            return None
        return SuiteFile.from_parent(parent, path=file_path, suite=suite)

    def pytest_report_header(self) -> list[str]:
        """Tell what will be run, and which settings the command line changed."""
        lines = []
        for path, suite in self._suites.items():
            ids, is_all = self._planned[path]
            planned = len(ids) * suite.settings.runs
            runs = f"{planned} run{'s' * (planned != 1)} planned ({len(ids)} x {suite.settings.runs})"
            lines.append(
                f"pare: {self._name(path)}, {runs if is_all else runs + ' or more'}, oracle mode: no agent tested"
            )
            lines += [f"pare: {o.key} = {o.value} (from {o.source})" for o in suite.overrides]
        return list(dict.fromkeys(lines))

    def _name(self, path: Path) -> str:
        return path.relative_to(self._config.rootpath).as_posix()


def _overrides(config: pytest.Config) -> list[Override]:
    here = config.invocation_params.dir
    overrides = [
        Override(option.key, value, option.flag, here)
        for option in options.SHORTHANDS
        if (value := config.getoption(option.dest)) is not None
    ]
    overrides += [parse_assignment(text, options.SET.flag, here) for text in config.getoption(options.SET.dest)]
    return overrides
