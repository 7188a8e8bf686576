"""The prompt of the judge, its version, and how an answer is read."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.base.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_REASON = 500
_NAMES = ("system", "question", "retry")


class UnreadableAnswer(ValueError):  # noqa: N818 - it is no error of the judge's caller
    """An answer that holds no judgement."""


class Answer(NamedTuple):
    """The answer of a judge.

    Attributes:
        holds: Whether the claim holds.
        reason: Why.
    """

    holds: bool
    reason: str


@cache
def version() -> str:
    """Return the version of the prompt: 16 hex digits, by its whole text."""
    text = "\0".join(f"{name}\0{_source(name)}" for name in _NAMES)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def question(claim: str, evidence: str) -> list[dict[str, str]]:
    """Return the messages that ask the judge about a claim.

    The tags around the evidence have a code that is a hash of it. No text can contain its own hash, so the evidence
    cannot close its tag.

    Args:
        claim: What the judge decides on.
        evidence: The text that it decides by.
    """
    # Half of a surrogate pair, which no request can hold, is escaped.
    claim, evidence = (text.encode("utf-8", "backslashreplace").decode() for text in (claim, evidence))
    fence = hashlib.sha256(f"{len(claim)}\0{claim}\0{evidence}".encode()).hexdigest()[:12]
    asked = _render("question", {"claim": claim, "evidence": evidence, "fence": fence})
    return [{"role": "system", "content": _render("system", {})}, {"role": "user", "content": asked}]


def asked_again(messages: list[dict[str, str]], answer: str, problem: str) -> list[dict[str, str]]:
    """Return the messages that ask the judge once more, after an answer that could not be read."""
    again = _render("retry", {"problem": problem})
    return [*messages, {"role": "assistant", "content": answer}, {"role": "user", "content": again}]


def read(answer: str) -> Answer:
    """Return what an answer says. Text around its JSON object, such as a code fence, is left out.

    Raises:
        UnreadableAnswer: If it has no JSON object with a boolean `holds` and a text `reason`.
    """
    begin, end = answer.find("{"), answer.rfind("}")
    try:
        parsed: object = json.loads(answer[begin : end + 1] if 0 <= begin < end else answer)
    except (ValueError, RecursionError):
        raise UnreadableAnswer("it is no JSON object") from None
    if not isinstance(parsed, dict):
        raise UnreadableAnswer("it is no JSON object")
    holds, reason = parsed.get("holds"), parsed.get("reason")
    if not isinstance(holds, bool):
        raise UnreadableAnswer("holds must be true or false")
    if not isinstance(reason, str):
        raise UnreadableAnswer("reason must be a text")
    # One line, as reports print it. Redacted before the cut: a part of a secret has no shape.
    return Answer(holds, redacted(" ".join(reason.split()))[:_LONGEST_REASON])


def _render(name: str, facts: Mapping[str, Any]) -> str:
    # Only a session with a judge needs it.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - plain text, no markup
    return environment.from_string(_source(name)).render(facts).strip()


@cache
def _source(name: str) -> str:
    return files(__package__).joinpath("prompts", f"{name}.jinja").read_text(encoding="utf-8")
