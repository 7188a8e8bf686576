"""Process groups that end with this process: those of programs and of all that they have started."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

from pytest_pare.agents.program import reaper

_LOGGER = logging.getLogger("pytest_pare.agents.program")


class ProcessGroups:
    """The process groups to kill if this process ends without having done so itself.

    The first one starts a helper process, the reaper. Only this process holds the other end of its standard input.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._reaper: subprocess.Popen[bytes] | None = None

    def add(self, group: int) -> None:
        """Kill a group at the end of this process."""
        with self._lock:
            if self._reaper is None:
                self._reaper = _start()
            self._tell(f"+{group}\n")

    def discard(self, group: int) -> None:
        """Forget a group that was killed."""
        with self._lock:
            self._tell(f"-{group}\n")

    def end(self) -> None:
        """End the helper process, which kills the groups that it still has."""
        with self._lock:
            ended, self._reaper = self._reaper, None
        if ended is not None:
            assert ended.stdin is not None
            with suppress(BrokenPipeError):
                ended.stdin.close()
            ended.wait()

    def forget(self) -> None:
        """Leave the helper process to the process that this one was forked from."""
        self._lock = threading.RLock()
        forgotten, self._reaper = self._reaper, None
        if forgotten is not None:
            assert forgotten.stdin is not None
            forgotten.stdin.close()
            # It is no child of this process.
            forgotten.returncode = 0

    def _tell(self, line: str) -> None:
        if self._reaper is not None:
            assert self._reaper.stdin is not None
            with suppress(BrokenPipeError):
                self._reaper.stdin.write(line.encode("ascii"))


def _start() -> subprocess.Popen[bytes] | None:
    try:
        return subprocess.Popen(  # noqa: S603 - this very Python
            [sys.executable, "-I", "-S", reaper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        _LOGGER.warning("programs outlive this process if it is killed: no process can be started (%s)", error.strerror)
        return None


def signal_group(group: int, number: signal.Signals) -> bool:
    """Send a signal to all processes of a group, and return whether there were any."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
