"""Persons, their phone numbers and addresses: as written, and drawn from the table of countries."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from random import Random
from typing import TYPE_CHECKING

from pytest_pare.scenarios.draw.values import Person, ascii_word
from pytest_pare.scenarios.draw.written import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_pare.scenarios.draw.cultures import Culture

# Mail addresses: first name, last name, and their initials.
_LOCAL_PARTS = (
    "{f}.{l}",
    "{f}{l}",
    "{f}_{l}",
    "{f}-{l}",
    "{l}.{f}",
    "{f[0]}.{l}",
    "{f[0]}{l}",
    "{f}.{l[0]}",
    "{f}",
    "{l}",
)


class People:
    """The persons of a scenario.

    Args:
        words: Returns the words of the scenario as written, in lower case.
    """

    def __init__(self, words: Callable[[], frozenset[str]]) -> None:
        self._find_words = words
        self._pairs: list[tuple[Person, Person]] = []
        # The numbers that a drawn one must not be, and their last two digits.
        self._numbers: set[str] = set()

    @cached_property
    def _words(self) -> frozenset[str]:
        return self._find_words()

    def drawn(self, chance: Random, written: Person, same: str | None, other: Person | None) -> Person:
        """Return another person.

        Raises:
            ValueError: If no name is left.
        """
        from pytest_pare.scenarios.draw import cultures

        if other is not None:
            order = [culture for culture in cultures.CULTURES if culture.country == other.country]
        else:
            order = chance.sample(cultures.CULTURES, len(cultures.CULTURES))
        for culture in order:
            firsts = self._free(cultures.first_names(culture, written.pronoun))
            lasts = self._free(culture.last_names)
            if other is not None:
                firsts = [other.first_name] if same == "first_name" else firsts
                lasts = [other.last_name] if same == "last_name" else lasts
            if firsts and lasts:
                return self._person(chance, written, culture, chance.choice(firsts), chance.choice(lasts))
        raise ValueError("no other name is left; draw fewer persons")

    def phone(self, chance: Random, written: str, like: Person | None) -> str:
        """Return another phone number, of the person's country or of that of the number."""
        self._numbers.add(written)
        return self._number(chance, written if like is None else like.phone)

    def keep(self, written: Person, drawn: Person) -> None:
        """Let later persons and numbers differ from this person's."""
        self._pairs.append((written, drawn))
        self._numbers |= {written.phone, drawn.phone}

    def as_written(self, drawn: Person) -> Person | None:
        """Return the written person of a drawn one."""
        return next((before for before, after in self._pairs if after is drawn), None)

    def _free(self, names: Iterable[str]) -> list[str]:
        """Return the names that neither the texts as written nor persons have."""
        taken = {word for pair in self._pairs for person in pair for word in words_of(person.name)}
        return [name for name in names if not (taken | self._words).intersection(words_of(name))]

    def _person(self, chance: Random, written: Person, culture: Culture, first: str, last: str) -> Person:
        from pytest_pare.scenarios.draw import cultures

        local, _, domain = written.email.partition("@")
        before = (ascii_word(written.first_name), ascii_word(written.last_name))
        form = next((form for form in _LOCAL_PARTS if form.format(f=before[0], l=before[1]) == local), "{f}.{l}")
        is_personal = any(name in domain for name in before)
        own = domain in {culture.domain for culture in cultures.CULTURES} or is_personal
        self._numbers.add(written.phone)
        return Person(
            name=f"{first} {last}",
            first_name=first,
            last_name=last,
            phone=self._number(chance, _filled(culture.phone, chance)),
            email=_address(form, first, last, culture.domain if own else domain),
            city=chance.choice([city for city in cultures.cities(culture).values() if city != written.city]),
            country=culture.country,
            pronoun=written.pronoun,
        )

    def _number(self, chance: Random, like: str) -> str:
        """Return a number like another one, with two last digits of its own as long as there are such."""
        endings = {_digits(number)[-2:] for number in {*self._numbers, *filter(str.isdigit, self._words)}}
        free = [f"{ending:02}" for ending in range(100) if f"{ending:02}" not in endings]
        # The numbers from 555-0100 to 555-0199 are fictional.
        drawn = 2 if re.search(r"55501\d\d$", _digits(like)) else 3
        while True:
            last = f"{chance.randrange(10)}" * (drawn == 3) + (chance.choice(free) if free else _two(chance))
            number = _with_last_digits(like, last)
            if number not in self._numbers:
                self._numbers.add(number)
                return number


@lru_cache(maxsize=1024)
def written_person(name: str, phone: str, email: str, city: str, pronoun: str | None) -> Person:
    """Return a person as written; what is not given follows from the name.

    Raises:
        ValueError: If the name has no last name, or the pronoun is unknown.
    """
    from pytest_pare.scenarios.draw import cultures

    first, _, last = name.partition(" ")
    if not last:
        raise ValueError("a person needs a first and a last name")
    pronoun = pronoun or cultures.gender_of(first)
    if pronoun is None:
        raise ValueError(f'{first!r} is not in the table of first names; add pronoun="she", "he" or "they"')
    culture = cultures.culture_of(first, last, phone, city)
    chance = Random(f"written/{name}")  # noqa: S311 - reproducible on purpose
    return Person(
        name=name,
        first_name=first,
        last_name=last,
        phone=phone or _filled(culture.phone, chance),
        email=email or _address("{f}.{l}", first, last, culture.domain),
        city=city or chance.choice(list(cultures.cities(culture).values())),
        country=culture.country,
        pronoun=pronoun,
    )


class Addresses:
    """The addresses of a scenario.

    Args:
        words: Returns the words of the scenario as written, in lower case.
    """

    def __init__(self, words: Callable[[], frozenset[str]]) -> None:
        self._find_words = words
        self._taken: set[str] = set()

    @cached_property
    def _words(self) -> frozenset[str]:
        return self._find_words()

    def drawn(self, chance: Random, written: str, like: Person | None) -> str:
        """Return another address, in the person's city or in the city as written."""
        from pytest_pare.scenarios.draw import cultures

        city = next((city for city in _all_cities() if city in written), "") if like is None else like.city
        culture = next((one for one in cultures.CULTURES if city in cultures.cities(one).values()), None)
        if culture is None:
            culture = chance.choice(cultures.CULTURES)
        by_postcode = cultures.cities(culture)
        if city not in by_postcode.values():
            city = chance.choice(list(by_postcode.values()))
        postcode = next(code for code, name in by_postcode.items() if name == city)
        streets = [street for street in culture.streets if street not in self._taken and street not in written]
        street = chance.choice(streets or culture.streets)
        self._taken.add(street)
        return culture.address.format(street=street, number=chance.randrange(2, 98), postcode=postcode, city=city)


def _all_cities() -> list[str]:
    from pytest_pare.scenarios.draw import cultures

    return [city for culture in cultures.CULTURES for city in cultures.cities(culture).values()]


def _filled(pattern: str, chance: Random) -> str:
    return re.sub("#", lambda _: str(chance.randrange(10)), pattern)


def _two(chance: Random) -> str:
    return f"{chance.randrange(100):02}"


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _with_last_digits(number: str, digits: str) -> str:
    """Return `number` with other last digits, grouped as before."""
    left = list(digits)
    return "".join([left.pop() if left and letter.isdigit() else letter for letter in reversed(number)][::-1])


def _address(form: str, first: str, last: str, domain: str) -> str:
    return f"{form.format(f=ascii_word(first), l=ascii_word(last))}@{domain}"
