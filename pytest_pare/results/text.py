"""Formats the lines of reports, at most 80 columns wide, and their numbers."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from fractions import Fraction
from typing import Final

WIDTH: Final = 80


def printable(text: str) -> str:
    """Return the text with spaces for unprintable characters, which could break or colour a line."""
    return "".join(char if char.isprintable() else " " for char in text)


def wrapped(text: str, indent: str = "") -> list[str]:
    """Return printable lines, those after the first indented by four more columns.

    Args:
        text: The text of the lines.
        indent: The beginning of each line.
    """
    return textwrap.wrap(
        printable(text), WIDTH, initial_indent=indent, subsequent_indent=f"{indent}    ", break_on_hyphens=False
    )


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural if needed."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def interval_text(low: float, high: float, decimals: int = 1) -> str:
    """Return a 95 % interval as the note of its figure."""
    return f"95 % CI {low:.{decimals}f} to {high:.{decimals}f}"


def as_written(number: float) -> Fraction:
    """Return the decimal number that its author wrote: 0.9 is exactly nine tenths, which the float is not."""
    return Fraction(str(float(number)))


def decimals_of(fraction: float | None) -> int:
    """Return the number of decimals that the author of a fraction wrote, at least three (one of a percentage)."""
    exponent = Decimal(str(float(fraction or 0))).as_tuple().exponent
    return max(3, -int(exponent))


def rounded(value: Fraction, decimals: int, *bounds: Fraction) -> str:
    """Return a value as a rounded decimal number; a value below a bound is never rounded up to the bound.

    Args:
        value: Zero or more.
        decimals: One or more.
        bounds: Numbers that have no more decimals than that.
    """
    scale = 10**decimals
    units = round(value * scale)
    if any(value < bound <= Fraction(units, scale) for bound in bounds):
        units -= 1
    whole, part = divmod(units, scale)
    return f"{whole}.{part:0{decimals}}"


def percent(rate: Fraction, needed: Fraction, decimals: int = 3) -> str:
    """Return a rate as a percentage; a rate below the needed one, or below 1, is never rounded up to it.

    Args:
        rate: 0 to 1.
        needed: The needed rate.
        decimals: The decimals of the needed rate, see `decimals_of`.
    """
    return rounded(100 * rate, decimals - 2, 100 * needed, Fraction(100)) + " %"
