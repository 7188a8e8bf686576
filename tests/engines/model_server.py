"""An OpenAI-compatible service on loopback, over real HTTP, that answers as it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from types import TracebackType

WAIT = 'Thought: Nothing.\nAction:\n{"action": "PAREAgentUserInterface__wait", "action_input": {}}<end_action>'
"""The observer's."""


@dataclass(frozen=True)
class Reply:
    """How a request is answered.

    Attributes:
        status: Of HTTP.
        body: What is sent; bytes as they are.
        headers: More headers.
        delay: Seconds before it is sent.
        manner: `whole`; `drip`, a byte each 0.05 s for ever; `cut`, half of it and then no connection any more; `hang`,
            nothing at all until the server is closed.
    """

    status: int = 200
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    manner: Literal["whole", "drip", "cut", "hang"] = "whole"


@dataclass(frozen=True)
class Request:
    """What was asked, when (seconds since the server began), and from which port of the client."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    time: float
    port: int


def completion(
    content: Any, *, finish: Any = "stop", usage: Any = None, choice: dict[str, Any] | None = None, **message: Any
) -> dict[str, Any]:
    """Return the JSON of a completion.

    Args:
        content: What the message says.
        finish: The `finish_reason`.
        usage: The `usage`; `None` leaves it out.
        choice: More keys of the choice.
        **message: More keys of the message.
    """
    told = {"role": "assistant", "content": content, **message}
    body = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": told, "finish_reason": finish, **(choice or {})}],
    }
    return body if usage is None else {**body, "usage": usage}


def answers(text: str | None, *, usage: tuple[int, int] | None = (11, 7), finish: str = "stop", **how: Any) -> Reply:
    """Return a completion of the model's."""
    told = None
    if usage is not None:
        told = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    return sends(completion(text, finish=finish, usage=told), **how)


def sends(body: Any, **how: Any) -> Reply:
    """Return a reply whose body is JSON."""
    return Reply(body=json.dumps(body), **how)


def moves(status: int, address: str | None = "http://127.0.0.1:9/elsewhere") -> Reply:
    """Return a redirect."""
    return Reply(status, headers={} if address is None else {"Location": address})


def fails(
    status: int, message: str = "no", code: str | None = None, retry_after: str | None = None, delay: float = 0.0
) -> Reply:
    """Return an error in OpenAI's format."""
    kind = "invalid_request_error" if status in (400, 401, 404) else "server_error"
    body = json.dumps({"error": {"message": message, "type": kind, "code": code, "param": None}})
    return Reply(status, body, {} if retry_after is None else {"Retry-After": retry_after}, delay)


def hangs() -> Reply:
    """Return no answer at all."""
    return Reply(manner="hang")


def drips() -> Reply:
    """Return an answer that never comes to an end."""
    return Reply(body=answers(WAIT).body, manner="drip")


def cuts() -> Reply:
    """Return half an answer."""
    return Reply(body=answers(WAIT).body, manner="cut")


def garbles() -> Reply:
    """Return what is no JSON."""
    return Reply(body='{"choices": [{"message": ')


def at_most(per_second: float, reply: Reply, burst: float = 2.0) -> Callable[[Request], Reply]:
    """Return a script that refuses what is asked too often: a bucket of tokens."""
    lock = threading.Lock()
    state = {"tokens": burst, "at": 0.0}

    def script(request: Request) -> Reply:
        with lock:
            state["tokens"] = min(burst, state["tokens"] + (request.time - state["at"]) * per_second)
            state["at"] = request.time
            if state["tokens"] < 1:
                return fails(429, "slow down")
            state["tokens"] -= 1
            return reply

    return script


@dataclass
class ModelServer:
    """Serves until the end of its `with` block.

    Attributes:
        script: Replies in order, of which the last is for all that follow; or a function of the request. What it raises
            is a 500.
        models: What GET /models lists; a number is the status of an error in its place.
        requests: What was asked of the model.
        url: Where it is, up to `/v1`.
    """

    script: Sequence[Reply] | Callable[[Request], Reply]
    models: Sequence[str] | int = ("m",)
    requests: list[Request] = field(default_factory=list)
    looked: list[Request] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        self._left = deque() if callable(self.script) else deque(self.script)
        self._began = time.monotonic()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, request: Request) -> Reply:
        """Return what a request is answered with."""
        if request.path.endswith("/models"):
            self.looked.append(request)
            return self._models()
        with self._lock:
            self.requests.append(request)
            if callable(self.script):
                return self.script(request)
            return self._left[0] if len(self._left) == 1 else self._left.popleft()

    def _models(self) -> Reply:
        if isinstance(self.models, int):
            return fails(self.models)
        return Reply(
            body=json.dumps({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})
        )

    def seconds(self) -> float:
        """Return for how long it has served."""
        return time.monotonic() - self._began

    def closes_within(self, seconds: float) -> bool:
        """Wait, and tell whether it was closed meanwhile."""
        return self._closed.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: that clients go away is part of the tests."""


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: dict[str, Any]) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = server.reply(Request(self.path, headers, body, server.seconds(), self.client_address[1]))
            if (reply.manner == "hang" and server.closes_within(600)) or server.closes_within(reply.delay):
                self.close_connection = True
                return
            data = reply.body if isinstance(reply.body, bytes) else reply.body.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(1_000_000 if reply.manner == "drip" else len(data)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if reply.manner == "cut":
                data = data[: len(data) // 2]
                self.close_connection = True
            self.wfile.write(data)
            while reply.manner == "drip" and not server.closes_within(0.05):
                self.wfile.write(b" ")
                self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that it has
            """Print nothing."""

    return Handler
