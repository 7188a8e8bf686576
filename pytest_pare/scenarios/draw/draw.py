"""`Draw`, through which a scenario declares the values that a redrawn world replaces."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

from pytest_pare.scenarios.draw.people import Addresses, People, written_person
from pytest_pare.scenarios.draw.selection import Others, Selection
from pytest_pare.scenarios.draw.values import Clock, Day, Money, Person, clock

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_QUARTER = 15
# The steps of whole amounts of money, so that 1,200 becomes 1,400 and not 1,387.
_STEPS = (1000, 500, 100, 50, 10, 5, 1)
_FEWEST = 5
_FEWEST_DIGITS = 5
_MOST_AMOUNTS = 100_000


class Draw(Selection):
    """The drawn values of a scenario.

    The first argument of each method is the value of the world as written. Without variation, the method returns it
    exactly. With variation, it returns another value that fits as well. That value follows from the scenario's id, its
    seed, the run number, and the kind and the written value of the draw, so that a new draw in a scenario changes no
    other one. If possible, values of one kind that are written differently stay different.

    Args:
        scenario_id: The scenario.
        seed: Its seed.
        run_number: The number of the run; `None` is the world of run 1.
        start_time: Begin of the simulation, in epoch seconds.
        variation: Whether values are redrawn.
        words: Returns the words of the scenario as written, in lower case: no drawn name has one of them.

    Attributes:
        variation: Whether values are redrawn.
        world: The name of the redrawn world.
        values: The drawn values as texts, by kind and written value: `{"day 2025-02-11": "2025-02-18"}`. Without
            variation, these are the written values.
    """

    def __init__(
        self,
        scenario_id: str,
        seed: int | None,
        run_number: int | None,
        start_time: float,
        *,
        variation: bool,
        words: Callable[[], frozenset[str]],
    ) -> None:
        super().__init__(scenario_id, seed, run_number, variation=variation)
        self._start = datetime.fromtimestamp(start_time, UTC).date()
        self._people = People(words)
        self._addresses = Addresses(words)

    def person(
        self,
        written: str,
        *,
        phone: str = "",
        email: str = "",
        city: str = "",
        pronoun: Literal["she", "he", "they"] | None = None,
        same: Literal["first_name", "last_name"] | None = None,
        as_: Person | None = None,
    ) -> Person:
        """Return a person.

        A drawn person has names, phone, mail address and city of one country, and the pronoun of the written one. No
        two persons share a first or a last name, except where `same` asks for it. Nor does a name occur in the
        scenario's texts as written.

        Args:
            written: First and last name.
            phone: The phone number as written. Default: one that follows from the name.
            email: The mail address as written. Default: `first.last` at a domain of the country.
            city: The city as written. Default: one that follows from the name.
            pronoun: Needed only for a first name that is not in the table of names.
            same: The part of the name that is the same as that of `as_`.
            as_: A person that was drawn before.
        """
        about = f"draw.person({written!r})"
        known = self._known(about, as_) if as_ is not None else None
        if (same is None) != (known is None):
            raise self._defect(about, "same and as_ belong together; give both or neither")
        try:
            person = written_person(written, phone, email, city, pronoun)
        except ValueError as error:
            raise self._defect(about, str(error)) from None
        if known is not None and same is not None and getattr(known, same) != getattr(person, same):
            raise self._defect(about, f"{same} must be that of {known.name!r} as written")
        key, chance = self._next("person", written)
        drawn = person
        if self.variation:
            try:
                drawn = self._people.drawn(chance, person, same, as_)
            except ValueError as error:
                raise self._defect(about, str(error)) from None
        self._people.keep(person, drawn)
        return self._made(key, drawn, f"{drawn.name}, {drawn.phone}, {drawn.email}, {drawn.city}")

    def phone(self, written: str, *, like: Person | None = None) -> str:
        """Return a phone number of the same country and length; it ends in two other digits than the others.

        Args:
            written: The number as written.
            like: The person whose country the number has. Default: the country of the number.
        """
        about = f"draw.phone({written!r})"
        if not isinstance(written, str) or sum(map(str.isdigit, written)) < _FEWEST_DIGITS:
            raise self._defect(about, f"a phone number must be a text with at least {_FEWEST_DIGITS} digits")
        if like is not None:
            self._known(about, like)
        key, chance = self._next("phone", written)
        number = self._people.phone(chance, written, like) if self.variation else written
        return self._made(key, number)

    def place(self, written: str, *, like: Person | None = None) -> str:
        """Return an address: another street in the same city, or a street in the city of `like`.

        Args:
            written: The address as written.
            like: A person that lives in the city. Default: the city as written, or any if it is not in the table.
        """
        if like is not None:
            self._known(f"draw.place({written!r})", like)
        key, chance = self._next("place", written)
        address = self._addresses.drawn(chance, written, like) if self.variation else written
        return self._made(key, address)

    def day(self, written: str, *, days: int = 10, weekday: bool = False) -> Day:
        """Return a day, at most so many days earlier or later.

        It stays after the first day of the simulation, or before it, as the written one is. A working day stays one, if
        possible.

        Args:
            written: The day as written, an ISO date.
            days: The most days between it and the drawn one.
            weekday: Whether the weekday stays the same.
        """
        return self.days(written, days=days, weekday=weekday)[0]

    def days(self, *written: str, days: int = 10, weekday: bool = False) -> tuple[Day, ...]:
        """Return days with the same distances as the written ones; see `day`."""
        about = f"draw.{'day' if len(written) == 1 else 'days'}({', '.join(map(repr, written))})"
        try:
            given = [date.fromisoformat(day) for day in written]
        except ValueError:
            raise self._defect(about, 'a day must be an ISO date, such as "2025-02-11"') from None

        def shifted(offset: int) -> tuple[Day, ...]:
            return tuple(Day(day + timedelta(days=offset)) for day in given)

        def fits(offset: int) -> bool:
            new = [day + timedelta(days=offset) for day in given]
            return all(
                after > self._start if before >= self._start else after < self._start
                for before, after in zip(given, new, strict=True)
            )

        def is_alike(offset: int) -> bool:
            return all((day + timedelta(days=offset)).weekday() // 5 == day.weekday() // 5 for day in given)

        offsets = [offset for offset in range(-days, days + 1) if offset and fits(offset)]
        if weekday:
            offsets = [offset for offset in offsets if offset % 7 == 0]
        offsets = [offset for offset in offsets if is_alike(offset)] or offsets
        why = f"no other day fits within days={days}{' with weekday=True' if weekday else ''}; allow more"
        return self._select("day", about, shifted(0), offsets, shifted, why)

    def time(self, written: str, *, minutes: int = 90, earliest: str = "00:00", latest: str = "23:59") -> Clock:
        """Return a time of day, at most so many minutes earlier or later, in steps of a quarter of an hour.

        Args:
            written: The time as written, `18:00`.
            minutes: The most minutes between it and the drawn one.
            earliest: The earliest time.
            latest: The latest time.
        """
        return self.times(written, minutes=minutes, earliest=earliest, latest=latest)[0]

    def times(
        self, *written: str, minutes: int = 90, earliest: str = "00:00", latest: str = "23:59"
    ) -> tuple[Clock, ...]:
        """Return times of day with the same distances as the written ones; see `time`."""
        about = f"draw.{'time' if len(written) == 1 else 'times'}({', '.join(map(repr, written))})"
        try:
            given = tuple(_clock(time) for time in written)
            first, last = _clock(earliest).minutes, _clock(latest).minutes
        except ValueError:
            raise self._defect(about, 'a time must be 00:00 to 23:59, such as "18:00"') from None
        most = minutes // _QUARTER * _QUARTER
        offsets = [
            offset
            for offset in range(-most, most + 1, _QUARTER)
            if offset and all(first <= time.minutes + offset <= last for time in given)
        ]

        def shifted(offset: int) -> tuple[Clock, ...]:
            return tuple(clock(time.minutes + offset) for time in given)

        why = f"no other time fits within minutes={minutes}, {earliest} to {latest}; allow more"
        return self._select("time", about, given, offsets, shifted, why)

    def money(self, written: float, currency: str, *, low: float | None = None, high: float | None = None) -> Money:
        """Return an amount of the same currency with as many decimals, by default at most 30 % smaller or larger.

        Args:
            written: The amount as written.
            currency: The currency.
            low: The smallest amount.
            high: The largest amount.
        """
        return self.amounts(written, currency=currency, low=low, high=high)[0]

    def amounts(
        self, *written: float, currency: str, low: float | None = None, high: float | None = None
    ) -> tuple[Money, ...]:
        """Return amounts of money with the same differences as the written ones; see `money`."""
        about = f"draw.{'money' if len(written) == 1 else 'amounts'}({', '.join(map(repr, written))}, {currency!r})"
        if not written or not all(0 < amount < math.inf for amount in written):
            raise self._defect(about, "an amount must be a number above 0")
        decimals = max(_decimals(amount) for amount in written)
        scale = 10**decimals
        units = [round(amount * scale) for amount in written]
        lowest = min(units) * 0.7 if low is None else low * scale
        highest = max(units) + min(units) * 0.3 if high is None else high * scale
        below, above = int(min(units) - lowest), int(highest - max(units))
        step = next(
            step
            for step in _STEPS
            if step == 1 or (all(unit % step == 0 for unit in units) and (below + above) // step >= _FEWEST)
        )
        # An amount with cents in the millions has too many neighbours for a list.
        step *= 1 + (below + above) // step // _MOST_AMOUNTS
        offsets = [offset for offset in range(-(below // step) * step, above + 1, step) if offset]
        # As many decimals: 38.5 becomes 41.5, and not 41.
        alike = [offset for offset in offsets if decimals == 0 or any((unit + offset) % 10 for unit in units)]

        def shifted(offset: int) -> tuple[Money, ...]:
            return tuple(Money((unit + offset) / scale, currency) for unit in units)

        why = "no other amount fits between low and high; allow more"
        return self._select("money", about, shifted(0), alike or offsets, shifted, why)

    def number(self, written: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`.

        Args:
            written: The number as written.
            low: The smallest number.
            high: The largest number.
        """
        about = f"draw.number({written}, {low}, {high})"
        if not low <= written <= high:
            raise self._defect(about, f"the written number must be from {low} to {high}")
        others = Others(low, high, written)
        why = "no other number is possible; give a wider range"
        return self._select("number", about, (written,), others, _alone, why, is_distinct=False)[0]

    def choice(self, written: T, *others: T) -> T:
        """Return one of the values; the first is the world as written."""
        about = f"draw.choice({', '.join(map(repr, (written, *others)))})"
        if isinstance(written, set | frozenset) or " at 0x" in str(written):
            # The world follows from this text, which differs from process to process.
            raise self._defect("draw.choice()", f"{type(written).__name__} has no fixed text; choose among texts")
        different = [other for other in others if other != written]
        why = "no other value is possible; give at least two different ones"
        return self._select("choice", about, (written,), different, _alone, why)[0]

    def _known(self, about: str, person: Person) -> Person:
        """Return a person as written, from the drawn one."""
        written = self._people.as_written(person)
        if written is None:
            raise self._defect(about, f"{person!s} was not drawn by this scenario; pass what draw.person() returned")
        return written


def _alone(value: T) -> tuple[T]:
    return (value,)


def _clock(text: str) -> Clock:
    time = clock(Clock(text).minutes)
    if time != text:
        raise ValueError(text)
    return time


def _decimals(amount: float) -> int:
    return len(f"{amount:.2f}".rstrip("0").partition(".")[2])
