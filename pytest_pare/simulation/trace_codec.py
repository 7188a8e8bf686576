"""Traces as JSON lines: a header, then a line with all fields for each entry."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pytest_pare.base.records import from_fields
from pytest_pare.simulation.trace_details import AppChange, Notified
from pytest_pare.simulation.trace_entries import EngineCall, TraceEvent

_FORMAT = "pytest-pare/trace"
_VERSION = 3
# Version 2 has no requests, and no notifications and no states of apps.
_READ = (2, 3)

Line = TraceEvent | EngineCall | Notified | AppChange
T = TypeVar("T")

_CLASSES: dict[str, type[Line]] = {"event": TraceEvent, "call": EngineCall, "notified": Notified, "state": AppChange}
_TYPES = {cls: name for name, cls in _CLASSES.items()}
# What earlier versions, or runs without it, do not have.
_WITHOUT: dict[str, dict[str, Any]] = {"call": {"finish_reason": None, "kept": 0, "request": None, "body": None}}
_PARTS = {"entries": (TraceEvent, EngineCall), "notified": (Notified,), "states": (AppChange,)}
_OPTIONAL: dict[str, Any] = {"draws": {}, "reference": (), "turn_seconds": (), "forked_from": {}}


def to_jsonl(fields: dict[str, Any]) -> str:
    """Return the lines of a trace.

    Args:
        fields: The fields of the trace.
    """
    header = {name: len(value) if name in _PARTS else value for name, value in fields.items()}
    first = {"format": _FORMAT, "version": _VERSION, **header}
    for name in _OPTIONAL:
        if not first[name]:
            del first[name]
    # `vars` has the fields in the order of their definition.
    rest = ({"type": _TYPES[type(one)], **vars(one)} for part in _PARTS for one in fields[part])
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
    if version not in _READ:
        raise ValueError(f"a trace of version {version!r}; this version of pytest-pare reads the versions 2 and 3")
    lines = [_line(line, f"line {number} of the trace") for number, line in enumerate(rest, start=2)]
    parts = {name: tuple(one for one in lines if isinstance(one, of)) for name, of in _PARTS.items()}
    counts = {"notified": 0, "states": 0, **header} if version == 2 else header
    fields = {**_OPTIONAL, **counts, **{name: part for name, part in parts.items() if name in counts}}
    trace = _made(cls, fields, "the first line of the trace")
    for name, part in parts.items():
        if counts[name] != len(part):
            raise ValueError(f"not a whole trace: there are {len(part)} of {counts[name]!r} {name}")
    return trace


def _parsed(line: str, what: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    raise ValueError(f"{what} is no JSON object")


def _line(line: str, what: str) -> Line:
    values = _parsed(line, what)
    kind = values.pop("type", None)
    if not isinstance(kind, str) or kind not in _CLASSES:
        raise ValueError(f"{what} is of the type {kind!r}, and must be one of {', '.join(_CLASSES)}")
    return _made(_CLASSES[kind], {**_WITHOUT.get(kind, {}), **values}, what)


def _made(cls: type[T], values: dict[str, Any], what: str) -> T:
    try:
        return from_fields(cls, values)
    except ValueError as error:
        raise ValueError(f"{what} is not as this version writes it: {error}") from None
