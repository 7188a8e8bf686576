"""The messages of JSON-RPC 2.0, checked."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_text

LARGEST_MESSAGE = 16 * 1024 * 1024
"""The size of the largest message in bytes, without the line feed."""

# More than that of a line is not searched for secrets.
_SEARCHED = 10_000
_SHOWN = 200


class Malformed(Exception):  # noqa: N818 - an outcome
    """A line is no message.

    Args:
        what: What it is instead.
        line: The line, or its begin.

    Attributes:
        shown: The begin of the line, without secrets.
    """

    def __init__(self, what: str, line: bytes) -> None:
        super().__init__(what)
        self.shown = shortened(line)


def shortened(line: bytes) -> str:
    """Return the begin of a line of output as text, without secrets."""
    text = redacted(to_text(line[:_SEARCHED].decode("utf-8", "replace")))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def parsed(line: bytes) -> dict[str, Any]:
    """Return the message on a line: a request, a notification, or an answer.

    Raises:
        Malformed: If it is none.
    """
    try:
        message = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Malformed("a line that is no JSON", line) from None
    wrong = _wrong(message)
    if wrong is not None:
        raise Malformed(f"JSON that is no message of JSON-RPC 2.0: {wrong}", line)
    checked: dict[str, Any] = message
    return checked


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _wrong(message: Any) -> str | None:
    if not isinstance(message, dict):
        return "it is no object"
    if message.get("jsonrpc") != "2.0":
        return 'it has no "jsonrpc": "2.0"'
    if "id" in message and not _is_id(message["id"]):
        return "the id is neither text nor an integer"
    return _wrong_call(message) if "method" in message else _wrong_answer(message)


def _wrong_call(message: dict[str, Any]) -> str | None:
    if not isinstance(message["method"], str):
        return "the method is no text"
    if not isinstance(message.get("params", {}), dict | list):
        return "the parameters are no object"
    return None


def _wrong_answer(message: dict[str, Any]) -> str | None:
    if "id" not in message:
        return "it has neither a method nor an id"
    if ("result" in message) == ("error" in message):
        return "an answer has either a result or an error"
    error = message.get("error", {"code": 0, "message": ""})
    if not isinstance(error, dict) or not isinstance(error.get("message"), str):
        return "an error has a text as its message"
    if not _is_id(error.get("code")) or isinstance(error["code"], str):
        return "an error has an integer as its code"
    return None


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
