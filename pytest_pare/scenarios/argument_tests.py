"""Tests for the arguments of an expected write, and for the text of a proposal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_pare.scenarios.draw.values import Notation

ArgumentTest = Callable[[Any], bool]
"""A function that gets an argument and tells whether it is accepted."""


@dataclass(frozen=True)
class Described:
    """A test whose text says what it accepts.

    Attributes:
        words: What it accepts, with a verb: `mentions 'Ann'`.
        test: The test.
        kinds: The types of what it can accept; empty for any.
        defect: Why the test is always true or never, such as `mentions() has no facts, so it accepts any text`.
        parts: The values and tests of which one must accept an argument.
        lacks: Returns the facts that an argument lacks, for tests of several facts.
        facts: The facts that a text must mention, each with its wordings.
    """

    words: str
    test: ArgumentTest
    kinds: tuple[type, ...] = ()
    defect: str = ""
    parts: tuple[Any, ...] = ()
    lacks: Callable[[Any], list[str]] | None = None
    facts: tuple[tuple[str, ...], ...] = ()

    def __call__(self, value: Any) -> bool:
        """Tell whether the test accepts `value`."""
        return self.test(value)

    def __str__(self) -> str:
        return self.words

    def __repr__(self) -> str:
        """Return what it accepts: the `repr` of a function holds an address in memory."""
        return f"<{self.words}>"


def shown(wanted: Any) -> str:
    """Return the text of an expectation: a value, a test, or a dictionary or list of them."""
    if isinstance(wanted, Described):
        return f"a value that {wanted}"
    if isinstance(wanted, dict):
        return f"{{{', '.join(f'{key!r}: {shown(one)}' for key, one in wanted.items())}}}"
    if isinstance(wanted, list):
        return f"[{', '.join(map(shown, wanted))}]"
    # The `repr` of a function holds an address in memory.
    return "a value that passes the scenario's test" if callable(wanted) else repr(wanted)


def accepts(wanted: Any, given: Any) -> bool:
    """Tell whether an argument is as expected.

    Args:
        wanted: A value, or a function that tests the argument; or a dictionary or list of them.
        given: The argument.
    """
    if callable(wanted):
        return bool(wanted(given))
    if isinstance(wanted, dict) and isinstance(given, dict):
        return wanted.keys() == given.keys() and all(accepts(one, given[key]) for key, one in wanted.items())
    if isinstance(wanted, list | tuple) and isinstance(given, list | tuple):
        return len(wanted) == len(given) and all(map(accepts, wanted, given))
    return bool(given == wanted)


def mentions(*facts: Any) -> ArgumentTest:
    """Return a test for texts that contain each of `facts`, in any case and with any kind of white space.

    A fact is a text, a number, or has `wordings`, as draws have them. A number is no part of another number: 4 is not
    in "14". A tuple holds alternatives for one fact: `mentions("dinner", ("19:00", "7 pm"))`.
    """
    ways = [_wordings(fact) for fact in facts]
    # A notation of a drawn value, or of a number, is no part of another number.
    wanted = [[type(wording)(normalized(wording)) for wording in wordings] for wordings in ways]
    words = [wordings[0] if len(wordings) == 1 else wordings for wordings in ways]
    facts_shown = [repr(one) if isinstance(one, str) else f"({' or '.join(map(repr, one))})" for one in words]
    if not facts:
        defect = "mentions() has no facts, so it accepts any text; name at least one"
    elif not all(ways):
        defect = "mentions() has a fact without wordings, so it accepts no text; name at least one wording"
    elif any("" in wordings for wordings in wanted):
        defect = "mentions() has an empty fact, which each text contains; leave it out"
    else:
        defect = ""

    def lacks(text: Any) -> list[str]:
        plain = normalized(text) if isinstance(text, str) else None
        return [
            fact
            for fact, wordings in zip(facts_shown, wanted, strict=True)
            if plain is None or not any(_is_in(wording, plain) for wording in wordings)
        ]

    return Described(
        f"mentions {' and '.join(facts_shown)}",
        lambda text: isinstance(text, str) and not lacks(text),
        (str,),
        defect,
        lacks=lacks,
        facts=tuple(ways),
    )


def _is_in(wording: str, text: str) -> bool:
    return wording.is_in(text) if isinstance(wording, Notation) else wording in text


def _wordings(fact: Any) -> tuple[str, ...]:
    if isinstance(fact, tuple):
        return tuple(wording for one in fact for wording in _wordings(one))
    if (drawn := getattr(fact, "wordings", None)) is not None:
        return tuple(drawn)
    return (Notation(fact) if isinstance(fact, int | float | Notation) else str(fact),)


def same_members(*members: str) -> ArgumentTest:
    """Return a test for lists of exactly `members`, in any order."""
    return Described(
        f"has exactly {', '.join(map(repr, members))}",
        lambda items: isinstance(items, list | tuple) and sorted(map(str, items)) == sorted(map(str, members)),
        (list, tuple),
    )


def same_phone(number: str) -> ArgumentTest:
    """Return a test for phone numbers with the digits of `number`, however they are grouped."""
    has_digits = re.search(r"\d", number) is not None
    return Described(
        f"is the number {number!r}",
        lambda given: isinstance(given, str) and re.sub(r"\D", "", given) == re.sub(r"\D", "", number),
        (str,),
        "" if has_digits else f"same_phone({number!r}) has no digits; name a number",
    )


def normalized(text: str) -> str:
    """Return `text` in lower case, with plain spaces."""
    # Models often write a narrow space before "pm".
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
