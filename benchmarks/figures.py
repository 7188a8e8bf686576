"""The figures of a measurement, and their table."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        label: The measured quantity.
        value: The number.
        unit: Its unit.
        at_least: Lower bound, if there is one.
        at_most: Upper bound, if there is one.
        interval: The 95 % interval of the number, if it is an estimate.
    """

    label: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def is_within_bounds(self) -> bool:
        """Whether the number is within its bounds, if it has any."""
        too_little = self.at_least is not None and self.value < self.at_least
        too_much = self.at_most is not None and self.value > self.at_most
        return not (too_little or too_much)

    def __str__(self) -> str:
        line = f"  {self.label:<60}{self.value:>8.3g} {self.unit:<3}"
        if self.interval is not None:
            line += " {:.3g}-{:.3g}".format(*self.interval)
        for word, bound in (("at least", self.at_least), ("at most", self.at_most)):
            if bound is not None:
                line += f"  {word} {bound:g}"
        if not self.is_within_bounds:
            line += "  MISSED"
        return line.rstrip()


def alternate(one: Callable[[], float], other: Callable[[], float], repeats: int) -> tuple[float, float]:
    """Alternate two measurements, so that a busy machine slows both equally, and return the median of each."""
    pairs = [(one(), other()) for _ in range(repeats)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def table(name: str, heading: str, figures: Iterable[Figure]) -> Iterator[str]:
    """Yield the lines of the table of a measurement."""
    yield f"{name}: {heading}"
    yield from map(str, figures)


def rows(figures: Iterable[Figure]) -> Iterator[str]:
    """Yield the rows of a table of the manual: figure, value with its interval, and bound."""
    for figure in figures:
        value = f"{figure.value:.3g} {figure.unit}"
        if figure.interval is not None:
            value += " ({:.3g} to {:.3g})".format(*figure.interval)
        bounds = (("at least", figure.at_least), ("at most", figure.at_most))
        wanted = ", ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
        yield f"| {figure.label} | {value} | {wanted} |"
