"""What a run depends on in the files of a project: digests, and how those of two checkouts differ."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_pare.ledger.header import versions
from pytest_pare.ledger.plan import settings_of
from pytest_pare.scenarios.library import library_modules
from pytest_pare.scenarios.source_hash import forget_files, module_file, modules_of
from pytest_pare.settings import SettingsError
from pytest_pare.settings.selection import libraries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_pare.settings import Suite

# A worker needs no pytest-xdist, and gets pytest from the controller.
_COMPARED = ("python", "pytest-pare", "meta-agents-research-environments", "litellm")
# Only the controller uses them, or they are paths that only it writes.
_OF_CONTROLLER: Any = {"gate": True, "reports": True, "ledger": True}
_MISSING = "no file"


@dataclass(frozen=True)
class Checkout:
    """The state of a project in one checkout, as builtins, so that another machine can compare its own.

    Attributes:
        versions: Distribution to its version, and `python` to the minor version of the interpreter.
        settings: The node id of a suite file to its settings, with the overrides of the command line, by dotted key.
        files: Name to hash of each module of the libraries and of each cassette. The name is the path in the rootdir,
            or behind the name of a directory outside of it.
        imported: The same of the modules that these import, of the files `conftest.py`, and of the agent.
    """

    versions: dict[str, str]
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, suites: Mapping[str, Suite], rootdir: Path) -> Checkout:
        """Return the state of the project that suites belong to.

        Args:
            suites: The suites, by the node ids of their files.
            rootdir: The rootdir of the session.
        """
        forget_files()
        files: dict[str, Path] = {}
        imported: dict[str, Path] = {}
        for suite in suites.values():
            for directory in _library_dirs(suite, rootdir):
                for path in library_modules(directory):
                    files[_name(path, directory, rootdir)] = path
                    imported |= _inside(modules_of(path, directory).values(), rootdir)
            files |= {_name(path, path.parent, rootdir): path for path in _cassettes(suite)}
            for path in _of_agent(suite, rootdir):
                imported |= _inside([path, *modules_of(path, rootdir).values()], rootdir)
        return cls(
            compared_versions(),
            {name: settings_of(suite, rootdir, _OF_CONTROLLER) for name, suite in suites.items()},
            {name: _hash(path) for name, path in files.items()},
            {name: _hash(path) for name, path in imported.items() if name not in files},
        )


def compared_versions() -> dict[str, str]:
    """Return the versions that must be the same in each process: Python's minor one, and of some distributions."""
    found = {name: version for name, version in versions().items() if name in _COMPARED}
    return {**found, "python": ".".join(found["python"].split(".")[:2])}


def version_differences(expected: Mapping[str, str], own: Mapping[str, str]) -> list[str]:
    """Return a clause for each version that differs; none if no version is expected."""
    return [
        f"{name}: expected version {expected.get(name, 'none')}, got {own.get(name, 'none')}"
        for name in sorted(expected.keys() | own.keys())
        if expected and expected.get(name) != own.get(name)
    ]


def differences(expected: Checkout, own: Checkout, rootdir: Path) -> list[str]:
    """Return a clause for each difference of a checkout from the expected one.

    Args:
        expected: The expected state.
        own: The state of this one.
        rootdir: The rootdir of this one.
    """
    found = version_differences(expected.versions, own.versions)
    for suite, settings in expected.settings.items():
        other = own.settings.get(suite, {})
        found += [
            f"{suite}: {key}: expected {_shown(settings, key)}, got {_shown(other, key)}"
            for key in sorted(settings.keys() | other.keys())
            if (key in settings, settings.get(key)) != (key in other, other.get(key))
        ]
    # A path may lead to a module in one process and not in another, so the files of the other one are looked up.
    imported = {name: own.imported.get(name) or _hash(rootdir / name) for name in expected.imported}
    # A conftest.py is loaded without an import.
    imported |= {name: digest for name, digest in own.imported.items() if Path(name).name == "conftest.py"}
    return [
        *found,
        *_file_differences(expected.files, own.files),
        *_file_differences(expected.imported, {name: digest for name, digest in imported.items() if digest}),
    ]


def _file_differences(expected: Mapping[str, str], own: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(expected.keys() | own.keys()):
        wanted, got = expected.get(name, _MISSING), own.get(name, _MISSING)
        if wanted != got:
            yield f"{name}: expected {wanted}, got {got}"


def _shown(settings: Mapping[str, Any], key: str) -> str:
    return repr(settings[key]) if key in settings else "none"


def _library_dirs(suite: Suite, rootdir: Path) -> list[Path]:
    try:
        return libraries(suite, rootdir).directories
    except (SettingsError, OSError):
        # The collection reports it.
        return []


def _cassettes(suite: Suite) -> Iterator[Path]:
    """Yield the cassettes that runs may replay."""
    settings, directory = suite.settings.cassettes, suite.cassettes_dir
    if settings is not None and settings.mode != "all" and directory is not None and directory.is_dir():
        yield from directory.glob("*.jsonl")


def _of_agent(suite: Suite, rootdir: Path) -> Iterator[Path]:
    """Yield the files that make the agent, as far as they are known without an import."""
    for directory in (suite.path.parent, *suite.path.parent.parents):
        if directory.is_relative_to(rootdir) and (path := directory / "conftest.py").is_file():
            yield path
    for variant in suite.variants:
        module, colon, _ = variant.settings.runner.agent_type.partition(":")
        if colon and (found := module_file(module, rootdir)) is not None:
            yield found


def _name(path: Path, directory: Path, rootdir: Path) -> str:
    base = rootdir if path.is_relative_to(rootdir) else directory.parent
    return path.relative_to(base).as_posix()


def _inside(paths: Iterable[Path], rootdir: Path) -> dict[str, Path]:
    return {path.relative_to(rootdir).as_posix(): path for path in paths if path.is_relative_to(rootdir)}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else _MISSING
