"""A model that plays a script, as a service in OpenAI's protocol on loopback, with the random ids of a real one.

It finds its next step in the conversation, and refuses (400) a request that lacks the result of a call, the text that a
result must have, an earlier stage of the script, or the definition of a tool that the script needs.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn, Self

from tests.compat.scripts import SAY, SCRIPTS, Call, Script

MODEL = "scripted"
WAIT = "I wait."
# The texts of noise in tools, which a model would answer with another try.
FAILURES = ("Retry again later", "timed out")
TRIES = 12


class RefusedError(Exception):
    """The request is not what the model must get."""


@dataclass
class Conversation:
    """A request of either API in the same words.

    Attributes:
        users: The messages of the user.
        calls: The tool calls by id: name, arguments and result.
        order: The order of all: `user`, `call` or `result`, and the place in `users` or the id.
    """

    users: list[str]
    calls: dict[str, tuple[str, Any, str | None]]
    order: list[tuple[str, Any]]

    def user(self, content: Any) -> None:
        self._closed()
        self.order.append(("user", len(self.users)))
        self.users.append(_text(content))

    def call(self, call_id: str, name: str, arguments: str) -> None:
        if not call_id or call_id in self.calls:
            refuse(f"the call id {call_id!r} is empty, or comes twice")
        self.order.append(("call", call_id))
        self.calls[call_id] = (name, json.loads(arguments or "{}"), None)

    def result(self, call_id: str, content: Any) -> None:
        name, arguments, before = self.calls.get(call_id) or refuse(f"no call has the id {call_id!r}")
        if before is not None:
            refuse(f"the call {call_id!r} has two results")
        self.order.append(("result", call_id))
        self.calls[call_id] = (name, arguments, _text(content))

    def end(self) -> Self:
        self._closed()
        return self

    def _closed(self) -> None:
        for call_id, (name, _, result) in self.calls.items():
            if result is None:
                refuse(f"the call {call_id} of {name} has no result")

    def results_after(self, user: int) -> list[tuple[str, Any, str]]:
        """Return name, arguments and result of the calls after a message of the user."""
        begin = self.order.index(("user", user))
        ids = [call_id for kind, call_id in self.order[begin:] if kind == "result"]
        return [(name, arguments, text or "") for name, arguments, text in map(self.calls.__getitem__, ids)]


def refuse(reason: str) -> NoReturn:
    raise RefusedError(reason)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or [])


def from_chat(body: Mapping[str, Any]) -> Conversation:
    found = Conversation([], {}, [])
    for message in body["messages"]:
        match message["role"]:
            case "user":
                found.user(message["content"])
            case "assistant":
                for call in message.get("tool_calls") or []:
                    found.call(call["id"], call["function"]["name"], call["function"]["arguments"])
            case "tool":
                found.result(message["tool_call_id"], message["content"])
    return found.end()


def from_responses(body: Mapping[str, Any]) -> Conversation:
    found = Conversation([], {}, [])
    given = body["input"]
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        match item.get("type", "message"):
            case "message" if item["role"] == "user":
                found.user(item["content"])
            case "function_call":
                found.call(item["call_id"], item["name"], item["arguments"])
            case "function_call_output":
                found.result(item["call_id"], item["output"])
    return found.end()


def next_calls(conversation: Conversation, tools: set[str]) -> list[Call]:
    """Return the calls of the next answer; none if the model waits.

    Raises:
        RefusedError: If the conversation or the tools are not what they must be.
    """
    script = _script_of(conversation)
    needed = {call.name for stage in script.stages for calls in stage.rounds for call in calls} if script else {SAY}
    if missing := sorted(needed - tools):
        refuse(f"the definitions of {', '.join(missing)} are missing")
    return next(_open_rounds(conversation, script), []) if script else []


def _script_of(conversation: Conversation) -> Script | None:
    for script in SCRIPTS.values():
        for number, stage in enumerate(script.stages):
            if any(stage.news in text for text in conversation.users):
                if number:
                    refuse(f"the conversation has {stage.news!r} without {script.stages[0].news!r}")
                return script
    return None


def _open_rounds(conversation: Conversation, script: Script) -> Iterator[list[Call]]:
    begins = [_first(conversation, stage.news) for stage in script.stages]
    everything = "\n".join(text for _, _, text in conversation.results_after(0))
    for number, (stage, begin) in enumerate(zip(script.stages, begins, strict=True)):
        if begin is None:
            return
        results = conversation.results_after(begin)
        for calls in stage.rounds:
            rendered = [Call(one.name, _render(one.arguments, script, everything), one.result) for one in calls]
            if missing := [one for one in rendered if not _is_done(one, results)]:
                if any(later is not None for later in begins[number + 1 :]):
                    refuse(
                        f"the conversation lacks the result of {missing[0].name}, which came before its last message"
                    )
                yield missing


def _first(conversation: Conversation, news: str) -> int | None:
    return next((number for number, text in enumerate(conversation.users) if news in text), None)


def _is_done(call: Call, results: list[tuple[str, Any, str]]) -> bool:
    texts = [text for name, arguments, text in results if (name, arguments) == (call.name, call.arguments)]
    for text in texts:
        if any(failure in text for failure in FAILURES):
            continue
        if not text or call.result not in text:
            refuse(f"the result of {call.name} is {text!r}, without {call.result!r}")
        return True
    if len(texts) >= TRIES:
        refuse(f"{call.name} has failed {TRIES} times")
    return False


def _render(value: Any, script: Script, results: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _render(one, script, results) for key, one in value.items()}
    if isinstance(value, str) and (name := re.fullmatch(r"\{(\w+)\}", value)):
        found = re.search(script.values[name[1]], results)
        # A value that nothing has given yet belongs to a later round.
        return found[1] if found else value
    return value


# -- answers


def _id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def _count(*texts: str) -> int:
    return sum(map(len, texts)) // 4 + 1


def chat_answer(calls: list[Call], prompt: int) -> dict[str, Any]:
    made = [
        {"id": _id("call"), "type": "function", "function": {"name": one.name, "arguments": json.dumps(one.arguments)}}
        for one in calls
    ]
    message = {"role": "assistant", "content": None if made else WAIT, "refusal": None}
    output = _count(json.dumps(made))
    return {
        "id": _id("chatcmpl"),
        "object": "chat.completion",
        "created": 1_700_000_000 + secrets.randbelow(10**7),
        "model": MODEL,
        "system_fingerprint": _id("fp"),
        "choices": [
            {
                "index": 0,
                "message": {**message, **({"tool_calls": made} if made else {})},
                "finish_reason": "tool_calls" if made else "stop",
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output},
    }


def responses_answer(calls: list[Call], prompt: int) -> dict[str, Any]:
    output: list[dict[str, Any]] = [
        {
            "type": "function_call",
            "id": _id("fc"),
            "call_id": _id("call"),
            "name": one.name,
            "arguments": json.dumps(one.arguments),
            "status": "completed",
        }
        for one in calls
    ] or [
        {
            "type": "message",
            "id": _id("msg"),
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": WAIT, "annotations": [], "logprobs": []}],
        }
    ]
    tokens = _count(json.dumps(output))
    return {
        "id": _id("resp"),
        "object": "response",
        "created_at": 1_700_000_000 + secrets.randbelow(10**7),
        "status": "completed",
        "model": MODEL,
        "output": [{"type": "reasoning", "id": _id("rs"), "summary": []}, *output],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "usage": {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + tokens,
        },
    }


def chat_events(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the chunks of an answer: one for the role, one for each call or the text, one for the end."""
    choice = answer["choices"][0]
    head = {"id": answer["id"], "object": "chat.completion.chunk", "created": answer["created"], "model": MODEL}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": choice["message"]["content"]}]
    for index, call in enumerate(choice["message"].get("tool_calls", ())):
        arguments = call["function"]["arguments"]
        begin = {**call, "index": index, "function": {**call["function"], "arguments": arguments[:5]}}
        deltas += [{"tool_calls": [begin]}]
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": arguments[5:]}}]}]
    for delta in deltas:
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    yield {**head, "choices": [], "usage": answer["usage"]}


