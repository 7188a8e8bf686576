"""Values as builtins that JSON can hold."""

from __future__ import annotations

import base64
import dataclasses
import math
from datetime import date
from enum import Enum
from typing import Any


def to_builtins(value: Any) -> Any:
    """Return `value` as what JSON can hold; the same in every process.

    Dataclasses and objects with a `get_state` become dictionaries, enums their value, dates ISO 8601, bytes base64,
    sets sorted lists; of anything else only the type's name is kept, for a `repr` may hold an address in memory.
    """
    if isinstance(value, Enum | date):
        return value.isoformat() if isinstance(value, date) else to_builtins(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        # JSON has no word for the others.
        return value if not isinstance(value, float) or math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {str(to_builtins(key)): to_builtins(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [to_builtins(item) for item in value]
        return items if isinstance(value, list | tuple) else sorted(items, key=repr)
    return _object_to_builtins(value)


def to_builtins_or_name(value: Any) -> Any:
    """Return `value` as builtins; the name of its type where that is not possible."""
    try:
        return to_builtins(value)
    except Exception:  # noqa: BLE001 - a `get_state` may raise anything, and an object may hold itself
        return f"<{type(value).__qualname__}>"


def _object_to_builtins(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_builtins(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if callable(getattr(value, "get_state", None)):
        return to_builtins(value.get_state())
    return f"<{type(value).__qualname__}>"
