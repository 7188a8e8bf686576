"""A run that has only a model, a scripted one, at the server of this process."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_pare.agents.protocols import Endpoint
from pytest_pare.endpoints import server
from pytest_pare.engines.agent_requests import ModelAnswer, ModelRequest, messages_of, with_own_ids
from pytest_pare.engines.cassette import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


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

    def answer(self, request: ModelRequest, /) -> ModelAnswer:
        self.requests.append(request)
        self.keys.append(fingerprint(messages_of(request)))
        body, _ = with_own_ids(self.script(request), self.keys[-1], 1)
        return ModelAnswer(json.loads(json.dumps(body)))

    def definitions(self) -> list[dict[str, Any]]:
        return []

    def prepare(self, name: str, arguments: Mapping[str, Any]) -> Callable[[], Any]:
        raise NotImplementedError

    def call(self, name: str, arguments: Mapping[str, Any]) -> Any:
        raise NotImplementedError


@contextmanager
def served(run: ScriptedRun) -> Iterator[Endpoint]:
    """Serve the model of a run, and yield the base URL with the token as a key."""
    token = server.issue()
    server.bind(token, run)
    try:
        yield Endpoint(server.models_url(), token)
    finally:
        server.revoke(token)


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
