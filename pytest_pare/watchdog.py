"""Runs that never end: the worker is ended in which one is played, and the controller is told where it was."""

from __future__ import annotations

import faulthandler
import hashlib
import re
import sysconfig
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_pare.engines.pacing import directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

# A run that looks at the time ends by itself before.
_GRACE_SECONDS = 5
_FRAME = re.compile(r'File "(?P<file>.+)", line (?P<line>\d+) in ')
_NOT_USERS = tuple(
    f"{Path(path).resolve()}/"
    for path in (*map(sysconfig.get_path, ("stdlib", "purelib", "platlib")), str(Path(__file__).parent))
)


@contextmanager
def ended_in_any_case(config: pytest.Config, nodeid: str, timeout_seconds: int | None) -> Iterator[None]:
    """End the process of a worker in which a run does not come to its end: the others go on without it.

    A session without workers would be ended as a whole, and has to wait. pytest's own `faulthandler_timeout` uses the
    same watchdog, and wins.

    Args:
        config: The session's configuration.
        nodeid: Of the run.
        timeout_seconds: Its limit in real time, in seconds; `None` for none.
    """
    if timeout_seconds is None or not hasattr(config, "workerinput") or float(config.getini("faulthandler_timeout")):
        yield
        return
    path = _path(nodeid)
    try:
        with path.open("w", encoding="utf-8") as file:
            print(timeout_seconds, file=file, flush=True)
            faulthandler.dump_traceback_later(timeout_seconds + _GRACE_SECONDS, exit=True, file=file)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()
    finally:
        path.unlink(missing_ok=True)


def why_ended(nodeid: str) -> str | None:
    """Return why the process of a run was ended, and where it was; `None` if it was not by this watchdog."""
    try:
        limit, *dumped = _path(nodeid).read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, ValueError):
        return None
    frames = [(found["file"], found["line"]) for line in dumped if (found := _FRAME.search(line))]
    if not frames:
        return None
    users = [frame for frame in frames if not str(Path(frame[0]).resolve()).startswith(_NOT_USERS)]
    file, line = (users or frames)[0]
    path = Path(file)
    where = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"still in {where}:{line} {_GRACE_SECONDS} s after timeout_seconds ({limit}), so its process was ended"


def _path(nodeid: str) -> Path:
    return directory() / f"never-ended-{hashlib.sha256(nodeid.encode('utf-8', 'backslashreplace')).hexdigest()[:16]}"
