"""pytest-pare: regression-test AI agents with pytest.

The authoring API is in `pytest_pare.scenarios` and `pytest_pare.apps`. This module imports neither. It holds the
warnings, so that the ini value `filterwarnings` can name them: `ignore::pytest_pare.PARELibraryWarning`.
"""

from pytest_pare.are.lazy_imports import install as _delay_imports

__all__ = ["PARECassetteWarning", "PAREGroupWarning", "PARELibraryWarning", "PAREScriptWarning"]

# ARE imports what few runs need; that is imported when something uses it.
_delay_imports()


class PARECassetteWarning(UserWarning):
    """A cassette may differ from what would be recorded now."""


class PAREGroupWarning(UserWarning):
    """Marks `xdist_group` have no effect."""


class PARELibraryWarning(UserWarning):
    """Something in a library looks like a scenario, and is not run."""


class PAREScriptWarning(UserWarning):
    """A step of a scenario's script failed, and the suite asks for a warning instead of a failure."""
