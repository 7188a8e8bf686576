"""Matchers for the arguments of a write, and for the texts of messages."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

from pytest_pare.scenarios.argument_tests import ArgumentTest, Described, accepts, normalized, shown

_INSTANT = re.compile(
    r"(?:(?P<weekday>[a-z]+),?\s+)?"
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:(?:t|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.\d+)?)?)?"
    r"\s*(?P<half>am|pm)?\s*(?P<zone>z|utc|[+-]\d{2}(?::?\d{2})?)?"
)
_MOMENTS = (str, datetime, int, float)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


# Texts that no two sensible tests agree on.
_PROBES = ("", "x", "\n", "Zoë 7", "§ 0 _", "a b\nc")


def equal(value: Any) -> ArgumentTest:
    """Return a test for exactly `value`."""
    return Described(f"equals {shown(value)}", lambda given: accepts(value, given), parts=(value,))


def one_of(*values: Any) -> ArgumentTest:
    """Return a test for any of `values`, which may be tests as well."""
    choices = " or ".join(str(one) if isinstance(one, Described) else shown(one) for one in values)
    defect = "" if values else "one_of() has no values, so it accepts nothing; name at least one"
    return Described(
        f"is one of {choices}", lambda given: any(accepts(one, given) for one in values), defect=defect, parts=values
    )


def contains(*parts: Any) -> ArgumentTest:
    """Return a test for texts or lists that contain each of `parts`. The case of a text counts."""

    def has(given: Any, part: Any) -> bool:
        if isinstance(given, str):
            return isinstance(part, str) and part in given
        return isinstance(given, list | tuple) and any(accepts(part, one) for one in given)

    if not parts:
        defect = "contains() has no parts, so it accepts anything; name at least one"
    elif "" in parts:
        defect = "contains() has an empty part, which each text contains; leave it out"
    else:
        defect = ""
    return Described(
        f"contains {' and '.join(map(shown, parts))}",
        lambda given: all(has(given, part) for part in parts),
        (str, list, tuple) if all(isinstance(part, str) for part in parts) else (list, tuple),
        defect,
    )


def matches(pattern: str) -> ArgumentTest:
    """Return a test for texts in which the regular expression `pattern` matches somewhere."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        return Described(
            f"matches {pattern!r}",
            lambda _: False,
            (str,),
            f"matches({pattern!r}) is no regular expression: {error}; correct it",
        )
    # With a negative assertion it may refuse a text that is none of the probes.
    is_pointless = "(?!" not in pattern and "(?<!" not in pattern and all(map(compiled.search, _PROBES))
    return Described(
        f"matches {pattern!r}",
        lambda given: isinstance(given, str) and compiled.search(given) is not None,
        (str,),
        f"matches({pattern!r}) accepts any text; require something of it" if is_pointless else "",
    )


def approximately(value: float, within: float) -> ArgumentTest:
    """Return a test for numbers that differ from `value` by at most `within`."""

    def test(given: Any) -> bool:
        if not isinstance(given, int | float) or isinstance(given, bool):
            return False
        try:
            distance = abs(float(given) - value)
        except OverflowError:
            return False
        # The limit itself counts, in spite of binary fractions.
        return distance <= within or math.isclose(distance, within, rel_tol=1e-9)

    written = f"approximately({value!r}, within={within!r})"
    if within == math.inf:
        defect = f"{written} accepts any number; name a finite distance"
    elif not (math.isfinite(value) and within >= 0):
        defect = f"{written} accepts no number; name a finite number, and a distance from 0"
    else:
        defect = ""
    return Described(f"is {value!r} within {within!r}", test, (int, float), defect)


def same_instant(value: str | datetime | float) -> ArgumentTest:
    """Return a test for the same moment in any notation.

    Notations are `2025-03-11 18:00:00`, `2025-03-11T18:00:00Z`, with an offset such as `+01:00`, without seconds,
    without leading zeros, with the weekday (`Tuesday, 2025-03-11 18:00:00`), with `6:00 PM`, a `datetime`, and epoch
    seconds. Without a time zone it is UTC; without a time of day it is midnight.
    """
    wanted = instant(value)
    written = str(value)
    return Described(
        f"is the moment {written!r}",
        lambda given: wanted is not None and instant(given) == wanted,
        _MOMENTS,
        ""
        if wanted is not None
        else f"same_instant({written!r}) is no moment; write one such as '2025-03-11 18:00:00'",
    )


def between(earliest: str | datetime | float, latest: str | datetime | float) -> ArgumentTest:
    """Return a test for moments from `earliest` to `latest`, in any notation that `same_instant` knows."""
    first, last = instant(earliest), instant(latest)

    def test(given: Any) -> bool:
        moment = instant(given)
        return first is not None and last is not None and moment is not None and first <= moment <= last

    written = f"between({str(earliest)!r}, {str(latest)!r})"
    if first is None or last is None:
        defect = f"{written} needs two moments, such as '2025-03-11 18:00:00'"
    else:
        defect = f"{written} ends before it begins; exchange the moments" if last < first else ""
    return Described(f"is a moment from {str(earliest)!r} to {str(latest)!r}", test, _MOMENTS, defect)


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


def _parsed(weekday: str | None, half: str | None, zone: str | None, **fields: str | None) -> datetime | None:
    numbers = {name: int(digits or 0) for name, digits in fields.items()}
    if half is not None:
        if not 1 <= numbers["hour"] <= 12:
            return None
        numbers["hour"] = numbers["hour"] % 12 + 12 * (half == "pm")
    offset = "+00:00" if zone in (None, "z", "utc") else zone
    try:
        naive = datetime(**numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - the zone follows
        moment = datetime.fromisoformat(f"{naive.isoformat()}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    names = (_WEEKDAYS[naive.weekday()], _WEEKDAYS[naive.weekday()][:3])
    return None if weekday is not None and weekday not in names else moment
