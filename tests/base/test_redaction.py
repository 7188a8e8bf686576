"""Secrets do not reach what is written or printed, and other texts reach it as they are."""

from __future__ import annotations

import base64
import json
import string
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_pare.base.redaction import redacted, redacted_json, redacted_plain
from pytest_pare.base.secret_shapes import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Of letters that the other texts here hardly have, so that finding one is no chance.
SECRETS = st.text("QXZJ0189-_+/=%&@ äß\"\\'\n", min_size=8, max_size=40).filter(
    lambda text: text == text.strip() and sum(char in "QXZJ0189" for char in text) >= 6
)
WORDS = st.text(string.ascii_lowercase + " .,:;!?'\"(){}[]\\\n-_äöüß€", max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.sampled_from(["api_key", "token"]), inner),
    max_leaves=12,
)
# What is put behind a name, or has a shape: made up, and of the right length.
OPENAI = "sk-proj-" + "Zq7" * 8
GITHUB = "ghp_" + "Zq7x" * 9
JWT = f"eyJ{'Zq7x' * 4}.eyJ{'Zq7x' * 6}.{'Zq7x' * 5}"


@contextmanager
def variable(name: str, value: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, value)
        yield


# -- by value


@given(SECRETS, WORDS, WORDS)
def test_the_value_of_a_secret_variable_is_nowhere_in_a_text(secret: str, before: str, after: str) -> None:
    with variable("SOME_API_KEY", secret):
        assert secret not in redacted(f"{before}{secret}{after}")


@pytest.mark.parametrize(
    "form",
    [
        json.dumps,
        lambda secret: json.dumps(secret, ensure_ascii=False),
        lambda secret: json.dumps(json.dumps({"said": secret})),
        quote,
        quote_plus,
        lambda secret: quote(secret, safe=""),
        lambda secret: repr(f"'{secret}\"")[3:-2],
        lambda secret: repr([secret])[2:-2],
    ],
)
@given(secret=SECRETS)
def test_nor_is_what_json_and_urls_make_of_it(form: Callable[[str], str], secret: str) -> None:
    with variable("SOME_API_KEY", secret):
        written = form(secret).strip('"')
        assert written not in redacted(f"they said {form(secret)} to us")


@given(secret=SECRETS, user=st.text(string.ascii_letters, max_size=9))
def test_nor_what_basic_authentication_makes_of_it(secret: str, user: str) -> None:
    with variable("SERVICE_PASSWORD", secret):
        encoded = base64.b64encode(f"{user}:{secret}".encode()).decode()
        left = redacted(f"it was sent {encoded} then").removeprefix("it was sent ").removesuffix(" then")
        before, _, after = left.partition(REDACTED)
        # At most what also holds some bits of the text around it.
        assert len(after.rstrip("=")) <= 1
        assert len(before) <= (len(user) + 1) * 4 / 3 + 1


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "apikey", "KEYS", "KEY_2", "GH_TOKEN", "MY_TOKENS", "CLIENT_SECRET", "DB_PASSWORD", "SMTP_PASS",
     "AZURE_CREDENTIALS", "HTTP_AUTH", "AUTHORIZATION", "GITHUB_PAT"],
)  # fmt: skip
def test_names_that_say_so_are_secret(name: str) -> None:
    with variable(name, "open sesame"):
        assert redacted("say open sesame!") == "say [redacted]!"


@pytest.mark.parametrize(
    "name", ["PWD", "OLDPWD", "GIT_AUTHOR_NAME", "AUTHORS", "KEYBOARD", "HOME", "PATH", "PATIENCE"]
)
def test_other_names_are_not(name: str) -> None:
    with variable(name, "open sesame"):
        assert redacted("say open sesame!") == "say open sesame!"


def test_short_values_and_paths_are_no_secrets(tmp_path: pytest.TempPathFactory) -> None:
    with variable("DOOR_KEY", "mat"), variable("SSH_AUTH_SOCK", str(tmp_path)):
        assert redacted(f"under the mat in {tmp_path}") == f"under the mat in {tmp_path}"


def test_the_longer_of_two_secrets_goes_as_a_whole() -> None:
    with variable("A_KEY", "abcdefgh"), variable("B_KEY", "abcdefgh-and-more"):
        assert redacted("abcdefgh-and-more, abcdefgh") == "[redacted], [redacted]"


def test_the_environment_may_change() -> None:
    with variable("A_KEY", "the first value"):
        assert redacted("the first value") == REDACTED
    with variable("A_KEY", "the second value"):
        assert redacted("the first value, the second value") == "the first value, [redacted]"
    assert redacted("the second value") == "the second value"


