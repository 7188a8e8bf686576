"""Matchers for the arguments of a write, and for the texts of messages."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from pytest_pare.scenarios.argument_tests import ArgumentTest, Described, accepts, normalized

_INSTANT = re.compile(
    r"(?:(?P<weekday>[a-z]+),?\s+)?"
    r"(?P<date>\d{4}-\d{1,2}-\d{1,2})"
    r"(?:(?:t|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?)?"
    r"\s*(?P<half>am|pm)?\s*(?P<zone>z|utc|[+-]\d{2}:?\d{2})?"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def equal(value: Any) -> ArgumentTest:
    """Return a test for exactly `value`."""
    return Described(f"equals {value!r}", lambda given: accepts(value, given))


def one_of(*values: Any) -> ArgumentTest:
    """Return a test for any of `values`, which may be tests as well."""
    shown = " or ".join(str(one) if isinstance(one, Described) else repr(one) for one in values)
    return Described(f"is one of {shown}", lambda given: any(accepts(one, given) for one in values))


def contains(*parts: Any) -> ArgumentTest:
    """Return a test for texts or lists that contain each of `parts`. The case of a text counts."""

    def has(given: Any, part: Any) -> bool:
        if isinstance(given, str):
            return isinstance(part, str) and part in given
        return isinstance(given, list | tuple) and any(accepts(part, one) for one in given)

    return Described(
        f"contains {' and '.join(map(repr, parts))}", lambda given: all(has(given, part) for part in parts)
    )


def matches(pattern: str) -> ArgumentTest:
    """Return a test for texts in which the regular expression `pattern` matches somewhere."""
    compiled = re.compile(pattern)
    return Described(
        f"matches {pattern!r}", lambda given: isinstance(given, str) and compiled.search(given) is not None
    )


def approximately(value: float, within: float) -> ArgumentTest:
    """Return a test for numbers that differ from `value` by at most `within`."""

    def test(given: Any) -> bool:
        # The limit itself counts, in spite of binary fractions.
        return (
            isinstance(given, int | float)
            and not isinstance(given, bool)
            and (abs(given - value) <= within or math.isclose(abs(given - value), within, rel_tol=1e-9))
        )

    return Described(f"is {value!r} within {within!r}", test)


def same_instant(value: str | datetime | float) -> ArgumentTest:
    """Return a test for the same moment in any notation.

    Notations are `2025-03-11 18:00:00`, `2025-03-11T18:00:00Z`, with an offset such as `+01:00`, without seconds, with
    the weekday (`Tuesday, 2025-03-11 18:00:00`), with `6:00 PM`, a `datetime`, and epoch seconds. Without a time zone
    it is UTC; without a time of day it is midnight.
    """
    wanted = instant(value)
    return Described(f"is the moment {str(value)!r}", lambda given: wanted is not None and instant(given) == wanted)


def instant(value: Any) -> datetime | None:
    """Return the moment that `value` denotes, or `None`."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, tz=UTC)
        except (ValueError, OverflowError, OSError):
            return None
    found = _INSTANT.fullmatch(normalized(value)) if isinstance(value, str) else None
    return None if found is None else _parsed(**found.groupdict())


def _parsed(
    weekday: str | None,
    date: str,
    hour: str | None,
    minute: str | None,
    second: str | None,
    half: str | None,
    zone: str | None,
) -> datetime | None:
    hours = int(hour or 0)
    if half is not None:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + 12 * (half == "pm")
    offset = "+00:00" if zone in (None, "z", "utc") else zone
    try:
        day = "-".join(part.zfill(2) for part in date.split("-"))
        moment = datetime.fromisoformat(f"{day}T{hours:02}:{minute or '00'}:{second or '00'}{offset}")
        converted = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    names = (_WEEKDAYS[moment.weekday()], _WEEKDAYS[moment.weekday()][:3])
    return None if weekday is not None and weekday not in names else converted
