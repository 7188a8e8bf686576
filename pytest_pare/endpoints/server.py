"""The HTTP server of this process on loopback: the tokens of its runs, and the thread that serves them.

The first URL that is asked for binds the socket. The libraries of the server are imported when the first connection
comes, so a URL that nobody uses costs a socket and a waiting thread.
"""

from __future__ import annotations

import atexit
import os
import selectors
import socket
import threading
from secrets import token_urlsafe

from pytest_pare.endpoints.backend import Backend

__all__ = ["Backend", "bind", "close", "issue", "mcp_url", "models_url", "refuse", "revoke", "unbind"]

NO_RUN = "no run with this token is open"

# Longest time in seconds that the end of a process waits for the server's thread.
_LONGEST_STOP = 5.0


def issue() -> str:
    """Return a new token, which is bound to no run yet."""
    # The prefix lets `base/redaction.py` recognize a token wherever it is written.
    token = f"pare_token_{token_urlsafe(32)}"
    _tokens[token] = NO_RUN
    return token


def bind(token: str, backend: Backend) -> None:
    """Let requests with this token reach a run."""
    _tokens[token] = backend


def unbind(token: str) -> None:
    """Refuse requests with this token, as no run with it is open."""
    refuse(token, NO_RUN)


def refuse(token: str, why: str) -> None:
    """Refuse requests with this token.

    Args:
        token: The token.
        why: The sentence that the client gets.
    """
    _tokens[token] = why


def revoke(token: str) -> None:
    """Forget a token. Requests with it are refused like those with a wrong one."""
    _tokens.pop(token, None)


def backend_of(token: str) -> Backend | str | None:
    """Return the run of a token, why requests with it are refused, or `None` for a token that is not known."""
    return _tokens.get(token)


def mcp_url() -> str:
    """Return the URL of the MCP server."""
    # With the slash at the end: some clients fail at a redirect, and older ones expect this path.
    return f"http://127.0.0.1:{_running().port}/mcp/"


def models_url() -> str:
    """Return the base URL of the model endpoint, for a client of OpenAI's protocol."""
    return f"http://127.0.0.1:{_running().port}/v1"


def close() -> None:
    """End the server of this process and close its port. The next URL that is asked for starts another one."""
    global _server
    with _lock:
        server, _server = _server, None
    if server is not None:
        server.stop()


class _Server:
    """A listening socket, and the daemon thread that serves it.

    Attributes:
        port: The port of the socket.
    """

    def __init__(self) -> None:
        self._listener = _listener()
        self.port: int = self._listener.getsockname()[1]
        # The thread ends when the other end of its socket is closed.
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="pytest-pare-endpoints", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            if self._is_wanted():
                from pytest_pare.endpoints.serving import serve

                serve(self._listener, self._stopped, backend_of)
        finally:
            self.close_sockets()

    def _is_wanted(self) -> bool:
        """Wait for the first connection, and return whether it came before the end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._stopped, selectors.EVENT_READ)
            ready = [key.fileobj for key, _ in selector.select()]
        return self._stopped not in ready

    def stop(self) -> None:
        self._stop.close()
        self._thread.join(_LONGEST_STOP)

    def close_sockets(self) -> None:
        self._listener.close()
        self._stopped.close()


def _listener() -> socket.socket:
    # Of this protocol by name: otherwise asyncio does not send small packets at once, and each answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _running() -> _Server:
    global _server  # noqa: PLW0603 - one server for each process
    with _lock:
        if _server is None:
            _server = _Server()
        return _server


def _forget() -> None:
    """Leave the server to the parent: a fork copies its sockets and no threads."""
    global _server, _lock  # noqa: PLW0603 - one server for each process
    _lock = threading.Lock()
    _tokens.clear()
    if _server is not None:
        _server.close_sockets()
        _server._stop.close()
        _server = None


# A token leads to its run, or to the sentence that its requests are refused with.
_tokens: dict[str, Backend | str] = {}
_server: _Server | None = None
_lock = threading.Lock()

atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
