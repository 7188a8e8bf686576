"""Scenarios of a library that no suite runs, although their authors may expect it."""

from __future__ import annotations

import ast
import inspect
import sys
from typing import TYPE_CHECKING, NamedTuple

from are.simulation.scenarios.scenario import Scenario

from pytest_pare.scenarios.library import library_modules, taken_for_tests
from pytest_pare.scenarios.registration import module_name
from pytest_pare.scenarios.scenario import PAREScenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_pare.scenarios.registry import ScenarioRegistry


class Overlooked(NamedTuple):
    """A scenario or a library that no suite runs, probably by mistake.

    Attributes:
        path: The file, or the directory of the library.
        line: The line in the file; 1 for a directory.
        text: The problem, and what to do.
    """

    path: Path
    line: int
    text: str


def overlooked(registry: ScenarioRegistry, directories: list[Path]) -> list[Overlooked]:
    """Return the problems of loaded libraries, in a fixed order.

    They are: a scenario class that is not registered, a scenario in a file that counts as a test module, and, among
    several libraries, one without a scenario. A class may stay unregistered if its name begins with an underscore,
    another class extends it, it has no `validate`, or it has abstract methods.
    """
    found: list[Overlooked] = []
    for directory in directories:
        own = [*_unregistered(registry, directory), *_in_test_modules(directory)]
        is_empty = not own and len(directories) > 1 and not registry.ids_below(directory)
        if is_empty and all(str(path) in registry.loaded_files for path in library_modules(directory)):
            text = "this library has no scenario; remove it from the suite or correct its path"
            own = [Overlooked(directory, 1, text)]
        found += own
    return list(dict.fromkeys(found))


def _unregistered(registry: ScenarioRegistry, directory: Path) -> Iterator[Overlooked]:
    registered = set(registry.registered().values())
    for path in library_modules(directory):
        # Another session of this process may have imported more modules.
        module = sys.modules.get(module_name(path)) if str(path) in registry.loaded_files else None
        for name, cls in vars(module).items() if module is not None else ():
            is_own = isinstance(cls, type) and issubclass(cls, PAREScenario) and cls.__module__ == module_name(path)
            if is_own and cls not in registered and cls.__name__ == name and _is_complete(cls):
                text = (
                    f"the scenario class {name} is not registered, so it does not run; decorate it with "
                    "@register_scenario(...), or begin its name with an underscore if it is a base class"
                )
                yield Overlooked(path, _line(cls), text)


def _is_complete(cls: type[PAREScenario]) -> bool:
    return not (
        cls.__name__.startswith("_")
        or cls.__subclasses__()
        # `inspect.isabstract` requires a metaclass that scenarios do not have.
        or any(getattr(inspect.getattr_static(cls, name), "__isabstractmethod__", False) for name in dir(cls))
        or cls.validate is Scenario.validate
    )


def _line(cls: type) -> int:
    try:
        return inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return 1


def _in_test_modules(directory: Path) -> Iterator[Overlooked]:
    for path in taken_for_tests(directory):
        try:
            body = ast.parse(path.read_bytes()).body
        except (SyntaxError, ValueError, OSError):
            continue
        for node in body:
            calls = [one.func for one in getattr(node, "decorator_list", []) if isinstance(one, ast.Call)]
            if isinstance(node, ast.ClassDef) and any(ast.unparse(one).endswith("register_scenario") for one in calls):
                text = (
                    f"the scenario class {node.name} does not run, because a library leaves out files and folders "
                    "whose names begin with test_; rename the file or folder"
                )
                yield Overlooked(path, node.lineno, text)
