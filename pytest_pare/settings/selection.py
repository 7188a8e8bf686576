"""Selects the scenarios of a library that a suite runs."""

from __future__ import annotations

from fnmatch import fnmatchcase
from importlib import metadata
from typing import TYPE_CHECKING, NamedTuple

from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.scenarios.library import BUNDLED_SPLITS, SCENARIO_ENTRY_POINT_GROUP, bundled_library_dir, ids_in_source
from pytest_pare.scenarios.registration import default_library_dirs
from pytest_pare.scenarios.tags import tags_in_source, tags_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from pytest_pare.scenarios.registration import ImportFailure
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.scenarios.unregistered import Overlooked
    from pytest_pare.settings import Suite


class Libraries(NamedTuple):
    """The sources of a suite's scenarios.

    Attributes:
        directories: Directories of scenario modules.
        entry_points: Whether scenarios that entry points register are used, too.
    """

    directories: list[Path]
    entry_points: bool


def libraries(suite: Suite, rootdir: Path) -> Libraries:
    """Return the libraries that a suite names; if it names none, the default ones and all entry points.

    Raises:
        SettingsError: If a directory of the suite's does not exist.
        FileNotFoundError: If a default directory does not exist.
    """
    settings = suite.settings.scenarios
    if not settings.paths and not settings.bundled:
        return Libraries(default_library_dirs(rootdir), entry_points=True)
    directories = suite.library_dirs()
    if settings.bundled:
        directories.append(bundled_library_dir())
    return Libraries(directories, entry_points=False)


def load_scenarios(suite: Suite, rootdir: Path) -> tuple[dict[str, type[PAREScenario]], list[ImportFailure]]:
    """Import the libraries of a suite and return their scenarios by id, sorted, and the failed imports.

    Raises:
        SettingsError: If a directory of the suite's does not exist.
        OSError: If a default directory cannot be read.
        ImportError: If an entry point cannot be loaded.
    """
    return _load(libraries(suite, rootdir), None)


def _load(
    found: Libraries, wanted: Collection[str] | None
) -> tuple[dict[str, type[PAREScenario]], list[ImportFailure]]:
    """Import libraries; of the bundled one, only the modules with the wanted names."""
    from pytest_pare.scenarios.registration import load_library
    from pytest_pare.scenarios.registry import registry

    bundled = bundled_library_dir()
    failures: list[ImportFailure] = []
    for directory in found.directories:
        # A bundled scenario with the id of another one is imported, too: it reports the second registration.
        names = None if wanted is None or directory != bundled else {*wanted, *registry.registered()}
        failures += load_library(registry, directory, names)
    ids = {i for directory in found.directories for i in registry.ids_below(directory)}
    if found.entry_points:
        ids |= registry.load_entry_points()
    registered = registry.registered()
    return {i: registered[i] for i in sorted(ids)}, failures


def load_selected(suite: Suite, rootdir: Path) -> tuple[dict[str, type[PAREScenario]], list[ImportFailure]]:
    """Import the libraries of a suite as `load_scenarios` does, and return the scenarios that it selects, in order.

    A module of the bundled library is imported only if its scenario may be selected. It has the name of the scenario,
    and registers nothing else. Modules of other libraries are always imported: they may register anything, and the
    session reports those that fail.

    Raises:
        SettingsError: If a directory of the suite's does not exist, or the selection is wrong.
        OSError: If a default directory cannot be read.
        ImportError: If an entry point cannot be loaded.
    """
    found, planned = libraries(suite, rootdir), plan(suite, rootdir)
    classes, failures = _load(found, planned.ids if planned.is_all else None)
    available: dict[str, Collection[str]] = {}
    if planned.is_all and bundled_library_dir() in found.directories:
        # A pattern of `exclude` may match scenarios whose modules are not imported.
        known = ids_in_source(bundled_library_dir()) if suite.settings.scenarios.exclude else planned.ids
        available = dict.fromkeys(known, ())
    # A broken module may hold the scenarios that the selection misses: then its failure is the one to report.
    ids = [] if failures and not classes else select_ids({**available, **tagged(classes)}, suite)
    return {i: classes[i] for i in ids[: suite.settings.scenarios.limit]}, failures


