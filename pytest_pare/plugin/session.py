"""The suites of a pytest session: reads and collects them, and prints the header."""

from __future__ import annotations

import shlex
import time
from contextlib import ExitStack
from itertools import combinations, product
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.redaction import redacted, redacted_plain
from pytest_pare.base.run_files import file_name
from pytest_pare.engines.rate_limit import session_directory
from pytest_pare.plugin import caching, known_agents, pruning, run_control, vscode
from pytest_pare.plugin.agent_fixture import overriding_file
from pytest_pare.plugin.ci_reports import CIReports
from pytest_pare.plugin.concurrency import NAME as CONCURRENT_RUNS
from pytest_pare.plugin.concurrency import at_once_of_session, one_by_one
from pytest_pare.plugin.environment_check import environment_lines
from pytest_pare.plugin.items import ScenarioHooks, SuiteFile
from pytest_pare.plugin.options import BURN_IN
from pytest_pare.plugin.preflight import EndpointCheck, calls_models, model_lines, variants_with_models
from pytest_pare.plugin.process_end import ProcessEnd
from pytest_pare.plugin.progress import ProgressStart
from pytest_pare.plugin.result_collector import ResultCollector
from pytest_pare.plugin.run_control import RoundOrder
from pytest_pare.plugin.run_garbage import RunGarbage
from pytest_pare.plugin.run_reports import RunReports
from pytest_pare.plugin.shards import ShardSelection, refuse_dependent_runs, shard_of
from pytest_pare.plugin.suite_files import read_suites
from pytest_pare.plugin.work_times import WorkTimes, worker_lines
from pytest_pare.plugin.worker_messages import MessageSender
from pytest_pare.scenarios.config import AGENT_TYPES
from pytest_pare.settings.runs import RunRange
from pytest_pare.settings.selection import Plan, plan
from pytest_pare.simulation.export import trace_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.settings import RunnerSettings, Suite, Variant


