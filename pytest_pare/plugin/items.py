"""A suite file as a `pytest.Module` whose functions are the selected scenarios."""

from __future__ import annotations

import hashlib
import inspect
import sys
import warnings
from functools import cached_property
from importlib import metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare import PAREGroupWarning, PARELibraryWarning
from pytest_pare.base.garbage import importing
from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_text
from pytest_pare.engines.rate_limit import directory
from pytest_pare.ledger.run_id import without_group
from pytest_pare.plugin.collected import share_sources
from pytest_pare.plugin.execution import hide_from_users_code, play, warn_at_scenario
from pytest_pare.plugin.failure_report import presentable, sendable_properties
from pytest_pare.plugin.plain_fixtures import plain_values
from pytest_pare.plugin.preparation import prepare
from pytest_pare.plugin.resume import finished_run, report_again
from pytest_pare.plugin.stash import SCENARIO, SUITE, suite_of
from pytest_pare.scenarios.tags import mark_name, tags_of
from pytest_pare.settings import SettingsError, Suite
from pytest_pare.settings.selection import find_overlooked, libraries, load_selected

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.ledger.resuming import FinishedRun
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
    from pytest_pare.scenarios.registration import ImportFailure
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.scenarios.unregistered import Overlooked
    from pytest_pare.settings import Variant

# The arguments of a scenario's function: the fixtures that users override, and the parameters that repeat it.
# They are set up in this order.
_FIXTURES = (
    "pare_runner_config",
    "_pare_model_variables",
    "proactive_agent",
    "pare_variant",
    "pare_run_number",
    "request",
)
_SIGNATURE = inspect.Signature([inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY) for n in _FIXTURES])

# The fixtures that bring settings, or results of runs, into a test that users write themselves.
_OUR_FIXTURES = frozenset({"pare", "pare_config", "pare_runner_config", "pare_variant"})

_GROUPS_ARE_CHECKED = pytest.StashKey[bool]()


