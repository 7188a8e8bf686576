"""Reads responses in OpenAI's format: the answer, or the error of the provider."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from pytest_pare.engines.error_mapping import error_in_answer, has_error_words, short
from pytest_pare.engines.errors import ContentRefusedError, EngineConfigurationError, ProviderOutageError
from pytest_pare.engines.facts import amount, finish_reason, tokens
from pytest_pare.engines.thoughts import without_thoughts

if TYPE_CHECKING:
    from pytest_pare.engines.facts import FinishReason
    from pytest_pare.scenarios.engine_config import Price

_LATER = "try again later"
_MILLION = 1_000_000
_REASONING = ("reasoning_content", "reasoning")


class Answer(NamedTuple):
    """The answer of a model.

    Attributes:
        text: The text, without the model's thoughts.
        prompt_tokens: Tokens of the request; `None` if the provider does not report them.
        completion_tokens: Tokens of the answer; `None` if the provider does not report them.
        finish_reason: Why the answer ended.
        cost: US dollars; `None` if the cost is not known.
    """

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    finish_reason: str | None = None
    cost: float | None = None

    def at_price(self, price: Price | None) -> Answer:
        """Return the answer with its cost at a price. Without a price or tokens, the cost is not known."""
        if price is None or self.prompt_tokens is None or self.completion_tokens is None:
            return self._replace(cost=None)
        dollars = (self.prompt_tokens * price.input + self.completion_tokens * price.output) / _MILLION
        return self._replace(cost=amount(dollars))


def read_completion(body: object) -> Answer:
    """Return the answer that the JSON of a response holds, without a cost.

    Raises:
        EngineError: If it holds none, because the provider failed or the endpoint's settings are wrong.
    """
    message, usage, reason = read_choice(body)
    text, is_open = without_thoughts(_text(message.get("content"), body) or _optional_text(message.get("refusal")))
    if not text.strip():
        # An empty text counts as an answer, unless the message has something else in its place.
        _refuse_replacement(message, reason, is_open=is_open)
    return Answer(text, *count_tokens(usage, text), reason)


def read_choice(body: object) -> tuple[dict[str, Any], object, FinishReason]:
    """Return the message of a response, its usage and its finish reason. The message may be empty, or a call of a tool.

    Raises:
        EngineError: If it has no message, because the provider failed or the endpoint's settings are wrong.
    """
    choice, usage = _parts(body)
    if choice.get("error"):
        raise error_in_answer(choice["error"])
    reason = finish_reason(reported := choice.get("finish_reason"))
    if reason is None:
        raise ProviderOutageError(f"it broke off with finish_reason {short(str(reported))!r}", _LATER)
    if reason == "content_filter":
        raise content_refused()
    message = choice.get("message")
    if message is None:
        raise ProviderOutageError("the answer has no message in it", _LATER)
    if not isinstance(message, dict):
        _refuse_shape(body)
    return message, usage, reason


def content_refused() -> ContentRefusedError:
    """Return the error for an answer that the content filter has blocked."""
    return ContentRefusedError("the content filter keeps the answer back", "see what the scenario says")


def count_tokens(usage: object, text: str) -> tuple[int | None, int | None]:
    """Return the tokens of a request and of its answer; `None` for what is not known.

    Some clients and servers write 0 for what they do not count. No request and no text has 0 tokens.
    """
    counts = usage if isinstance(usage, dict) else {}
    prompt_tokens, completion_tokens = tokens(counts.get("prompt_tokens")), tokens(counts.get("completion_tokens"))
    return prompt_tokens or None, (completion_tokens or None) if text else completion_tokens


def _parts(body: object) -> tuple[dict[str, Any], object]:
    if not isinstance(body, dict):
        _refuse_shape(body)
    if body.get("error"):
        raise error_in_answer(body["error"])
    choices = body.get("choices")
    if choices is None:
        if has_error_words(body):
            raise error_in_answer(body)
        # OpenAI's client adds missing keys, with the value None.
        _refuse_shape({key: value for key, value in body.items() if value is not None})
    if not choices:
        raise ProviderOutageError("the answer has no choices in it", _LATER)
    if not isinstance(choices, list) or not isinstance(choices[0], dict):
        _refuse_shape(body)
    return choices[0], body.get("usage")


def _text(content: object, body: object) -> str:
    """Return the text of a message's content: a text, or a list of parts."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        _refuse_shape(body)
    return "".join(part if isinstance(part, str) else _text_of_part(part) for part in content)


def _text_of_part(part: object) -> str:
    if not isinstance(part, dict) or part.get("type", "text") not in ("text", "output_text"):
        return ""
    return _optional_text(part.get("text"))


def _optional_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _refuse_replacement(message: dict[str, Any], reason: str, *, is_open: bool) -> None:
    """Refuse a message that has something else in the place of its text.

    Raises:
        EngineConfigurationError: If it has a tool call or reasoning, or `max_tokens` was too low for a text.
    """
    if reason == "length":
        where = ", inside of a thought" if is_open else ""
        what = f"max_tokens was used up before there was an answer{where}"
        raise EngineConfigurationError(what, "give the engine more of them")
    if message.get("tool_calls") or message.get("function_call") or reason == "tool_calls":
        raise EngineConfigurationError(
            "the answer is a call of a function, and the tools are in the text of the request",
            "let the endpoint leave the text as it is (turn its parser of tool calls off), or take another model",
        )
    content = message.get("content")
    if any(message.get(name) for name in _REASONING) or (isinstance(content, list) and content):
        raise EngineConfigurationError(
            "the answer has reasoning in it, and no text",
            "turn the endpoint's parser of reasoning off, or take another model",
        )


def _refuse_shape(body: object) -> NoReturn:
    raise not_a_completion(json.dumps(body, ensure_ascii=False))


def not_a_completion(body: str, expected: str = "chat completion") -> EngineConfigurationError:
    """Return the error for JSON that is neither an answer nor an error."""
    what = f"it answered JSON that is no {expected} ({short(body)})"
    return EngineConfigurationError(what, "see endpoint: it must speak OpenAI's protocol")
