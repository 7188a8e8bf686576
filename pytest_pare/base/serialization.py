"""Values as builtins that JSON can hold."""

from __future__ import annotations

import base64
import dataclasses
import math
from datetime import date
from enum import Enum
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CHARACTERS = 10_000
"""The longest text that a result, a trace or a report keeps of an agent, a tool or a scenario."""

# Room for additions to a text that was cut, such as the note and the turn, so that it is not cut again.
_SLACK = 500
_LONGEST = MOST_CHARACTERS + _SLACK
_MOST_ITEMS = 1000
# Longer than any secret, so that none is cut in two.
_MARGIN = 4096
# Python refuses to write an int of more than 4300 decimal digits, about 14284 bits; settings can lower the limit.
_MAX_BITS = 4096
# Most values have one of these types, and this check is fast.
_UNCHANGED = frozenset({bool, str, type(None)})
_SHORT = frozenset({bool, type(None)})
_TEXT = frozenset({str})
_BUILTIN = (Enum, date, int, float, str, bytes, dict, list, tuple, set, frozenset)


def to_text(value: object) -> str:
    """Return `value` as text that can be encoded, whatever its `__str__` does: half of a surrogate pair is escaped."""
    if type(value) is str and value.isascii():
        return value
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 - a broken `__str__` must not cost a result
        text = f"<unprintable {type(value).__name__}>"
    return text.encode("utf-8", "backslashreplace").decode()


def to_short_text(value: object) -> str:
    """Return `value` as text that can be encoded, cut to `MOST_CHARACTERS`, with a note of how much is missing."""
    if type(value) is str and len(value) <= _LONGEST and value.isascii():
        return value
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 - `to_text` handles it
        return to_text(value)
    missing = len(text) - MOST_CHARACTERS
    if missing <= _SLACK:
        return to_text(text)
    # A secret that crosses the end is redacted before the cut. Half of one would not be recognized later.
    begin = redacted(to_text(text[: MOST_CHARACTERS + _MARGIN]))
    if missing > _MARGIN:
        begin = begin[:-_MARGIN]
    return f"{begin[:MOST_CHARACTERS]}... [{missing:,} more characters]"


def to_short_builtins(value: Any) -> Any:
    """Return `value` as `to_builtins_or_name` does, with long texts cut, and lists cut after 1,000 items."""
    if (kind := type(value)) in _SHORT or (kind is str and len(value) <= _LONGEST):
        return value
    try:
        return _short(value)
    except Exception:  # noqa: BLE001 - as in `to_builtins_or_name`
        return f"<{type(value).__qualname__}>"


def error_text(error: BaseException) -> str:
    """Return the class of an exception with its message, short and without secrets; the class alone without one."""
    return f"{type(error).__name__}: {to_short_text(error)}".removesuffix(": ")


def type_and_value(value: object) -> str:
    """Return the name of a value's type, with a short `repr` of a text or a number, without secrets."""
    name = type(value).__name__
    # A long int has no `repr`, and that of other types may hold an address in memory.
    value = to_builtins(value) if isinstance(value, int) else value
    # Redacted before the cut, as in `to_short_text`.
    return f"{name} ({redacted(repr(value)):.80})" if isinstance(value, str | int | float) else name


def to_builtins(value: Any) -> Any:
    """Return a value as builtins that JSON can hold; the same in every process.

    Dataclasses and objects with a `get_state` become dictionaries, enums their value, dates ISO 8601, bytes base64,
    sets sorted lists; of anything else only the type's name is kept, for a `repr` may hold an address in memory. Of an
    int that is too long to be written, only its length is kept.
    """
    kind: Any = type(value)
    if kind in _UNCHANGED:
        return value
    if kind is float or kind is int:
        return _number_to_builtins(value)
    if kind is list:
        return [item if type(item) in _UNCHANGED else to_builtins(item) for item in value]
    if names := field_names(kind):
        return {name: to_builtins(getattr(value, name)) for name in names}
    return _other_to_builtins(value)


