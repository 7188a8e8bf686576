"""Traces as JSON lines: a header, then a line with all fields for each entry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_pare.base.records import from_fields
from pytest_pare.simulation.trace_entries import EngineCall, TraceEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORMAT = "pytest-pare/trace"
_VERSION = 2

Entry = TraceEvent | EngineCall
T = TypeVar("T")


def to_jsonl(header: dict[str, Any], entries: Iterable[Entry]) -> str:
    """Return the lines of a trace.

    Args:
        header: The fields of the trace; its `entries` are how many there are.
        entries: The entries.
    """
    # Without variation a trace is as earlier versions have written it.
    first = {"format": _FORMAT, "version": _VERSION, **header}
    if not first["draws"]:
        del first["draws"]
    # `vars` has the fields in the order of their definition.
    rest = ({"type": "call" if isinstance(one, EngineCall) else "event", **vars(one)} for one in entries)
    lines = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in (first, *rest)]
    # Half of a surrogate pair, which UTF-8 cannot encode, becomes its JSON escape.
    return "".join(lines).encode("utf-8", "backslashreplace").decode("utf-8")


def from_jsonl(text: str, cls: type[T]) -> T:
    """Return the trace of lines that `to_jsonl` has made.

    Args:
        text: The lines.
        cls: The dataclass of a trace.

    Raises:
        ValueError: If the text is no trace, is not complete, or has another version.
    """
    # `splitlines` would also break at other characters than a line feed.
    first, *rest = text.removesuffix("\n").split("\n")
    header = _parsed(first, "not a trace: the first line")
    if header.pop("format", None) != _FORMAT:
        raise ValueError(f"not a trace: the first line must name the format {_FORMAT!r}")
    version = header.pop("version", None)
    if version != _VERSION:
        raise ValueError(f"a trace of version {version!r}; this version of pytest-pare reads version {_VERSION}")
    entries = tuple(_entry(line, f"line {number} of the trace") for number, line in enumerate(rest, start=2))
    header = {**header, "draws": header.get("draws", {})}
    fields = {**header, "entries": entries} if "entries" in header else header
    trace = _made(cls, fields, "the first line of the trace")
    if header["entries"] != len(entries):
        raise ValueError(f"not a whole trace: there are {len(entries)} of {header['entries']!r} entries")
    return trace


def _parsed(line: str, what: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    raise ValueError(f"{what} is no JSON object")


def _entry(line: str, what: str) -> Entry:
    values = _parsed(line, what)
    kind = values.pop("type", None)
    if kind not in ("event", "call"):
        raise ValueError(f"{what} is of the type {kind!r}, and must be 'event' or 'call'")
    if kind == "event":
        return _made(TraceEvent, values, what)
    # Traces of earlier versions do not have it.
    return _made(EngineCall, {"finish_reason": None, **values}, what)


def _made(cls: type[T], values: dict[str, Any], what: str) -> T:
    try:
        return from_fields(cls, values)
    except ValueError as error:
        raise ValueError(f"{what} is not as this version writes it: {error}") from None
