"""The suites that a command names, and their scenarios with the apps on their phones."""

from __future__ import annotations

import inspect
import sys
from contextlib import redirect_stdout
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pytest_pare.base.documents import display
from pytest_pare.base.extensions import ExtensionError
from pytest_pare.base.project import INI_ALIAS, SUITE_FILE_NAME, paths_of, read_ini, suite_files, suite_files_in
from pytest_pare.base.serialization import error_text
from pytest_pare.base.suggestions import suggested_glob
from pytest_pare.scenarios.tags import tags_of
from pytest_pare.settings import SettingsError, Suite, SuiteSettings, load_suite
from pytest_pare.settings.selection import load_selected

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_pare.base.project import Project
    from pytest_pare.scenarios.scenario import PAREScenario


class PhoneApp(NamedTuple):
    """An app on the phone of a scenario.

    Attributes:
        name: Its name there.
        app_class: The name of its class.
        is_everywhere: Whether every phone has one: the home screen, and the channel between agent and user.
    """

    name: str
    app_class: str
    is_everywhere: bool


class ListedScenario(NamedTuple):
    """A scenario of a suite.

    Attributes:
        scenario_id: Its id.
        description: The docstring of its class, without indentation.
        file: The file that registers it.
        line: The line there.
        tags: Its tags.
        apps: The apps on its phone, in its order.
        problem: Why the phone cannot be set up; `None` if it can.
    """

    scenario_id: str
    description: str
    file: str
    line: int
    tags: tuple[str, ...]
    apps: tuple[PhoneApp, ...]
    problem: str | None


class SelectedScenario(NamedTuple):
    """A scenario of a suite, imported.

    Attributes:
        scenario_id: Its id.
        cls: Its class.
        settings: The settings of the suite.
    """

    scenario_id: str
    cls: type[PAREScenario]
    settings: SuiteSettings


class Listing(NamedTuple):
    """The scenarios that a suite selects.

    Attributes:
        scenarios: The scenarios, in the order of the suite.
        problems: A line for each module that cannot be imported.
    """

    scenarios: list[ListedScenario]
    problems: list[str]


def named_suites(paths: Iterable[Path], project: Project) -> dict[str, Suite]:
    """Return the suites that arguments name, by their titles; without arguments, those of the project.

    A directory stands for the suite files in it; without any, it is a library, and all of its scenarios are selected.
    A project without suite files has one with the defaults.

    Raises:
        click.ClickException: If a file of the project's or of a suite's is wrong.
    """
    try:
        named = list(paths)
        files = [] if named else suite_files(project)
        for path in named:
            files += (suite_files_in(path) or [path]) if path.is_dir() else [path]
        suites = {display(file.absolute()): _suite_at(file) for file in files}
    except (ExtensionError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: cannot be read: {error.strerror}") from error
    return suites or {"default libraries": _suite_of(project.rootdir, {})}


def bundled_suite(project: Project) -> dict[str, Suite]:
    """Return a suite of the bundled library, by its title."""
    return {"bundled library": _suite_of(project.rootdir, {"bundled": True})}


def _suite_at(path: Path) -> Suite:
    return _suite_of(path, {"paths": [str(path.absolute())]}) if path.is_dir() else load_suite(path)


def _suite_of(directory: Path, scenarios: dict[str, Any]) -> Suite:
    return Suite(directory / SUITE_FILE_NAME, SuiteSettings.model_validate({"scenarios": scenarios}))


def prepare_imports(project: Project) -> None:
    """Let the modules of a library import what they can import in a session: by the ini values of the project.

    Raises:
        click.ClickException: If the settings file of the project is wrong.
    """
    try:
        ini = {} if project.settings_file is None else read_ini(project.settings_file)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{project.settings_file}: cannot be read: {error}") from error
    for path in (project.rootdir, *reversed(paths_of(ini.get("pythonpath"), project.rootdir))):
        if str(path) not in sys.path:
            sys.path.insert(0, str(path))
    if str(ini.get(INI_ALIAS, "")).strip().lower() in ("1", "true", "yes", "on"):
        from pytest_pare.compat import install

        install()


def selected_scenarios(suite: Suite, project: Project) -> Listing:
    """Import the libraries of a suite, and return the scenarios that it selects.

    Raises:
        click.ClickException: If the selection of the suite is wrong.
    """
    # The modules of a library may print; the output of a command is its own.
    with redirect_stdout(sys.stderr):
        classes, problems = _selected(suite, project)
        return Listing([_listed(i, cls) for i, cls in classes.items()], problems)


def selected_classes(
    suites: Iterable[Suite], project: Project, globs: Iterable[str]
) -> tuple[list[SelectedScenario], list[str]]:
    """Import the libraries of suites, and return the scenarios that they select.

    Args:
        suites: The suites.
        project: The project.
        globs: Patterns of ids, of which one must match; none selects all.

    Returns:
        The scenarios, and a line for each module that cannot be imported.

    Raises:
        click.ClickException: If the selection of a suite is wrong.
        click.UsageError: If a pattern matches nothing.
    """
    found: list[SelectedScenario] = []
    problems: list[str] = []
    with redirect_stdout(sys.stderr):
        for suite in suites:
            classes, failures = _selected(suite, project)
            problems += failures
            found += [SelectedScenario(i, cls, suite.settings) for i, cls in classes.items()]
    patterns = list(globs)
    known = [one.scenario_id for one in found]
    for glob in patterns:
        if not any(fnmatchcase(scenario_id, glob) for scenario_id in known):
            raise click.UsageError(f"-k: {glob!r} matches no scenario{suggested_glob(glob, known)}")
    return [
        one for one in found if not patterns or any(fnmatchcase(one.scenario_id, glob) for glob in patterns)
    ], problems


def _selected(suite: Suite, project: Project) -> tuple[dict[str, type[PAREScenario]], list[str]]:
    """Return the scenarios that a suite selects, in its order, and a line for each module that cannot be imported."""
    try:
        classes, failures = load_selected(suite, project.rootdir)
    except (SettingsError, OSError, ImportError) as error:
        raise click.ClickException(str(error)) from error
    return classes, list(map(str, failures))


def _listed(scenario_id: str, cls: type[PAREScenario]) -> ListedScenario:
    from are.simulation.apps.agent_user_interface import AgentUserInterface

    from pytest_pare.apps import HomeScreenSystemApp
    from pytest_pare.scenarios.registry import registry

    place = registry.place_of(scenario_id)
    apps: list[Any] = []
    problem = None
    try:
        scenario = cls()
        try:
            scenario.initialize()
        finally:
            apps = list(scenario.apps or [])
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the code of a scenario may fail in any way
        problem = error_text(error)
    shown = tuple(
        PhoneApp(app.name, type(app).__name__, isinstance(app, AgentUserInterface | HomeScreenSystemApp))
        for app in apps
    )
    # A dataclass without a docstring has its signature there.
    doc = "" if str(cls.__doc__).startswith(f"{cls.__name__}(") else inspect.cleandoc(cls.__doc__ or "")
    return ListedScenario(scenario_id, doc, place.file, place.line, tags_of(cls), shown, problem)
