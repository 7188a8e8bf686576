"""The fixture `pare`: runs scenarios in tests that users write themselves."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.ledger.run_id import without_group
from pytest_pare.plugin.fixture_values import require_agent, tested_agent, updated_config, without_agent
from pytest_pare.plugin.preflight import require_permission
from pytest_pare.plugin.preparation import cassette_of
from pytest_pare.plugin.sent_files import send_files_of_run
from pytest_pare.plugin.stash import suite_of
from pytest_pare.plugin.suite_files import read_suites
from pytest_pare.plugin.suite_paths import configured_paths
from pytest_pare.settings import SettingsError, Suite, SuiteSettings, Variant
from pytest_pare.settings.paths import absolute_paths
from pytest_pare.settings.selection import load_scenarios

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.scenarios.agent_program import AgentProgram
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.runner import Run
    from pytest_pare.what_if.fork import Fork


_NO_SUITE = (
    "\nthe session has no suite that names other libraries; add --pare-config FILE, or name one in the ini value "
    "pare_config"
)
_SUITE = pytest.StashKey[Suite]()
"""The suite that gives settings to tests outside of suites."""


def suite_for(node: pytest.Item | pytest.Collector) -> Suite:
    """Return the suite of a test, or else the only one of the session or of the ini value, or one with the defaults.

    Raises:
        pytest.fail.Exception: If the suite of the ini value cannot be used.
    """
    return suite_of(node) or _suite_of_tests(node.config)


def _suite_of_tests(config: pytest.Config) -> Suite:
    if _SUITE not in config.stash:
        session = config.pluginmanager.get_plugin("pare-session")
        paths = _suites_of_tests(config)
        if len(paths) != 1:
            suite = Suite(config.rootpath / "pare.yaml", SuiteSettings())
        elif session is not None:
            suite = session.suites[paths[0]]
        else:
            suite = _read(config, paths[0])
        config.stash[_SUITE] = suite
    return config.stash[_SUITE]


def _suites_of_tests(config: pytest.Config) -> list[Path]:
    """Return the suites of the session; if the command line leaves none, those of the ini value."""
    session = config.pluginmanager.get_plugin("pare-session")
    return configured_paths(config) if session is None else list(session.suites)


def _refuse_to_choose(paths: list[Path], rootpath: Path) -> NoReturn:
    names = [path.relative_to(rootpath).as_posix() for path in paths]
    pytest.fail(
        "fixture pare: a test of your own takes the settings of a suite, and there are several, "
        f"{', '.join(names[:-1])} and {names[-1]}; name one of them alone, as by --pare-config {names[0]}, or override "
        "the fixture pare_config",
        pytrace=False,
    )


def _read(config: pytest.Config, path: Path) -> Suite:
    try:
        return read_suites(config, [path])[path]
    except pytest.UsageError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def variant_for(node: pytest.Item | pytest.Collector, name: str | None = None) -> Variant:
    """Return a variant of a test's suite.

    Args:
        node: The test.
        name: Name of the variant; `None` is the only one, or the suite itself if it has several.

    Raises:
        pytest.fail.Exception: If the suite has no variant of that name.
    """
    suite = suite_for(node)
    if name is not None:
        variants = {variant.name: variant for variant in suite.variants}
        if name not in variants:
            hint = did_you_mean(str(name), variants)
            pytest.fail(f"fixture pare_variant: {suite.path.name} has no variant {name!r}{hint}", pytrace=False)
        return variants[name]
    return suite.variants[0] if len(suite.variants) == 1 else Variant("", suite.settings)


class Player:
    """Runs scenarios by their ids.

    Args:
        node: The test.
        settings: The settings of the suite, with its libraries.
        config: The settings of the runs.
        agent: The agent under test; `None` is the one that `config.agent_type` names.
    """

    def __init__(
        self,
        node: pytest.Item,
        settings: SuiteSettings,
        config: MultiScenarioRunnerConfig,
        agent: ProactiveAgent | AgentProgram | None,
    ) -> None:
        suite = suite_for(node)
        paths = _suites_of_tests(node.config)
        is_of_tests = suite is node.config.stash.get(_SUITE, None)
        # If a fixture returns other settings, these are used.
        has_defaults = is_of_tests and settings is suite.settings and len(paths) != 1
        if has_defaults and paths:
            _refuse_to_choose(paths, node.config.rootpath)
        self._hint = _NO_SUITE if has_defaults else ""
        self._suite = suite if suite.settings is settings else Suite(suite.path, settings)
        self._rootpath = node.config.rootpath
        self._config = absolute_paths(config, self._suite.path.parent, ("runner",))
        self._agent = agent
        # A run has the same cassette with `--dist loadgroup` as without.
        self._nodeid = without_group(node.nodeid)
        self._runs: Counter[tuple[str, int | None]] = Counter()

    def run(
        self,
        scenario_id: str,
        *,
        agent: ProactiveAgent | AgentProgram | None = None,
        run_number: int | None = None,
        **settings: Any,
    ) -> Run:
        """Play a scenario and return its result and its trace. Errors of the run are in the result.

        Args:
            scenario_id: The scenario; of the suite's libraries, or a bundled one.
            agent: The agent under test, for this run; `None` is the one of the fixtures.
            run_number: The number of the run, if a scenario is run several times.
            **settings: Keys of the suite's `runner` section, for this run.

        Raises:
            pytest.fail.Exception: If there is no such scenario, or a setting is wrong.
        """
        from pytest_pare.simulation.runner import run_scenario

        given = self._agent if agent is None else agent
        if agent is None:
            require_agent(given)
        else:
            require_agent(agent, source="pare.run(agent=...): must be")
        config = updated_config("pare", self._suite, self._config, settings) if settings else self._config
        if agent is not None and config.agent is not None:
            config = without_agent(config)
        under_test, config = tested_agent(given, config, self._suite)
        require_permission(self._suite.settings, config)
        scenario = self._class(scenario_id)(run_number=run_number, scenario_id=scenario_id)
        script_errors = self._suite.settings.scenarios.script_errors
        self._runs[scenario_id, run_number] += 1
        # A test may play a scenario several times in different ways, so the call is numbered.
        variant = f"{self._nodeid}#{self._runs[scenario_id, run_number]}"
        cassette = cassette_of(self._suite, scenario_id, run_number, variant, of_suite=False)
        run = run_scenario(
            scenario,
            config,
            script_errors,
            agent=under_test,
            export_dir=self._suite.traces_dir,
            variant=variant,
            cassette=cassette,
            logs_dir=self._suite.logs_dir(config),
            strict=self._suite.settings.scenarios.strict,
            details="all",
        )
        send_files_of_run(run, self._suite, config, cassette, variant)

        def forked(run: Run, at: int, *, times: int = 1, **change: Any) -> Fork:
            from pytest_pare.what_if.changes import wish_of
            from pytest_pare.what_if.errors import ForkError
            from pytest_pare.what_if.fork import Origin, fork

            __tracebackhide__ = True

            origin = Origin(
                f"{scenario_id}, {variant}",
                run.trace,
                lambda: type(scenario)(run_number=run_number, scenario_id=scenario_id),
                config,
                under_test,
                script_errors,
                self._suite.settings.scenarios.strict,
                self._suite.settings.live,
                None if cassette is None else cassette.path,
            )
            try:
                return fork(origin, at, wish_of(change), times)
            except ForkError as error:
                # The error is about the call in the test: its traceback ends there.
                raise error.with_traceback(None) from None

        return replace(run, forker=forked)

    def _class(self, scenario_id: str) -> type[PAREScenario]:
        from pytest_pare.scenarios.library import bundled_library_dir
        from pytest_pare.scenarios.registration import load_library
        from pytest_pare.scenarios.registry import registry

        try:
            classes, failures = load_scenarios(self._suite, self._rootpath)
        except (SettingsError, OSError, ImportError) as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        if scenario_id not in classes:
            directory = bundled_library_dir()
            load_library(registry, directory)
            registered = registry.registered()
            classes |= {i: registered[i] for i in registry.ids_below(directory)}
        if scenario_id not in classes:
            hint = did_you_mean(scenario_id, classes)
            broken = "".join(f"\n{failure}" for failure in failures)
            pytest.fail(f"there is no scenario {scenario_id!r}{hint}{self._hint}{broken}", pytrace=False)
        return classes[scenario_id]
