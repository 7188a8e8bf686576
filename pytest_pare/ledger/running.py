"""Whether the session of a ledger still runs: its process holds a lock on the file, which the system drops at its end.

Windows, and some network file systems, have no such locks; every session then counts as ended.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO


def mark_running(file: TextIO) -> None:
    """Let a session count as running until its open ledger is closed."""
    if sys.platform != "win32":
        import fcntl

        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_running(ledger: Path) -> bool:
    """Return whether the session of a ledger still runs on this machine."""
    if sys.platform != "win32":
        import fcntl

        with suppress(OSError), ledger.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False
