"""Whole answers as the events of a stream, in the order in which OpenAI sends them."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# A message's fields that have chunks of their own.
_IN_CHUNKS = frozenset({"role", "content", "tool_calls"})
_FINAL = {"incomplete": "response.incomplete", "failed": "response.failed"}


def chat_stream(body: Mapping[str, Any], *, with_usage: bool) -> str:
    """Return a chat completion as server-sent events.

    Args:
        body: The whole answer.
        with_usage: Whether the client wants the tokens in a last chunk.
    """
    chunks = [_data(chunk) for chunk in _chunks(body, with_usage=with_usage)]
    return "".join([*chunks, "data: [DONE]\n\n"])


def response_stream(body: Mapping[str, Any]) -> str:
    """Return an answer of the Responses API as server-sent events."""
    numbers = count()
    events = ({"type": kind, "sequence_number": next(numbers), **fields} for kind, fields in _events(body))
    return "".join(f"event: {event['type']}\n{_data(event)}" for event in events)


def _data(value: Any) -> str:
    # In ASCII, because some clients break lines at other characters than a line feed.
    return f"data: {json.dumps(value, separators=(',', ':'))}\n\n"


def _chunks(body: Mapping[str, Any], *, with_usage: bool) -> Iterator[dict[str, Any]]:
    about = {name: body[name] for name in ("id", "created", "model") if name in body}
    chunk = {**about, "object": "chat.completion.chunk", **({"usage": None} if with_usage else {})}
    for choice in body["choices"]:
        for delta in _deltas(choice["message"]):
            is_text = "content" in delta and choice.get("logprobs")
            logprobs = {"logprobs": choice["logprobs"]} if is_text else {}
            yield {**chunk, "choices": [{"index": choice["index"], "delta": delta, "finish_reason": None, **logprobs}]}
        last = {"index": choice["index"], "delta": {}, "finish_reason": choice.get("finish_reason") or "stop"}
        yield {**chunk, "choices": [last]}
    if with_usage:
        yield {**chunk, "choices": [], "usage": body.get("usage")}


def _deltas(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant"}
    # Reasoning comes before the text.
    for name, value in message.items():
        if name not in _IN_CHUNKS and value not in (None, [], {}):
            yield {name: value}
    if message.get("content"):
        yield {"content": message["content"]}
    for index, call in enumerate(message.get("tool_calls") or ()):
        if not isinstance(call.get("function"), dict):
            yield {"tool_calls": [{"index": index, **call}]}
            continue
        begin = {**call, "function": {**call["function"], "arguments": ""}}
        yield {"tool_calls": [{"index": index, **begin}]}
        yield {"tool_calls": [{"index": index, "function": {"arguments": call["function"]["arguments"]}}]}


def _events(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    begin = {**body, "status": "in_progress", "output": [], "usage": None, "error": None, "incomplete_details": None}
    yield "response.created", {"response": begin}
    yield "response.in_progress", {"response": begin}
    for index, item in enumerate(body["output"]):
        where = {"item_id": item["id"], "output_index": index}
        started, events = _item_events(item)
        yield "response.output_item.added", {"output_index": index, "item": started}
        for kind, fields in events:
            yield kind, {**where, **fields}
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield _FINAL.get(str(body.get("status")), "response.completed"), {"response": body}


def _item_events(item: dict[str, Any]) -> tuple[dict[str, Any], Iterable[tuple[str, dict[str, Any]]]]:
    """Return an output item as it begins, and the events with what is in it."""
    kind = item.get("type", "message")
    if kind == "message":
        return {**item, "status": "in_progress", "content": []}, _content_events(item)
    if kind == "function_call":
        text = item["arguments"]
        deltas = _text_events("response.function_call_arguments", text, {"arguments": text, "name": item.get("name")})
        return {**item, "status": "in_progress", "arguments": ""}, deltas
    if kind == "custom_tool_call":
        text = item.get("input") or ""
        deltas = _text_events("response.custom_tool_call_input", text, {"input": text})
        return {**item, "status": "in_progress", "input": ""}, deltas
    if kind == "reasoning":
        return {**item, "summary": [], **({"content": []} if item.get("content") else {})}, _reasoning_events(item)
    return item, ()


def _content_events(item: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, part in enumerate(item.get("content") or ()):
        where = {"content_index": index}
        if part.get("type") == "refusal":
            begin, name, field = {**part, "refusal": ""}, "response.refusal", "refusal"
            extra: dict[str, Any] = {}
        elif part.get("type") == "reasoning_text":
            begin, name, field, extra = {**part, "text": ""}, "response.reasoning_text", "text", {}
        else:
            begin = {**part, "text": "", "annotations": []}
            name, field, extra = "response.output_text", "text", {"logprobs": part.get("logprobs") or []}
        yield "response.content_part.added", {**where, "part": begin}
        for kind, fields in _text_events(name, part.get(field) or "", {field: part.get(field) or ""}):
            yield kind, {**where, **extra, **fields}
        for number, annotation in enumerate(part.get("annotations") or ()):
            about = {"annotation_index": number, "annotation": annotation}
            yield "response.output_text.annotation.added", {**where, **about}
        yield "response.content_part.done", {**where, "part": part}


def _reasoning_events(item: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, part in enumerate(item.get("summary") or ()):
        where, text = {"summary_index": index}, part.get("text") or ""
        yield "response.reasoning_summary_part.added", {**where, "part": {**part, "text": ""}}
        for kind, fields in _text_events("response.reasoning_summary_text", text, {"text": text}):
            yield kind, {**where, **fields}
        yield "response.reasoning_summary_part.done", {**where, "part": part}
    yield from _content_events(item)


def _text_events(name: str, text: str, done: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield f"{name}.delta", {"delta": text}
    yield f"{name}.done", done
