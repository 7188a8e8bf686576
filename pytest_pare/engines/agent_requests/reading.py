"""Reads the body of a request, and refuses one that is not valid with a sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_pare.base.serialization import type_and_value
from pytest_pare.engines.agent_requests.requests import InvalidRequestError, ModelRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_pare.engines.agent_requests.requests import Api

# Deeper than any JSON schema, and far from Python's limit.
_MOST_LEVELS = 100


def read_request(api: Api, data: bytes, retry: int = 0) -> ModelRequest:
    """Return the request in the body of a POST.

    Args:
        api: The format that the path of the request stands for.
        data: The body.
        retry: How often the client has sent this request before.

    Raises:
        InvalidRequestError: If the body is not valid, or asks for what the endpoint does not offer.
    """
    try:
        body = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(None, f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise InvalidRequestError(None, f"the body must be a JSON object, got {type_and_value(body)}")
    if _is_deeper(body, _MOST_LEVELS):
        raise InvalidRequestError(None, f"the body is nested more than {_MOST_LEVELS} levels deep")
    _expect(body, "model", lambda model: isinstance(model, str) and model != "", "the name of a model")
    _expect(body, "stream", lambda stream: stream is None or isinstance(stream, bool), "true or false")
    _CHECKS[api](body)
    return ModelRequest(api, body, retry)


def _check_chat(body: Mapping[str, Any]) -> None:
    _expect(body, "messages", lambda messages: isinstance(messages, list) and messages != [], "a list of messages")
    for index, message in enumerate(body["messages"]):
        where = f"messages[{index}]"
        _expect_object(message, where)
        _expect(message, "role", _is_text, "a text", where)
        _expect(message, "content", _is_content, "a text or a list of parts", where)
        _expect(message, "tool_calls", _is_list_of_objects, "a list of tool calls", where)
        _expect(message, "tool_call_id", _is_optional_text, "a text", where)
        for number, call in enumerate(message.get("tool_calls") or ()):
            _expect(call, "id", _is_optional_text, "a text", f"{where}.tool_calls[{number}]")
    _expect(body, "tools", _is_list_of_objects, "a list of tools")
    _expect(body, "stream_options", lambda value: value is None or isinstance(value, dict), "an object")
    if body.get("n") not in (None, 1):
        raise InvalidRequestError(
            "n", f"the endpoint returns one choice, got {body['n']!r:.80}; send n requests instead"
        )
    if "audio" in (body.get("modalities") or ()):
        raise InvalidRequestError("modalities", "the endpoint returns no audio; ask for text")


def _check_responses(body: Mapping[str, Any]) -> None:
    sent = body.get("input")
    if not isinstance(sent, str):
        _expect(body, "input", _is_list_of_objects, "a text or a list of items")
        if not sent and not body.get("previous_response_id"):
            raise InvalidRequestError("input", "expected a text or a list of items, got none")
    for index, item in enumerate(sent if isinstance(sent, list) else ()):
        where = f"input[{index}]"
        for name in ("type", "id", "call_id"):
            _expect(item, name, _is_optional_text, "a text", where)
        if item.get("type") in (None, "message"):
            _expect(item, "role", _is_text, "a text", where)
            _expect(item, "content", _is_content, "a text or a list of parts", where)
    _expect(body, "instructions", _is_content, "a text")
    _expect(body, "tools", _is_list_of_objects, "a list of tools")
    _expect(body, "previous_response_id", _is_optional_text, "the id of a response")
    if body.get("background"):
        raise InvalidRequestError("background", "the endpoint has no background responses; leave it out")
    if body.get("conversation"):
        raise InvalidRequestError("conversation", "the endpoint stores no conversations; send previous_response_id")


def _check_embeddings(body: Mapping[str, Any]) -> None:
    _expect(body, "input", _is_embedding_input, "a text, a list of texts, or tokens")
    formats = (None, "float", "base64")
    _expect(body, "encoding_format", lambda value: value is None or value in formats, "'float' or 'base64'")


_CHECKS: dict[Api, Callable[[Mapping[str, Any]], None]] = {
    "chat": _check_chat,
    "responses": _check_responses,
    "embeddings": _check_embeddings,
}


def _expect(
    fields: Mapping[str, Any], name: str, is_valid: Callable[[Any], bool], expected: str, where: str = ""
) -> None:
    value = fields.get(name)
    if not is_valid(value):
        param = f"{where}.{name}" if where else name
        got = "nothing" if value is None else type_and_value(value)
        raise InvalidRequestError(param, f"expected {expected}, got {got}")


def _expect_object(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise InvalidRequestError(where, f"expected an object, got {type_and_value(value)}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_optional_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_content(value: Any) -> bool:
    return value is None or isinstance(value, str) or _is_list_of_objects(value)


def _is_list_of_objects(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(item, dict) for item in value))


def _is_embedding_input(value: Any) -> bool:
    if isinstance(value, list):
        return value != [] and all(isinstance(one, str | int | list) and not isinstance(one, bool) for one in value)
    return isinstance(value, str)


def _is_deeper(value: Any, levels: int) -> bool:
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return levels == 0 or any(_is_deeper(item, levels - 1) for item in items)
    return False


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
