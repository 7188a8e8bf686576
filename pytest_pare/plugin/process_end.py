"""Ends the session with a verdict on `os._exit` and SIGTERM, and with threads left over."""

from __future__ import annotations

import _thread
import atexit
import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import pytest

from pytest_pare.base.user_frames import place, stack_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

# How long code may take to unwind after an interrupt. `docker stop` kills after 10 seconds.
_UNWIND_SECONDS = 5.0
# How long a session may take to end inside of `os._exit`.
_FINISH_SECONDS = 60.0
# How often a thread that called `os._exit` asks whether the session has ended.
_POLL_SECONDS = 0.05
# How long a thread may go on after the session.
_THREAD_SECONDS = 5.0


class EndNoted(Protocol):
    """The results of a session, which has no verdict like others if it ends early.

    Attributes:
        is_urgent: Whether the process may be killed soon.
    """

    is_urgent: bool

    def note_end(self, reason: str) -> None:
        """Note why the session ends early."""
        ...


class ProcessEnd:
    """A plugin of each process of a session.

    Args:
        config: The session's configuration.
        collector: The results of the session; `None` in a worker, because the controller detects its end.
    """

    def __init__(self, config: pytest.Config, collector: EndNoted | None) -> None:
        self._config = config
        self._collector = collector
        self._session: pytest.Session | None = None
        self._pid = os.getpid()
        self._plays = False
        self._is_ending = False
        self._terminated = self._exited = False
        self._exit: Callable[[int], NoReturn] = os._exit
        self._threads: set[threading.Thread] = set()
        if collector is not None:
            # Before other imports, which may keep a reference to the function.
            os._exit = self._exit_called

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Treat SIGTERM like Ctrl-C, unless something else handles it."""
        self._session = session
        self._threads = set(threading.enumerate())
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._terminate)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Handle `os._exit` from the first run to the verdict."""
        self._plays = True
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Note that the session ends by itself."""
        self._is_ending = True
        if self._exited:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        try:
            return (yield)
        finally:
            self._plays = False

    def pytest_unconfigure(self) -> None:
        """Restore `os._exit` and the signal handler, and end threads that keep the process alive."""
        if self._collector is not None and os._exit == self._exit_called:
            os._exit = self._exit  # type: ignore[assignment]
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and self._handles_sigterm():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        status = 0 if self._session is None else int(self._session.exitstatus)
        left = [one for one in _blocking_threads() if one not in self._threads]
        if left and self._session is not None:
            threading.Thread(target=_end_without, args=(left, status, self._exit), daemon=True).start()

    # -- SIGTERM

    def _terminate(self, signum: int, frame: FrameType | None) -> None:
        # Pytest then shows the code that was interrupted.
        __tracebackhide__ = True
        del frame
        # `timeout` sends it to a process group twice, and it must not interrupt the report.
        if os.getpid() != self._pid or self._terminated or self._is_ending:
            return
        self._terminated = True
        reason = "os._exit was called" if self._exited else f"{signal.Signals(signum).name} was received"
        if self._session is not None:
            # In case that code catches the interrupt.
            self._session.shouldstop = reason
        if self._collector is not None:
            self._collector.is_urgent = not self._exited
            # Not `threading`: the signal may have interrupted it while it holds a lock.
            _thread.start_new_thread(self._end_anyway, ())
        raise KeyboardInterrupt(reason)

    def _end_anyway(self) -> None:
        time.sleep(_UNWIND_SECONDS)
        if not self._is_ending:
            self._end_here(pytest.ExitCode.INTERRUPTED)

    # -- os._exit

    def _exit_called(self, status: int) -> NoReturn:
        """Replace `os._exit`: end the session with a verdict if it plays runs, and then the process."""
        # A process that was forked from this one really exits.
        if os.getpid() != self._pid or not self._plays or self._is_ending:
            self._exit(status)
        assert self._collector is not None
        where = place(stack_of(sys._getframe(1)))
        main, thread = threading.main_thread(), threading.current_thread()
        of_thread = "" if thread is main else f", in thread {thread.name}"
        self._collector.note_end(f"os._exit({status}) was called, at {where}{of_thread}")
        if sys.platform != "win32" and thread is not main and self._handles_sigterm():
            # The main thread may be reporting another run: it ends the session, when it is interrupted.
            self._exited = True
            signal.pthread_kill(main.ident or 0, signal.SIGTERM)
            while self._plays:
                time.sleep(_POLL_SECONDS)
            raise SystemExit(status)
        self._end_here(pytest.ExitCode.TESTS_FAILED)

    def _handles_sigterm(self) -> bool:
        return signal.getsignal(signal.SIGTERM) == self._terminate

    def _end_here(self, status: pytest.ExitCode) -> NoReturn:
        """End the session inside of a run, in any thread, and then the process.

        Fixtures are torn down in the middle of that run, and may hang or fail.
        """
        faulthandler.dump_traceback_later(_FINISH_SECONDS, exit=True)
        session: Any = self._session
        try:
            capture: Any = self._config.pluginmanager.get_plugin("capturemanager")
            if capture is not None:
                capture.suspend(in_=True)
            session.exitstatus = status
            self._config.hook.pytest_sessionfinish(session=session, exitstatus=status)
        except BaseException:  # noqa: BLE001 - the session has no caller left to raise it to
            traceback.print_exc()
        finally:
            try:
                self._config._ensure_unconfigure()
            finally:
                _flush()
                # Never 0, because some runs have no result.
                self._exit(int(session.exitstatus) or int(pytest.ExitCode.TESTS_FAILED))


# -- threads


def _blocking_threads() -> list[threading.Thread]:
    """Return the threads that the interpreter waits for before it exits."""
    return [one for one in threading.enumerate() if not one.daemon and one is not threading.main_thread()]


def _end_without(left: list[threading.Thread], status: int, end: Callable[[int], NoReturn]) -> None:
    """End the process some time after its main thread has ended, if some of these threads have not."""
    threading.main_thread().join()
    for thread in left:
        thread.join(_THREAD_SECONDS / len(left))
    still = [thread for thread in left if thread.is_alive()]
    if not still:
        return
    frames = sys._current_frames()
    for thread in still:
        where = place(stack_of(frames.get(thread.ident or 0)))
        message = f"pare: thread {thread.name!r} still runs at {where}, {_THREAD_SECONDS:g} s after the session; "
        print(f"{message}the process ends without it", file=sys.stderr)  # noqa: T201 - pytest has ended
    # The interpreter would run these once all threads have ended.
    atexit._run_exitfuncs()
    _flush()
    end(status)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
