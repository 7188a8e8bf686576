"""The suites of a session with `--pare-audit`: no agent, no ledger, no baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.plugin import hosts, options
from pytest_pare.plugin.audit_items import AuditFile, AuditReports
from pytest_pare.plugin.audit_results import AuditResults
from pytest_pare.plugin.process_end import ProcessEnd
from pytest_pare.plugin.suite_files import read_suites

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.settings import Suite

# The flags that select scenarios. All others are about runs with agents.
_WITH_EFFECT = ("pare_audit", "pare_limit", "pare_set", "pare_split", "pare_tag")


class AuditSession:
    """The plugin of a session that audits the scenarios of suites.

    Args:
        suites: The suites, by path.
        names: The node ids of their files, by path.
    """

    def __init__(self, suites: dict[Path, Suite], names: dict[Path, str]) -> None:
        self._suites = suites
        self._names = names

    @classmethod
    def create(cls, config: pytest.Config, paths: list[Path]) -> AuditSession:
        """Read the suite files and register the plugins of the session.

        Raises:
            pytest.UsageError: If something in a file is wrong, or a flag has no effect on an audit.
        """
        for option in options.CHANGES:
            if option.dest not in _WITH_EFFECT and config.getoption(option.dest) not in (None, [], False):
                raise pytest.UsageError(
                    f"{option.flag} has no effect with {options.AUDIT.flag}, which plays no agent; leave one out"
                )
        suites = read_suites(config, paths, with_files=False)
        names = {path: path.relative_to(config.rootpath).as_posix() for path in suites}
        config.pluginmanager.register(AuditReports, "pare-audit-reports")
        if not hasattr(config, "workerinput"):
            named = {names[path]: suite for path, suite in suites.items()}
            results = AuditResults(named)
            config.pluginmanager.register(results, "pare-audit-results")
            config.pluginmanager.register(ProcessEnd(config, results), "pare-process-end")
            hosts.register(config, suites, [])
        return cls(suites, names)

    @property
    def suites(self) -> dict[Path, Suite]:
        """The suites, by path."""
        return self._suites

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Return the collector of a suite file of this session; `None` for any other file."""
        suite = self._suites.get(file_path)
        return None if suite is None else AuditFile.from_parent(parent, path=file_path, suite=suite)

    def pytest_report_header(self) -> list[str]:
        """Return a line for each suite."""
        return [redacted(f"pare: {name}, audit of validators, no agent tested") for name in self._names.values()]
