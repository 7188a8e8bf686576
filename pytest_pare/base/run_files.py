"""Files of runs: their names, and how they are written."""

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
# Two of them, with the additions of a temporary file, stay below the 255 bytes of file systems.
_LONGEST = 80


def file_name(scenario_id: str, run_number: int | None, variant: str, extension: str) -> str:
    """Return the name of a run's file: `airport_cab_run_2.jsonl`, with a variant `airport_cab_run_2@gpt-5.jsonl`.

    Characters that some file systems do not allow are replaced, and a hash of the name is added behind a `~`, so that
    different variants have different names. Upper case in a variant is replaced, too, because some file systems ignore
    case.
    """
    run = "" if run_number is None else f"_run_{run_number}"
    # The id of a scenario has no @, and a safe name has no ~.
    which = f"@{_safe(variant, variant.lower())}" if variant else ""
    return f"{_safe(scenario_id, scenario_id)}{run}{which}.{extension}"


def _safe(name: str, wanted: str) -> str:
    safe = _UNSAFE.sub("-", wanted)[:_LONGEST]
    if safe == name:
        return safe
    return f"{safe}~{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def suite_reference(suite_path: Path, directory: Path) -> str:
    """Return the name of a suite file in its cassettes: its path from the directory of the cassettes.

    It is the same on every machine. It has a slash, which names by earlier versions do not have.
    """
    try:
        seen = os.path.relpath(suite_path.parent.resolve() / suite_path.name, directory)
    except ValueError:
        # On Windows there is no way from one drive to another.
        return ""
    name = PurePath(seen).as_posix()
    return name if "/" in name else f"./{name}"


def why_not_writable(directory: Path) -> str | None:
    """Return why no file can be written to a directory, which need not exist; `None` without a known reason."""
    # `Path.exists` would raise in a directory without permission.
    nearest = next((path for path in (directory, *directory.parents) if os.path.exists(path)), directory)  # noqa: PTH110
    if not nearest.is_dir():
        return f"{nearest} is no directory"
    return None if os.access(nearest, os.W_OK | os.X_OK) else f"nothing may be written to {nearest}"


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file at once as a whole. Its directory is created, and no temporary file is left.

    Raises:
        OSError: If it cannot be written. The `filename` of the error is that of the file or the directory.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same directory, so that it can replace the file in one step.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        try:
            temporary.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        # The error names the file, and not the temporary one.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
