"""Answers to an agent in OpenAI's format: made of scripted answers, checked, and as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.engines.completion import content_refused, not_a_completion, read_choice
from pytest_pare.engines.error_mapping import error_in_answer, has_error_words, short
from pytest_pare.engines.errors import ProviderOutageError
from pytest_pare.engines.facts import finish_reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.engines.facts import Facts

_LATER = "try again later"


class Reply(NamedTuple):
    """An answer to a request of an agent.

    Attributes:
        body: The answer in OpenAI's format.
        facts: Its figures.
    """

    body: dict[str, Any]
    facts: Facts


class ToolCall(NamedTuple):
    """A call of a tool in an answer.

    Attributes:
        name: The tool.
        arguments: Its arguments by name.
    """

    name: str
    arguments: dict[str, Any]


def make_body(api: str, model: str, content: str, calls: Sequence[ToolCall] = ()) -> dict[str, Any]:
    """Return an answer in OpenAI's format, without usage.

    Args:
        api: `chat` or `responses`.
        model: The name of the model.
        content: The text.
        calls: The calls of tools.
    """
    if api == "chat":
        return _chat_completion(model, content, calls)
    output: list[dict[str, Any]] = []
    if content or not calls:
        part = {"type": "output_text", "text": content, "annotations": []}
        output.append({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]})
    for number, call in enumerate(calls, start=1):
        function = {"type": "function_call", "name": call.name, "arguments": json.dumps(call.arguments)}
        output.append({"id": f"fc_{number}", "call_id": f"call_{number}", "status": "completed", **function})
    status = {"id": "resp_1", "object": "response", "created_at": 0, "status": "completed"}
    return {**status, "model": model, "output": output}


def _chat_completion(model: str, content: str, calls: Sequence[ToolCall]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": content or (None if calls else "")}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
            }
            for number, call in enumerate(calls, start=1)
        ]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop", "logprobs": None}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": model, "choices": [choice]}


def require_answer(api: str, body: object) -> None:
    """Check that the JSON of a response is an answer. It may be a call of a tool, or empty.

    Args:
        api: `chat`, `responses` or `embeddings`.
        body: The JSON.

    Raises:
        EngineError: If it is none, because the provider failed or the endpoint's settings are wrong.
    """
    if api == "chat":
        read_choice(body)
        return
    if isinstance(body, dict) and body.get("error"):
        raise error_in_answer(body["error"])
    name, what = ("output", "response") if api == "responses" else ("data", "list of embeddings")
    if not isinstance(body, dict) or not isinstance(body.get(name), list):
        if isinstance(body, dict) and has_error_words(body):
            raise error_in_answer(body)
        raise not_a_completion(json.dumps(body), what)
    if api == "responses":
        _require_end(body)


def _require_end(body: dict[str, Any]) -> None:
    status, details = body.get("status"), body.get("incomplete_details")
    if status == "incomplete":
        if isinstance(details, dict) and finish_reason(details.get("reason")) == "content_filter":
            raise content_refused()
    elif status not in (None, "completed"):
        raise ProviderOutageError(f"it broke off with status {short(str(status))!r}", _LATER)


def text_of(body: dict[str, Any]) -> str:
    """Return an answer as readable text: what it says, then a line for each call of a tool."""
    if isinstance(body.get("choices"), list):
        lines = [line for choice in body["choices"] for line in _chat_lines(choice)]
    elif isinstance(body.get("output"), list):
        lines = [line for item in body["output"] for line in _item_lines(item)]
    else:
        data = body.get("data")
        count = len(data) if isinstance(data, list) else 0
        lines = [f"{count} embedding{'s' * (count != 1)}"]
    return "\n".join(lines)


def _chat_lines(choice: Any) -> Iterator[str]:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        return
    for text in (message.get("content"), message.get("refusal")):
        if text:
            yield text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
    for call in message.get("tool_calls") or ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield _called(function)


def _item_lines(item: Any) -> Iterator[str]:
    if _type_of(item) == "message":
        for part in item.get("content") or ():
            if isinstance(part, dict):
                yield str(part.get("text") or part.get("refusal") or "")
    elif _type_of(item) == "function_call":
        yield _called(item)
    else:
        yield f"[{_type_of(item)}]"


def _called(function: dict[str, Any]) -> str:
    return f"{function.get('name')}({function.get('arguments')})"


def _type_of(item: Any) -> str:
    return str(item.get("type", "message")) if isinstance(item, dict) else ""
