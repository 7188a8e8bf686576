"""Gives answers ids that are the same in each replay, and translates them back for the provider."""

from __future__ import annotations

import base64
import json
import re
import struct
from itertools import count
from typing import TYPE_CHECKING, Any

from pytest_pare.engines.errors import EngineConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_pare.engines.agent_requests.requests import ModelRequest

CREATED = 1735689600
"""When each answer was created, in seconds: 2025-01-01. Some clients put the present time in the place of a 0."""

_ITEM_PREFIXES = {"message": "msg", "function_call": "fc", "reasoning": "rs"}
# What the answer of the Responses API has that is not a copy of the request.
_RESPONSE_FIELDS = ("status", "model", "output", "usage", "incomplete_details", "error")
_NOT_KEPT = frozenset({"system_fingerprint", "service_tier"})
_OWN = re.compile(r"\w+_[0-9a-f]{16}_\d+(_\d+)?")
# The items of a request that providers accept without an id.
_WITHOUT_ID = frozenset({"message", "function_call"})


def with_own_ids(body: Mapping[str, Any], fingerprint: str, occurrence: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return an answer with ids that are derived from its request, and the provider's id of each of them.

    What has no id, or an empty one, gets one all the same; the map has an empty text for it. What differs between
    equal answers (the time, the provider's version) is fixed or left out. Embeddings in base64 become lists of numbers.

    Args:
        body: The answer of the provider, with the format of the request.
        fingerprint: The fingerprint of the request.
        occurrence: The number of the answer among those to equal requests.
    """
    ids = _OwnIds(f"{fingerprint}_{occurrence}")
    if isinstance(body.get("output"), list):
        return _response(body, ids), ids.upstream
    if "choices" in body:
        return _completion(body, ids, f"chatcmpl-{fingerprint}-{occurrence}"), ids.upstream
    kept = {name: value for name, value in body.items() if name not in {"id", "created", *_NOT_KEPT}}
    data = body["data"] if isinstance(body.get("data"), list) else []
    return {**kept, "data": [_with_numbers(one) for one in data]}, ids.upstream


def upstream_body(request: ModelRequest, upstream: Mapping[str, str]) -> dict[str, Any]:
    """Return the body to send to the provider: with its own ids, for an answer that is not streamed.

    Args:
        request: The request of the agent.
        upstream: The provider's id of each id that the agent has got.

    Raises:
        EngineConfigurationError: If it refers to an answer that was recorded earlier, so the provider does not have it.
    """
    _require_known(request.body, upstream)
    body = with_upstream_ids(request.body, upstream)
    for name in ("stream", "stream_options"):
        body.pop(name, None)
    return {**body, "encoding_format": "float"} if request.api == "embeddings" else body


def with_upstream_ids(body: Mapping[str, Any], upstream: Mapping[str, str]) -> dict[str, Any]:
    """Return the body of a request with the provider's ids in the place of those that the agent has got.

    Args:
        body: The body of the request.
        upstream: The provider's id of each id that the agent has got.
    """

    def translated(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
        theirs = {name: upstream.get(str(fields.get(name))) for name in names}
        return {**fields, **{name: one for name, one in theirs.items() if one}}

    found = translated(body, "previous_response_id")
    if isinstance(body.get("messages"), list):
        found["messages"] = [_message(message, translated) for message in body["messages"]]
    if isinstance(body.get("input"), list):
        known = {one for one in upstream.values() if one}
        items = (translated(item, "id", "call_id") if isinstance(item, dict) else item for item in body["input"])
        found["input"] = [_without_unknown_id(item, known) for item in items if not _is_lost(item, known)]
    return found


def _require_known(body: Mapping[str, Any], upstream: Mapping[str, str]) -> None:
    items = body["input"] if isinstance(body.get("input"), list) else []
    references = [item.get("id") for item in items if isinstance(item, dict) and item.get("type") == "item_reference"]
    for one in (body.get("previous_response_id"), *references):
        if isinstance(one, str) and _OWN.fullmatch(one) and one not in upstream:
            raise EngineConfigurationError(
                f"the request refers to {one}, which was recorded earlier, so the provider does not have it",
                "record the run anew as a whole with --pare-record all --pare-live",
            )


def _message(message: Any, translated: Callable[..., dict[str, Any]]) -> Any:
    if not isinstance(message, dict):
        return message
    calls = message.get("tool_calls")
    found = translated(message, "tool_call_id")
    return {**found, "tool_calls": [translated(call, "id") for call in calls]} if isinstance(calls, list) else found


def _without_unknown_id(item: Any, known: set[str]) -> Any:
    """Return an input item without an id that the provider did not give: it may look for it among those it stores."""
    if isinstance(item, dict) and item.get("type", "message") in _WITHOUT_ID and str(item.get("id")) not in known:
        return {name: value for name, value in item.items() if name != "id"}
    return item


def _is_lost(item: Any, known: set[str]) -> bool:
    """Return whether an input item stands for thoughts that the provider does not have."""
    is_reasoning = isinstance(item, dict) and item.get("type") == "reasoning"
    return is_reasoning and str(item.get("id")) not in known and not item.get("encrypted_content")


class _OwnIds:
    """Gives ids that end with `suffix` and a number."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self.upstream: dict[str, str] = {}

    def give(self, own: str, given: object) -> str:
        self.upstream[own] = given if isinstance(given, str) else ""
        return own

    def numbered(self, prefix: str, number: int, given: object) -> str:
        return self.give(f"{prefix}_{self._suffix}_{number}", given)

    def response(self, given: object) -> str:
        return self.give(f"resp_{self._suffix}", given)


def _completion(body: Mapping[str, Any], ids: _OwnIds, identifier: str) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if name not in _NOT_KEPT}
    choices = body["choices"] if isinstance(body["choices"], list) else []
    numbers = count()
    return {
        **kept,
        "id": ids.give(identifier, body.get("id")),
        "object": "chat.completion",
        "created": CREATED,
        "choices": [
            {**choice, "index": index, "message": _answer(choice.get("message"), ids, numbers)}
            for index, choice in enumerate(choices)
            if isinstance(choice, dict)
        ],
    }


def _answer(message: Any, ids: _OwnIds, numbers: Iterator[int]) -> dict[str, Any]:
    given = message if isinstance(message, dict) else {}
    calls = given.get("tool_calls") if isinstance(given.get("tool_calls"), list) else None
    found = {"role": "assistant", "content": None, **given}
    found.pop("tool_calls", None)
    own = [_tool_call(call, ids, next(numbers)) for call in calls or () if isinstance(call, dict)]
    return {**found, "tool_calls": own} if own else found


def _tool_call(call: Mapping[str, Any], ids: _OwnIds, number: int) -> dict[str, Any]:
    own = {"type": "function", **call, "id": ids.numbered("call", number, call.get("id"))}
    own.pop("index", None)
    if isinstance(call.get("function"), dict):
        own["function"] = {**call["function"], "arguments": _text(call["function"].get("arguments"))}
    return own


def _response(body: Mapping[str, Any], ids: _OwnIds) -> dict[str, Any]:
    fields = {name: body[name] for name in _RESPONSE_FIELDS if body.get(name) is not None}
    return {
        "id": ids.response(body.get("id")),
        "object": "response",
        "created_at": CREATED,
        **fields,
        "status": body.get("status") or "completed",
        "output": [_item(item, ids, number) for number, item in enumerate(body["output"]) if isinstance(item, dict)],
    }


def _item(item: Mapping[str, Any], ids: _OwnIds, number: int) -> dict[str, Any]:
    kind = str(item.get("type", "message"))
    own = {**item, "id": ids.numbered(_ITEM_PREFIXES.get(kind, kind), number, item.get("id"))}
    if "call_id" in item or kind == "function_call":
        own["call_id"] = ids.numbered("call", number, item.get("call_id"))
    if kind == "function_call":
        own["arguments"] = _text(item.get("arguments"))
    return own


def _text(arguments: Any) -> str:
    """Return the text of a call's arguments; some servers give the object itself."""
    if arguments is None:
        return "{}"
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _with_numbers(one: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(one.get("embedding"), str):
        return one
    packed = base64.b64decode(one["embedding"])
    return {**one, "embedding": list(struct.unpack(f"<{len(packed) // 4}f", packed))}
