"""The registry of scenarios: ids, classes, and the places of their registration."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from threading import RLock, get_ident
from typing import TYPE_CHECKING, Any, TypeVar

from are.simulation.scenarios.utils.registry import ScenarioRegistry as BaseScenarioRegistry

from pytest_pare.scenarios.errors import DuplicateScenarioError, InvalidScenarioIdError
from pytest_pare.scenarios.library import SCENARIO_ENTRY_POINT_GROUP
from pytest_pare.scenarios.registration import register_pare_scenarios
from pytest_pare.scenarios.scenario import PAREScenario
from pytest_pare.scenarios.tags import check_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T", bound=PAREScenario)

# One thread at a time loads a library: they share `sys.modules`. A module that is loaded may load another library.
_LOADING = RLock()

# Names that pytest looks up in a module. A suite is a module in which each scenario is a function named by its id.
_RESERVED_IDS = frozenset(
    {
        "collect_ignore",
        "collect_ignore_glob",
        "pytestmark",
        "setUpModule",
        "setup",
        "setup_class",
        "setup_function",
        "setup_method",
        "setup_module",
        "tearDownModule",
        "teardown",
        "teardown_class",
        "teardown_function",
        "teardown_method",
        "teardown_module",
    }
)


@dataclass(frozen=True)
class Place:
    """Where a scenario is registered.

    Attributes:
        file: Path of the source file.
        line: Line of the decorator.
        qualname: Qualified name of the class.
    """

    file: str
    line: int
    qualname: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.qualname})"


class ScenarioRegistry(BaseScenarioRegistry):
    """Scenario classes by id. It is independent of ARE's registry and of ARE's built-in scenarios.

    Args:
        load_libraries: Registers the scenarios of the libraries. It is called with this registry before the first
            lookup.
    """

    _scenarios_discovered: bool

    def __init__(self, load_libraries: Callable[[ScenarioRegistry], None] = register_pare_scenarios) -> None:
        super().__init__()
        self._load_libraries = load_libraries
        self._places: dict[str, Place] = {}
        # Modification time and size of each module that was loaded from a library directory.
        self.loaded_files: dict[str, tuple[int, int]] = {}
        self._from_entry_points: set[str] | None = None
        # By thread, the ids that its pass over a library has registered.
        self._of_passes: dict[int, set[str]] = {}

    @contextmanager
    def library_pass(self) -> Iterator[None]:
        """Reject, in this context, an id that is registered a second time, even from the same place.

        Another thread that loads a library waits for the end of the context.
        """
        with _LOADING:
            self._of_passes[get_ident()] = set()
            try:
                yield
            finally:
                self._of_passes.pop(get_ident(), None)

    def register(self, scenario_id: str) -> Callable[[type[T]], type[T]]:
        """Return a decorator that registers a scenario class under `scenario_id`.

        Raises:
            InvalidScenarioIdError: If the id cannot be a part of a pytest node id.
            DuplicateScenarioError: By the decorator, if the id is registered from another place. A registration from
                the same place, as in a re-import, replaces the class.
            TypeError: By the decorator, if the class is not a scenario, or its tags are not texts.
        """
        check_scenario_id(scenario_id)
        caller = sys._getframe(1)
        # `register_scenario` adds one frame.
        if caller.f_code is register_scenario.__code__:
            caller = caller.f_back or caller
        file, line = caller.f_code.co_filename, caller.f_lineno

        def decorator(cls: type[T]) -> type[T]:
            if not (isinstance(cls, type) and issubclass(cls, PAREScenario)):
                raise TypeError(f"{scenario_id}: {getattr(cls, '__name__', cls)} is not a subclass of PAREScenario")
            check_tags(cls)
            place = Place(file, line, cls.__qualname__)
            known = self._places.get(scenario_id)
            # Within one pass over a library, the same place twice is a function that makes scenarios, not a re-import.
            if known is not None and (known != place or scenario_id in self._of_passes.get(get_ident(), ())):
                raise DuplicateScenarioError(
                    f"scenario id {scenario_id!r} is registered twice: in {known} and in {place}; rename one of them"
                )
            cls.scenario_id = scenario_id
            self._registry[scenario_id] = cls
            self._places[scenario_id] = place
            self._of_passes.get(get_ident(), set()).add(scenario_id)
            return cls

        return decorator

    def place_of(self, scenario_id: str) -> Place:
        """Return where `scenario_id` is registered.

        Raises:
            KeyError: If it is not.
        """
        return self._places[scenario_id]

    def registered(self) -> dict[str, type[PAREScenario]]:
        """Return the registered scenarios by id, without loading any."""
        return dict(self._registry)

    def forget_file(self, file: str) -> None:
        """Remove every scenario that is registered from `file`."""
        for scenario_id in [i for i, place in self._places.items() if place.file == file]:
            del self._places[scenario_id], self._registry[scenario_id]
            self._of_passes.get(get_ident(), set()).discard(scenario_id)
        self.loaded_files.pop(file, None)

    def reset(self) -> None:
        """Remove every scenario."""
        super().reset()
        self._places.clear()
        self.loaded_files.clear()
        self._from_entry_points = None

    def ids_below(self, directory: Path) -> set[str]:
        """Return the ids that are registered from files below `directory`."""
        return {i for i, place in self._places.items() if Path(place.file).is_relative_to(directory)}

    def load_entry_points(self) -> set[str]:
        """Call each function of an entry point in the group `pare.scenarios` once with this registry.

        Returns:
            The ids that they register, now or at an earlier import of their package.

        Raises:
            ImportError: If an entry point cannot be loaded, is not callable, or fails; the message names it.
        """
        if self._from_entry_points is not None:
            return self._from_entry_points
        before = set(self._registry)
        packages = set()
        for entry_point in sorted(metadata.entry_points(group=SCENARIO_ENTRY_POINT_GROUP)):
            where = f"entry point {entry_point.name} = {entry_point.value} (group {SCENARIO_ENTRY_POINT_GROUP})"
            try:
                loader: Any = entry_point.load()
                if not callable(loader):
                    raise TypeError(  # noqa: TRY301 - reported like any other error of the entry point
                        f"{type(loader).__name__} is not callable; name a function that takes the registry"
                    )
                loader(self)
            except (Exception, SystemExit) as error:
                raise ImportError(f"{where}: {type(error).__name__}: {error}") from error
            packages.add(_package(entry_point.module))
        self._from_entry_points = {
            i for i, cls in self._registry.items() if i not in before or _package(cls.__module__) in packages
        }
        return self._from_entry_points

    def _discover_and_import_scenarios(self) -> None:
        # The inherited lookups call this on first use.
        with _LOADING:
            if not self._scenarios_discovered:
                self._load_libraries(self)
                self.load_entry_points()
                self._scenarios_discovered = True


def _package(module: str) -> str:
    return module.partition(".")[0]


def check_scenario_id(scenario_id: str) -> None:
    """Check that an id can be part of a pytest node id and has no other meaning for pytest.

    Raises:
        InvalidScenarioIdError: If it cannot. The message has the reason.
    """
    reason = None
    if not isinstance(scenario_id, str) or not scenario_id:
        reason = "it must be a string that is not empty"
    elif any(part in scenario_id for part in ("[", "]", "::", "@")):
        reason = "it must not hold '[', ']', '::' or '@', which have a meaning in pytest's node ids"
    elif scenario_id != scenario_id.strip() or not scenario_id.isprintable():
        reason = "it must not begin or end with white space, nor hold control characters"
    elif scenario_id in _RESERVED_IDS or scenario_id.startswith(("pytest_", "__")):
        reason = "pytest looks up that name on a module"
    if reason is not None:
        raise InvalidScenarioIdError(f"scenario id {scenario_id!r} cannot be used: {reason}")


registry = ScenarioRegistry()
"""The registry that `register_scenario` writes to and that suites read."""


def register_scenario(scenario_id: str) -> Callable[[type[T]], type[T]]:
    """Return a decorator that registers a scenario class in the registry of this process.

    Raises:
        InvalidScenarioIdError: If the id cannot be a part of a pytest node id.
    """
    return registry.register(scenario_id)
