"""A suite file as a `pytest.Module`: its scenarios are functions, parametrised by run."""

from __future__ import annotations

import hashlib
import inspect
import sys
import warnings
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from pydantic import ValidationError

from pytest_pare.base.redaction import redacted, redacted_plain
from pytest_pare.base.run_files import file_name, suite_reference
from pytest_pare.base.serialization import to_short_text, to_text
from pytest_pare.base.user_frames import users_traceback
from pytest_pare.engines.rate_limit import directory
from pytest_pare.plugin.failure_report import explanation, from_users_code, is_users, presentable, sendable
from pytest_pare.plugin.fixtures import refuse
from pytest_pare.plugin.preflight import require_permission
from pytest_pare.plugin.selection import find_overlooked, load_scenarios, select_ids
from pytest_pare.plugin.suite_results import RunId, without_group
from pytest_pare.plugin.watchdog import watchdog
from pytest_pare.results.validation_result import (
    PAREScenarioValidationResult,
    exception_type_name,
    result_to_record,
)
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig, ScenarioRunnerConfig
from pytest_pare.settings import SettingsError, Suite

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from types import TracebackType

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.engines.recorder import CassetteSpec
    from pytest_pare.scenarios.registration import ImportFailure
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.scenarios.unregistered import Overlooked
    from pytest_pare.settings import Variant
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.runner import Run


# What a scenario asks pytest for: the fixtures that users override, and the parameters that repeat it.
_FIXTURES = ("pare_runner_config", "proactive_agent", "pare_variant", "pare_run_number", "request")
_SIGNATURE = inspect.Signature([inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY) for n in _FIXTURES])

# What brings settings, or what came of a run, into a test of one's own.
_OUR_FIXTURES = frozenset({"pare", "pare_config", "pare_runner_config", "pare_variant"})

RECORD = pytest.StashKey[dict[str, Any]]()
"""The record of the last attempt at a run, on its item: builtins only, as it travels on a report."""


_GROUPS_ARE_CHECKED = pytest.StashKey[bool]()


class PAREScriptWarning(UserWarning):
    """A step of a scenario's script failed, and the suite asked for no more than a warning."""


class PARECassetteWarning(UserWarning):
    """A recording may not be what would be recorded now."""


class PAREGroupWarning(UserWarning):
    """Marks `xdist_group` have no effect."""


class PARELibraryWarning(UserWarning):
    """Something in a library looks like a scenario, and is not run."""


