"""Checks once what is installed: the result is kept in pytest's cache until an installer changes something."""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_KEY = "pare/environment"
_DISTRIBUTIONS = (".dist-info", ".egg-info", ".egg")


def environment_lines(cache: pytest.Cache | None) -> list[str]:
    """Return the conflicts in this process's environment and the commands that solve them; empty without any.

    Args:
        cache: Pytest's cache; `None` if the session has none.
    """
    state = _state()
    match cache and cache.get(_KEY, None):
        case {"state": known, "lines": [*lines]} if known == state and all(isinstance(one, str) for one in lines):
            return lines
    # These imports, and what reads the requirements of all distributions, would take some percent of a short session.
    from pytest_pare.plugin import requirements

    found = requirements.problem_lines(requirements.installed())
    if cache is not None:
        cache.set(_KEY, {"state": state, "lines": found})
    return found


def _state() -> str:
    """Return a digest of the interpreter, and of the directories of distributions with the times of their changes."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sys.path:
        try:
            with os.scandir(path or os.curdir) as entries:
                known = [one for one in entries if one.name.endswith(_DISTRIBUTIONS)]
                found = sorted((one.path, one.stat(follow_symlinks=False).st_mtime_ns) for one in known)
        except OSError:
            # A path that does not exist, or an archive: an installer changes neither.
            continue
        digest.update(repr(found).encode())
    return digest.hexdigest()
