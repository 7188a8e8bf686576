"""The texts of a plot: labels without secrets that fit their place, and figures."""

from __future__ import annotations

import unicodedata
from typing import Final

from pytest_pare.base.redaction import redacted
from pytest_pare.results.text import printable

# Widths of characters in units of the font's size: those of common fonts for screens, rounded up.
_NARROW: Final = frozenset("fijlrtI.,:;|!'()[] ")
_WIDTHS: Final = {"narrow": 0.36, "wide": 0.92, "usual": 0.6, "double": 1.05}
_WIDE: Final = frozenset("mwMW@%")
_CUT: Final = "…"


def label(text: str) -> str:
    """Return a name as a plot shows it: without secrets, and without characters that XML or a line cannot hold."""
    return " ".join(printable(redacted(text)).split())


def width_of(text: str, size: float) -> float:
    """Return about how wide a text is, in units of the drawing.

    Args:
        text: The text.
        size: The size of its font.
    """
    return size * sum(_WIDTHS[_kind(char)] for char in text)


def fitting(text: str, width: float, size: float) -> str:
    """Return a text that is not wider than its place, cut in the middle: names differ at their begin or their end.

    Args:
        text: The text, see `label`.
        width: The width of its place.
        size: The size of its font.
    """
    if width_of(text, size) <= width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        cut = text[: kept - kept // 2].rstrip() + _CUT + text[len(text) - kept // 2 :].lstrip()
        if width_of(cut, size) <= width:
            return cut
    return _CUT


def percent(share: float, decimals: int = 0) -> str:
    """Return a share from 0 to 1 as a percentage; one that is not 0 or 1 is never rounded to either."""
    scale = 10**decimals
    units = round(100 * scale * share)
    if 0 < share < 1:
        units = min(100 * scale - 1, max(1, units))
    return f"{units / scale:.{decimals}f} %"


def points(difference: float) -> str:
    """Return a difference of two shares in percentage points, with its sign."""
    units = round(1000 * difference) / 10
    return f"{units:+.1f}" if units else "0.0"


def plain(number: float) -> str:
    """Return a number without needless zeros."""
    return f"{number:.6g}"


def _kind(char: str) -> str:
    if unicodedata.east_asian_width(char) in ("W", "F"):
        return "double"
    return "narrow" if char in _NARROW else "wide" if char in _WIDE else "usual"
