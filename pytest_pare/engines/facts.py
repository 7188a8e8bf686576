"""The figures of an answer, such as tokens and cost.

Engines may report anything, so the figures are checked here.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter"]
"""Why an answer ended, in OpenAI's words."""

# More tokens, dollars or seconds than one answer can take; sums of such figures stay finite.
_MOST = 10**9

FINISH_REASONS: dict[FinishReason, tuple[str, ...]] = {
    "stop": (
        "stop", "stop_sequence", "stop_token", "eos", "eos_token", "end_turn", "endoftext", "complete", "completed",
        "finish_reason_unspecified",
    ),
    "length": (
        "length", "max_tokens", "max_output_tokens", "max_length", "token_limit", "model_length",
        "model_context_window_exceeded",
    ),
    "tool_calls": ("tool_calls", "tool_call", "tool_use", "function_call"),
    "content_filter": (
        "content_filter", "content_filtered", "safety", "recitation", "blocklist", "prohibited_content", "spii",
        "error_toxic", "guardrail_intervened", "refusal", "sensitive",
    ),
}  # fmt: skip
"""The words of providers for each reason."""

_REASON_OF_WORD: dict[str, FinishReason] = {word: reason for reason, words in FINISH_REASONS.items() for word in words}


def finish_reason(reported: object) -> FinishReason | None:
    """Return OpenAI's word for why an answer ended; `None` if the reported word is not known.

    An answer without a reported reason has ended with `stop`.
    """
    if reported is None or reported == "":
        return "stop"
    return _REASON_OF_WORD.get(reported.strip().lower().replace("-", "_")) if isinstance(reported, str) else None


def tokens(reported: object) -> int | None:
    """Return a count of tokens; `None` if it is not a whole number from 0 to a billion."""
    if reported is None:
        return None
    count = amount(reported)
    return int(count) if count is not None and count == int(count) else None


def amount(reported: object) -> float | None:
    """Return an amount of dollars or seconds; `None` if it is not a finite number from 0 to a billion."""
    # Most figures are missing, and the class of all numbers is slow to ask.
    if reported is None or isinstance(reported, bool) or not isinstance(reported, float | numbers.Real):
        return None
    try:
        number = float(reported)
    except OverflowError:
        return None
    # Without the sign of a zero.
    return abs(number) if 0 <= number <= _MOST else None


@dataclass(frozen=True)
class Facts:
    """The figures of an answer, as far as they are known.

    Attributes:
        prompt_tokens: Tokens of the request; `None` if that is not known.
        completion_tokens: Tokens of the answer; `None` if that is not known.
        cost: US dollars; `None` if that is not known.
        completion_duration: Seconds of real time that the answer took; `None` if that is not known.
        finish_reason: Why the answer ended; `None` if that is not known.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    completion_duration: float | None = None
    finish_reason: str | None = None

    @classmethod
    def of(cls, reported: object) -> Facts:
        """Return the facts in the metadata of an engine's answer, without figures that are impossible or no numbers."""
        if type(reported) is not dict and not isinstance(reported, Mapping):
            return cls()
        return cls(
            tokens(reported.get("prompt_tokens")),
            tokens(reported.get("completion_tokens")),
            amount(reported.get("cost")),
            amount(reported.get("completion_duration")),
            finish_reason(reported["finish_reason"]) if reported.get("finish_reason") is not None else None,
        )

    def to_metadata(self) -> dict[str, Any]:
        """Return the facts as engines return them beside an answer."""
        return dict(vars(self))