def find_overlooked(suite: Suite, rootdir: Path) -> list[Overlooked]:
    """Return the classes in a suite's libraries that look like scenarios and are not run; after `load_scenarios`."""
    from pytest_pare.scenarios.registry import registry
    from pytest_pare.scenarios.unregistered import overlooked

    return overlooked(registry, libraries(suite, rootdir).directories)


def select_ids(available: Mapping[str, Collection[str]], suite: Suite) -> list[str]:
    """Return the ids that a suite selects before its limit, in the order of its split file, or else sorted.

    Args:
        available: The tags of each scenario by its id.
        suite: The suite.

    Raises:
        SettingsError: If the split file names an id that is not available, a pattern of `include`, `exclude` or `tags`
            matches nothing, or nothing is left.
    """
    settings = suite.settings.scenarios
    known = sorted(available)
    ids = known
    split = suite.split_ids()
    if split is not None:
        for scenario_id in split:
            if scenario_id not in known:
                is_bundled = suite.settings.scenarios.split in BUNDLED_SPLITS
                hint = "; set scenarios.bundled: true" if is_bundled else did_you_mean(scenario_id, known)
                message = f"there is no scenario {scenario_id!r}{hint}"
                raise suite.error(("scenarios", "split"), message)
        ids = split
    for key in ("include", "exclude"):
        for index, pattern in enumerate(getattr(settings, key)):
            if not any(fnmatchcase(i, pattern) for i in known):
                message = f"{pattern!r} matches no scenario{did_you_mean(pattern, known)}"
                raise suite.error(("scenarios", key, index), message)
    if settings.include:
        ids = [i for i in ids if any(fnmatchcase(i, pattern) for pattern in settings.include)]
    ids = [i for i in ids if not any(fnmatchcase(i, pattern) for pattern in settings.exclude)]
    ids = _with_tags(ids, available, suite)
    if not ids:
        raise suite.error(("scenarios",), f"no scenario is selected, of {len(known)} in the library")
    return ids


def _with_tags(ids: list[str], available: Mapping[str, Collection[str]], suite: Suite) -> list[str]:
    known = sorted({tag for tags in available.values() for tag in tags})
    for index, pattern in enumerate(suite.settings.scenarios.tags):
        if not any(fnmatchcase(tag, pattern) for tag in known):
            message = f"{pattern!r} matches no tag{did_you_mean(pattern, known)}"
            raise suite.error(("scenarios", "tags", index), message)
        ids = [i for i in ids if any(fnmatchcase(tag, pattern) for tag in available[i])]
    return ids


def tagged(classes: Mapping[str, type[PAREScenario]]) -> dict[str, tuple[str, ...]]:
    """Return the tags of scenarios by their ids, for `select_ids`."""
    return {scenario_id: tags_of(cls) for scenario_id, cls in classes.items()}


class Plan(NamedTuple):
    """The selection, as far as it is known before the libraries are imported.

    Attributes:
        ids: The scenarios that are selected before the limit, according to the source of the modules.
        is_all: Whether that is the whole selection.
    """

    ids: tuple[str, ...]
    is_all: bool


def plan(suite: Suite, rootdir: Path) -> Plan:
    """Return which scenarios `select_ids` will select.

    It reads the source of the library and imports nothing. It ignores errors, because the collection reports them.
    """
    from pytest_pare.settings import SettingsError

    try:
        found = libraries(suite, rootdir)
        available: dict[str, Collection[str] | None] = {
            i: () for directory in found.directories for i in ids_in_source(directory)
        }
        if suite.settings.scenarios.tags:
            for directory in found.directories:
                available |= tags_in_source(directory)
        known = {i: tags for i, tags in available.items() if tags is not None}
        if len(known) < len(available):
            return Plan((), is_all=False)
        ids = select_ids(known, suite)
    except (SettingsError, OSError):
        return Plan((), is_all=False)
    return Plan(tuple(ids), is_all=not (found.entry_points and metadata.entry_points(group=SCENARIO_ENTRY_POINT_GROUP)))
