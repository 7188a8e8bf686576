"""The event loop of an async agent."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.base import telemetry


class AsyncCalls:
    """The event loop of an async agent, made when the agent first awaits something.

    It is never the current event loop of the caller. If the caller has a running one, it runs in its own thread.
    """

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._thread: ThreadPoolExecutor | None = None

    def run(self, awaitable: Any, span: telemetry.Span) -> Any:
        """Return the result of an awaitable.

        Args:
            awaitable: The awaitable.
            span: The span of the turn. All turns share the context of the first one, which has another.
        """
        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
            if asyncio._get_running_loop() is not None:
                self._thread = ThreadPoolExecutor(1)
        return self._call(self._runner.run, _awaited(awaitable, span))

    def close(self) -> None:
        """Cancel what is left, and close the event loop."""
        if self._runner is not None:
            try:
                self._call(self._runner.close)
            finally:
                if self._thread is not None:
                    self._thread.shutdown()

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._thread is None:
            return function(*arguments)
        return self._thread.submit(copy_context().run, function, *arguments).result()


async def _awaited(awaitable: Any, span: telemetry.Span) -> Any:
    with span.active():
        return await awaitable
