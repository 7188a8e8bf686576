"""Files of runs: what they are called, and how they are written."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
# With two of them, and what a temporary file adds, a name stays below the 255 bytes that file systems allow.
_LONGEST = 80


def file_name(scenario_id: str, run_number: int | None, variant: str, extension: str) -> str:
    """Return the name of a run's file: `airport_cab_run_2.jsonl`, with a variant `airport_cab_run_2@gpt-5.jsonl`.

    What a file name cannot hold everywhere is replaced, and a hash of the whole is added behind a `~`, so that
    different variants have different names. Only lower case is safe in a variant: not every file system tells it from
    upper case.
    """
    run = "" if run_number is None else f"_run_{run_number}"
    # No id of a scenario's has an @ in it, and nothing that was made safe has a ~.
    which = f"@{_safe(variant, variant.lower())}" if variant else ""
    return f"{_safe(scenario_id, scenario_id)}{run}{which}.{extension}"


def _safe(name: str, wanted: str) -> str:
    safe = _UNSAFE.sub("-", wanted)[:_LONGEST]
    if safe == name:
        return safe
    return f"{safe}~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def recorder_name(suite_path: Path, directory: Path) -> str:
    """Return what a recording says of the suite file that it belongs to: its path from the directory of the recordings.

    It is the same on every machine, and has a slash in it: the names that earlier versions wrote have none.
    """
    try:
        seen = os.path.relpath(suite_path.parent.resolve() / suite_path.name, directory)
    except ValueError:
        # On Windows there is no way from one drive to another.
        return ""
    told = PurePath(seen).as_posix()
    return told if "/" in told else f"./{told}"


def why_not_writable(directory: Path) -> str | None:
    """Tell why no file can be written to a directory, which need not be there yet; `None` if nothing is known."""
    # `Path.exists` would raise in a directory that must not be looked into.
    nearest = next((path for path in (directory, *directory.parents) if os.path.exists(path)), directory)  # noqa: PTH110
    if not nearest.is_dir():
        return f"{nearest} is no directory"
    return None if os.access(nearest, os.W_OK | os.X_OK) else f"nothing may be written to {nearest}"


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, which appears whole or not at all; its directory is created, and no temporary file is left.

    Raises:
        OSError: If it cannot be written. Its `filename` is the file's, or that of the directory.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same directory, so that it can take the file's place in one step.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        try:
            temporary.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        # The temporary file means nothing to the reader of the error.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