def to_builtins_or_name(value: Any) -> Any:
    """Return `value` as builtins; the name of its type where that is not possible."""
    try:
        return to_builtins(value)
    except Exception:  # noqa: BLE001 - a `get_state` may raise anything, and an object may hold itself
        return f"<{type(value).__qualname__}>"


def _short(value: Any) -> Any:  # noqa: PLR0911 - the most frequent types come first
    """Return what `_cut` returns of the value as builtins, without a conversion of the items that it leaves out."""
    kind: Any = type(value)
    if kind is str:
        return value if len(value) <= _LONGEST else to_short_text(value)
    if kind in _UNCHANGED:
        return value
    if kind is list:
        if not value:
            return []
        return [*map(_short, value)] if len(value) <= _MOST_ITEMS else _cut_list(value, _short)
    if kind is float or kind is int:
        return _number_to_builtins(value)
    if kind is dict and _TEXT.issuperset(map(type, value)):
        return _cut_dict(value, _short) if value else {}
    if names := field_names(kind):
        items = zip(names, _fields_of(kind)(value), strict=True)
        # Most fields are short texts, and a call of `_short` for each would take twice the time.
        return {
            name: one if (cls := type(one)) in _SHORT or (cls is str and len(one) <= _LONGEST) else _short(one)
            for name, one in items
        }
    return _cut(to_builtins(value))


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        # Half of a surrogate pair stays as it is: only the cut needs text that can be encoded.
        return value if len(value) <= _LONGEST else to_short_text(value)
    if isinstance(value, dict):
        return _cut_dict(value, _cut)
    return _cut_list(value, _cut) if isinstance(value, list) else value


def _cut_dict(value: dict[Any, Any], convert: Callable[[Any], Any]) -> dict[Any, Any]:
    kept = {_cut(key): convert(item) for key, item in islice(value.items(), _MOST_ITEMS)}
    missing = len(value) - _MOST_ITEMS
    return {**kept, "...": f"[{missing:,} more]"} if missing > 0 else kept


def _cut_list(value: list[Any], convert: Callable[[Any], Any]) -> list[Any]:
    missing = len(value) - _MOST_ITEMS
    return [*map(convert, value[:_MOST_ITEMS]), *([f"... [{missing:,} more]"] if missing > 0 else [])]


@lru_cache(maxsize=512)
def field_names(cls: Any) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass that is no builtin type as well; none of another class."""
    is_one = dataclasses.is_dataclass(cls) and not issubclass(cls, _BUILTIN)  # type: ignore[arg-type]
    return tuple(field.name for field in dataclasses.fields(cls)) if is_one else ()


@lru_cache(maxsize=512)
def _fields_of(cls: Any) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that returns the values of all fields of an instance of a dataclass."""
    names = field_names(cls)
    return attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)


def _other_to_builtins(value: Any) -> Any:
    if isinstance(value, Enum | date):
        return value.isoformat() if isinstance(value, date) else to_builtins(value.value)
    if isinstance(value, int | float | str):
        return _number_to_builtins(value) if isinstance(value, int | float) else value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {str(to_builtins(key)): to_builtins(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [to_builtins(item) for item in value]
        return items if isinstance(value, list | tuple) else sorted(items, key=repr)
    return _object_to_builtins(value)


def _number_to_builtins(value: float) -> float | str:
    if isinstance(value, int):
        bits = value.bit_length()
        return value if bits <= _MAX_BITS else f"<int of {bits} bits>"
    # JSON has no infinite numbers.
    return value if math.isfinite(value) else str(value)


def _object_to_builtins(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: to_builtins(getattr(value, name)) for name in field_names(type(value))}
    if callable(getattr(value, "get_state", None)):
        return to_builtins(value.get_state())
    return f"<{type(value).__qualname__}>"
