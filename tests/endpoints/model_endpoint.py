"""The handlers of the model endpoint behind a real server on loopback, with a scripted model."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from pytest_pare.endpoints.models import handle
from pytest_pare.engines.agent_requests import ModelAnswer, ModelRequest, messages_of, with_own_ids
from pytest_pare.engines.cassette import fingerprint

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


@dataclass
class ScriptedRun:
    """Answers with the bodies that `script` returns or raises, as a run does: with ids of its own.

    Attributes:
        script: Returns the provider's answer to a request.
        requests: What was asked.
        keys: The fingerprints of the requests.
    """

    script: Callable[[ModelRequest], dict[str, Any]]
    requests: list[ModelRequest] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def answer(self, request: ModelRequest) -> ModelAnswer:
        self.requests.append(request)
        self.keys.append(fingerprint(messages_of(request)))
        body, _ = with_own_ids(self.script(request), self.keys[-1], 1)
        return ModelAnswer(json.loads(json.dumps(body)))


@contextmanager
def served(run: ScriptedRun) -> Iterator[str]:
    """Serve the model of a run, and yield the base URL."""

    async def endpoint(request: Request) -> Response:
        return await handle(request, run)

    app = Starlette(routes=[Route("/v1/{path:path}", endpoint, methods=["GET", "POST", "DELETE"])])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            thread.join()


USAGE = {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19}
RESPONSE_USAGE = {"input_tokens": 12, "output_tokens": 7, "total_tokens": 19}


def completion(content: str | None = None, **arguments: str) -> dict[str, Any]:
    """Return a chat completion with a text, and with calls of the tools that are given with their arguments."""
    calls = [
        {"id": f"theirs-{name}", "type": "function", "function": {"name": name, "arguments": text}}
        for name, text in arguments.items()
    ]
    message = {"role": "assistant", "content": content, **({"tool_calls": calls} if calls else {})}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    about = {"id": "chatcmpl-theirs", "object": "chat.completion", "created": 1, "model": "m", "service_tier": "x"}
    return {**about, "choices": [choice], "usage": USAGE}


def response(content: str | None = None, **arguments: str) -> dict[str, Any]:
    """Return an answer of the Responses API with a text, and with calls of tools."""
    output: list[dict[str, Any]] = [
        {"type": "reasoning", "id": "rs_theirs", "summary": [{"type": "summary_text", "text": "thinking"}]}
    ]
    if content is not None:
        part = {"type": "output_text", "text": content, "annotations": []}
        message = {"type": "message", "id": "msg_theirs", "role": "assistant", "status": "completed"}
        output.append({**message, "content": [part]})
    output += [
        {"type": "function_call", "id": f"fc_{name}", "call_id": f"theirs-{name}", "name": name, "arguments": text}
        for name, text in arguments.items()
    ]
    about = {"id": "resp_theirs", "object": "response", "created_at": 1.0, "status": "completed", "model": "m"}
    return {**about, "output": output, "usage": RESPONSE_USAGE}
