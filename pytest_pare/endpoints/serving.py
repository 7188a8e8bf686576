"""Serves a listening socket with uvicorn until it is stopped; imported when the first connection comes."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from typing import TYPE_CHECKING

import uvicorn
from anyio.to_thread import current_default_thread_limiter

from pytest_pare.endpoints.application import answer
from pytest_pare.endpoints.guard import Guard

if TYPE_CHECKING:
    import socket

    from pytest_pare.endpoints.guard import FindBackend

# What the libraries of the server log is neither the agent's nor the user's.
_LOGGERS = ("uvicorn.error", "uvicorn.asgi", "mcp.server.streamable_http", "asyncio", "root")

# Seconds. An agent may be idle between two turns for as long, and keeps its connection.
_KEEP_ALIVE = 24 * 3600


def serve(listener: socket.socket, stopped: socket.socket, find_backend: FindBackend) -> None:
    """Serve a socket until the other end of `stopped` is closed.

    Args:
        listener: The listening socket.
        stopped: One end of a pair of sockets.
        find_backend: Returns the run of a token.
    """
    config = uvicorn.Config(
        Guard(answer, listener.getsockname()[1], find_backend),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )
    quiet = _Quiet()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(quiet)
    try:
        asyncio.run(_Uvicorn(config, stopped).serve(sockets=[listener]))
    finally:
        for logger in loggers:
            logger.removeFilter(quiet)


class _Uvicorn(uvicorn.Server):
    """A uvicorn that waits for a socket instead of looking ten times a second whether it should stop."""

    def __init__(self, config: uvicorn.Config, stopped: socket.socket) -> None:
        super().__init__(config)
        self._stopped = stopped

    async def main_loop(self) -> None:
        """Wait until the other end of the socket is closed."""
        # A request waits in a thread for its model. With the default of 40 threads, others would wait for such a one.
        current_default_thread_limiter().total_tokens = math.inf
        self._stopped.setblocking(False)
        await asyncio.get_running_loop().sock_recv(self._stopped, 1)


class _Quiet(logging.Filter):
    """Drops the records of the server's thread, also for handlers of the run that is played meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record comes from another thread."""
        return record.thread != self._thread