class SuiteSession:
    """The plugin of a session with suites.

    Args:
        config: The session's configuration.
        suites: The suites, by path.
    """

    def __init__(self, config: pytest.Config, suites: dict[Path, Suite]) -> None:
        self._config = config
        self._suites = suites
        self._planned: dict[Path, Plan] = {}
        self._caching: list[str] = []
        self._results: dict[str, SuiteResults] = {}

    @classmethod
    def create(cls, config: pytest.Config, paths: list[Path]) -> SuiteSession:
        """Read the suite files and register the plugins of the session.

        Raises:
            pytest.UsageError: If something in a file or a flag is wrong.
        """
        suites = read_suites(config, paths, with_files=not hasattr(config, "workerinput"))
        _refuse_shared_reports(suites)
        shard = shard_of(config)
        session = cls(config, suites)
        named = {session._name(path): suite for path, suite in suites.items()}
        if shard is not None:
            refuse_dependent_runs(config, named)
        collector: ResultCollector | None = None
        if not hasattr(config, "workerinput"):
            session._planned = {path: plan(suite, config.rootpath) for path, suite in suites.items()}
            _refuse_shared_cassettes(suites, session._planned)
            _refuse_shared_files(suites, session._planned)
            _share_directory(config)
            session._caching = caching.begin(named, config.rootpath)
            collector = ResultCollector(
                config,
                named,
                {session._name(path): len(one.ids) for path, one in session._planned.items() if one.is_all},
                shard,
            )
            # pytest calls the later plugin first, so it replaces earlier reports even if the check fails.
            config.pluginmanager.register(EndpointCheck(suites.values()), "pare-endpoints")
            config.pluginmanager.register(collector, "pare-collector")
            config.pluginmanager.register(collector.resumption, "pare-resumption")
            collector.failures.register()
            config.pluginmanager.register(CIReports(config, collector), "pare-ci-reports")
            config.pluginmanager.register(ProgressStart(collector.suites), "pare-progress-start")
            config.pluginmanager.register(WorkTimes(collector.suites), "pare-work-times")
            session._results = collector.suites
            pruning.register(config, collector)
            known_agents.register(config, collector)
            run_control.register(config, collector)
            if config.getoption(BURN_IN.dest) is not None:
                from pytest_pare.plugin import burn_in

                burn_in.register(config, collector)
            if config.getoption("dist", "no") != "no":
                from pytest_pare.plugin import hosts

                hosts.register(config, suites, collector.problems)
        else:
            config.pluginmanager.register(MessageSender(), "pare-worker-messages")
        if config.getoption("dist", "no") == "no":
            config.pluginmanager.register(RunGarbage(), "pare-run-garbage")
        config.pluginmanager.register(ScenarioHooks, "pare-scenarios")
        if at_once_of_session(config, suites.values()) > 1:
            from pytest_pare.plugin.concurrent_runs import ConcurrentRuns

            config.pluginmanager.register(ConcurrentRuns(config), CONCURRENT_RUNS)
        if any(isinstance(suite.settings.runs, RunRange) for suite in suites.values()):
            config.pluginmanager.register(RoundOrder, "pare-round-order")
        if shard is not None:
            config.pluginmanager.register(ShardSelection(shard, named, config.rootpath), "pare-shard")
        if config.pluginmanager.hasplugin(vscode.ADAPTER):
            config.pluginmanager.register(vscode, "pare-vscode")
        config.pluginmanager.register(RunReports(), "pare-run-reports")
        config.pluginmanager.register(ProcessEnd(config, collector), "pare-process-end")
        return session

    @property
    def suites(self) -> dict[Path, Suite]:
        """The suites, by path."""
        return self._suites

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Return the collector of a suite file of this session; `None` for any other file."""
        suite = self._suites.get(file_path)
        if suite is None:
            return None
        return SuiteFile.from_parent(parent, path=file_path, suite=suite)

    def pytest_report_header(self) -> list[str]:
        """Return the lines about planned runs, and about the settings that the command line changed."""
        lines = []
        # Workers make a header, too, but print none; they have no plan.
        for path, planned in self._planned.items():
            suite = self._suites[path]
            fixture = overriding_file(self._config, path)
            agents = list(dict.fromkeys(_agent_line(variant.settings.runner, fixture) for variant in suite.variants))
            name, runs = self._name(path), _planned_runs(planned, suite)
            if len(agents) == 1:
                lines.append(f"pare: {name}, {runs}, {agents[0]}")
            else:
                lines += [f"pare: {name}, {runs}", *(f"pare: {name}, {agent}" for agent in agents)]
            lines += [f"pare: {line}" for line in model_lines(suite, len(_ids(planned, suite)))]
            lines += [f"pare: {o.key} = {redacted_plain(o.value)} (from {o.source})" for o in suite.overrides]
        lines += self._caching
        lines += [f"pare: {line}" for line in self._worker_lines()]
        if self._planned and not self._is_single():
            lines += [f"pare: {line}" for line in one_by_one(self._config, self._suites.values())]
        if lines:
            lines += [f"pare: {line}" for line in environment_lines(getattr(self._config, "cache", None))]
        return [redacted(line) for line in dict.fromkeys(lines)]

    def _is_single(self) -> bool:
        """Return whether the session has exactly one run."""
        runs = sum(
            len(_ids(one, self._suites[path])) * _times(self._suites[path]) for path, one in self._planned.items()
        )
        return runs == 1 and all(one.is_all for one in self._planned.values())

    def _worker_lines(self) -> list[str]:
        # While runs wait for models, others use the processors.
        if any(map(calls_models, self._suites.values())):
            return []
        suites = [
            (suite, self._results[self._name(path)], len(_ids(planned, suite)) * _times(suite) or None)
            for path, planned in self._planned.items()
            for suite in [self._suites[path]]
        ]
        return worker_lines(self._config, suites, time.process_time())

    def _name(self, path: Path) -> str:
        return path.relative_to(self._config.rootpath).as_posix()


def _share_directory(config: pytest.Config) -> None:
    # In an environment variable, which workers inherit however they are started.
    stack = ExitStack()
    stack.enter_context(session_directory())
    config.add_cleanup(stack.close)


def _agent_line(runner: RunnerSettings, fixture: Path | None) -> str:
    if runner.mode == "oracle":
        return "oracle mode: no agent tested"
    if fixture is not None:
        return f"agent: fixture proactive_agent ({fixture})"
    if runner.agent is not None:
        return f"agent: program {runner.agent.label} ({shlex.join(runner.agent.command)})"
    agent = "reference steps" if runner.mode == "reference" else runner.agent_type
    has_no_use = runner.agent_type in AGENT_TYPES and runner.agent_engine_config is not None
    return f"agent: {agent}{' (does not use runner.agent_engine_config)' if has_no_use else ''}"


def _ids(planned: Plan, suite: Suite) -> tuple[str, ...]:
    return planned.ids[: suite.settings.scenarios.limit]


def _times(suite: Suite) -> int:
    return len(suite.variants) * suite.settings.most_runs


def _planned_runs(planned: Plan, suite: Suite) -> str:
    named = [variant for variant in suite.variants if variant.name]
    least, most, times = suite.settings.least_runs, suite.settings.most_runs, _times(suite)
    may_stop = least < most
    factors = [f"{len(named)} variant{'s' * (len(named) != 1)}"] * bool(named)
    factors.append(f"{least} to {most}" if may_stop else str(most))
    if not planned.ids:
        runs = f"{times} run{'s' * (times != 1)} of each scenario planned"
        return f"{runs} ({' x '.join(factors)})" if named else runs
    scenarios = len(_ids(planned, suite))
    total = scenarios * times
    runs = f"{'up to ' * may_stop}{total} run{'s' * (total != 1)} planned ({' x '.join([str(scenarios), *factors])})"
    return runs if planned.is_all or scenarios == suite.settings.scenarios.limit else f"{runs} or more"


def _refuse_shared_files(suites: dict[Path, Suite], planned: dict[Path, Plan]) -> None:
    # Each pair is checked, because sharing is not transitive.
    for (path, suite), (other_path, other) in combinations(suites.items(), 2):
        if not _may_share_scenarios(planned[path], suite, planned[other_path], other):
            continue
        for what, names, key in (("traces", _trace_names, "output_dir"), ("logs", _log_names, "logs_dir")):
            if shared := sorted(names(suite) & names(other)):
                raise pytest.UsageError(
                    f"{other_path}: {what} in {shared[0].parent} are also written by {path}, under the same names; "
                    f"give each a directory of its own (runner.{key})"
                )


# The files of a suite for a scenario with an empty id: two suites share files if these are equal.


def _trace_names(suite: Suite) -> set[Path]:
    return {
        trace_path(variant.settings.runner, suite.traces_dir, "", number, variant.name)
        for variant, number in _runs_of_a_scenario(suite)
        if variant.settings.runner.export
    }


def _log_names(suite: Suite) -> set[Path]:
    return {
        directory / file_name("", number, variant.name, "log")
        for variant, number in _runs_of_a_scenario(suite)
        if (directory := suite.logs_dir(variant.settings.runner)) is not None
    }


def _runs_of_a_scenario(suite: Suite) -> Iterator[tuple[Variant, int | None]]:
    runs = suite.settings.most_runs
    numbers = range(1, runs + 1) if runs > 1 else [None]
    return product(suite.variants, numbers)


def _refuse_shared_reports(suites: dict[Path, Suite]) -> None:
    writer: dict[Path, Path] = {}
    for path, suite in suites.items():
        for name, report in suite.reports.items():
            # Suites can share a page.
            if report in writer and not (name == "html" and suites[writer[report]].reports.get("html") == report):
                raise pytest.UsageError(
                    f"{path}: the report {report} is also written by {writer[report]}; give each a file of its own"
                )
            writer[report] = path


def _may_share_scenarios(planned: Plan, suite: Suite, others: Plan, other: Suite) -> bool:
    known = planned.is_all and others.is_all
    return not known or not set(_ids(planned, suite)).isdisjoint(_ids(others, other))


def _refuse_shared_cassettes(suites: dict[Path, Suite], planned: dict[Path, Plan]) -> None:
    for (path, suite), (other_path, other) in combinations(suites.items(), 2):
        if suite.cassettes_dir is None or suite.cassettes_dir != other.cassettes_dir:
            continue
        # The number of the run is in the name of a file where there are several.
        if (suite.settings.most_runs > 1) != (other.settings.most_runs > 1):
            continue
        if not _may_share_scenarios(planned[path], suite, planned[other_path], other):
            continue
        if not variants_with_models(suite).isdisjoint(variants_with_models(other)):
            raise pytest.UsageError(
                f"{other_path}: the cassettes in {suite.cassettes_dir} are also those of {path}; give each a "
                "cassettes.dir of its own"
            )