class SuiteFile(pytest.Module):
    """A suite file; its functions are the selected scenarios.

    Attributes:
        suite: The file, read.
    """

    suite: Suite

    def __init__(self, *args: Any, suite: Suite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suite = suite
        self._functions: dict[str, Callable[..., None]] = {}

    def funcnamefilter(self, name: str) -> bool:
        """Take every scenario for a test, whatever its id looks like."""
        return name in self._functions

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Import the libraries and give each selected scenario's function to pytest.

        Raises:
            CollectError: If a library, the split file or the selection is wrong.
        """
        module = ModuleType(self.path.stem)
        try:
            classes, failures = load_scenarios(self.suite, self.config.rootpath)
            # A broken module may hold what the selection misses: then it is the one to tell about.
            ids = [] if failures and not classes else select_ids(classes, self.suite)
            ids = ids[: self.suite.settings.scenarios.limit]
        except (SettingsError, OSError, ImportError) as error:
            raise self.CollectError(redacted(str(error))) from error
        self._functions = {i: _function(i, classes[i], self.suite) for i in ids}
        vars(module).update(self._functions)
        self.obj = module
        failures += self._refused_overlooked()
        broken = [BrokenModule.from_parent(self, name=_name(f.path, self.path), failure=f) for f in failures]
        items = list(super().collect())
        for item in items:
            if isinstance(item, pytest.Function):
                # pytest makes functions of its own class only.
                item.__class__ = ScenarioItem
                self._refuse_repeats(item)
        return [*items, *broken]

    def _refuse_repeats(self, item: pytest.Function) -> None:
        # Plugins give their parameters names that no fixture has.
        if hasattr(item, "callspec") and any(name.startswith("__") for name in item.callspec.params):
            raise self.CollectError(
                f"{item.nodeid}: a plugin or a mark repeats this scenario (pytest-repeat, pytest-flakefinder), which "
                "makes a variant of each repetition; leave that out, and set runs: N in the suite, or --pare-runs N"
            )

    def _refused_overlooked(self) -> list[ImportFailure]:
        """Warn, once in the session, of what is not run, and return that of which a filter makes an error."""
        from pytest_pare.scenarios.registration import ImportFailure

        refused = []
        for one in find_overlooked(self.suite, self.config.rootpath):
            warning = PARELibraryWarning(redacted(to_text(one.text)))
            try:
                # In all workers alike, for an error must be one in each of them.
                with warnings.catch_warnings(record=not _is_first(one)):
                    warnings.warn_explicit(warning, None, str(one.path), one.line)
            except PARELibraryWarning:
                cause = f"{warning} (-W or filterwarnings makes an error of this warning)"
                refused.append(ImportFailure(one.path, one.line, cause))
        return refused


class ScenarioItem(pytest.Function):
    """A run of a scenario. Its path and its line are both of the suite file, which its node id names."""

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the suite file, the line in it (from 0) of the section that selects the scenario, and the name."""
        suite = suite_of(self)
        line = 1 if suite is None else suite.document.locate(("scenarios",))[1]
        return self.path, line - 1, self.getmodpath()


def _is_first(one: Overlooked) -> bool:
    """Tell whether nothing has warned of it in this session, in whatever process."""
    name = hashlib.sha256(str(one).encode("utf-8", "backslashreplace")).hexdigest()[:16]
    try:
        (directory() / f"overlooked-{name}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


class BrokenModule(pytest.Collector):
    """A scenario module that could not be imported: an error of the collection, of its own, or a skip of its own."""

    def __init__(self, *args: Any, failure: ImportFailure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._failure = failure

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Tell what is wrong with the module."""
        if isinstance(self._failure.error, pytest.skip.Exception):
            raise self._failure.error
        raise self.CollectError(redacted(str(self._failure)))


class ScenarioHooks:
    """Hooks of the process that runs scenarios: repeats them, and redacts the reports."""

    @staticmethod
    @pytest.hookimpl(trylast=True)
    def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
        """Repeat a scenario in each variant as often as its suite says. Last, so that both end the node id."""
        suite = suite_of(metafunc.definition)
        if suite is None:
            return
        if any(variant.name for variant in suite.variants):
            # By name: other plugins print parameters, and tell runs of a test in two sessions by them.
            names = [variant.name for variant in suite.variants]
            metafunc.parametrize("pare_variant", names, ids=names, indirect=True)
        if suite.settings.runs > 1:
            runs = range(1, suite.settings.runs + 1)
            metafunc.parametrize("pare_run_number", runs, ids=[f"run{run}" for run in runs])

    @staticmethod
    def pytest_runtest_setup(item: pytest.Item) -> None:
        """Warn, once in each worker, if `--dist loadgroup` ignores the groups of scenarios."""
        if _GROUPS_ARE_CHECKED in item.config.stash or not _lacks_group(item):
            return
        item.config.stash[_GROUPS_ARE_CHECKED] = True
        message = (
            "--dist loadgroup ignores the mark xdist_group: pytest-xdist "
            f"{metadata.version('pytest-xdist')} does not put the group into the node ids of pytest "
            f"{pytest.__version__}; install pytest<9.2, or use --dist loadfile, which keeps a whole suite on one worker"
        )
        try:
            _warn_at_scenario(item, PAREGroupWarning(message))
        except PAREGroupWarning:
            raise pytest.fail.Exception(f"PAREGroupWarning: {message}", pytrace=False) from None

    @staticmethod
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, pytest.TestReport]:
        """Redact what the reports of a scenario say."""
        report: Any = yield
        if suite_of(item) is not None or not _OUR_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            report.longrepr = presentable(report.longrepr)
            report.sections = presentable(report.sections, to_text)
            report.user_properties = sendable(report.user_properties)
        return report  # type: ignore[no-any-return]


def _lacks_group(item: pytest.Item) -> bool:
    # The option is set by pytest-xdist in its workers.
    is_asked_for = item.config.getoption("loadgroup", default=False) and any(item.iter_markers("xdist_group"))
    return is_asked_for and suite_of(item) is not None and without_group(item.nodeid) == item.nodeid


def suite_of(node: pytest.Item | pytest.Collector) -> Suite | None:
    """Return the suite that a node belongs to."""
    parent = node.getparent(SuiteFile)
    return None if parent is None else parent.suite


def _function(scenario_id: str, cls: type[PAREScenario], suite: Suite) -> Callable[..., None]:
    def play(
        *,
        pare_runner_config: MultiScenarioRunnerConfig,
        proactive_agent: ProactiveAgent | None,
        pare_variant: Variant,
        pare_run_number: int | None,
        request: Any,
    ) -> None:
        __tracebackhide__ = _hide_from_users_code
        item, config, agent = request.node, pare_runner_config, proactive_agent
        _play(item, scenario_id, cls, config, agent, pare_variant, pare_run_number, suite)

    play.__name__ = play.__qualname__ = scenario_id
    # A dataclass without a docstring has its signature there, which reports would show as a description.
    play.__doc__ = None if str(cls.__doc__).startswith(f"{cls.__name__}(") else cls.__doc__
    play.__module__ = cls.__module__
    # The source and the traceback are the scenario's own.
    vars(play).update(__signature__=_SIGNATURE, __wrapped__=cls.validate, pytestmark=_marks(cls))
    return play


def _marks(cls: type[PAREScenario]) -> list[pytest.Mark | pytest.MarkDecorator]:
    """Return the marks of the class and of its module."""
    own = [mark for base in cls.__mro__ for mark in _as_list(vars(base).get("pytestmark", []))]
    return own + _as_list(getattr(sys.modules.get(cls.__module__), "pytestmark", []))


def _as_list(marks: Any) -> list[Any]:
    return list(marks) if isinstance(marks, list | tuple) else [marks]


def _play(
    item: pytest.Item,
    scenario_id: str,
    cls: type[PAREScenario],
    config: MultiScenarioRunnerConfig,
    agent: ProactiveAgent | None,
    variant: Variant,
    run_number: int | None,
    suite: Suite,
) -> None:
    __tracebackhide__ = _hide_from_users_code
    require_agent(agent)
    _refuse_two_agents(config, agent, variant, suite)
    config_record = _config_to_record(config, agent)
    _refuse_another_level(config, variant)
    require_permission(suite.settings, config)
    with watchdog(item.config, item.nodeid, getattr(config, "timeout_seconds", None)) as start_watchdog:
        scenario, run = _run(item, scenario_id, cls, config, agent, run_number, suite, start_watchdog)
    refused = _warn(item, run)
    if refused and run.result.status == "success":
        # Nothing is known of the agent that somebody who asks for this would believe.
        run.result.success, run.result.exception, run.result.error_kind = None, refused[0], "configuration"
    record = {
        "result": result_to_record(run.result),
        "config": config_record,
        "level": None if variant.level is None else list(variant.level),
        "problem": None if run.export_error is None else redacted(to_short_text(run.export_error)),
        "setup_seconds": run.setup_seconds,
    }
    item.stash[RECORD] = sendable(record)
    if run.result.status == "success":
        return
    error = run.result.exception
    also = [f"{exception_type_name(one)}: {one}" for one in refused if one is not error]
    if error is not None and is_users(error):
        for told in also:
            error.add_note(told)
        raise error if item.config.getoption("fulltrace") else from_users_code(error)
    raised = None if run.agent_error is None else users_traceback(run.agent_error.__traceback__)
    _fail("\n\n".join([explanation(run), *also]), scenario, run.env, raised)


def _fail(
    text: str,
    scenario: PAREScenario | None,
    env: StateAwareEnvironmentWrapper | None,
    raised: TracebackType | None,
) -> NoReturn:
    """Fail the item. `--pdb` stops here, with the scenario and the environment in scope, or in the agent's frame.

    Args:
        text: What the failure says.
        scenario: The scenario, as the run left it.
        env: The environment, likewise.
        raised: Where the agent raised, if it did.
    """
    raise pytest.fail.Exception(text, pytrace=False).with_traceback(raised)


def _warn(item: pytest.Item, run: Run) -> list[Warning]:
    """Tell the warnings of a run, and return those that are errors here."""
    refused: list[Warning] = []
    for warning in run.warnings:
        kind = PARECassetteWarning if warning in run.recording_warnings else PAREScriptWarning
        told = redacted(to_short_text(warning))
        try:
            _warn_at_scenario(item, kind(told))
        except kind:
            # Not the one that was raised, whose traceback is ours and pytest's.
            refused.append(kind(f"{told} (-W or filterwarnings makes an error of this warning)"))
    return refused


def _warn_at_scenario(item: pytest.Item, warning: Warning) -> None:
    # Pytest prints the line of the source. A line of the suite file, which is the item's place, may hold a password.
    function: Any = getattr(item, "obj", None)
    code = getattr(inspect.unwrap(function), "__code__", None)
    path, line = (item.path, 0) if code is None else (Path(code.co_filename), code.co_firstlineno)
    root = item.config.rootpath
    warnings.warn_explicit(warning, None, str(path.relative_to(root) if path.is_relative_to(root) else path), line)


def _refuse_two_agents(
    config: MultiScenarioRunnerConfig, agent: ProactiveAgent | None, variant: Variant, suite: Suite
) -> None:
    # A session or a variant that was told to test another agent must not test this one.
    told = [override.source for override in suite.overrides if override.key == "runner.agent_type"]
    if variant.settings.runner.agent_type != suite.settings.runner.agent_type:
        told.append(f"variant {variant.name}")
    if told and agent is not None and not config.oracle:
        pytest.fail(
            f"{told[-1]} says runner.agent_type = {config.agent_type}, and the fixture proactive_agent returns another "
            "agent, which would win; leave one out (--noconftest leaves out what a conftest.py overrides)",
            pytrace=False,
        )


def _refuse_another_level(config: MultiScenarioRunnerConfig, variant: Variant) -> None:
    # A run must not count at a level of the sweep that it was not played at.
    if variant.level is None:
        return
    key, level = variant.level
    value: Any = config
    for part in key.removeprefix("runner.").split("."):
        value = getattr(value, part, None)
    if value != level:
        pytest.fail(
            f"variant {variant.name} says {key} = {level:g}, and a fixture makes it {value}; the fixture would win, so "
            "leave one out",
            pytrace=False,
        )


def _config_to_record(config: MultiScenarioRunnerConfig, agent: ProactiveAgent | None) -> dict[str, Any]:
    """Return a config as builtins of which the controller can make a `MultiScenarioRunnerConfig`."""
    if not isinstance(config, ScenarioRunnerConfig):
        wrong = f"fixture pare_runner_config: must return a ScenarioRunnerConfig, got {config!r:.80}"
        pytest.fail(wrong, pytrace=False)
    try:
        record: dict[str, Any] = redacted_plain(
            config.model_dump(mode="json", include=set(MultiScenarioRunnerConfig.model_fields))
        )
        if agent is not None and not config.oracle:
            from pytest_pare.simulation.participants import name_of

            record["agent_type"] = name_of(agent)
        MultiScenarioRunnerConfig.model_validate(record)
    except ValidationError as error:
        refuse("pare_runner_config", error)
    return record


def _run(
    item: pytest.Item,
    scenario_id: str,
    cls: type[PAREScenario],
    config: MultiScenarioRunnerConfig,
    agent: ProactiveAgent | None,
    run_number: int | None,
    suite: Suite,
    on_start: Callable[[], None],
) -> tuple[PAREScenario | None, Run]:
    from pytest_pare.simulation.runner import Run, run_scenario
    from pytest_pare.simulation.trace import Trace

    variant = RunId.of(item.nodeid, repeated=suite.settings.runs > 1).variant
    scenario: PAREScenario | None = None
    try:
        # The id by name: a class that is registered under two has but the last one on it.
        scenario = cls(run_number=run_number, scenario_id=scenario_id)
        return scenario, run_scenario(
            scenario,
            anchored(config, suite),
            suite.settings.scenarios.script_errors,
            agent=agent,
            variant=variant,
            cassette=cassette_of(suite, scenario_id, run_number, variant, of_suite=True),
            on_start=on_start,
        )
    except Exception as error:  # noqa: BLE001 - a constructor of a user's may raise anything
        result = PAREScenarioValidationResult(success=None, exception=error)
        return scenario, Run(result, Trace(scenario_id, 0.0, ()))


def cassette_of(
    suite: Suite, scenario_id: str, run_number: int | None, variant: str, *, of_suite: bool
) -> CassetteSpec | None:
    """Return where a run is recorded, or replayed from; `None` if its suite has no cassettes.

    Args:
        suite: The suite.
        scenario_id: The scenario.
        run_number: The number of the run; `None` where each scenario is run once.
        variant: What tells the run from others of the same scenario and number.
        of_suite: Whether the suite itself makes the run, and not a test of somebody's own.
    """
    from pytest_pare.engines.recorder import CassetteSpec

    settings, directory = suite.settings.cassettes, suite.cassettes_dir
    if settings is None or directory is None:
        return None
    recorder = suite_reference(suite.path, directory) if of_suite else ""
    path = directory / file_name(scenario_id, run_number, variant, "jsonl")
    return CassetteSpec(path, settings.mode, settings.on_drift, suite.settings.live, variant, recorder)


def require_agent(agent: object) -> None:
    """Fail the test if what stands for the agent under test can be none."""
    if agent is not None and not callable(agent):
        wrong = f"fixture proactive_agent: must return an agent, which takes a turn, or None, got {agent!r:.80}"
        pytest.fail(wrong, pytrace=False)


def anchored(config: MultiScenarioRunnerConfig, suite: Suite) -> MultiScenarioRunnerConfig:
    """Return the config with its paths absolute, and one for traces: in a suite they are relative to the file."""
    update: dict[str, Any] = {"output_dir": str(suite.resolve(config.output_dir or "traces"))}
    if config.noise.data is not None:
        update["noise"] = config.noise.model_copy(update={"data": str(suite.resolve(config.noise.data))})
    for role, engine in config.engines.items():
        if isinstance(engine.answers, str):
            answers = str(suite.resolve(engine.answers))
            update[f"{role}_engine_config"] = engine.model_copy(update={"answers": answers})
    return config.model_copy(update=update)


def _hide_from_users_code(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    """Keep the plugin's frames out of a traceback; an explanation has none, and pytest must find a frame to say so."""
    return not excinfo.errisinstance(pytest.fail.Exception)


def _name(path: Path, suite_path: Path) -> str:
    directory = suite_path.parent
    return path.relative_to(directory).as_posix() if path.is_relative_to(directory) else path.name
