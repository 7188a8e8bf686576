"""Makes requests comparable: the same conversation has the same messages, whichever way a client writes it.

A client sends the answers of a model back in its next request, often in other words: with the JSON of arguments spaced
differently, keys in another order, or ids of its own. What differs in form only is left out of the messages here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_pare.engines.cassette import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.engines.agent_requests.requests import ModelRequest

# How the answer is transferred, and what is cached: the answer itself is the same.
_TRANSFER = frozenset({"stream", "stream_options", "include", "encoding_format", "prompt_cache_key"})
_DEFAULTS = {"tool_choice": "auto", "parallel_tool_calls": True}
# A JSON schema, or data of the client: here a null or an empty list has a meaning.
_VERBATIM = frozenset({"parameters", "schema", "input_schema", "metadata", "logit_bias"})
# What the openai package adds to an answer when it parses it.
_PARSED = frozenset({"parsed", "parsed_arguments"})
_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
# Whole numbers up to here are the same number as a float and as an int.
_MOST_EXACT = 2**53


def messages_of(request: ModelRequest) -> list[Message]:
    """Return a request as messages of a cassette.

    The first one has the role `request` and holds the model, the tools and all other options. Then follows one for each
    message or input item. Equal conversations have equal messages, streamed or not. The ids of tool calls are numbered
    by their first appearance.
    """
    body = request.body
    if request.api == "chat":
        ids = _Ids()
        return [_options(body, "messages"), *(_chat_message(message, ids) for message in body["messages"])]
    if request.api == "responses":
        return [_options(body, "input", "instructions"), *_response_messages(body)]
    inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
    # A list of numbers is one text in the form of its tokens.
    texts = [inputs] if inputs and all(isinstance(one, int) for one in inputs) else inputs
    return [_options(body, "input"), *(Message("input", text) for text in texts)]


class _Ids:
    """Numbers the ids of calls by their first appearance.

    Args:
        are_of_before: Whether results may belong to calls of an earlier response. Their ids stay, as its id does.
    """

    def __init__(self, *, are_of_before: bool = False) -> None:
        self._numbers: dict[str, str] = {}
        self._are_of_before = are_of_before

    def of_call(self, identifier: Any) -> str:
        """Return the name of a call."""
        return self._numbers.setdefault(str(identifier), f"call_{len(self._numbers) + 1}")

    def of_result(self, identifier: Any) -> str:
        """Return the name of the call that a result belongs to."""
        if self._are_of_before:
            return self._numbers.get(str(identifier), str(identifier))
        return self.of_call(identifier)


def _options(body: Mapping[str, Any], *without: str) -> Message:
    options = {name: value for name, value in body.items() if name not in _TRANSFER and name not in without}
    tidy = _tidy(options)
    return Message("request", {name: value for name, value in tidy.items() if _DEFAULTS.get(name) != value})


def _chat_message(message: Mapping[str, Any], ids: _Ids) -> Message:
    fields = _tidy({name: value for name, value in message.items() if name not in ("role", "content", "tool_calls")})
    if fields.get("type") == "message":
        del fields["type"]
    if "function_call" in fields:
        fields["function_call"] = _with_parsed_arguments(fields["function_call"])
    if message.get("tool_calls"):
        fields["tool_calls"] = [_tool_call(call, ids) for call in message["tool_calls"]]
    if "tool_call_id" in fields:
        fields["tool_call_id"] = ids.of_result(fields["tool_call_id"])
    return _message(str(message["role"]), fields, message.get("content"))


def _tool_call(call: Mapping[str, Any], ids: _Ids) -> dict[str, Any]:
    fields = _tidy({name: value for name, value in call.items() if name != "index"})
    if fields.get("type") == "function":
        del fields["type"]
    if "function" in fields:
        fields["function"] = _with_parsed_arguments(fields["function"])
    # Clients replace an empty id by one of their own.
    return {**fields, "id": ids.of_call(call.get("id") or "")}


def _response_messages(body: Mapping[str, Any]) -> list[Message]:
    ids = _Ids(are_of_before=bool(body.get("previous_response_id")))
    sent = body.get("input") or []
    items = [{"role": "user", "content": sent}] if isinstance(sent, str) else sent
    instructions = body.get("instructions")
    first = [Message("instructions", _content(instructions))] if instructions else []
    return [*first, *(_item(item, ids) for item in items)]


def _item(item: Mapping[str, Any], ids: _Ids) -> Message:
    fields = _tidy({name: value for name, value in item.items() if name not in ("content", "output", "role", "type")})
    kind = str(item.get("type") or "message")
    if fields.get("status") == "completed":
        del fields["status"]
    # An item says all itself; only a reference needs the id.
    if kind != "item_reference":
        fields.pop("id", None)
    if "call_id" in fields:
        name = ids.of_result if kind.endswith("_output") else ids.of_call
        fields["call_id"] = name(fields["call_id"])
    if kind == "function_call":
        fields = _with_parsed_arguments(fields)
    if item.get("output") is not None:
        fields["output"] = _content(item["output"])
    return _message(str(item["role"]) if kind == "message" else kind, fields, item.get("content"))


def _message(role: str, fields: dict[str, Any], content: Any) -> Message:
    """Return a message; its content is a text or a list if it has no other fields."""
    plain = _content(content)
    if not fields:
        return Message(role, plain)
    # An assistant that calls a tool has no text: null, an empty text, or no such key.
    return Message(role, _sorted({**fields, "content": plain} if plain else fields))


def _content(content: Any) -> Any:
    """Return a text, or a list of parts if there is anything else than one text."""
    if not isinstance(content, list):
        return _tidy(content) or ""
    parts = [_part(part) for part in content]
    return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else parts or ""


def _part(part: Any) -> Any:
    tidy = _tidy(part)
    is_text = isinstance(tidy, dict) and tidy.keys() == {"type", "text"} and tidy["type"] in _TEXT_PARTS
    return tidy["text"] if is_text else tidy


def _with_parsed_arguments(call: Any) -> Any:
    if not isinstance(call, dict):
        return call
    return _sorted({**call, "arguments": _parsed(call.get("arguments"))})


def _parsed(arguments: Any) -> Any:
    """Return the object in the text of arguments; the text if it holds none. No text is no arguments."""
    try:
        value = json.loads(arguments or "{}", parse_constant=_refuse_constant)
        return {} if value is None else _sorted(value) if isinstance(value, dict) else arguments
    except (ValueError, TypeError, RecursionError):
        return arguments


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _tidy(value: Any) -> Any:
    """Return a value with sorted keys, and without nulls, empty lists and objects."""
    if isinstance(value, dict):
        items = {name: _sorted(value[name]) if name in _VERBATIM else _tidy(value[name]) for name in sorted(value)}
        return {name: item for name, item in items.items() if name not in _PARSED and item not in (None, [], {})}
    return [_tidy(item) for item in value] if isinstance(value, list) else _sorted(value)


def _sorted(value: Any) -> Any:
    """Return a value with sorted keys, and whole numbers without a fraction: some clients write 2.0 as 2."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) <= _MOST_EXACT
    return int(value) if is_whole else value
