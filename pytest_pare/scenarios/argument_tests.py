"""Tests for the arguments of an expected write, and for the text of a proposal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ArgumentTest = Callable[[Any], bool]
"""A function that gets an argument and tells whether it is accepted."""


@dataclass(frozen=True)
class Described:
    """A test whose text says what it accepts."""

    words: str
    test: ArgumentTest

    def __call__(self, value: Any) -> bool:
        """Tell whether the test accepts `value`."""
        return self.test(value)

    def __str__(self) -> str:
        return self.words


def mentions(*facts: str | tuple[str, ...]) -> ArgumentTest:
    """Return a test for texts that contain each of `facts`, in any case and with any kind of white space.

    A tuple holds alternative wordings of one fact: `mentions("dinner", ("19:00", "7 pm"))`.
    """
    wanted = [[normalized(wording) for wording in ((fact,) if isinstance(fact, str) else fact)] for fact in facts]
    words = [fact if isinstance(fact, str) else fact[0] if len(fact) == 1 else fact for fact in facts]
    shown = [repr(one) if isinstance(one, str) else f"({' or '.join(map(repr, one))})" for one in words]
    return Described(
        f"mentions {' and '.join(shown)}",
        lambda text: (
            isinstance(text, str)
            and all(any(wording in normalized(text) for wording in wordings) for wordings in wanted)
        ),
    )


def same_members(*members: str) -> ArgumentTest:
    """Return a test for lists of exactly `members`, in any order."""
    return Described(
        f"has exactly {', '.join(map(repr, members))}",
        lambda items: isinstance(items, list | tuple) and sorted(map(str, items)) == sorted(members),
    )


def same_phone(number: str) -> ArgumentTest:
    """Return a test for phone numbers with the digits of `number`, however they are grouped."""
    return Described(
        f"is the number {number!r}",
        lambda given: isinstance(given, str) and re.sub(r"\D", "", given) == re.sub(r"\D", "", number),
    )


def normalized(text: str) -> str:
    """Return `text` in lower case, with plain spaces."""
    # Models often write a narrow space before "pm".
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
