"""Calls in other processes, which can be killed while they do not return.

Each process has its own pipe and gets one call at a time, so that only this call is lost if the process ends. It stays
for the next call, because importing ARE takes seconds.
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

    from pytest_pare.results.validation_result import ExceptionKind

# Seconds for a process that is no longer needed to end by itself.
_EXIT_SECONDS = 5.0

# A fork would copy the locks of other threads as they happen to be, those of polars included.
_SPAWN = multiprocessing.get_context("spawn")


class ProcessFailure(Exception):  # noqa: N818 - the process has failed, and not the call
    """A call in another process did not return; the message says why.

    Attributes:
        kind: The kind of the exception in the result of a run.
    """

    kind: ExceptionKind | None = "infrastructure"


class OverdueError(ProcessFailure):
    """A call timed out, and its process was killed."""


class UnsendableError(ProcessFailure):
    """A call cannot be sent to another process."""

    kind = None


class StartError(ProcessFailure):
    """A process ended before it was ready for a call."""


def call_in_processes(
    function: Callable[..., Any],
    arguments: Iterable[Any],
    count: int,
    limit: float | None = None,
    *,
    starts_clock: bool = False,
) -> Generator[tuple[int, Any]]:
    """Call a function with each of its arguments in several processes, and yield the results in the order of their end.

    No process is left at the end of the iterator, however that comes.

    Args:
        function: The function. It must be defined at the top level of a module, return a value that can be pickled, and
            raise nothing.
        arguments: The argument of each call.
        count: Most processes at a time.
        limit: Most seconds of a call; `None` is no limit. Starting the process, and its imports, do not count.
        starts_clock: Whether `function` gets a second argument: a function that starts the time of the limit.

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
    workers = [_Worker(limit) for _ in range(min(count, len(calls)))]
    try:
        for worker in workers:
            worker.take(calls.popleft())
        while busy := [worker for worker in workers if worker.call is not None]:
            for worker, outcome in _outcomes(busy):
                if isinstance(outcome, StartError) and not any(worker.was_ready for worker in workers):
                    raise outcome
                position = worker.call.position
                # The next call first, because the caller may take its time with the result.
                worker.take(calls.popleft() if calls else None)
                yield position, outcome
        for worker in workers:
            worker.await_end()
    finally:
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.clear()


class _Call(NamedTuple):
    position: int
    content: bytes


class _Worker:
    """A process that is replaced after it has ended.

    Attributes:
        call: Its present call; `None` if no call is left for it.
        deadline: When the call times out; `None` without a limit, or before the call has begun.
        connection: The pipe to the process.
        was_ready: Whether any process of this place has been ready for a call.
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
        """Send a call, to a new process if there is none. With `None` the process may end."""
        self.call, self.deadline = call, None
        if call is None:
            if self._process is not None:
                self.connection.close()
        elif self._process is None:
            self._start()
        else:
            self._send()

    def receive(self) -> Iterator[Any]:
        """Receive a message of the process, and yield the outcome of the call if the message has it."""
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
        """Kill the process, and return the error for its call."""
        self.kill()
        self.clear()
        return OverdueError(f"a call took longer than {self._limit} s, and its process was ended")

    def await_end(self) -> None:
        """Wait a while for the process to end by itself."""
        if self._process is not None:
            self._process.join(_EXIT_SECONDS)

    def kill(self) -> None:
        """Kill the process, and those that it has started."""
        if self._process is not None and self._process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()

    def clear(self) -> None:
        """Wait for the end of a killed process, and close its pipe."""
        if self._process is not None:
            self._process.join()
            self.connection.close()
            self._process = None

    def _start(self) -> None:
        files = {name: str(m.__file__) for name, m in list(sys.modules.items()) if name.startswith(LIBRARY_MODULE)}
        alias = any(type(finder).__module__ == compat.__name__ for finder in sys.meta_path)
        ours, theirs = _SPAWN.Pipe()
        # A daemon, so that it ends with this process, even if `kill` is never called.
        process = _SPAWN.Process(target=_work, args=(theirs, Path.cwd(), files, alias), daemon=True)
        with theirs:
            process.start()
        self.connection, self._process, self._is_ready = ours, process, False

    def _send(self) -> None:
        assert self.call is not None
        # If the process has ended meanwhile, the next message is the end of the pipe.
        with suppress(OSError):
            self.connection.send_bytes(self.call.content)

    def _failure(self) -> ProcessFailure:
        assert self._process is not None
        self._process.join(_EXIT_SECONDS)
        code = self._process.exitcode
        self.kill()
        self.clear()
        how = "it closed its pipe" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"
        if self._is_ready:
            return ProcessFailure(f"the process ended before its call did ({how})")
        return StartError(
            f"a process ended before it was ready ({how}); a script that starts processes must be a file, and start "
            'them below `if __name__ == "__main__":`'
        )


def _outcomes(busy: Sequence[_Worker]) -> Iterator[tuple[Any, Any]]:
    """Wait for a message or a timeout, and yield the outcomes of calls."""
    deadlines = [worker.deadline for worker in busy if worker.deadline is not None]
    timeout = max(0.0, min(deadlines) - time.perf_counter()) if deadlines else None
    ready = wait([worker.connection for worker in busy], timeout)
    # Taken now, because the caller may take its time with an outcome, while another call ends.
    now = time.perf_counter()
    for worker in busy:
        if worker.connection in ready:
            for outcome in worker.receive():
                yield worker, outcome
        elif worker.deadline is not None and now >= worker.deadline:
            yield worker, worker.end()


# -- in the other process


def _work(connection: Connection[Any, Any], directory: Path, library: dict[str, str], alias: bool) -> None:
    # Its own group: it can be killed with all processes that an agent has started, and only the parent process gets
    # an interrupt from the terminal.
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
        function, argument, starts_clock = pickle.loads(content)  # noqa: S301 - sent by the parent process
    except Exception as error:  # noqa: BLE001 - importing a user's module may raise anything
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
    """Finds the modules of scenario libraries by their names in the parent process."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_file_location(fullname, self._files[fullname]) if fullname in self._files else None
