"""The answer to an agent's request as a text in a cassette."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEPARATORS = (",", ":")


def to_stored(body: Mapping[str, Any]) -> str:
    """Return an answer as a text of one line, without its secrets."""
    return redacted_json(json.dumps(body, ensure_ascii=False, separators=_SEPARATORS), _SEPARATORS)


def from_stored(text: str) -> dict[str, Any]:
    """Return the answer in a text that `to_stored` has made.

    Raises:
        ValueError: If the text is no JSON object.
    """
    try:
        body = json.loads(text)
    except RecursionError:
        raise ValueError("the answer is nested too deeply") from None
    if not isinstance(body, dict):
        raise ValueError(f"the answer is no JSON object: {text[:80]}")  # noqa: TRY004 - of a file
    return body
