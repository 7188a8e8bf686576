"""Other words for the same facts: a text that a validator must accept wherever it accepts the original."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_pare.scenarios.argument_tests import normalized

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SPACE = re.compile(r" +")


def rewordings(text: str, test: Any = None) -> Iterator[tuple[str, str]]:
    """Yield a name and a text for each way to say the same in other words.

    Args:
        text: The original.
        test: The test that the text passes; facts that it names are kept.
    """
    yield "framed", f"Note: {text} (as agreed)"
    yield "other-case", " ".join(word if _has_own_case(word) else word.lower() for word in text.split(" "))
    # Models often write a no-break space, as before "pm".
    yield "other-space", f"{_SPACE.sub(chr(0xA0), text)}\n"
    facts: Sequence[Sequence[str]] = getattr(test, "facts", ())
    if facts:
        found = [next((way for way in ways if normalized(way) in normalized(text)), ways[0]) for ways in facts]
        yield "only-facts", f"In short: {'; '.join(found)}."
        last = [ways[-1] for ways in facts]
        if last != found:
            yield "other-wordings", f"In short: {'; '.join(last)}."


def _has_own_case(word: str) -> bool:
    """Tell whether the case of a word is a part of its meaning, as in a code or an address."""
    return any(mark.isdigit() or mark in "@/" for mark in word) or (len(word) > 1 and word.isupper())
