"""Redacts secrets in texts: by their value in the environment, their name and their shape."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from pytest_pare.base.secret_shapes import ANY_HINT, REDACTED, SHAPES, STRONG_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

# Shorter values are words and numbers that occur everywhere.
_SHORTEST = 8
# Neither PWD nor an author is a secret.
_SECRET_VARIABLE = re.compile(
    r"KEYS?(?![A-Z])|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH(?!ORS?(?![A-Z]))|_(?:PASS|PWD|PAT)(?![A-Z])",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Return `text` with `[redacted]` in the place of each secret in it.

    A secret is the value of an environment variable whose name says so (`OPENAI_API_KEY`) and that has 8 characters or
    more, also as JSON, a URL or base64 has it; what stands behind a name that says so (`"api_key": "..."`,
    `Authorization: ...`, the password in a URL); and what has the shape of a well-known kind of key (`sk-...`).
    """
    return _redacted(text, _by_value(known_secrets()))


def redacted_all(texts: Iterable[str]) -> dict[str, str]:
    """Return each text with what it is when it is redacted.

    They are searched together: most of many texts hold no secret, and a search of each takes most of the time of a
    large report.
    """
    different = list(dict.fromkeys(texts))
    return dict(zip(different, _redacted_together(different), strict=True))


def _redacted_together(texts: list[str]) -> list[str]:
    # No pattern needs more than the text of the secret, so a secret in one text is also found in the joined texts.
    together = "\n".join(texts)
    if redacted(together) == together:
        return texts
    if len(texts) == 1:
        return [redacted(texts[0])]
    middle = len(texts) // 2
    return [*_redacted_together(texts[:middle]), *_redacted_together(texts[middle:])]


def redacted_repr(value: Any) -> str:
    """Return the `repr` of a dataclass with its secrets redacted."""
    parts = [f"{field.name}={getattr(value, field.name)!r}" for field in dataclasses.fields(value) if field.repr]
    return redacted(f"{type(value).__qualname__}({', '.join(parts)})")


def redacted_plain(value: Any) -> Any:
    """Return plain data, such as JSON holds, with the secrets in all of its texts and behind its keys redacted.

    Data without secrets is returned as it is.
    """
    by_value = _by_value(known_secrets())
    texts: list[str] = []
    # As in `redacted_all`, one search of all texts: most data holds no secret.
    if _add_texts(value, texts) and _redacted(together := "\n".join(texts), by_value) == together:
        return value
    return _plain(value, by_value)


def redacted_json(text: str, separators: tuple[str, str] = (", ", ": ")) -> str:
    """Return lines of JSON with their secrets redacted, and JSON still; as they were if there are none.

    Args:
        text: The lines, each of them a JSON of its own.
        separators: The separators that `json.dumps` wrote.
    """
    if redacted(text) == text:
        return text
    # Not `splitlines`, which breaks at more than a line feed.
    plain = (redacted_plain(json.loads(line)) if line else None for line in text.split("\n"))
    lines = ("" if one is None else json.dumps(one, ensure_ascii=False, separators=separators) for one in plain)
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode("utf-8")


def _redacted(text: str, by_value: re.Pattern[str] | None) -> str:
    if by_value is not None:
        text = by_value.sub(REDACTED, text)
    lower = text.lower()
    if ANY_HINT.search(lower) is None:
        return text
    for hints, pattern, replacement in SHAPES:
        # Without `any`, whose generator takes most of the time of a short text.
        for hint in hints:
            if hint in lower:
                text = pattern.sub(replacement, text)
                break
    return text


def _plain(value: Any, by_value: re.Pattern[str] | None) -> Any:
    if isinstance(value, str):
        return _redacted(value, by_value)
    if isinstance(value, dict):
        return {
            _plain(key, by_value): REDACTED if _is_secret(key, item) else _plain(item, by_value)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item, by_value) for item in value]
    # A number can be a secret too.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return REDACTED if is_number and by_value is not None and by_value.fullmatch(str(value)) else value


def _add_texts(value: Any, texts: list[str]) -> bool:
    """Add all texts and numbers of plain data to a list; return False if the data is not safe with none redacted."""
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if _is_secret(key, item) or not (_add_texts(key, texts) and _add_texts(item, texts)):
                return False
    elif isinstance(value, list):
        for item in value:
            if not _add_texts(item, texts):
                return False
    elif isinstance(value, int | float) and not isinstance(value, bool):
        texts.append(str(value))
    # A tuple becomes a list.
    return not isinstance(value, tuple)


def _is_secret(key: Any, value: Any) -> bool:
    return isinstance(key, str) and isinstance(value, str) and bool(value) and _is_strong_name(key)


@lru_cache(maxsize=1024)
def _is_strong_name(key: str) -> bool:
    return bool(STRONG_NAME.fullmatch(key))


_added: set[str] = set()
# The environment and the number of added secrets at the last look at them, and the secrets.
_known: tuple[dict[Any, Any] | None, int, tuple[str, ...]] = (None, 0, ())


def add_secret(value: str) -> None:
    """Redact a value from now on in this process that is not in the environment, such as a token of its own."""
    _added.add(value)


def known_secrets() -> tuple[str, ...]:
    """Return the secrets that are redacted by their value, from the environment and added ones, the longest first."""
    global _known  # noqa: PLW0603 - one value for the process
    # Any code may change the environment, and decoding its names takes longer than the search of a short text. This is
    # the dictionary of bytes below it, where there is one.
    raw: Any = getattr(os.environ, "_data", None)
    before, count = None if raw is None else dict(raw), len(_added)
    if before is not None:
        # Pytest changes it at each step of a test.
        before.pop(b"PYTEST_CURRENT_TEST", None)
        if before == _known[0] and count == _known[1]:
            return _known[2]
    found = _added | {os.environ[name].strip() for name in os.environ if names_secret(name)}
    values = tuple(sorted((value for value in found if _is_worth_it(value)), key=lambda value: (-len(value), value)))
    _known = (before, count, values)
    return values


@lru_cache(maxsize=1024)
def names_secret(name: str) -> bool:
    """Return whether the name of an environment variable says that its value is a secret."""
    return bool(_SECRET_VARIABLE.search(name))


@lru_cache(maxsize=256)
def _is_worth_it(value: str) -> bool:
    # The path of a file with a secret, such as SSH_AUTH_SOCK, is none itself.
    return len(value) >= _SHORTEST and value not in REDACTED and not os.path.exists(value)  # noqa: PTH110 - any text


@lru_cache(maxsize=8)
def _by_value(values: tuple[str, ...]) -> re.Pattern[str] | None:
    forms = {form for value in values for form in _forms(value)}
    # Of two that begin alike, the longer one must be tried first.
    return re.compile("|".join(map(re.escape, sorted(forms, key=lambda form: (-len(form), form))))) if forms else None


def _forms(secret: str) -> set[str]:
    """Return how a secret may be written: as it is, in JSON, in JSON inside of JSON, in a URL, base64, and a `repr`."""
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    # In the `repr` of a text with quotes of both kinds, and of another one.
    forms |= {repr(f"{secret}\"'")[1:-4], repr(secret)[1:-1]}
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        forms |= {once, json.dumps(once, ensure_ascii=ascii_only)[1:-1]}
    raw = secret.encode("utf-8", "surrogateescape")
    for before in range(3):
        # Where it begins in the encoded text is not known; the characters that hold some of what is around it stay.
        encoded = base64.b64encode(b"\0" * before + raw).decode("ascii")
        whole = encoded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        forms |= {whole, whole.replace("+", "-").replace("/", "_")}
    return forms
