"""Other versions of Python on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

OLDEST, NEWEST = 9, 15


@cache
def python(minor: int) -> str | None:
    """Return the path of a Python of version 3.`minor` that starts, on the path or of pyenv; `None` without one."""
    name = f"python3.{minor}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for found in [shutil.which(name), *sorted(map(str, pyenv.glob(f"3.{minor}.*/bin/{name}")))]:
        # The command of pyenv exists even where its version is not active.
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return found
    return None


def oldest() -> str:
    """Return the oldest Python that the client is for and that is here, or this one."""
    return next(filter(None, map(python, range(OLDEST, sys.version_info.minor))), sys.executable)


def newest() -> str:
    """Return the newest Python that is here, or this one."""
    return next(filter(None, map(python, range(NEWEST, sys.version_info.minor, -1))), sys.executable)
