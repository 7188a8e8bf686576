"""The files that the processes of a session share, in its directory."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_pare.engines.rate_limit import directory

if TYPE_CHECKING:
    from pathlib import Path


def session_file(suite: str, what: str) -> Path:
    """Return the path of a file of a suite; another machine does not have the file.

    Args:
        suite: The node id of the suite file.
        what: The name of its content.
    """
    name = hashlib.sha256(suite.encode("utf-8", "backslashreplace")).hexdigest()[:16]
    return directory() / f"{what}-{name}"
