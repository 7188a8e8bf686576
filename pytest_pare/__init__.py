"""pytest-pare: regression-test AI agents with pytest.

The authoring API is in `pytest_pare.scenarios` and `pytest_pare.apps`. This module imports neither. It holds the
warnings, so that the ini value `filterwarnings` can name them: `ignore::pytest_pare.PARELibraryWarning`.
"""

from __future__ import annotations

import atexit
import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["PARECassetteWarning", "PAREGroupWarning", "PARELibraryWarning", "PAREScriptWarning"]


class _Finder:
    """Finds the modules of this package as Python does, and delays what ARE imports and few runs need.

    pytest would rewrite the modules of a plugin for its messages about `assert`, and read rewritten ones from its cache
    several times as slowly as Python reads a module.
    """

    has_delayed = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package = fullname.partition(".")[0]
        if package == __name__:
            return PathFinder.find_spec(fullname, path, target)
        if package == "are" and not self.has_delayed:
            self.has_delayed = True
            from pytest_pare.are.lazy_imports import install

            install()
        return None


sys.meta_path.insert(0, _finder := _Finder())
# With it, Python takes milliseconds longer to end.
atexit.register(lambda: sys.meta_path.remove(_finder) if _finder in sys.meta_path else None)


class PARECassetteWarning(UserWarning):
    """A cassette may differ from what would be recorded now."""


class PAREGroupWarning(UserWarning):
    """Marks `xdist_group` have no effect."""


class PARELibraryWarning(UserWarning):
    """Something in a library looks like a scenario, and is not run."""


class PAREScriptWarning(UserWarning):
    """A step of a scenario's script failed, and the suite asks for a warning instead of a failure."""