# -- by name and shape


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Authorization: Bearer abc", "Authorization: [redacted]"),
        ("authorization: Basic dXNlcjpwYXNz, x", "authorization: [redacted], x"),
        ("{'Authorization': 'Token abc123'}", "{'Authorization': '[redacted]'}"),
        ("curl -H 'Bearer Zq7xZq7x'", "curl -H 'Bearer [redacted]'"),
        ("401, Basic bWU6aHVudGVyMg== is nobody's", "401, Basic [redacted] is nobody's"),
        ("got 'Basic am9lOmh1bnRlcjJzZWNyZXQ='", "got 'Basic [redacted]'"),
        ("https://me:hunter2@host:8000/v1 is", "https://me:[redacted]@host:8000/v1 is"),
        ("https://host/v1?api_key=Zq7xZq7x&n=1", "https://host/v1?api_key=[redacted]&n=1"),
        ("https://host/v1?key=Zq7xZq7x&n=1", "https://host/v1?key=[redacted]&n=1"),
        ('{"api_key": "it", "n": 1}', '{"api_key": "[redacted]", "n": 1}'),
        ("{'api_key': \"it's\"}", "{'api_key': \"[redacted]\"}"),
        ('{"x-api-key":"a\\"b"}', '{"x-api-key":"[redacted]"}'),
        ('"{\\"password\\": \\"a b\\", \\"n\\": 1}"', '"{\\"password\\": \\"[redacted]\\", \\"n\\": 1}"'),
        ('{"token": "Zq7xZq7x"}', '{"token": "[redacted]"}'),
        ("api-key: Zq7xZq7x", "api-key: [redacted]"),
        ("X-House-Token: Zq7xZq7x\nx", "X-House-Token: [redacted]\nx"),
        ("{'X-Token': 'it'}", "{'X-Token': '[redacted]'}"),
        ('{"X-My-Auth": "a b"}', '{"X-My-Auth": "[redacted]"}'),
        ("Cookie: session=abc; theme=dark, more", "Cookie: [redacted], more"),
        ("'Set-Cookie: id=a'", "'Set-Cookie: [redacted]'"),
        ("MY_SECRET_KEY=ZqXxZqXx", "MY_SECRET_KEY=[redacted]"),
        (f"Incorrect API key provided: {OPENAI}.", "Incorrect API key provided: [redacted]."),
        (f"line\\n{OPENAI}", "line\\n[redacted]"),
        (f"{GITHUB} and {JWT}", "[redacted] and [redacted]"),
        ("AKIA" + "ZQ7X" * 4, REDACTED),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nmore",
            "[redacted]\nmore",
        ),
    ],
)
def test_what_says_that_it_is_secret_is_redacted(text: str, left: str) -> None:
    assert redacted(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "the key is under the mat",
        "the key: under the mat; the secret = patience",
        "A token of my appreciation, and the token: blue",
        "The password is on the fridge. Password: ask Ann",
        "authorization: please sign here",
        "the bearer documents of the standard-bearer movement",
        "payable to the bearer thereafter. The bearer certificates...",
        "a basic subscription, basic training/exercise, Basic 12-month-plans, basic training=good",
        '{"prompt_tokens": 12, "max_tokens": "12345678", "key": "ArrowDown", "token": "next"}',
        '{"api_key": "", "n": ""}',
        "api_key=None, api_key: missing",
        "sorted(mails, key=operator)",
        "X-Ray: 12345678, x-token: none, a fortune cookie: be kind",
        "https://host:8000/v1 at 12:30 me@example.org",
        "https://docs.example.org/a:b and c@d",
        "risk-averse-people-and-24-others, a task-force-of-2025-members",
        "sk-learn-and-its-many-friends",
        REDACTED,
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redacted(text) == text


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    once = redacted(text)
    assert redacted(once) == once


@given(WORDS, st.sampled_from([OPENAI, GITHUB, JWT, f"Bearer {OPENAI}", f"api_key={OPENAI}"]), WORDS)
def test_redacting_twice_is_redacting_once(before: str, secret: str, after: str) -> None:
    once = redacted(f"{before} {secret} {after}")
    assert OPENAI not in once
    assert redacted(once) == once


# -- plain data


@given(JSON)
def test_data_without_secrets_stays_as_it_is(value: Any) -> None:
    text = json.dumps(value)
    assert redacted_json(text) in (text, json.dumps(redacted_plain(value), ensure_ascii=False))
    assert redacted_plain([1, 1.5, True, None, "a", {"b": []}]) == [1, 1.5, True, None, "a", {"b": []}]


def without_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_numbers(item) for item in value]
    return value if isinstance(value, str) else None


@given(JSON, SECRETS, st.booleans())
@example(value=1_562_500_000_000, secret="00000000", ascii_only=False)
def test_json_with_secrets_is_json_without(value: Any, secret: str, ascii_only: bool) -> None:
    with variable("SOME_TOKEN", secret):
        data = {"told": [value, secret, {"password": secret[:3]}], secret: f"a {secret} b", "in": json.dumps([secret])}
        told = redacted_json(json.dumps(data, ensure_ascii=ascii_only), (",", ":"))
    read = json.loads(told)
    # A secret of digits only may be a part of a number that is none.
    assert secret not in str(without_numbers([*read.values()]))
    assert read["told"][1:] == [REDACTED, {"password": REDACTED}]
    assert read[REDACTED] == f"a {REDACTED} b"
    assert read["in"] == json.dumps([REDACTED])


def test_a_number_can_be_secret() -> None:
    with variable("PIN_TOKEN", "1234567890"):
        assert redacted_json('{"a": 1234567890, "b": 12345678901}') == '{"a": "[redacted]", "b": 12345678901}'


def test_half_of_a_surrogate_pair_can_be_written() -> None:
    assert redacted_json('["\\ud800", {"api_key": "x"}]').encode()


def test_plain_data_without_secrets_is_returned_as_it_is() -> None:
    plain = {"a": [1, 2.5, None, True], "token": "word", "text": "No key is here."}
    assert redacted_plain(plain) is plain


@pytest.mark.parametrize(
    "value",
    [
        {"a": {"password": "x"}},
        ["fine", ["api_key=abc123def456"]],
        {"sk-abcdefghij0123456789": "name"},
        [("a tuple",)],
        [1234567890],
    ],
)
def test_plain_data_is_redacted_wherever_a_secret_is(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "1234567890")
    assert redacted_plain(value) != value


def test_a_secret_is_redacted_from_when_it_is_set_until_it_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert redacted("planted value") == "planted value"
    monkeypatch.setenv("SOME_TOKEN", "planted value")
    assert redacted("planted value") == REDACTED
    monkeypatch.setenv("SOME_TOKEN", "another value")
    assert redacted("planted value") == "planted value"
    monkeypatch.delenv("SOME_TOKEN")
    assert redacted("another value") == "another value"
