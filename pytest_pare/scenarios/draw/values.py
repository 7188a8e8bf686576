"""The values that a scenario draws: persons, days, times and amounts of money."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import total_ordering

_MINUTES_PER_DAY = 24 * 60
# Currencies without a smaller unit.
_WHOLE = ("JPY", "KRW", "VND", "CLP")


class Notation(str):
    """A notation of a day, a time or an amount of money."""

    __slots__ = ()

    def is_in(self, text: str) -> bool:
        """Return whether a text has it, and not as a part of another number: `1 May` is not in `11 May`.

        Args:
            text: The text, in lower case as this notation.
        """
        return re.search(rf"(?<!\d)(?<!\d[.,]){re.escape(self)}(?![.,]?\d)", text) is not None


@dataclass(frozen=True)
class Person:
    """A person; `str(person)` is the name.

    Attributes:
        name: First and last name.
        first_name: The first name.
        last_name: The last name.
        phone: The phone number, in the form of the country.
        email: The mail address, made of the names.
        city: The city.
        country: The country.
        pronoun: `she`, `he` or `they`.
    """

    name: str
    first_name: str
    last_name: str
    phone: str
    email: str
    city: str
    country: str
    pronoun: str

    def __str__(self) -> str:
        return self.name

    @property
    def slug(self) -> str:
        """The name as a part of an id: `elena-rossi`."""
        return ascii_word(self.name.replace(" ", "-"))

    @property
    def objective(self) -> str:
        """The pronoun as an object: `her`, `him` or `them`."""
        return {"she": "her", "he": "him"}.get(self.pronoun, "them")

    @property
    def possessive(self) -> str:
        """The pronoun before what belongs to the person: `her`, `his` or `their`."""
        return {"she": "her", "he": "his"}.get(self.pronoun, "their")


class Day(str):
    """A day as an ISO date: `2025-02-11`. Days compare by date."""

    __slots__ = ()

    @property
    def date(self) -> date:
        """The day as a `datetime.date`."""
        return date.fromisoformat(self)

    @property
    def weekday(self) -> str:
        """The weekday: `Tuesday`."""
        return f"{self.date:%A}"

    @property
    def text(self) -> str:
        """The day as people write it: `Tuesday, 11 February`."""
        return f"{self.weekday}, {self.date.day} {self.date:%B}"

    @property
    def wordings(self) -> tuple[str, ...]:
        """The notations of the day that a text may have, for `mentions`."""
        number, month, short = self.date.day, f"{self.date:%B}", f"{self.date:%b}"
        ordinal = f"{number}{_ordinal_ending(number)}"
        forms = [f"{number} {month}", f"{month} {number}", f"{number} {short}", f"{short} {number}"]
        forms += [f"{ordinal} {month}", f"{ordinal} of {month}", f"{month} {ordinal}"]
        return _notations(str(self), *forms)

    def plus(self, days: int) -> Day:
        """Return the day that is so many days later, or earlier if negative."""
        return Day(self.date + timedelta(days=days))

    def at(self, time: str) -> str:
        """Return a time of this day as the apps write it: `2025-02-11 19:00:00`."""
        return f"{self} {time}:00"


class Clock(str):
    """A time of day: `18:00`. Times compare by time."""

    __slots__ = ()

    @property
    def minutes(self) -> int:
        """The minutes since midnight."""
        hour, _, minute = self.partition(":")
        return int(hour) * 60 + int(minute)

    @property
    def text(self) -> str:
        """The time as people write it: `6 pm`, `6:30 pm`."""
        hour, minute, half = self._twelve_hours()
        return f"{hour}:{minute} {half}" if minute != "00" else f"{hour} {half}"

    @property
    def wordings(self) -> tuple[str, ...]:
        """The notations of the time that a text may have, for `mentions`."""
        hour, minute, half = self._twelve_hours()
        forms = [f"{hour}:{minute}"] if minute != "00" else [f"{hour}:00", f"{hour}"]
        dotted = f"{half[0]}.m."
        found = [f"{form}{end}" for form in forms for end in (f" {half}", half, f" {dotted}")]
        bare = [str(self)[1:]] if str(self) < "10" else []
        return _notations(str(self), *bare, *found, *(["noon"] if self == "12:00" else []))

    def plus(self, minutes: int) -> Clock:
        """Return the time that is so many minutes later, or earlier if negative.

        Raises:
            ValueError: If that is another day.
        """
        return clock(self.minutes + minutes)

    def _twelve_hours(self) -> tuple[int, str, str]:
        hour, minute = divmod(self.minutes, 60)
        return (hour - 1) % 12 + 1, f"{minute:02}", "pm" if hour >= 12 else "am"


@total_ordering
@dataclass(frozen=True)
class Money:
    """An amount of money: `str(money)` is `CHF 38.50`.

    A whole amount has no decimals in texts. Amounts of one currency can be added, compared, and multiplied by a number.

    Attributes:
        amount: The amount.
        currency: The currency.
    """

    amount: float
    currency: str

    def __str__(self) -> str:
        return f"{self.currency} {self._number}"

    @property
    def wordings(self) -> tuple[str, ...]:
        """The notations of the amount that a text may have, for `mentions`."""
        number = self._number
        forms = [number] if "." in number or self.currency in _WHOLE else [number, f"{number}.00"]
        if number.endswith("0") and "." in number:
            forms.append(number[:-1])
        if self.amount >= 1000:
            forms.append(f"{self.amount:,.{2 if '.' in number else 0}f}")
        return _notations(*forms)

    @property
    def _number(self) -> str:
        is_whole = self.currency in _WHOLE or float(self.amount).is_integer()
        return f"{self.amount:.{0 if is_whole else 2}f}"

    def __add__(self, other: Money) -> Money:
        return self._with(self.amount + self._same(other))

    def __sub__(self, other: Money) -> Money:
        return self._with(self.amount - self._same(other))

    def __mul__(self, count: float) -> Money:
        return self._with(self.amount * count)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def _same(self, other: Money) -> float:
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} have two currencies; convert one of them first")
        return other.amount

    def _with(self, amount: float) -> Money:
        return Money(round(amount, 2), self.currency)


def _notations(*forms: str) -> tuple[str, ...]:
    # In May, the short name of the month is the long one.
    return tuple(map(Notation, dict.fromkeys(forms)))


def clock(minutes: int) -> Clock:
    """Return the time of day so many minutes after midnight.

    Raises:
        ValueError: If that is another day.
    """
    if not 0 <= minutes < _MINUTES_PER_DAY:
        raise ValueError(f"a time of day is 00:00 to 23:59; got {minutes} minutes after midnight")
    return Clock(f"{minutes // 60:02}:{minutes % 60:02}")


def ascii_word(text: str) -> str:
    """Return `text` in lower case and without accents: `Inês` becomes `ines`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum() or letter in "-.")


def _ordinal_ending(number: int) -> str:
    if number in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
