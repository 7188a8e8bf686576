"""The other versions of Python on this machine."""

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


def others() -> list[str]:
    """Return the Pythons that the client is for, from the oldest on, without the version of this one."""
    minors = (minor for minor in range(OLDEST, NEWEST) if minor != sys.version_info.minor)
    return [found for found in map(python, minors) if found]
