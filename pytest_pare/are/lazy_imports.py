"""Delays imports of ARE that few runs need, until something uses what they import.

ARE imports its judges, its converter of documents, and libraries for tables, arrays and pictures with its apps. They
would take half of the start of a session. The two tables below are all that is delayed:

- A package of ARE in `PACKAGES` runs its `__init__` when one of its names is first used.
- A module of ARE in `IMPORTS` gets a stand-in for each module that is named there. The stand-in imports the real one
  when it is first used.

No other module gets a stand-in: an import elsewhere, such as in a user's test, imports the real module at once.
"""

from __future__ import annotations

import builtins
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import PathFinder
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

PACKAGES = {
    "are.simulation.validation": "ARE's judges, with bs4, lxml and models of traces: its notifications need one table",
}
"""By name of a package of ARE: what its `__init__` imports."""

IMPORTS = {
    "are.simulation.agents.multimodal": {"PIL": "opens pictures of attachments"},
    "are.simulation.apps.messaging_v2": {"rapidfuzz": "searches a user by a part of the name"},
    "are.simulation.apps.sandbox_file_system": {
        "are.simulation.core.mdconvert": "converts documents, with a parser of HTML",
    },
    "are.simulation.core.mdconvert": {
        "mammoth": "reads documents of Word",
        "pandas": "reads spreadsheets",
        "pdfminer": "reads PDF files",
        "pdfminer.high_level": "reads PDF files",
        "pptx": "reads presentations",
        "puremagic": "guesses the format of a file by its first bytes",
    },
    "are.simulation.scenarios.utils.scenario_expander": {"numpy": "draws ARE's own noise"},
    "are.simulation.scenarios.validation_result": {
        "are.simulation.scenarios.config": "annotates the results of ARE's own runner; models of pydantic",
        "polars": "makes ARE's own table of results",
    },
}
"""By name of a module of ARE: the modules that it does not import at once, and what it does with them."""

_LOOKUP = "__getattr__"


def install() -> None:
    """Delay the imports of the tables by modules that are not imported yet. A second call changes nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds the modules of the tables, as any other import does, and gives them loaders of their own."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in PACKAGES and fullname not in IMPORTS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _PackageLoader(spec.loader) if fullname in PACKAGES else _ImportingLoader(spec.loader)
        return spec


class _Loader(Loader):
    """Loads a module by its real loader, which the module has from then on."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader


class _PackageLoader(_Loader):
    """Runs the code of a package when one of its names is first used. Its modules can be imported before."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        names, lock = vars(module), RLock()

        def lookup(name: str) -> Any:
            # Imports and debuggers read such names of each module. `import *` reads `__all__`.
            if name == "__all__" or not name.startswith("__"):
                with lock:
                    if names.get(_LOOKUP) is lookup:
                        self._loader.exec_module(module)
                        del names[_LOOKUP]
            try:
                return names[name]
            except KeyError:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}") from None

        names[_LOOKUP] = lookup


class _ImportingLoader(_Loader):
    """Runs the code of a module with an `import` that returns stand-ins for the modules of the table.

    Attributes:
        is_running: Whether the code of the module still runs.
    """

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        delayed = IMPORTS[module.__name__]

        def import_(
            name: str, names: Any = None, local: Any = None, wanted: Sequence[str] | None = (), level: int = 0
        ) -> Any:
            if name in delayed and name not in sys.modules:
                return _StandIn(self, name, wanted)
            return builtins.__import__(name, names, local, wanted, level)

        vars(module)["__builtins__"] = {**vars(builtins), "__import__": import_}
        self.is_running = True
        self._loader.exec_module(module)
        self.is_running = False


class _StandIn:
    """Stands for a module, or for a name in it, and imports the module when it is used."""

    def __init__(self, loader: _ImportingLoader, module: str, wanted: Sequence[str] | None, name: str = "") -> None:
        self._loader, self._module, self._wanted, self._name = loader, module, wanted, name

    def __getattr__(self, name: str) -> Any:
        # `from module import name`, and annotations.
        if self._loader.is_running:
            return _StandIn(self._loader, self._module, self._wanted, name)
        return getattr(self._real(), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._real()(*args, **kwargs)

    def _real(self) -> Any:
        # With the same names as the statement, which decide whether `a.b` gives `a` or `a.b`.
        module = builtins.__import__(self._module, None, None, self._wanted)
        return getattr(module, self._name) if self._name else module
