"""The tokens and the finish reason of an answer in any of the formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.engines.facts import Facts, FinishReason, finish_reason, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.engines.agent_requests.requests import Api


def facts_of(api: Api, body: Mapping[str, Any]) -> Facts:
    """Return the tokens and the finish reason of an answer, without cost and duration.

    Some servers write 0 for tokens that they do not count.
    """
    names = ("input_tokens", "output_tokens") if api == "responses" else ("prompt_tokens", "completion_tokens")
    usage = body.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    asked, answered = (tokens(counts.get(name)) or None for name in names)
    if api == "embeddings":
        return Facts(asked, 0, finish_reason="stop")
    return Facts(asked, answered, finish_reason=_of_chat(body) if api == "chat" else _of_response(body))


def _of_chat(body: Mapping[str, Any]) -> FinishReason | None:
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return finish_reason(first.get("finish_reason")) if isinstance(first, dict) else None


def _of_response(body: Mapping[str, Any]) -> FinishReason | None:
    details = body.get("incomplete_details")
    if body.get("status") == "incomplete":
        return finish_reason(details.get("reason")) if isinstance(details, dict) else None
    if body.get("status", "completed") != "completed":
        return None
    output = body.get("output")
    items = output if isinstance(output, list) else []
    calls = any(isinstance(item, dict) and item.get("type") == "function_call" for item in items)
    return "tool_calls" if calls else "stop"
