"""Markdown for pull requests and CI jobs: escaped texts, tables, alerts, and documents within a limit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pytest_pare.base.redaction import redacted
from pytest_pare.results.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Alert = Literal["TIP", "NOTE", "IMPORTANT", "WARNING", "CAUTION"]

_LONGEST: Final = 300
# Signs of Markdown, HTML and mathematics. An underscore inside of a word has no meaning, and names have many of them.
# A colon before slashes and a point after `www` begin a link.
_SIGNS: Final = re.compile(r"[\\`*{}\[\]<>|~!&$@#]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.", re.IGNORECASE)
# Mentions of users and issues are found in the rendered text, so a character without a width must separate them.
_SEPARATED: Final = "@#"


def escaped(text: str) -> str:
    """Return a text of others for a line of Markdown: redacted, shortened, and shown as it is.

    It cannot end a line or the cell of a table, and contains no format, HTML, link, nor mention of a user or an issue.
    """
    one_line = " ".join(printable(redacted(text)).split())
    short = one_line if len(one_line) <= _LONGEST else f"{one_line[: _LONGEST - 3]}..."
    return _SIGNS.sub(_reference, short)


def _reference(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};" + "&#8203;" * (match[0] in _SEPARATED)


def alert(kind: Alert, line: str) -> list[str]:
    """Return the lines of an alert of GitHub, with a line of Markdown in it.

    An alert is not shown as one inside of another element, or directly after another alert.
    """
    return [f"> [!{kind}]", f"> {line}"]


def row(cells: Iterable[str]) -> str:
    """Return a row of a table; each cell is Markdown without line feeds."""
    return f"| {' | '.join(cells)} |"


def table_head(names: Sequence[str], numbers: int = 0) -> list[str]:
    """Return the first lines of a table.

    Args:
        names: The names of the columns.
        numbers: How many of the last columns are numbers, which are aligned to the right.
    """
    texts = len(names) - numbers
    return [row(names), row(["---"] * texts + ["---:"] * numbers)]


@dataclass(frozen=True)
class Block:
    """A part of a document, with an empty line after it.

    Attributes:
        lines: Its first lines.
        rows: The lines after these; if a document is too long, it has only the first of them.
        end: The lines after the rows.
    """

    lines: Sequence[str]
    rows: Iterable[str] = ()
    end: Sequence[str] = ()


@dataclass(frozen=True)
class Limit:
    """The largest size of a document.

    Attributes:
        most: The largest size.
        unit: What the size counts, in the plural.
        size: Returns the size of a text. That of joined texts is the sum of theirs.
    """

    most: int
    unit: str
    size: Callable[[str], int]


def fit(blocks: Iterable[Block], limit: Limit, used: int = 0) -> str:
    """Return blocks as a document that is no longer than a limit; a sentence at its end says if it was cut.

    Args:
        blocks: The parts, the most important ones first.
        limit: The limit.
        used: The part of the limit that is used already.

    Returns:
        The document; empty if not even its first block fits.
    """
    note = f"_The rest is left out: this text can have {limit.most:,} {limit.unit} at most._\n"
    room = limit.most - used - limit.size(note)
    parts: list[str] = []
    for block in blocks:
        lines, end = ("".join(f"{line}\n" for line in part) for part in (block.lines, (*block.end, "")))
        room -= limit.size(lines) + limit.size(end)
        if room < 0:
            return "".join([*parts, note]) if parts else ""
        parts.append(lines)
        is_cut = False
        for line in block.rows:
            room -= limit.size(line) + 1
            if is_cut := room < 0:
                break
            parts.append(f"{line}\n")
        parts.append(end)
        if is_cut:
            return "".join([*parts, note])
    return "".join(parts)
