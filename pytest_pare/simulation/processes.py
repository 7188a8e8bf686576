"""Calls in other processes, which can be ended while they do not return.

Each process has a pipe of its own and is asked for one call at a time, so that one that is ended, or ends by itself,
takes nothing along but its own call. It stays for the next call: importing ARE costs seconds.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.util import spec_from_file_location
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare import compat
from pytest_pare.scenarios.registration import LIBRARY_MODULE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from types import ModuleType

# How long a process that is no longer needed has for what it does at its exit.
_FAREWELL_SECONDS = 5.0

# A fork would copy the locks of other threads as they happen to be, those of polars included.
_SPAWN = multiprocessing.get_context("spawn")


class ProcessFailure(Exception):  # noqa: N818 - what has failed is the process, not the call
    """A call in another process came to no end; the message says why."""


class OverdueError(ProcessFailure):
    """A call took too long, and was ended with its process."""


class UnsendableError(ProcessFailure):
    """A call cannot be sent to another process."""


class StartError(ProcessFailure):
    """A process ended before it could be asked for anything."""


def call_in_processes(
    function: Callable[..., Any],
    arguments: Iterable[Any],
    count: int,
    limit: float | None = None,
    *,
    starts_clock: bool = False,
) -> Generator[tuple[int, Any]]:
    """Call `function` with each of `arguments` in up to `count` processes, and yield what comes of it, as it comes.

    No process is left when the iterator has come to its end, was closed, or was left by an exception.

    Args:
        function: What to call; it must stand at the top level of a module, return something that can be pickled, and
            raise nothing.
        arguments: What to call it with, each by itself.
        count: Most processes at a time.
        limit: Most seconds of a call; `None` is no limit. Starting the process, and the imports, do not count.
        starts_clock: Whether `function` gets a second argument, a function to call when the time of the limit begins.

    Yields:
        The position of the argument, and the result, or a `ProcessFailure`.

    Raises:
        StartError: If no process could be started at all.
    """
    calls: deque[_Call] = deque()
    for position, argument in enumerate(arguments):
        try:
            calls.append(_Call(position, pickle.dumps((function, argument, starts_clock))))
        except Exception as error:  # noqa: BLE001 - an object may raise anything when it is pickled
            yield position, UnsendableError(str(error))
    seats = [_Seat(limit) for _ in range(min(count, len(calls)))]
    try:
        for seat in seats:
            seat.take(calls.popleft())
        while busy := [seat for seat in seats if seat.call is not None]:
            for seat, outcome in _outcomes(busy):
                if isinstance(outcome, StartError) and not any(seat.was_ready for seat in seats):
                    raise outcome
                position = seat.call.position
                # First the next call, then the result: what is done with that may take its time.
                seat.take(calls.popleft() if calls else None)
                yield position, outcome
        for seat in seats:
            seat.say_goodbye()
    finally:
        for seat in seats:
            seat.kill()
        for seat in seats:
            seat.clear()


class _Call(NamedTuple):
    position: int
    content: bytes


class _Seat:
    """A place for a process, which is replaced when it has ended.

    Attributes:
        call: What it is asked for; `None` if there is nothing more for it.
        deadline: When that must have come to its end; `None` without a limit, or before it has begun.
        connection: The pipe to the process.
        was_ready: Whether a process in this place has ever been ready for a call.
    """

    connection: Connection[Any, Any]

    def __init__(self, limit: float | None) -> None:
        self.call: _Call | None = None
        self.deadline: float | None = None
        self.was_ready = False
        self._limit = limit
        self._process: SpawnProcess | None = None
        self._is_ready = False

    def take(self, call: _Call | None) -> None:
        """Ask for `call`, in a new process if there is none; with `None` the process may go."""
        self.call, self.deadline = call, None
        if call is None:
            if self._process is not None:
                self.connection.close()
        elif self._process is None:
            self._start()
        else:
            self._send()

    def hear(self) -> Iterator[Any]:
        """Take in what the process says, and yield the outcome of the call if that is what it says."""
        try:
            what, value = self.connection.recv()
        except (EOFError, OSError):
            yield self._failure()
            return
        if what == "ready":
            self.was_ready = self._is_ready = True
            self._send()
        elif what == "began":
            self.deadline = None if self._limit is None else time.perf_counter() + self._limit
        else:
            yield value

    def end(self) -> OverdueError:
        """End the call with its process."""
        self.kill()
        self.clear()
        return OverdueError(f"a call took longer than {self._limit} s, and its process was ended")

    def say_goodbye(self) -> None:
        """Wait a while for the process, which is no longer needed, to end by itself."""
        if self._process is not None:
            self._process.join(_FAREWELL_SECONDS)

    def kill(self) -> None:
        """Kill the process, and what it has started itself."""
        if self._process is not None and self._process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()

    def clear(self) -> None:
        """Wait for the end of the process, which is near, and forget it."""
        if self._process is not None:
            self._process.join()
            self.connection.close()
            self._process = None

    def _start(self) -> None:
        files = {name: str(m.__file__) for name, m in list(sys.modules.items()) if name.startswith(LIBRARY_MODULE)}
        alias = any(type(finder).__module__ == compat.__name__ for finder in sys.meta_path)
        ours, theirs = _SPAWN.Pipe()
        # Daemonic only so that this process ends it at its own exit, should something keep `kill` from being called.
        process = _SPAWN.Process(target=_work, args=(theirs, Path.cwd(), files, alias), daemon=True)
        with theirs:
            process.start()
        self.connection, self._process, self._is_ready = ours, process, False

    def _send(self) -> None:
        assert self.call is not None
        # If it has ended meanwhile, the next thing to be heard is the end of the pipe.
        with suppress(OSError):
            self.connection.send_bytes(self.call.content)

    def _failure(self) -> ProcessFailure:
        assert self._process is not None
        self._process.join(_FAREWELL_SECONDS)
        code = self._process.exitcode
        self.kill()
        self.clear()
        told = "it closed its pipe" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"
        if self._is_ready:
            return ProcessFailure(f"the process ended before its call did ({told})")
        return StartError(
            f"a process ended before it was ready ({told}); a script that starts processes must be a file, and start "
            'them below `if __name__ == "__main__":`'
        )


def _outcomes(busy: Sequence[_Seat]) -> Iterator[tuple[Any, Any]]:
    """Wait until something is heard or overdue, and yield the calls that have come to an end."""
    deadlines = [seat.deadline for seat in busy if seat.deadline is not None]
    timeout = max(0.0, min(deadlines) - time.perf_counter()) if deadlines else None
    heard = wait([seat.connection for seat in busy], timeout)
    # Not later: what is done with the outcome of one call may take its time, in which another comes to its end.
    now = time.perf_counter()
    for seat in busy:
        if seat.connection in heard:
            for outcome in seat.hear():
                yield seat, outcome
        elif seat.deadline is not None and now >= seat.deadline:
            yield seat, seat.end()


# -- in the other process


def _work(connection: Connection[Any, Any], directory: Path, library: dict[str, str], alias: bool) -> None:
    # A group of its own: it can be ended with all that an agent has started, and an interrupt from the terminal is the
    # business of the process that has started it.
    os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # An agent may start processes too.
    multiprocessing.current_process().daemon = False
    os.chdir(directory)
    sys.meta_path.insert(0, _LibraryFinder(library))
    if alias:
        compat.install()
    with suppress(EOFError, OSError):
        connection.send(("ready", None))
        while True:
            _answer(connection, connection.recv_bytes())


def _answer(connection: Connection[Any, Any], content: bytes) -> None:
    try:
        function, argument, starts_clock = pickle.loads(content)  # noqa: S301 - it comes from the process that has started this one
    except Exception as error:  # noqa: BLE001 - imports of anybody's modules
        connection.send(("done", UnsendableError(f"{type(error).__name__}: {error}")))
        return

    def start_clock() -> None:
        connection.send(("began", None))

    if starts_clock:
        result = function(argument, start_clock)
    else:
        start_clock()
        result = function(argument)
    connection.send(("done", result))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.killpg(0, signal.SIGKILL)


class _LibraryFinder(MetaPathFinder):
    """Finds the modules of scenario libraries under the names that they have in the process that has loaded them."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_file_location(fullname, self._files[fullname]) if fullname in self._files else None
