"""Repetitions of reminders, and the text of reminders for models."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pytest_pare.base.times import written_time

if TYPE_CHECKING:
    from are.simulation.apps.reminder import Reminder

_STEPS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
UNITS = (*_STEPS, "month")
REPETITION = "_rep_"
"""Between the id of a repeated reminder and the number of a repetition."""


class InvalidRepetitionError(ValueError, AssertionError):
    """The repetition of a reminder is invalid. ARE raises `AssertionError` or `ValueError`, so this is both."""


def check_repetition(unit: str | None, value: int | None) -> None:
    """Check the repetition of a reminder.

    Raises:
        InvalidRepetitionError: If the unit is unknown, or the value is not positive.
    """
    if not unit:
        return
    if unit not in UNITS:
        raise InvalidRepetitionError(f"Invalid repetition interval {unit!r}; it must be one of {', '.join(UNITS)}")
    if value is None or value < 1:
        raise InvalidRepetitionError(f"A reminder cannot repeat every {value} {unit}; the value must be 1 or more")


def repeated(first: datetime, unit: str, value: int, times: int) -> datetime | None:
    """Return when a reminder is due after `times` repetitions, or `None` after the year 9999.

    In a month without that day, it is due on the last day of the month.
    """
    try:
        if unit != "month":
            return first + _STEPS[unit] * (value * times)
        months = first.year * 12 + first.month - 1 + value * times
        year, month = months // 12, months % 12 + 1
        return first.replace(year=year, month=month, day=min(first.day, calendar.monthrange(year, month)[1]))
    except (OverflowError, ValueError):
        return None


def place_in_series(reminder_id: str) -> tuple[str, int]:
    """Return the id of the first reminder of the series, and the number of this repetition: 0 for the first."""
    series, separator, number = reminder_id.rpartition(REPETITION)
    return (series, int(number)) if separator and number.isdecimal() else (reminder_id, 0)


def parse_due(due_datetime: str) -> datetime:
    """Return the time in UTC of a text YYYY-MM-DD HH:MM:SS.

    Raises:
        ValueError: If the text has another format.
    """
    return written_time(due_datetime)


def due_at(reminder: Reminder) -> float:
    """Return when a reminder is due, in epoch seconds; a time without a zone is in UTC."""
    due: datetime = reminder.due_datetime
    return (due if due.tzinfo is not None else due.replace(tzinfo=UTC)).timestamp()


def show_reminders(reminders: list[Reminder]) -> str:
    """Return the text of reminders for models. ARE leaves out the ids, which other tools need."""
    return "\n\n".join(f"Reminder ID: {reminder.reminder_id}\n{reminder}" for reminder in reminders) or "No reminders."
