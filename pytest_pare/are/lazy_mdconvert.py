"""ARE's converter of office documents, imported when the first document is converted.

ARE's file system imports it with pandas and readers of four formats: half of a run's imports, for a tool that few
scenarios use.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import PathFinder
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

MODULE = "are.simulation.core.mdconvert"
_CLASS = "MarkdownConverter"
_LOOKUP = "__getattr__"


def install() -> None:
    """Delay the import of the module, unless it is imported already. A second call changes nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds the one module, as any other import does, and gives it a loader that delays its code."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != MODULE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    """Runs the module's code when one of its names is first used.

    Until then, the class that the file system imports is a function that makes objects of the class.
    """

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._lock = RLock()

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        names = vars(module)

        def load() -> None:
            with self._lock:
                if names.get(_LOOKUP) is lookup:
                    self._loader.exec_module(module)
                    del names[_LOOKUP]

        def lookup(name: str) -> Any:
            # Imports and debuggers read such names of each module, for example `__path__`. `import *` reads `__all__`.
            if name == "__all__" or not name.startswith("__"):
                load()
            try:
                return names[name]
            except KeyError:
                raise AttributeError(f"module {MODULE!r} has no attribute {name!r}") from None

        def make(*args: Any, **kwargs: Any) -> Any:
            load()
            return names[_CLASS](*args, **kwargs)

        names.update({_CLASS: make, _LOOKUP: lookup})
