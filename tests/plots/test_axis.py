"""Ticks are round and span the range, and labels do not overlap."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from pytest_pare.plots.axis import Scale, apart, ticks
from pytest_pare.results.text import as_written

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 6))


@given(NUMBERS, st.floats(1e-5, 1e6), st.integers(3, 12))
@example(0.0, 0.4, 4)
@example(0.0, 0.6, 4)
@example(-30.0, 38.0, 7)
def test_ticks_span_the_range_at_round_and_equal_distances(low: float, width: float, most: int) -> None:
    high = low + width
    found = [as_written(tick) for tick in ticks(low, high, most)]
    steps = {later - earlier for earlier, later in itertools.pairwise(found)}
    assert 2 <= len(found) <= most
    (step,) = steps
    assert found[0] <= as_written(low) < found[0] + step
    assert found[-1] - step < as_written(high) <= found[-1]
    assert all(tick % step == 0 for tick in found)
    assert str(float(step)).strip("0.").partition("e")[0].replace(".", "").strip("0") in ("1", "2", "25", "5")


def test_a_range_without_width_has_ticks() -> None:
    assert ticks(3.0, 3.0, 4) == [3.0, 3.5, 4.0]


def test_a_range_that_begins_and_ends_at_a_tick_has_no_further_one() -> None:
    # 3 * 0.2 is more than 0.6 as a float.
    assert ticks(0.0, 0.6, 4) == [0.0, 0.2, 0.4, 0.6]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=40).map(sorted), st.data())
def test_shown_labels_do_not_overlap(positions: list[int], data: st.DataObject) -> None:
    widths = data.draw(st.lists(st.integers(1, 90), min_size=len(positions), max_size=len(positions)))
    shown = apart(positions, widths)
    ends = [(positions[one] - widths[one] / 2, positions[one] + widths[one] / 2) for one in shown]
    assert all(right < left for (_, right), (left, _) in itertools.pairwise(ends))
    assert shown[-1] == len(positions) - 1


@given(st.floats(-1e9, 1e9))
def test_no_position_is_outside_the_axis(value: float) -> None:
    assert 20 <= Scale(0.0, 1.0, 380.0, 20.0)(value) <= 380


def test_positions_are_linear() -> None:
    assert [Scale(0.0, 2.0, 100.0, 0.0)(value) for value in (0.0, 0.5, 2.0)] == [100.0, 75.0, 0.0]
    assert Fraction(Scale(-1.0, 1.0, 0.0, 10.0)(0.0)) == 5
