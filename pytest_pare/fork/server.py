"""The process that has imported everything once, and forks a worker for each shim that asks for one.

It is started by the command line of a worker, so that what it forks cannot tell: `sys.argv`, `sys.flags` and `__main__`
are those of a plain worker, and so are the objects behind `sys.stdin` and the like, which name their files by number.
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

from pytest_pare.fork.memory import gateway, import_for_forks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO

READY = "ready "
"""Begins the line that tells the address of a server; any other line tells what keeps it from being one."""

# How long workers have to end when the controller has ended. A worker that notices ends itself within 15 seconds.
_FAREWELL_SECONDS = 20.0


def serve(preload: Sequence[str]) -> None:
    """Import modules, print one line on whether workers can be had and where, and fork them as they are asked for.

    Ends when the standard input does, and all workers have. In a worker it never returns.

    Args:
        preload: Names of the modules.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if before[signal.SIGINT] is not signal.SIG_IGN:
        # Nothing is lost while there are no workers.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    controller = os.fdopen(os.dup(0), "rb", buffering=0)
    with os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace") as answer:
        _leave_streams()
        try:
            imported = import_for_forks(preload)
            listener = _listen()
        except BaseException as error:  # noqa: BLE001 - imports of anybody's modules
            print(" ".join(f"{type(error).__name__}: {error}".split()), file=answer)
            return
        # Either may reach the whole process group, and is the business of the workers and the controller.
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
    # Linux chooses a name in its abstract namespace: no file is left behind, however this ends.
    listener.bind("")
    listener.listen()
    return listener


# -- in the server


class _Order(NamedTuple):
    """What a shim asks for.

    Attributes:
        shim: The connection to it; it can be read when the shim has ended.
        streams: Its standard streams.
        content: What to run, the directory, and the environment, with a zero byte between each and the next.
    """

    shim: socket.socket
    streams: list[int]
    content: bytes


class _Worker(NamedTuple):
    """A forked worker.

    Attributes:
        pid: Its process.
        end: A file that can be read when the process has ended.
        shim: The connection to the shim that asked for it.
    """

    pid: int
    end: FileIO
    shim: socket.socket


def _fork_workers(listener: socket.socket, controller: FileIO) -> _Order | None:
    """Fork workers until the controller ends, and wait for their end; return in a worker, with its order."""
    selector = selectors.PollSelector()
    for file in (listener, controller):
        selector.register(file, selectors.EVENT_READ)
    patience = None
    while selector.get_map():
        ready = selector.select(patience)
        # One at a time: what one leads to may close others.
        key = ready[0][0] if ready else None
        if key is None:
            for pid in {other.data.pid for other in selector.get_map().values()}:
                os.kill(pid, signal.SIGKILL)
        elif key.fileobj is controller:
            _close(selector, listener, controller)
            patience = _FAREWELL_SECONDS
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
    """Fork, and tell whether this is the new process. Neither keeps what is the other's."""
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
    """Do what `python -c` does, where execnet's own module is compiled already."""
    main = vars(sys.modules["__main__"])
    known, compiled = gateway()

    def run(source: str) -> None:
        del main["exec"]
        if source.startswith(known):
            exec(compiled, main)  # noqa: S102 - as below
            source = source.removeprefix(known)
        exec(source, main)  # noqa: S102 - what `code` would have called

    main["exec"] = run
    exec(code, main)  # noqa: S102 - what `python -c` does


def _work(order: _Order, imported: dict[str, str]) -> NoReturn:
    """Become what the shim would have been, had it been Python."""
    order.shim.close()
    for number, stream in enumerate(order.streams):
        os.dup2(stream, number)
        os.close(stream)
    code, directory, *variables = order.content.split(b"\0")
    os.chdir(directory)
    os.environ.clear()
    os.environb.update(dict(variable.split(b"=", 1) for variable in variables))
    os.environ.update(imported)
    # As in a plain worker, and as `random` does by itself. Else all workers would draw the same.
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    gc.enable()
    status = 0
    try:
        _run(code)
    except BaseException:  # noqa: BLE001 - as above
        traceback.print_exc()
        status = 1
    # As multiprocessing ends what it has forked. To take all modules down would copy the memory that is shared.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
