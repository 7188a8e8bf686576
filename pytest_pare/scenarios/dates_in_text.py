"""Finds dates in texts whose weekday is wrong."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAY = rf"(?P<weekday>{'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in _WEEKDAYS)})\b\.?"
_MONTH = rf"(?P<month>{'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in _MONTHS)}|Sept)\b\.?"
_NUMBER = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>(?:19|20)\d\d))?\b"
_ISO = r"(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b"
# The forms in which people write a weekday beside a date.
_FORMS = tuple(
    re.compile(rf"\b{form}", re.IGNORECASE)
    for form in (
        rf"{_DAY},?\s+(?:the\s+)?{_NUMBER}\s+(?:of\s+)?{_MONTH}{_YEAR}",
        rf"{_DAY},?\s+{_MONTH}\s+{_NUMBER}{_YEAR}",
        rf"{_DAY},?\s+\(?{_ISO}",
        rf"{_ISO},?\s+\(?{_DAY}",
    )
)


class WrongWeekday(NamedTuple):
    """A date beside a weekday that it does not have.

    Attributes:
        text: The words, as they are written.
        date: The date, as `YYYY-MM-DD`.
        weekday: Its weekday.
    """

    text: str
    date: str
    weekday: str


def wrong_weekdays(text: str, today: date) -> Iterator[WrongWeekday]:
    """Yield the dates in a text whose weekday is wrong, or that do not exist.

    A date without a year is the one nearest to `today`, or the next one.

    Args:
        text: The text.
        today: The day on which the text is read.
    """
    for form in _FORMS:
        for match in form.finditer(text):
            given = match.groupdict()
            month = int(given["month"]) if given["month"].isdigit() else _index(given["month"], _MONTHS) + 1
            years = [int(given["year"])] if given["year"] else [today.year + n for n in (-1, 0, 1)]
            days = [day for year in years if (day := _date(year, month, int(given["day"]))) is not None]
            if not days:
                yield WrongWeekday(match[0], "no date", "no weekday")
                continue
            meant = min(days, key=lambda day: abs(day - today))
            coming = min((day for day in days if day >= today), default=meant)
            if _index(given["weekday"], _WEEKDAYS) not in (meant.weekday(), coming.weekday()):
                yield WrongWeekday(match[0], meant.isoformat(), _WEEKDAYS[meant.weekday()])


def _index(word: str, names: tuple[str, ...]) -> int:
    return next(number for number, name in enumerate(names) if name[:3].casefold() == word[:3].casefold())


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
