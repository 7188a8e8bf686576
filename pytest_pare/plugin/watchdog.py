"""Ends the worker of a run that never ends, and reports where the run was."""

from __future__ import annotations

import faulthandler
import os
import re
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from pytest_pare.base.user_frames import place, stack_of
from pytest_pare.plugin.session_files import are_sent, send_left, session_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import NoReturn, TextIO

    import pytest

GRACE_SECONDS = 5
"""Seconds after its `timeout_seconds` at which a run is given up. One that checks the time ends by itself before."""
_FRAME = re.compile(r'File "(?P<file>.+)", line (?P<line>\d+) in ')


@contextmanager
def watchdog(
    config: pytest.Config, nodeid: str, timeout_seconds: int | None, *, more_seconds: int = 0
) -> Iterator[Callable[[], None]]:
    """Yield a function that starts the watchdog of a run; the end of the context stops it.

    The watchdog ends the process of a worker if the run does not end in time, and the other workers go on. A session
    without workers would end as a whole, so it has no watchdog. pytest's own `faulthandler_timeout` uses the same
    timer, and takes precedence.

    Args:
        config: The session's configuration.
        nodeid: The node id of the run.
        timeout_seconds: The run's limit in real time, in seconds; `None` for none.
        more_seconds: How much later the process is ended, for a run that a living process gives up by itself.
    """
    if timeout_seconds is None or not hasattr(config, "workerinput") or float(config.getini("faulthandler_timeout")):
        yield lambda: None
        return
    path = _path(nodeid)
    with ExitStack() as stack:
        stack.callback(path.unlink, missing_ok=True)

        def start() -> None:
            file: TextIO = sys.stderr
            # The watchdog ends the process even without a file descriptor, or on a full disk.
            with suppress(OSError):
                file = stack.enter_context(path.open("w", encoding="utf-8"))
                print(timeout_seconds, file=file, flush=True)
            seconds = timeout_seconds + GRACE_SECONDS + more_seconds
            if are_sent():
                timer = threading.Timer(seconds, _send_and_end, [file, path, threading.get_ident()])
                timer.daemon = True
                timer.start()
                stack.callback(timer.cancel)
                # For a run that keeps other threads from running.
                seconds += GRACE_SECONDS
            faulthandler.dump_traceback_later(seconds, exit=True, file=file)
            stack.callback(faulthandler.cancel_dump_traceback_later)

        yield start


def _send_and_end(file: TextIO, path: Path, thread: int) -> NoReturn:
    """Send to the controller, which has no access to the file, where the run is, and end this process.

    The thread of the run comes first: `faulthandler` begins with the newest of all threads, and ends after 100.
    """
    with suppress(OSError):
        for name, line in stack_of(sys._current_frames().get(thread)):
            print(f'File "{name}", line {line} in the run', file=file, flush=True)
        faulthandler.dump_traceback(file)
        send_left(path)
    os._exit(1)


def why_ended(nodeid: str) -> str | None:
    """Return why the watchdog ended the process of a run, and where the run was; `None` if it did not."""
    try:
        limit, *dumped = _path(nodeid).read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, ValueError):
        return None
    where = place((found["file"], int(found["line"])) for line in dumped if (found := _FRAME.search(line)))
    if where is None:
        return None
    return f"still in {where} {GRACE_SECONDS} s after timeout_seconds ({limit}), so its process was ended"


def _path(nodeid: str) -> Path:
    return session_file(nodeid, "never-ended")
