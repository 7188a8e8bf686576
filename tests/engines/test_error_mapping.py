"""From what a client raises to why."""

from __future__ import annotations

import httpx
import pytest
import requests

from pytest_pare.engines.error_mapping import error_of
from pytest_pare.engines.errors import (
    ContentRefusedError,
    ContextTooLongError,
    EngineConfigurationError,
    EngineTimeoutError,
    ProviderOutageError,
    RateLimitError,
)


class OpenAIError(Exception):
    """What a client raises that finds no key."""


NOW = 1_764_244_800.0  # 27 November 2025, 12:00 GMT


def refused(status: int, body: str = "", **headers: str) -> Exception:
    request = httpx.Request("POST", "http://service.example/v1")
    response = httpx.Response(status, text=body, headers=headers, request=request)
    return httpx.HTTPStatusError("no", request=request, response=response)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Thu, 27 Nov 2025 12:00:30 GMT", 30.0),
        ("Thu, 27 Nov 2025 12:00:30", 30.0),
        ("Thu, 27 Nov 2025 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_when_to_come_back_is_a_number_or_a_date(told: str, seconds: float | None) -> None:
    assert error_of(refused(429, **{"Retry-After": told}), NOW).retry_after == seconds


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (400, '{"error": {"message": "the prompt is too long: 9000 tokens"}}', ContextTooLongError, "9000 tokens"),
        (400, '{"error": {"message": "no", "type": "content_filter"}}', ContentRefusedError, "content filter"),
        (400, '{"error": "bad seed"}', EngineConfigurationError, "(400, bad seed)"),
        (400, '{"detail": "bad seed"}', EngineConfigurationError, "(400, bad seed)"),
        (400, '{"error": ["bad seed"]}', EngineConfigurationError, "(400)"),
        (400, '{"error": {"message": 7, "code": 8}}', EngineConfigurationError, "(400)"),
        (400, '"bad"', EngineConfigurationError, "(400)"),
        (400, "<html>", EngineConfigurationError, "(400)"),
        (400, "", EngineConfigurationError, "(400, no)"),
        (402, "{}", EngineConfigurationError, "no credit"),
        (408, "{}", ProviderOutageError, "the provider fails (408)"),
        (413, "{}", ContextTooLongError, "longer than the model reads"),
        (500, '{"error": {"message": "429 of the tokens"}}', ProviderOutageError, "(500, 429 of the tokens)"),
    ],
)
def test_a_status_and_what_is_said_tell_the_cause(status: int, body: str, error: type, words: str) -> None:
    cause = error_of(refused(status, body), NOW)
    assert type(cause) is error
    assert words in cause.what


def test_what_is_said_at_length_is_shortened() -> None:
    cause = error_of(refused(400, '{"error": {"message": "' + "long\\n" * 500 + '"}}'), NOW)
    assert len(cause.what) < 300
    assert "long long ..." not in cause.what
    assert "..." in cause.what


def test_the_wire_is_believed_and_not_who_reports_it() -> None:
    outer = refused(429)
    outer.__cause__ = refused(400, '{"error": {"message": "a 429 of a word"}}')
    assert type(error_of(outer, NOW)) is EngineConfigurationError


def test_a_chain_that_bites_its_tail_has_an_end() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert type(error_of(one, NOW)) is EngineConfigurationError


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (TimeoutError(), EngineTimeoutError),
        (httpx.ReadTimeout("slow"), EngineTimeoutError),
        (requests.Timeout("slow"), EngineTimeoutError),
        (httpx.ConnectError("nobody there"), ProviderOutageError),
        (requests.ConnectionError("nobody there"), ProviderOutageError),
        (ConnectionResetError("gone"), ProviderOutageError),
        (requests.JSONDecodeError("what", "{", 1), ProviderOutageError),
        (AttributeError("no such thing"), ProviderOutageError),
        (TypeError("no such argument"), EngineConfigurationError),
        (OpenAIError("Missing credentials"), EngineConfigurationError),
        (refused(429), RateLimitError),
    ],
)
def test_the_class_tells_where_there_was_no_response(raised: Exception, error: type) -> None:
    assert type(error_of(raised, NOW)) is error
