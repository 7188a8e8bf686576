"""Maps the exception of a provider's client to the error that names its cause.

LiteLLM guesses causes by words in the text: a status 400 with "429 tokens" in it becomes a rate limit. So the response
itself decides, which is at the inner end of the chain of exceptions, and LiteLLM's classes come last.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_text
from pytest_pare.engines.errors import (
    ContentRefusedError,
    ContextTooLongError,
    EngineConfigurationError,
    EngineError,
    EngineTimeoutError,
    ProviderOutageError,
    RateLimitError,
)
from pytest_pare.engines.model_resolution import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANGE_OPTIONS = "change the engine's options in the suite"
"""What to do about a request that the provider refuses."""

_LONGEST = 200

_CONTEXT_CODES = {"context_length_exceeded", "string_above_max_length"}
_CONTEXT_WORDS = (
    "context length", "context window", "maximum context", "too many tokens", "prompt is too long", "prompt too long",
    "input is too long", "exceeds the maximum number of tokens",
)  # fmt: skip
_REFUSED_CODES = {"content_filter", "content_policy_violation", "responsibleaipolicyviolation"}
_REFUSED_WORDS = (
    "content management policy",
    "violating our usage policy",
    "rejected as a result of the safety system",
)
_WITH_RESPONSE = ("openai.APIStatusError", "httpx.HTTPStatusError", "requests.HTTPError")
_NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached", "credit_balance_too_low"}
# The status that OpenAI and Anthropic send with an error of this code or type.
_STATUS_OF_CODE = {
    "invalid_request_error": 400, "authentication_error": 401, "invalid_api_key": 401, "permission_error": 403,
    "not_found_error": 404, "model_not_found": 404, "rate_limit_error": 429, "rate_limit_exceeded": 429,
}  # fmt: skip

_CREDENTIALS = "set the right key in the environment"
_LATER = "try again later"


def error_of(raised: BaseException, now: float) -> EngineError:
    """Return the error for an exception of a client.

    Args:
        raised: The exception.
        now: The time in epoch seconds, for a `Retry-After` that is a date.
    """
    chain = list(_chain(raised))
    if isinstance(raised, TimeoutError) or _any(chain, "httpx.TimeoutException", "requests.Timeout"):
        return EngineTimeoutError("no answer in time", "see whether it is busy, or give it more timeout_seconds")
    sender, response = _response(chain)
    status = 200 if response is None else int(response.status_code)
    if status >= 400:
        text, code = _said(response) if response.text else (short(str(sender)), "")
        return _of_status(status, text, code, f"{status}, {text}" if text else f"{status}", _retry_after(response, now))
    return _of_redirect(status, response) if status >= 300 else _of_class(chain)


def has_body(raised: BaseException) -> bool:
    """Return whether a client may have raised because of the body of a response, not of its status or encoding."""
    # The status of LiteLLM's own exceptions is invented.
    return not _any(list(_chain(raised)), "httpx.HTTPStatusError", "builtins.UnicodeDecodeError")


def error_in_answer(error: object) -> EngineError:
    """Return the error for an error in a response of status 200."""
    text, code = _words(error)
    status = int(code) if code.isdecimal() and len(code) == 3 else _STATUS_OF_CODE.get(code.lower(), 0)
    reported = ", ".join(filter(None, (code, text, "in a response of status 200")))
    if not 400 <= status < 600:
        # Without a status, the failure may pass, unless the words describe a wrong request.
        status = 400 if _is_too_long(text.lower(), code.lower()) or _is_unwanted(text.lower(), code.lower()) else 500
    return _of_status(status, text, code, reported, None)


def has_error_words(body: object) -> bool:
    """Return whether a body has an error with a text."""
    return bool(_words(body)[0])


def _of_redirect(status: int, response: Any) -> EngineConfigurationError:
    location = response.headers.get("location")
    if not location:
        return EngineConfigurationError(f"it answers {status}, and names no other address", "see endpoint")
    address = without_credentials(urljoin(str(response.request.url), location))
    for path in ("/chat/completions", "/responses", "/embeddings"):
        address = address.removesuffix(path)
    return EngineConfigurationError(f"it has moved to {address} ({status})", "change endpoint to the new address")


def _of_class(chain: list[BaseException]) -> EngineError:
    innermost = short(str(chain[-1]))
    if _any(chain, "httpx.TransportError", "requests.ConnectionError", "builtins.ConnectionError"):
        return ProviderOutageError(f"no connection ({innermost})", "see whether it is running")
    if _any(chain, "json.JSONDecodeError"):
        return ProviderOutageError("it answered what is no JSON", _LATER)
    if _any(chain, "builtins.UnicodeDecodeError"):
        return ProviderOutageError("it answered what is not UTF-8 text", _LATER)
    # LiteLLM and its clients refused before they made a request.
    if type(chain[-1]).__name__ in {"OpenAIError", "AuthenticationError"}:
        return EngineConfigurationError(f"no key ({innermost})", _CREDENTIALS)
    if _any(chain, "openai.BadRequestError", "openai.NotFoundError", "builtins.ValueError", "builtins.TypeError"):
        return EngineConfigurationError(f"it cannot be asked like this ({innermost})", CHANGE_OPTIONS)
    return ProviderOutageError(f"it gave no usable answer ({type(chain[-1]).__name__}: {innermost})", _LATER)


def _of_status(status: int, text: str, code: str, reported: str, retry_after: float | None) -> EngineError:
    words, code = text.lower(), code.lower()
    if code in _NO_CREDIT or status == 402:
        return EngineConfigurationError(f"the account has no credit left ({reported})", "add some")
    if status == 429:
        advice = "run fewer at a time (-n), or give the engine more retries"
        return RateLimitError(f"too many requests ({reported})", advice, retry_after)
    if status >= 500 or status in {408, 409, 425}:
        return ProviderOutageError(f"the provider fails ({reported})", _LATER, retry_after)
    return _of_refusal(status, reported, words, code)


def _of_refusal(status: int, reported: str, words: str, code: str) -> EngineConfigurationError | ContentRefusedError:
    if status in {401, 403}:
        return EngineConfigurationError(f"the key is refused ({reported})", _CREDENTIALS)
    if status == 413 or _is_too_long(words, code):
        what = f"the request is longer than the model reads ({reported})"
        return ContextTooLongError(what, "take a model that reads more, or fewer turns")
    if _is_unwanted(words, code):
        return ContentRefusedError(f"the content filter refuses the request ({reported})", "see what the scenario says")
    if status == 404:
        return EngineConfigurationError(f"no such model or path ({reported})", "see model_name and endpoint")
    return EngineConfigurationError(f"the request is refused ({reported})", CHANGE_OPTIONS)


def _is_too_long(words: str, code: str) -> bool:
    return code in _CONTEXT_CODES or any(phrase in words for phrase in _CONTEXT_WORDS)


def _is_unwanted(words: str, code: str) -> bool:
    return code in _REFUSED_CODES or any(phrase in words for phrase in _REFUSED_WORDS)


def _chain(raised: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = raised
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        # LiteLLM reads a broken body character by character, which ends in this.
        if not isinstance(one, StopIteration):
            yield one
        one = one.__cause__ or one.__context__


def _response(chain: list[BaseException]) -> tuple[BaseException, Any]:
    """Return the innermost exception with a response, and the response: LiteLLM invents outer ones."""
    for one in reversed(chain):
        response = getattr(one, "response", None)
        if _is(one, *_WITH_RESPONSE) and isinstance(getattr(response, "status_code", None), int):
            return one, response
    return chain[-1], None


def _any(chain: list[BaseException], *names: str) -> bool:
    return any(_is(one, *names) for one in chain)


def _is(one: BaseException, *names: str) -> bool:
    """Return whether an exception is of one of the classes. They are given by name, so that no client is imported."""
    own = {f"{cls.__module__.partition('.')[0]}.{cls.__name__}" for cls in type(one).__mro__}
    return not own.isdisjoint({f"{name.partition('.')[0]}.{name.rpartition('.')[2]}" for name in names})


def _said(response: Any) -> tuple[str, str]:
    """Return the text of the error in a response, shortened, and its code."""
    try:
        body = json.loads(response.text)
    except Exception:  # noqa: BLE001 - a body that cannot be read has no text
        return "", ""
    return _words(body) if isinstance(body, dict) else ("", "")


def _words(body: object) -> tuple[str, str]:
    """Return the text of an error in JSON, shortened, and its code."""
    error = (body.get("error") or body) if isinstance(body, dict) else body
    if isinstance(error, str):
        return short(error), ""
    if not isinstance(error, dict):
        return "", ""
    text = error.get("message") or error.get("detail") or ""
    code = error.get("code") or error.get("type") or ""
    is_code = isinstance(code, str | int) and not isinstance(code, bool)
    return short(text) if isinstance(text, str) else "", short(str(code)) if is_code else ""


def short(text: str) -> str:
    """Return a text from outside as one line of a message: without secrets, and of limited length."""
    # Redacted before the cut: half of a key would not be recognized later.
    line = redacted(" ".join(to_text(text).split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _retry_after(response: Any, now: float) -> float | None:
    """Return the seconds of a `Retry-After`, which are a number or a date."""
    value = response.headers.get("retry-after")
    if not value:
        return None
    with suppress(ValueError):
        seconds = float(value)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
