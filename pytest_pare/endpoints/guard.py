"""Refuses requests that are not from this machine, have no token of an open run, or are too large."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_pare.base.serialization import to_short_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from pytest_pare.endpoints.backend import Backend

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Receive, Send, Backend], Awaitable[None]]
    FindBackend = Callable[[str], Backend | str | None]

LARGEST_BODY = 16 * 1024 * 1024
"""Largest body of a request in bytes."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Refused(Exception):  # noqa: N818 - a refusal is an answer
    """A request is refused.

    Attributes:
        status: The HTTP status.
        headers: Further headers of the answer.
    """

    def __init__(self, status: int, why: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.headers = headers or {}


class Guard:
    """An ASGI application that checks each request before it reaches another one.

    A refusal is an error in OpenAI's form with one sentence. It does not say more about a wrong token.

    Args:
        application: Answers the requests that pass; it also gets the run of the token.
        port: The port of the server.
        find_backend: Returns the run of a token, why its requests are refused, or `None` for an unknown token.
    """

    def __init__(self, application: Application, port: int, find_backend: FindBackend) -> None:
        self._application = application
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._find_backend = find_backend

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        begun = False

        async def note_and_send(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            backend = self._check(scope)
            body = await _read(scope, receive)
            if body is not None:
                await self._application(scope, again(body, receive), note_and_send, backend)
        except Refused as refused:
            await _send_error(send, refused.status, str(refused), refused.headers)
        except Exception as error:
            if begun:
                raise
            await _send_error(send, 500, f"{type(error).__name__}: {to_short_text(error)}", {})

    def _check(self, scope: Message) -> Backend:
        if _values(scope, "host") not in [[host] for host in self._hosts]:
            raise Refused(403, "this server answers only to its own address on loopback")
        if not all(_is_loopback(origin) for origin in _values(scope, "origin")):
            raise Refused(403, "this server answers only to pages of its own machine")
        given = _values(scope, "authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        backend = self._find_backend(token.strip()) if scheme.lower() == "bearer" else None
        if backend is None:
            raise Refused(401, "this server needs the token of a run as a bearer token", {"WWW-Authenticate": "Bearer"})
        if isinstance(backend, str):
            raise Refused(409, backend)
        return backend


def _values(scope: Message, name: str) -> list[str]:
    wanted = name.encode()
    return [value.decode("latin-1") for key, value in scope["headers"] if key == wanted]


def _is_loopback(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK


async def _read(scope: Message, receive: Receive) -> bytes | None:
    """Return the body of a request; `None` if the client is gone."""
    too_large = Refused(413, f"the body is larger than {LARGEST_BODY} bytes", {"Connection": "close"})
    if any(not one.isdecimal() or int(one) > LARGEST_BODY for one in _values(scope, "content-length")):
        raise too_large
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > LARGEST_BODY:
            raise too_large
        more = message.get("more_body", False)
    return b"".join(chunks)


def again(body: bytes, receive: Receive) -> Receive:
    """Return what receives a body that was read, and then what follows it."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


async def _send_error(send: Send, status: int, why: str, headers: dict[str, str]) -> None:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    body = json.dumps({"error": {"message": why, "type": kind, "param": None, "code": None}}).encode()
    sent = {"Content-Type": "application/json", "Content-Length": str(len(body)), "x-should-retry": "false", **headers}
    encoded = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
