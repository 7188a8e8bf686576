"""The version that others are compared with: commit 2e2717c, before work on speed began."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

COMMIT = "2e2717c"
"""The commit."""

ROOT = Path(__file__).parents[1]
"""The directory of this version."""


def unpack(directory: Path) -> None:
    """Write the files of the commit.

    Args:
        directory: Where they go.

    Raises:
        RuntimeError: If this is no clone with its history.
    """
    done = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"git archive {COMMIT}: {done.stderr.decode()}; this needs a clone with its history")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(directory, filter="data")


def variables(root: Path) -> dict[str, str]:
    """Return the environment variables of a Python that takes the package from a directory."""
    return {"PYTHONPATH": str(root), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
