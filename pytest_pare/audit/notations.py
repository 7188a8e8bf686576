"""Other notations of the same value: of a moment, of a phone number, and of a list without an order."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pytest_pare.audit.other_values import as_datetime, is_phone

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETS = ("attendees", "cc", "participants", "recipients", "user_ids")


def notations(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a name and a value for each other notation; a tool may refuse it.

    Args:
        name: The name of the argument.
        value: The value.
    """
    if isinstance(value, str) and (known := as_datetime(value)) is not None and "%d" in known[1]:
        for form, text in _moments(known[0]):
            if text != value:
                yield form, text
    elif isinstance(value, str) and is_phone(value):
        yield "digits", re.sub(r"[^\d+]", "", value)
        yield "dashes", re.sub(r"[\s().-]+", "-", value.strip())
    elif isinstance(value, list) and len(value) > 1 and name in _SETS:
        yield "reversed", value[::-1]
    elif isinstance(value, dict):
        for key, item in value.items():
            for form, other in notations(str(key), item):
                yield f"{key}.{form}", {**value, key: other}


def _moments(moment: datetime) -> Iterator[tuple[str, str]]:
    yield "iso", moment.isoformat()
    yield "iso-utc", f"{moment.isoformat()}Z"
    yield "iso-offset", f"{moment.isoformat()}+00:00"
    yield "without-seconds", moment.strftime("%Y-%m-%d %H:%M")
    yield (
        "without-zeros",
        f"{moment.year}-{moment.month}-{moment.day} {moment.hour}:{moment.minute:02}:{moment.second:02}",
    )
    yield "weekday", moment.strftime("%A, %Y-%m-%d %H:%M:%S")
