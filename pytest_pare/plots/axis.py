"""Axes: round ticks, positions on a line, and labels that do not overlap."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from pytest_pare.results.text import as_written

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEPS: Final = (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5), Fraction(10))
# Room between two labels, in units of the drawing.
_GAP: Final = 6.0


@dataclass(frozen=True)
class Scale:
    """A linear axis.

    Attributes:
        low: The value at its start.
        high: The value at its end, more than `low`.
        start: The position of its start.
        end: The position of its end.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the position of a value; one outside the axis is at its nearer end."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return round numbers at equal distances that span a range: the first is `low` or less, the last `high` or more.

    Args:
        low: The start of the range, a finite number.
        high: Its end; if it is not more than `low`, the range is that from `low` to 1 above it.
        most: The largest number of ticks, at least 3.
    """
    # As written: the float 0.6 is less than six tenths.
    first, last = as_written(low), as_written(high)
    if last <= first:
        last = first + 1
    exponent = math.floor(math.log10((last - first) / most))
    while True:
        for factor in _STEPS:
            step = factor * Fraction(10) ** exponent
            begin, end = math.floor(first / step), math.ceil(last / step)
            if end - begin < most:
                return [float(number * step) for number in range(begin, end + 1)]
        exponent += 1


def apart(positions: Sequence[float], widths: Sequence[float]) -> list[int]:
    """Return the indexes of the labels to show, so that none overlaps another; the last one is always shown.

    Args:
        positions: The middle of each label, ascending.
        widths: The width of each.
    """
    shown: list[int] = []
    for index in reversed(range(len(positions))):
        if not shown or _ends(positions, widths, index) <= positions[shown[-1]] - widths[shown[-1]] / 2:
            shown.append(index)
    return shown[::-1]


def _ends(positions: Sequence[float], widths: Sequence[float], index: int) -> float:
    return positions[index] + widths[index] / 2 + _GAP
