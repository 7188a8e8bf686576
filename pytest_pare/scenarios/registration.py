"""Loads the scenario modules of a library."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pytest_pare.scenarios.library import bundled_library_dir, library_modules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from contextlib import AbstractContextManager

SCENARIOS_DIR_VARIABLE = "PARE_SCENARIOS_DIR"
DEFAULT_SCENARIOS_DIR = "scenarios"
LIBRARY_MODULE = "pare_library:"
"""Begins the names of the modules that `load_library` loads from files, and that no import finds by itself."""


class LibraryRegistry(Protocol):
    """The part of a registry that loading a library uses.

    Attributes:
        loaded_files: Modification time and size of each module that was loaded from a library directory.
    """

    loaded_files: dict[str, tuple[int, int]]

    def library_pass(self) -> AbstractContextManager[None]:
        """Refuse, within this context, an id that is registered a second time."""

    def forget_file(self, file: str) -> None:
        """Drop every scenario that is registered from `file`."""


@dataclass(frozen=True)
class ImportFailure:
    """A scenario module that could not be imported.

    Attributes:
        path: The module's file.
        line: Line in that file at which the import failed.
        cause: The exception's type and message.
        error: The exception.
    """

    path: Path
    line: int
    cause: str
    error: BaseException | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.cause}"


class ScenarioImportError(ImportError):
    """Scenario modules could not be imported. The message has a line for each module."""

    def __init__(self, failures: Iterable[ImportFailure]) -> None:
        self.failures = tuple(failures)
        super().__init__("\n".join(map(str, self.failures)))


def register_pare_scenarios(registry: LibraryRegistry, rootdir: Path | None = None) -> None:
    """Load every scenario module under the directories that `PARE_SCENARIOS_DIR` names.

    Args:
        registry: The registry that the modules' decorators write to.
        rootdir: Base of relative directories. Default: the working directory.

    Raises:
        FileNotFoundError: If a directory does not exist.
        ScenarioImportError: If a module cannot be imported. The others are loaded nevertheless.
    """
    failures = [
        failure
        for directory in default_library_dirs(rootdir or Path.cwd())
        for failure in load_library(registry, directory)
    ]
    if failures:
        raise ScenarioImportError(failures)


def default_library_dirs(rootdir: Path) -> list[Path]:
    """Return the directories in `PARE_SCENARIOS_DIR`, separated by commas; the default is `scenarios/`.

    Each is absolute, relative to `rootdir`, or relative to the bundled library; the first that exists is used. The name
    `scenarios` stands for the bundled library if `rootdir` has no such directory.

    Raises:
        FileNotFoundError: If a directory does not exist; the message names the variable.
    """
    named = os.environ.get(SCENARIOS_DIR_VARIABLE) or DEFAULT_SCENARIOS_DIR
    bundled = bundled_library_dir()
    directories = []
    for name in filter(None, (part.strip() for part in named.split(","))):
        candidates = [rootdir / name, bundled / name]
        if name.rstrip("/") == DEFAULT_SCENARIOS_DIR:
            candidates.append(bundled)
        found = next((candidate for candidate in candidates if candidate.is_dir()), None)
        if found is None:
            raise FileNotFoundError(
                f"{SCENARIOS_DIR_VARIABLE}: no directory {name!r}, neither in {rootdir} nor in the bundled library"
            )
        directories.append(found)
    return directories


def load_library(
    registry: LibraryRegistry, directory: Path, names: Collection[str] | None = None
) -> list[ImportFailure]:
    """Import the scenario modules below `directory`, in a fixed order, and return the failures.

    A loaded module is imported again only if its file has changed. One thread at a time loads; others wait for it.

    Args:
        registry: The registry that the modules' decorators write to.
        directory: The directory.
        names: The names of the modules that are imported; `None` imports all.
    """
    modules = [path for path in library_modules(directory) if names is None or path.stem in names]
    with registry.library_pass():
        return [failure for path in modules if (failure := _load(registry, path)) is not None]


def module_name(path: Path) -> str:
    """Return the name in `sys.modules` of the module that is loaded from a file of a library."""
    # Derived from the path, so that another process finds a pickled class. Without dots, because it is in no package.
    return LIBRARY_MODULE + str(path.with_suffix("")).replace(".", "%2e")


def _load(registry: LibraryRegistry, path: Path) -> ImportFailure | None:
    status = path.stat()
    version = (status.st_mtime_ns, status.st_size)
    file = str(path)
    if registry.loaded_files.get(file) == version:
        return None
    registry.forget_file(file)
    name = module_name(path)
    spec = util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        return ImportFailure(path, 1, "not a Python module")
    module = util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a module may fail in any way, also by sys.exit(); each is reported
        sys.modules.pop(name, None)
        registry.forget_file(file)
        return ImportFailure(path, _line_in(path, error), f"{type(error).__name__}: {_message(error)}", error)
    registry.loaded_files[file] = version
    return None


def _line_in(path: Path, error: BaseException) -> int:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == str(path)), 1)


def _message(error: BaseException) -> str:
    """Return the message of `error` on one line."""
    return " ".join((error.msg if isinstance(error, SyntaxError) else str(error)).split())
