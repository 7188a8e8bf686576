"""A faster `asdict` for the states of ARE's apps.

Python's own deep-copies each text and number, which takes most of the time of a `get_state`. A run takes the states of
all apps at its start, and those of changed apps after that.
"""

from __future__ import annotations

import copy
import importlib
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache
from typing import Any

_NEVER_COPIED = frozenset({str, int, float, bool, bytes, type(None)})

_CONTAINERS = (list, dict)


def install() -> None:
    """Patch ARE's module that makes the states."""
    importlib.import_module("are.simulation.utils.serialization").__dict__["asdict"] = to_dict


def serialized(value: Any) -> Any:
    """Return what ARE's `serialize_field` returns of a value."""
    cls: Any = type(value)
    if cls in _NEVER_COPIED:
        return value
    if _is_dataclass(cls):
        return to_dict(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list):
        return [serialized(item) for item in value]
    return {key: serialized(item) for key, item in value.items()} if isinstance(value, dict) else value


def copied_fields(value: Any) -> dict[str, Any] | None:
    """Return the fields of an instance of a dataclass, to be compared with those that it has later.

    Returns:
        `None` for other values, for an object with other attributes, and for fields with more than plain values and
        lists and dictionaries of them.
    """
    cls: Any = type(value)
    if not hasattr(cls, "__dataclass_fields__") or tuple(getattr(value, "__dict__", ())) != _names(cls):
        return None
    copied: dict[str, Any] = vars(value).copy()
    for name, item in copied.items():
        if type(item) in _NEVER_COPIED:
            continue
        if type(item) in _CONTAINERS and all(map(_is_plain, item.values() if type(item) is dict else item)):
            copied[name] = item.copy()
        elif not _is_plain(item):
            return None
    return copied


def _is_plain(value: Any) -> bool:
    return type(value) in _NEVER_COPIED or isinstance(value, Enum)


def to_dict(value: Any) -> dict[str, Any]:
    """Return what `dataclasses.asdict` returns of an instance of a dataclass."""
    cls: Any = type(value)
    names = _names(cls)
    made: dict[str, Any] = getattr(value, "__dict__", {}).copy()
    # Most objects have no attributes but their fields, and most values need no copy.
    if tuple(made) != names:
        made = {name: getattr(value, name) for name in names}
    for name, item in made.items():
        if type(item) not in _NEVER_COPIED:
            made[name] = _copied(item)
    return made


# An enumeration is slow to ask.
_is_dataclass: Any = lru_cache(maxsize=512)(is_dataclass)


@cache
def _names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))


def _copied(value: Any) -> Any:
    cls: Any = type(value)
    # Before `hasattr`, which is slow for enums.
    if cls in _NEVER_COPIED or isinstance(value, Enum):
        return value
    if cls is list:
        return [item if type(item) in _NEVER_COPIED else _copied(item) for item in value]
    if cls is dict:
        return {_copied(key): _copied(item) for key, item in value.items()}
    if hasattr(cls, "__dataclass_fields__"):
        return to_dict(value)
    if isinstance(value, tuple):
        items = map(_copied, value)
        return cls(*items) if hasattr(cls, "_fields") else cls(items)
    return copy.deepcopy(value)
