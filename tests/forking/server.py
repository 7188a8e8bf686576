"""The fork server: imports all modules once, and forks a worker for each shim.

It is started by the command line of a worker, so that its forks equal plain workers: `sys.argv`, `sys.flags`,
`__main__`, and the objects behind `sys.stdin` and so on, which refer to their files by number.
"""

from __future__ import annotations

import atexit
import gc
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from tests.forking.memory import gateway, import_for_forks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO

READY = "ready "
"""The prefix of the line with the server's address. Any other line is the reason why there is no server."""

# Seconds for workers to end after the controller. A worker that notices ends itself within 15 seconds.
_EXIT_SECONDS = 20.0


def serve(preload: Sequence[str]) -> None:
    """Import modules, print one line with the address or the error, and fork the requested workers.

    It returns after the end of the standard input and of all workers. In a worker it never returns.

    Args:
        preload: Names of the modules.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if before[signal.SIGINT] is not signal.SIG_IGN:
        # Without workers, an interrupt may end the server at once.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    controller = os.fdopen(os.dup(0), "rb", buffering=0)
    with os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace") as answer:
        _leave_streams()
        try:
            imported = import_for_forks(preload)
            listener = _listen()
        except BaseException as error:  # noqa: BLE001 - an import may raise anything
            print(" ".join(f"{type(error).__name__}: {error}".split()), file=answer)
            return
        # Both signals may reach the whole process group. The workers and the controller handle them.
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        print(READY + listener.getsockname()[1:].decode(), file=answer)
    order = _fork_workers(listener, controller)
    if order is not None:
        for number, handler in before.items():
            signal.signal(number, handler)
        _work(order, imported)


def _leave_streams() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)


# -- before the first worker


def _listen() -> socket.socket:
    os.close(os.pidfd_open(os.getpid()))
    listener = socket.socket(socket.AF_UNIX)
    # Linux chooses a name in its abstract namespace, so that no file is left behind.
    listener.bind("")
    listener.listen()
    return listener


# -- in the server


class _Order(NamedTuple):
    """The request of a shim.

    Attributes:
        shim: The connection to the shim, which can be read when the shim has ended.
        streams: The shim's standard streams.
        content: The code, the directory and the environment, separated by zero bytes.
    """

    shim: socket.socket
    streams: list[int]
    content: bytes


class _Worker(NamedTuple):
    """A forked worker.

    Attributes:
        pid: Its process.
        end: A file that can be read when the process has ended.
        shim: The connection to its shim.
    """

    pid: int
    end: FileIO
    shim: socket.socket


def _fork_workers(listener: socket.socket, controller: FileIO) -> _Order | None:
    """Fork workers until the controller ends, and wait for their end; return in a worker, with its order."""
    selector = selectors.PollSelector()
    for file in (listener, controller):
        selector.register(file, selectors.EVENT_READ)
    timeout = None
    while selector.get_map():
        ready = selector.select(timeout)
        # One at a time, because handling it may close others.
        key = ready[0][0] if ready else None
        if key is None:
            for pid in {other.data.pid for other in selector.get_map().values()}:
                os.kill(pid, signal.SIGKILL)
        elif key.fileobj is controller:
            _close(selector, listener, controller)
            timeout = _EXIT_SECONDS
        elif key.fileobj is listener:
            order = _accept(listener)
            if order is not None and _is_fork(selector, order):
                return order
        else:
            _end(selector, key.data, by_shim=key.fileobj is key.data.shim)
    return None


def _accept(listener: socket.socket) -> _Order | None:
    shim, _ = listener.accept()
    user = shim.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[4:8]
    if int.from_bytes(user, sys.byteorder) != os.getuid():
        shim.close()
        return None
    size, streams, *_ = socket.recv_fds(shim, 8, 3)
    with shim.makefile("rb") as stream:
        return _Order(shim, streams, stream.read(int.from_bytes(size, "big")))


def _is_fork(selector: selectors.BaseSelector, order: _Order) -> bool:
    """Fork, and return whether this is the new process. Each process closes the files of the other."""
    pid = os.fork()
    if pid == 0:
        _close(selector, *[key.fileobj for key in selector.get_map().values()])
        return True
    for stream in order.streams:
        os.close(stream)
    worker = _Worker(pid, os.fdopen(os.pidfd_open(pid), "rb", buffering=0), order.shim)
    for file in (worker.end, worker.shim):
        selector.register(file, selectors.EVENT_READ, worker)
    return False


def _end(selector: selectors.BaseSelector, worker: _Worker, *, by_shim: bool) -> None:
    """End a worker with its shim, or the shim with its worker."""
    if by_shim:
        os.kill(worker.pid, signal.SIGKILL)
        _close(selector, worker.shim)
        return
    code = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])
    with suppress(OSError):
        worker.shim.sendall(b"%d\n" % (code if code >= 0 else 128 - code))
    _close(selector, worker.end, worker.shim)


def _close(selector: selectors.BaseSelector, *files: Any) -> None:
    for file in files:
        # The connection to a shim that has ended is closed already.
        with suppress(KeyError, ValueError):
            selector.unregister(file)
        file.close()


# -- in a worker


def _run(code: bytes) -> None:
    """Run code like `python -c`, with execnet's own module compiled beforehand."""
    main = vars(sys.modules["__main__"])
    known, compiled = gateway()

    def run(source: str) -> None:
        del main["exec"]
        if source.startswith(known):
            exec(compiled, main)
            source = source.removeprefix(known)
        exec(source, main)

    main["exec"] = run
    exec(code, main)


def _work(order: _Order, imported: dict[str, str]) -> NoReturn:
    """Become the worker, with the streams, directory and environment of the shim."""
    order.shim.close()
    for number, stream in enumerate(order.streams):
        os.dup2(stream, number)
        os.close(stream)
    code, directory, *variables = order.content.split(b"\0")
    os.chdir(directory)
    os.environ.clear()
    os.environb.update(dict(variable.split(b"=", 1) for variable in variables))
    os.environ.update(imported)
    # `random` does this by itself. Without it, all workers would draw the same numbers.
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    gc.enable()
    status = 0
    try:
        _run(code)
    except BaseException:  # noqa: BLE001 - as above
        traceback.print_exc()
        status = 1
    # Like forks of multiprocessing. Unloading all modules would copy the shared memory.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
