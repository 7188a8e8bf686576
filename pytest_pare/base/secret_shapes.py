"""The shapes of secrets: what stands behind a name that says so, and well-known kinds of keys."""

from __future__ import annotations

import re
from typing import Final

REDACTED: Final = "[redacted]"
"""The text in the place of a secret."""

# The begin of a word, also behind an escaped line feed of JSON.
_START = r"(?:(?<![\w-])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4}))"
# Names whose value is a secret wherever it stands beside one.
_STRONG = (
    r"(?:(?:[\w-]*[_-])?(?:api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|subscription[_-]?key|"
    r"secret[_-]?access[_-]?key|client[_-]?secret|(?:access|auth|refresh|bearer|id|session)[_-]?token|"
    r"password|passwd|passphrase|authorization)"
    # A custom header, such as x-service-key.
    r"|x-(?:[\w-]*-)?(?:key|token|secret|auth|credentials?))"
)
# Names that are also words: here the value must look like one.
_WEAK = r"(?:[\w-]*[_-])?(?:key|token|secret|credentials?|auth)"
_VALUE = r"[\w.~+/%-]{8,}"
_LIKE_A_KEY = rf"(?=[\w.~+/%-]{{0,200}}\d){_VALUE}"
STRONG_NAME = re.compile(_STRONG, re.IGNORECASE)
"""A name whose value is a secret."""


def _hints(*following: str) -> tuple[str, ...]:
    """Return how the names end, with what can follow them."""
    ends = ("key", "token", "secret", "password", "passwd", "passphrase", "authorization", "credential", "auth")
    return tuple(end + sign for end in (*ends, "credentials") for sign in following)


SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = tuple(
    (hints, re.compile(pattern, flags), replacement)
    for hints, pattern, flags, replacement in (
        (
            ("private key-----",),
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
            REDACTED,
        ),
        # https://user:password@host
        (("://",), r"(://[^\s/@:\"'\\?#]*:)[^\s/@\"'\\]+(?=@)", 0, rf"\1{REDACTED}"),
        # Authorization: Basic dXNlcjpwYXNz
        (
            ("authorization",),
            rf"{_START}(authorization\\*[\"']?\s*[:=]\s*\\*[\"']?)(?:(?:bearer|basic|token)\s+[\w.~+/=-]+|{_LIKE_A_KEY})",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        # A header with cookies
        (
            ("cookie:", "cookie="),
            rf"{_START}((?:set-)?cookie[:=]\s*)[^\s;,\"'\\]+=[^\s;,\"'\\]+(?:;\s*[^\s;,\"'\\]+=[^\s;,\"'\\]+)*",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        (
            ("bearer ",),
            rf"{_START}(bearer +)(?=[\w.~+/=-]*(?:[\d_=+/]|\.\w))[\w.~+/=-]{{8,}}",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        # What is sent of user and password: groups of four signs, with a digit or with what fills up the last group.
        (
            ("basic ",),
            rf"{_START}(basic +)(?=[A-Za-z+/]*[\d=])(?:[A-Za-z0-9+/]{{4}}){{2,}}"
            r"(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?![\w.~+/=-])",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        # "api_key": "...", also with the quotes escaped, as in JSON inside of a JSON text
        (
            _hints('"', "'", "\\"),
            rf"((?P<quote>\\*[\"']){_STRONG}(?P=quote)\s*:\s*(?P<open>\\*[\"']))(?!(?P=open)).+?(?=(?<!\\)(?P=open))",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        # api_key=..., api-key: ...
        (
            _hints("=", ":", " =", " :"),
            rf"{_START}({_STRONG}(?:=(?={_VALUE})|\s?[=:]\s?(?={_LIKE_A_KEY}))){_VALUE}",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        # ?key=..., "token": "..."
        (
            _hints("=", '"', "'", "\\"),
            rf"{_START}({_WEAK}(?:=|\\*[\"']\s*:\s*\\*[\"'])){_LIKE_A_KEY}",
            re.IGNORECASE,
            rf"\1{REDACTED}",
        ),
        (("sk-", "pk-", "rk-"), rf"{_START}[spr]k-(?=[\w-]*\d)[\w-]{{16,}}", 0, REDACTED),
        (("sk_", "pk_", "rk_", "gsk_"), rf"{_START}(?:[spr]k_(?:live|test)|gsk)_\w{{16,}}", 0, REDACTED),
        (
            ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "glpat-", "github_pat_"),
            rf"{_START}(?:gh[pousr]_|github_pat_|glpat-)[\w-]{{16,}}",
            0,
            REDACTED,
        ),
        (("hf_",), rf"{_START}hf_[A-Za-z0-9]{{20,}}", 0, REDACTED),
        (("xox",), rf"{_START}xox[a-z]-[\w-]{{10,}}", 0, REDACTED),
        (("akia", "asia"), rf"{_START}(?:AKIA|ASIA)[A-Z0-9]{{16}}\b", 0, REDACTED),
        (("aiza",), rf"{_START}AIza[\w-]{{30,}}", 0, REDACTED),
        # A token of the endpoints of a run
        (("pare_token_",), r"pare_token_[\w-]{16,}", 0, REDACTED),
        # A JSON web token
        (("eyj",), rf"{_START}eyJ[\w-]{{8,}}\.[\w-]{{8,}}\.[\w-]*", 0, REDACTED),
    )
)
"""Patterns with their replacements, each with texts in lower case of which one must be there for it to be searched."""

_STEMS = ("auth", "credential", "key", "pass", "secret", "token")
_HINTS = {next((stem for stem in _STEMS if stem in hint), hint) for hints, *_ in SHAPES for hint in hints}
ANY_HINT = re.compile("|".join(map(re.escape, sorted(_HINTS))))
"""Is in each text that holds one of these texts: most texts hold none, and one search for all of them is fast."""
