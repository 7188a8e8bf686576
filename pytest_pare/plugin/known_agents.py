"""Plays the control agents at the end of a session, for suites with `reports.known_agents`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.plugin.report_files import problem_of

if TYPE_CHECKING:
    from pytest_pare.plugin.result_collector import ResultCollector


class KnownAgentsTable:
    """A plugin of the controller, or of the only process: adds the table of known agents to the results of a suite.

    Args:
        config: The session's configuration.
        collector: The results of the session.
    """

    def __init__(self, config: pytest.Config, collector: ResultCollector) -> None:
        self._config = config
        self._collector = collector

    def pytest_sessionfinish(self, exitstatus: int | pytest.ExitCode) -> None:
        """Play the agents on the scenarios of each suite, before the summary."""
        if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return
        from pytest_pare.settings.selection import load_scenarios
        from pytest_pare.simulation.known_agents import play_known_agents

        for name, suite in self._collector.suite_files.items():
            results = self._collector.suites[name]
            if not suite.settings.reports.known_agents or not results.outcomes:
                continue
            with problem_of(self._collector.problems, f"{name}: cannot play the known agents"):
                classes, _ = load_scenarios(suite, self._config.rootpath)
                ids = {results.run_id(nodeid).scenario_id for nodeid in results.outcomes}
                selected = {scenario_id: cls for scenario_id, cls in classes.items() if scenario_id in ids}
                results.known_agents = play_known_agents(selected, suite.settings.runner)


def register(config: pytest.Config, collector: ResultCollector) -> None:
    """Register the plugin if a suite asks for the table."""
    if any(suite.settings.reports.known_agents for suite in collector.suite_files.values()):
        config.pluginmanager.register(KnownAgentsTable(config, collector), "pare-known-agents")
