"""`Figure`, a rate with its interval."""

from __future__ import annotations

from typing import NamedTuple

from pytest_pare.plots.texts import percent


class Figure(NamedTuple):
    """A rate with its 95 % interval.

    Attributes:
        value: The rate, 0 to 1; None if there was nothing to measure.
        low: The low end of the interval; None without one.
        high: The high end of the interval; None without one.
    """

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> tuple[float, float] | None:
        """Both ends of the interval; None without one."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def in_words(figure: Figure, *, is_share: bool = True) -> str:
    """Return a figure in words, as `83.3 % (71.0 % to 92.1 %)`; `n/a` without a value.

    Args:
        figure: The figure.
        is_share: Whether it is shown as a percentage.
    """
    if figure.value is None:
        return "n/a"
    shown = [f"{one:.3f}" if not is_share else percent(one, 1) for one in (figure.value, *(figure.ends or ()))]
    return shown[0] if figure.ends is None else f"{shown[0]} ({shown[1]} to {shown[2]})"
