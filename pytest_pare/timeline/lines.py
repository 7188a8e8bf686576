"""Lines of the terminal: wrapped, cut after a number of lines, each with its colour."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_pare.results.text import WIDTH, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST: Final = 40


class Line(NamedTuple):
    """A line.

    Attributes:
        text: At most 80 columns, printable.
        colour: Its colour on a terminal; `None` for the terminal's own.
    """

    text: str
    colour: str | None = None


def lines_of(
    text: str, first: str = "", indent: str | None = None, *, most: int | None = None, colour: str | None = None
) -> Iterator[Line]:
    """Yield a text as lines; its own line feeds stay, and lines that are left out are counted.

    Args:
        text: The text.
        first: The begin of the first line.
        indent: The begin of the others; `None` for spaces as wide as `first`.
        most: The number of lines after which the text is cut; `None` for all.
        colour: The colour of the lines.
    """
    first = printable(first)
    indent = " " * min(len(first), _DEEPEST) if indent is None else indent
    if len(first) > _DEEPEST:
        # The name of an argument can be as long as its value.
        text, first = f"{first.lstrip()}{text}", indent
    wrapped: list[str] = []
    for part in text.split("\n"):
        begin = indent if wrapped else first
        wrapped += textwrap.wrap(
            printable(part),
            WIDTH,
            initial_indent=begin,
            subsequent_indent=indent,
            break_on_hyphens=False,
        ) or [begin.rstrip()]
    if most is not None and len(wrapped) > most:
        left = len(wrapped) - most
        last = wrapped[most - 1]
        note = f" … [{left} more line{'s' * (left > 1)}]"
        wrapped = [*wrapped[: most - 1], f"{last[: WIDTH - len(note)]}{note}"]
    yield from (Line(line, colour) for line in wrapped)
