"""The event loop of an async agent."""

from __future__ import annotations

import asyncio
import atexit
import os
import selectors
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.base import telemetry

# A task may start another one while it is cancelled, and so on.
_MOST_ROUNDS = 10
# As long as `asyncio.Runner.close` waits for threads; it has no limit before Python 3.12.
_THREAD_LIMIT: dict[str, float] = {} if sys.version_info < (3, 12) else {"timeout": 300}


class AsyncCalls:
    """The event loop of an async agent in one run, taken when the agent first awaits something.

    The runs of a thread share a loop, because an HTTP client that an agent keeps for the process has connections that
    belong to their loop. All else that a run leaves behind ends with it. After an agent has closed or stopped the loop,
    or was interrupted, the next run has a new one. So has each run if the event loop policy makes loops of another
    library, such as uvloop, because only of asyncio's own it is known what a run has left.

    The loop is never the current event loop of the caller. If the caller has a running one, it runs in another thread.
    """

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._is_debug = False
        self._is_interrupted = False

    def run(self, awaitable: Any, span: telemetry.Span) -> Any:
        """Return the result of an awaitable.

        Args:
            awaitable: The awaitable.
            span: The span of the turn. All turns share the context of the first one, which has another.
        """
        if self._runner is None:
            loop = _take()
            self._is_debug = loop.get_debug()
            # A new one for each run, because it copies the context in which it runs first.
            self._runner = asyncio.Runner(loop_factory=lambda: loop)
            if asyncio._get_running_loop() is not None:
                self._thread = ThreadPoolExecutor(1)
        # It stays so if the loop ends before the awaitable does.
        was_interrupted, self._is_interrupted = self._is_interrupted, True
        try:
            return self._call(self._runner.run, self._awaited(awaitable, span, was_interrupted))
        except KeyboardInterrupt:
            self._is_interrupted = True
            raise

    def close(self) -> None:
        """Cancel what is left, and keep the event loop for the next run if it can be used again."""
        if self._runner is not None:
            try:
                if (loop := self._call(self._end_run, self._runner)) is not None:
                    _put_back(loop)
            finally:
                if self._thread is not None:
                    self._thread.shutdown()

    def _end_run(self, runner: asyncio.Runner) -> asyncio.AbstractEventLoop | None:
        """Return the loop without what the run has left, or close it and return `None`."""
        loop = runner.get_loop()
        if loop.is_closed():
            raise RuntimeError("Event loop is closed")
        if self._is_interrupted or not isinstance(loop, asyncio.BaseEventLoop):
            runner.close()
            return None
        is_clear = False
        try:
            is_clear = _clear(loop)
        finally:
            if not is_clear:
                loop.close()
        loop.set_debug(self._is_debug)
        return loop if is_clear else None

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._thread is None:
            return function(*arguments)
        return self._thread.submit(copy_context().run, function, *arguments).result()

    async def _awaited(self, awaitable: Any, span: telemetry.Span, is_interrupted: bool) -> Any:
        try:
            with span.active():
                return await awaitable
        finally:
            self._is_interrupted = is_interrupted


def _clear(loop: Any) -> bool:
    """End all that a run has left, as `asyncio.Runner.close` does, and return whether the loop can be used again.

    Connections stay, with the callbacks that wait for their data.
    """
    for _ in range(_MOST_ROUNDS):
        _cancel(loop, asyncio.all_tasks(loop))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor(**_THREAD_LIMIT))
        # Connections that were closed call back once more.
        loop.run_until_complete(asyncio.sleep(0))
        loop._asyncgens_shutdown_called = loop._executor_shutdown_called = False
        loop._default_executor = None
        if not asyncio.all_tasks(loop):
            break
    else:
        return False
    for handle in (*loop._ready, *loop._scheduled):
        handle.cancel()
    loop._ready.clear()
    loop._scheduled.clear()
    loop._timer_cancelled_count = 0
    for number in list(getattr(loop, "_signal_handlers", ())):
        loop.remove_signal_handler(number)
    loop.set_exception_handler(None)
    loop.set_task_factory(None)
    return True


def _cancel(loop: asyncio.AbstractEventLoop, tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            message = "unhandled exception of a task that was cancelled at the end of the run"
            loop.call_exception_handler({"message": message, "exception": error, "task": task})


# -- loops between runs


class _Idle(NamedTuple):
    # A `threading.Thread`.
    thread: Any
    loop: asyncio.AbstractEventLoop


def _take() -> asyncio.AbstractEventLoop:
    """Return the loop of the last run in this thread, or of a thread that has ended, or a new one."""
    here = threading.current_thread()
    while True:
        with _lock:
            own = [idle for idle in _idle if idle.thread is here]
            found = own or [idle for idle in _idle if not idle.thread.is_alive()]
            if not found:
                break
            _idle.remove(found[-1])
        loop = found[-1].loop
        # A run may have kept it, and have closed it or started it anew.
        if not loop.is_closed() and not loop.is_running():
            return loop
    # The loop keeps the context in which it was made.
    return Context().run(asyncio.new_event_loop)


def _put_back(loop: asyncio.AbstractEventLoop) -> None:
    with _lock:
        _idle.append(_Idle(threading.current_thread(), loop))


def _close_all() -> None:
    with _lock:
        loops = [idle.loop for idle in _idle]
        _idle.clear()
    for loop in loops:
        if not loop.is_running():
            loop.close()


def _forget() -> None:
    """Leave the loops to the parent. To close one would end what the parent's selector waits for, which is shared."""
    global _lock  # noqa: PLW0603 - another thread of the parent may hold it
    _lock = threading.Lock()
    for _, loop in _idle:
        selector: Any = getattr(loop, "_selector", None)
        if selector is not None and not loop.is_closed():
            vars(loop)["_selector"] = selectors.DefaultSelector()
            selector.close()
    _close_all()


_idle: list[_Idle] = []
_lock = threading.Lock()

atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