class SuiteFile(pytest.Module):
    """A suite file; its functions are the selected scenarios.

    Attributes:
        suite: The file, read.
    """

    suite: Suite

    def __init__(self, *args: Any, suite: Suite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suite = self.stash[SUITE] = suite
        self._functions: dict[str, Callable[..., None]] = {}
        self._location: tuple[str, int | None, str] | None = None

    def funcnamefilter(self, name: str) -> bool:
        """Return whether a name is the id of a selected scenario."""
        return name in self._functions

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Import the libraries and give each selected scenario's function to pytest.

        Raises:
            CollectError: If a library, the split file or the selection is wrong.
        """
        module, root = ModuleType(self.path.stem), self.config.rootpath
        try:
            with importing():
                classes, failures = load_selected(self.suite, root)
        except (SettingsError, OSError, ImportError) as error:
            raise self.CollectError(redacted(str(error))) from error
        register_marks(self.config, classes.values())
        self._functions = {i: _function(i, cls, self.suite) for i, cls in classes.items()}
        vars(module).update(self._functions)
        share_sources(self.nodeid, classes, libraries(self.suite, root).directories, root)
        self.obj = module
        failures += self._refused_overlooked()
        broken = [BrokenModule.from_parent(self, name=_name(f.path, self.path), failure=f) for f in failures]
        items = list(super().collect())
        for item in items:
            if isinstance(item, pytest.Function):
                # pytest makes functions of its own class only.
                item.__class__ = ScenarioItem
                item.stash[SCENARIO] = classes[item.originalname]
                self._refuse_repeats(item)
        return [*items, *broken]

    def _refuse_repeats(self, item: pytest.Function) -> None:
        # Plugins that repeat tests add parameters whose names begin with two underscores.
        if hasattr(item, "callspec") and any(name.startswith("__") for name in item.callspec.params):
            raise self.CollectError(
                f"{item.nodeid}: a plugin or a mark repeats this scenario (pytest-repeat, pytest-flakefinder), which "
                "makes a variant of each repetition; leave that out, and set runs: N in the suite, or --pare-runs N"
            )

    def _refused_overlooked(self) -> list[ImportFailure]:
        """Warn of classes that are not run, once in the session, and return those for which a filter raises errors."""
        from pytest_pare.scenarios.registration import ImportFailure

        refused = []
        for one in find_overlooked(self.suite, self.config.rootpath):
            warning = PARELibraryWarning(redacted(to_text(one.text)))
            try:
                # Each worker applies the filters, because an error must occur in all of them.
                with warnings.catch_warnings(record=not _is_first(one)):
                    warnings.warn_explicit(warning, None, str(one.path), one.line)
            except PARELibraryWarning:
                cause = f"{warning} (-W or filterwarnings makes an error of this warning)"
                refused.append(ImportFailure(one.path, one.line, cause))
        return refused


class ScenarioItem(pytest.Function):
    """A run of a scenario. Its path and line are those of the suite file, as in its node id.

    A run that the resumed session has finished is not played: no fixture is set up, and its result is reported again.
    """

    def setup(self) -> None:
        """Set up the fixtures."""
        __tracebackhide__ = hide_from_users_code
        if self._finished_run() is None:
            self.funcargs.update(plain_values(self))
            super().setup()

    def runtest(self) -> None:
        """Play the run."""
        __tracebackhide__ = hide_from_users_code
        if (finished := self._finished_run()) is None:
            super().runtest()
        else:
            report_again(self, finished)

    def _finished_run(self) -> FinishedRun | None:
        return finished_run(self, self.nodeid.partition("::")[0])

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the suite file, the line in it (from 0) of the section that selects the scenario, and the name."""
        suite = suite_of(self)
        line = 1 if suite is None else suite.document.locate(("scenarios",))[1]
        return self.path, line - 1, self.getmodpath()

    @cached_property
    def location(self) -> tuple[str, int | None, str]:
        """What `reportinfo` returns, with the path relative to the root directory."""
        # The path of all items is the same one, and pytest makes it absolute and relative again for each.
        suite: Any = self.parent
        if suite._location is None:
            suite._location = super().location
        return (*suite._location[:2], self.getmodpath())


class BrokenModule(pytest.Collector):
    """A scenario module that could not be imported; it becomes a collection error or a skip."""

    def __init__(self, *args: Any, failure: ImportFailure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._failure = failure

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Raise the module's error, or its skip."""
        if isinstance(self._failure.error, pytest.skip.Exception):
            raise self._failure.error
        raise self.CollectError(redacted(str(self._failure)))


class ScenarioHooks:
    """Hooks of the process that runs scenarios: repeats them, and redacts the reports."""

    @staticmethod
    @pytest.hookimpl(trylast=True)
    def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
        """Parametrise a scenario by variant and run number. This runs last, so that both end the node id."""
        suite = suite_of(metafunc.definition)
        if suite is None:
            return
        if any(variant.name for variant in suite.variants):
            # By name: other plugins print parameters, and identify runs of a test across sessions by them.
            names = [variant.name for variant in suite.variants]
            metafunc.parametrize("pare_variant", names, ids=names, indirect=True)
        if suite.settings.most_runs > 1:
            runs = range(1, suite.settings.most_runs + 1)
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
            warn_at_scenario(item, PAREGroupWarning(message))
        except PAREGroupWarning:
            raise pytest.fail.Exception(f"PAREGroupWarning: {message}", pytrace=False) from None

    @staticmethod
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Any, pytest.TestReport]:
        """Redact the reports of a scenario."""
        report: Any = yield
        if suite_of(item) is not None or not _OUR_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            report.longrepr = presentable(report.longrepr)
            report.sections = presentable(report.sections, to_text)
            report.user_properties = sendable_properties(report.user_properties)
        return report  # type: ignore[no-any-return]


def _is_first(one: Overlooked) -> bool:
    """Return whether this process is the first of the session to warn of a class."""
    name = hashlib.sha256(str(one).encode("utf-8", "backslashreplace")).hexdigest()[:16]
    try:
        (directory() / f"overlooked-{name}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _lacks_group(item: pytest.Item) -> bool:
    # The option is set by pytest-xdist in its workers.
    is_asked_for = item.config.getoption("loadgroup", default=False) and any(item.iter_markers("xdist_group"))
    return is_asked_for and suite_of(item) is not None and without_group(item.nodeid) == item.nodeid


def _function(scenario_id: str, cls: type[PAREScenario], suite: Suite) -> Callable[..., None]:
    def run(
        *,
        pare_runner_config: MultiScenarioRunnerConfig,
        _pare_model_variables: None,
        proactive_agent: ProactiveAgent | None,
        pare_variant: Variant,
        pare_run_number: int | None,
        request: Any,
    ) -> None:
        __tracebackhide__ = hide_from_users_code
        item, config, agent = request.node, pare_runner_config, proactive_agent
        play(item, prepare(item, scenario_id, cls, config, agent, pare_variant, pare_run_number, suite), agent)

    run.__name__ = run.__qualname__ = scenario_id
    # A dataclass without a docstring has its signature there, which reports would show as a description.
    run.__doc__ = None if str(cls.__doc__).startswith(f"{cls.__name__}(") else cls.__doc__
    run.__module__ = cls.__module__
    # The source and the traceback are the scenario's own.
    vars(run).update(__signature__=_SIGNATURE, __wrapped__=cls.validate, pytestmark=marks_of(cls))
    return run


def register_marks(config: pytest.Config, classes: Iterable[type[PAREScenario]]) -> None:
    """Register the marks of tags for `-m` with strict markers. A name with a colon cannot be registered."""
    known = config.getini("markers")
    for tag in sorted({tag for cls in classes for tag in tags_of(cls)}):
        line = f"{mark_name(tag)}: scenarios with the tag {tag}"
        if line not in known:
            config.addinivalue_line("markers", line)


def marks_of(cls: type[PAREScenario]) -> list[pytest.Mark | pytest.MarkDecorator]:
    """Return the marks of the class and of its module, and those of its tags, for `-m`."""
    own = [mark for base in cls.__mro__ for mark in _as_list(vars(base).get("pytestmark", []))]
    # `pytest.mark` refuses names that are not registered if marks are strict.
    names = [name for tag in tags_of(cls) for name in dict.fromkeys((tag, mark_name(tag)))]
    tags = [pytest.Mark(name, (), {}, _ispytest=True) for name in names]
    return [*own, *_as_list(getattr(sys.modules.get(cls.__module__), "pytestmark", [])), *tags]


def _as_list(marks: Any) -> list[Any]:
    return list(marks) if isinstance(marks, list | tuple) else [marks]


def _name(path: Path, suite_path: Path) -> str:
    directory = suite_path.parent
    return path.relative_to(directory).as_posix() if path.is_relative_to(directory) else path.name
