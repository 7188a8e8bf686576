"""What an author may take for a scenario of a library, and that no suite runs."""

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
    """Something that is not run although it may be meant to be.

    Attributes:
        path: The file, or the directory of the library.
        line: The line in the file; 1 of a directory.
        text: What it is, and what to do.
    """

    path: Path
    line: int
    text: str


def overlooked(registry: ScenarioRegistry, directories: list[Path]) -> list[Overlooked]:
    """Return what is not run of libraries that have been loaded, in a fixed order.

    That is a scenario class that is not registered, a scenario in a file that is taken for a test module, and, where
    there are several libraries, one without any scenario. A class is meant to stay unregistered if its name begins with
    an underscore, another class extends it, or it cannot be run, without `validate` or with abstract methods.
    """
    found: list[Overlooked] = []
    for directory in directories:
        own = [*_unregistered(registry, directory), *_in_test_modules(directory)]
        is_loaded = all(str(path) in registry.loaded_files for path in library_modules(directory))
        if is_loaded and not own and len(directories) > 1 and not registry.ids_below(directory):
            told = "there is no scenario in this library; take it out of the suite, or look at its path"
            own = [Overlooked(directory, 1, told)]
        found += own
    return list(dict.fromkeys(found))


def _unregistered(registry: ScenarioRegistry, directory: Path) -> Iterator[Overlooked]:
    registered = set(registry.registered().values())
    for path in library_modules(directory):
        module = sys.modules.get(module_name(path))
        for name, cls in vars(module).items() if module is not None else ():
            is_own = isinstance(cls, type) and issubclass(cls, PAREScenario) and cls.__module__ == module_name(path)
            if is_own and cls not in registered and cls.__name__ == name and _is_complete(cls):
                told = (
                    f"the scenario class {name} is not registered, so it is not run; decorate it with "
                    "@register_scenario(...), or let its name begin with an underscore if it is a base of others"
                )
                yield Overlooked(path, _line(cls), told)


def _is_complete(cls: type[PAREScenario]) -> bool:
    return not (
        cls.__name__.startswith("_")
        or cls.__subclasses__()
        # `inspect.isabstract` asks for a metaclass that scenarios have not.
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
                told = (
                    f"the scenario class {node.name} is not run, because files and folders whose names begin with "
                    "test_ are no part of a library; rename it"
                )
                yield Overlooked(path, node.lineno, told)