def responses_events(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of an answer, with each item whole."""
    yield {"type": "response.created", "response": {**answer, "status": "in_progress", "output": [], "usage": None}}
    for index, item in enumerate(answer["output"]):
        yield {"type": "response.output_item.added", "output_index": index, "item": item}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": "response.completed", "response": answer}


# -- the service


class ScriptedModel:
    """The service; a context manager.

    Attributes:
        url: Its base URL.
        bodies: The bodies of the requests for answers.
        refusals: Why requests were refused.
    """

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.refusals: list[str] = []
        model = self

        class Handler(_Handler):
            service = model

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request.

        Raises:
            RefusedError: If the request is not what it must be.
        """
        prompt = _count(json.dumps(body))
        if path.endswith("/chat/completions"):
            tools = {tool["function"]["name"] for tool in body.get("tools", ())}
            return chat_answer(next_calls(from_chat(body), tools), prompt)
        tools = {tool["name"] for tool in body.get("tools", ())}
        return responses_answer(next_calls(from_responses(body), tools), prompt)


class _Handler(BaseHTTPRequestHandler):
    service: ScriptedModel
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "us"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.service.bodies.append(body)
        try:
            answer = self.service.answer(self.path, body)
        except RefusedError as error:
            self.service.refusals.append(str(error))
            self._send(400, {"error": {"message": str(error), "type": "invalid_request_error", "code": None}})
            return
        if body.get("stream"):
            self._stream(answer)
        else:
            self._send(200, answer)

    def _send(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, answer: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        if answer["object"] == "response":
            for number, event in enumerate(responses_events(answer)):
                line = json.dumps({**event, "sequence_number": number})
                self.wfile.write(f"event: {event['type']}\ndata: {line}\n\n".encode())
        else:
            for chunk in chat_events(answer):
                self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        pass
