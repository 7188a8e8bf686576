"""Texts of the timeline: values as text, cut after they were redacted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.base.redaction import redacted_json
from pytest_pare.base.serialization import to_text
from pytest_pare.simulation.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST: Final = 20_000
"""The longest text of a run document."""

TITLE_WIDTH: Final = 160
"""The longest title of a step."""

_ARGUMENT_WIDTH = 60
_ID_WIDTH = 8
_ID = re.compile(r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")
# A value whose JSON is longer than a line is written on several.
_ONE_LINE = 100


def redacted_trace(trace: Trace) -> Trace:
    """Return a trace without secrets; itself if it has none, as the traces that a session keeps."""
    lines = trace.to_jsonl()
    clean = redacted_json(lines, (",", ":"))
    return trace if clean == lines else Trace.from_jsonl(clean)


def shown(value: object) -> str:
    """Return a text that can be encoded, cut to `LONGEST` with a note of how much is missing.

    It must be without secrets already: half of one, at the cut, is not found later.
    """
    text = to_text(value)
    missing = len(text) - LONGEST
    return text if missing <= 0 else f"{text[:LONGEST]}... [{missing:,} more characters]"


def value_text(value: Any) -> str:
    """Return an argument or a result as text: a text as it is, anything else as JSON."""
    return shown(value if isinstance(value, str) else _json(value))


def optional_value(value: Any) -> str | None:
    """Return `value_text`; `None` for nothing."""
    return None if value is None else value_text(value)


def one_line(text: str, width: int = TITLE_WIDTH) -> str:
    """Return a text as one line without control characters, cut with an ellipsis."""
    # No more than the line needs: a text may have a million characters.
    begin = text[: 8 * width]
    if not begin.isprintable():
        begin = "".join(char if char.isprintable() else " " for char in begin)
    line = " ".join(begin.split())
    return line if len(line) <= width and len(text) <= 8 * width else f"{line[: width - 1]}…"


def arguments_line(args: Mapping[str, Any], width: int = _ARGUMENT_WIDTH) -> str:
    """Return arguments as `name=value`, each cut, without those that are empty; long ids are cut as well."""
    given = ((name, value) for name, value in args.items() if value is not None and value not in ("", [], {}))
    return " ".join(f"{name}={one_line(_ID.sub(_short_id, _plain(value)), width)}" for name, value in given)


def _short_id(found: re.Match[str]) -> str:
    return f"{found[0][:_ID_WIDTH]}…"


def _plain(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return shown(", ".join(value))
    return shown(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _json(value: Any) -> str:
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= _ONE_LINE else json.dumps(value, ensure_ascii=False, indent=2)
