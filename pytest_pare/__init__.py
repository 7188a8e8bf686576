"""pytest-pare: regression-test AI agents with pytest.

The authoring API is in `pytest_pare.scenarios` and `pytest_pare.apps`. This module imports neither. It holds the
warnings, so that the ini value `filterwarnings` can name them: `ignore::pytest_pare.PARELibraryWarning`.
"""

import atexit
import sys
from importlib.abc import MetaPathFinder

__all__ = ["PARECassetteWarning", "PAREGroupWarning", "PARELibraryWarning", "PAREScriptWarning"]


class _BeforeARE(MetaPathFinder):
    """Delays what ARE imports and few runs need, when something imports ARE. A session without a suite does not."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.partition(".")[0] == "are" and self in sys.meta_path:
            sys.meta_path.remove(self)
            from pytest_pare.are.lazy_imports import install

            install()


sys.meta_path.insert(0, _finder := _BeforeARE())
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
