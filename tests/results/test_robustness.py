"""The robustness curve: rates and their intervals, the area under them, what failures of tools cost, and the text."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.inference.intervals import rate_interval
from pytest_pare.results.robustness import (
    Curve,
    Level,
    Point,
    ToolCost,
    curve_lines,
    least_area,
    robustness_curves,
)

KEY = "noise.tool_failure_probability"


def point(level: float, success: bool | None, scenario_id: str = "a", group: str = "", **faults: int) -> Point:
    return Point(level, scenario_id, group, success, faults)


def runs(level: float, successes: int, failures: int = 0, unjudged: int = 0) -> list[Point]:
    verdicts = [True] * successes + [False] * failures + [None] * unjudged
    return [point(level, verdict, f"s{number}") for number, verdict in enumerate(verdicts)]


def curve(*points: Point, levels: tuple[float, ...] = ()) -> Curve:
    (found,) = robustness_curves(KEY, points, levels)
    return found


# -- levels


def test_a_level_counts_its_runs_and_rates_those_that_were_judged() -> None:
    levels = curve(*runs(0.5, 1, 2, 3), *runs(0, 4)).levels
    assert [(one.level, one.runs, one.judged, one.successes, one.rate) for one in levels] == [
        (0, 4, 4, 4, 1),
        (0.5, 6, 3, 1, Fraction(1, 3)),
    ]


def test_a_level_without_a_judged_run_has_no_rate() -> None:
    (level,) = curve(*runs(0, 0, unjudged=2)).levels
    assert (level.runs, level.judged, level.rate, level.interval) == (2, 0, None, None)


def test_each_group_has_a_curve_of_its_own() -> None:
    curves = robustness_curves(KEY, [point(0, True, group="strict"), point(0, False), point(1, False, group="strict")])
    assert [(one.key, one.group, len(one.levels)) for one in curves] == [(KEY, "", 1), (KEY, "strict", 2)]
    assert robustness_curves(KEY, [], [0, 1]) == []


def test_whole_numbers_and_floats_are_the_same_level() -> None:
    assert [level.runs for level in curve(point(0, True), point(0.0, True), levels=(0, 1)).levels] == [2, 0]


# -- intervals


def test_the_interval_respects_that_runs_of_one_scenario_belong_together() -> None:
    alike = [point(0, success, f"s{number}") for number, success in enumerate([True] * 4 + [False] * 4) for _ in "abc"]
    each = [point(0, success, f"s{number}") for number, success in enumerate([True, False] * 12)]
    assert curve(*each).levels[0].interval == rate_interval([1, 0] * 12, [1] * 24)
    assert curve(*alike).levels[0].interval == rate_interval([3] * 4 + [0] * 4, [3] * 8)
    assert width(curve(*alike).levels[0]) > 1.5 * width(curve(*each).levels[0])


def width(level: Level) -> float:
    assert level.interval is not None
    return level.interval.high - level.interval.low


# -- the area


def test_the_area_is_the_mean_rate_over_the_range_of_the_levels() -> None:
    assert curve(*runs(0, 4), *runs(0.1, 2, 2), *runs(0.3, 1, 3)).area == Fraction(1, 2)
    assert curve(*runs(2, 1), *runs(6, 0, 1)).area == Fraction(1, 2)


def test_the_levels_are_the_decimal_numbers_that_were_written() -> None:
    # Of the floats, 0.3 - 0.1 is a little less than 0.2.
    area = curve(*runs(0, 1), *runs(0.1, 1), *runs(0.3, 0, 1)).area
    assert area == Fraction(2, 3)


@pytest.mark.parametrize(
    ("points", "levels", "gap"),
    [
        (runs(0, 1), (), "there is one level only"),
        ([*runs(0, 1), *runs(0.3, 0, unjudged=1)], (), "no run was judged at level 0.3"),
        ([*runs(0, 1), *runs(0.3, 1)], (0, 0.1, 0.3), "no run was judged at level 0.1"),
    ],
)
def test_what_was_not_measured_has_no_area(points: list[Point], levels: tuple[float, ...], gap: str) -> None:
    found = curve(*points, levels=levels)
    assert (found.area, found.gap) == (None, gap)


def test_the_least_area_is_that_of_the_worst_group() -> None:
    good, bad = curve(*runs(0, 2), *runs(1, 2)), curve(*runs(0, 2), *runs(1, 1, 1))
    assert least_area([good, bad]) == bad.area == Fraction(3, 4)
    assert least_area([good]) == 1
    assert least_area([]) is None
    assert least_area([good, bad, curve(*runs(0, 2))]) is None


LEVELS = st.sampled_from([0.0, 0.1, 0.25, 0.3, 1.0])
POINTS = st.lists(
    st.builds(
        Point,
        level=LEVELS,
        scenario_id=st.sampled_from("abc"),
        group=st.just(""),
        success=st.sampled_from([True, False, None]),
        faults=st.dictionaries(st.sampled_from(["read", "write", "send"]), st.integers(0, 3)),
    ),
    min_size=1,
    max_size=40,
)


@given(POINTS)
def test_an_area_is_between_the_least_and_the_greatest_rate(points: list[Point]) -> None:
    found = curve(*points)
    if found.area is not None:
        rates = [level.rate for level in found.levels if level.rate is not None]
        assert 0 <= min(rates) <= found.area <= max(rates) <= 1


@given(POINTS, st.data())
def test_one_more_success_never_makes_the_area_smaller(points: list[Point], data: st.DataObject) -> None:
    before = curve(*points).area
    index = data.draw(st.integers(0, len(points) - 1))
    after = curve(*points[:index], replace(points[index], success=True), *points[index + 1 :]).area
    if before is not None:
        assert after is not None
        assert after >= before


@given(POINTS.flatmap(lambda points: st.tuples(st.just(points), st.permutations(points))))
def test_the_order_of_the_runs_makes_no_difference(both: tuple[list[Point], list[Point]]) -> None:
    assert curve(*both[0]) == curve(*both[1])


# -- what failures cost


def costs(*points: Point) -> list[tuple[str, int, Fraction]]:
    return [(one.tool, one.hit, one.cost) for one in curve(*points).costs]


def test_what_a_run_lost_is_shared_by_the_tools_that_were_hit_in_it() -> None:
    assert costs(point(0, True), point(0.1, False, read=3, send=1), point(0.2, False, read=1)) == [
        ("read", 2, Fraction(3, 2)),
        ("send", 1, Fraction(1, 2)),
    ]


def test_a_run_is_compared_with_its_own_scenario_at_the_lowest_level() -> None:
    before = [point(0, True), point(0, False), point(0, False, "hard")]
    assert costs(*before, point(1, False, read=1), point(1, False, "hard", send=1)) == [
        ("read", 1, Fraction(1, 2)),
        ("send", 1, Fraction(0)),
    ]


def test_a_run_that_went_better_than_before_pays_back() -> None:
    before = [point(0, True), point(0, False)]
    assert costs(*before, point(1, True, read=1), point(1, False, read=1)) == [("read", 2, Fraction(0))]
    assert costs(*before, point(1, True, read=1)) == [("read", 1, Fraction(-1, 2))]


@pytest.mark.parametrize(
    "lost",
    [
        point(1, False),
        point(1, False, read=0),
        point(1, None, read=1),
        point(1, False, "never run without noise", read=1),
        point(1, False, "never judged without noise", read=1),
        point(0, False, read=1),
    ],
)
def test_what_was_not_hit_or_cannot_be_compared_costs_nothing(lost: Point) -> None:
    assert costs(point(0, True), point(0, None, "never judged without noise"), point(1, True), lost) == []


def test_the_costliest_tool_is_first_and_equal_ones_are_in_the_order_of_their_names() -> None:
    hits = [("send", 2), ("read", 1), ("add", 1), ("see", 0)]
    points = [Point(1, "a", "", n >= count, {tool: 1}) for tool, count in hits for n in range(2)]
    assert [tool for tool, _, _ in costs(point(0, True), *points)] == ["send", "add", "read", "see"]


@given(POINTS)
def test_costs_add_up_to_what_the_runs_that_were_hit_have_lost(points: list[Point]) -> None:
    found = curve(*points)
    lowest = found.levels[0].level
    before: dict[str, Fraction] = {}
    for scenario in "abc":
        seen = [one.success for one in points if (one.scenario_id, one.level) == (scenario, lowest)]
        judged = [one for one in seen if one is not None]
        if judged:
            before[scenario] = Fraction(sum(judged), len(judged))
    hit = [one for one in points if one.level > lowest and one.success is not None and any(one.faults.values())]
    lost = [before[one.scenario_id] - bool(one.success) for one in hit if one.scenario_id in before]
    assert sum(one.cost for one in found.costs) == sum(lost)
    assert all(-one.hit <= one.cost <= one.hit for one in found.costs)


# -- text and JSON


def example() -> Curve:
    points = [*runs(0, 26), *runs(0.1, 24, 1, 1), *runs(0.3, 21, 5)]
    costs = {
        "Calendar__add_calendar_event": (12, Fraction(11, 2)),
        "Mail__send": (3, Fraction(1, 3)),
        "Chat__read": (1, Fraction(1, 11)),
        "Chat__send": (2, Fraction(-1)),
    }
    return replace(curve(*points), costs=tuple(ToolCost(tool, *cost) for tool, cost in costs.items()))


def test_the_text_of_a_curve() -> None:
    assert "\n".join(curve_lines([example()], needed=0.9)) == (
        """
  Robustness: noise.tool_failure_probability
    level  runs  judged  success   95 % interval
    0        26      26  100.0 %   87.1 to 100.0  ####################
    0.1      26      25   96.0 %   80.5 to  99.3  ###################
    0.3      26      26   80.8 %   62.1 to  91.5  ################
    Area under the curve  0.916 (0.900 needed)
    Costliest tools
      Calendar__add_calendar_event  5.5 runs (hit in 12)
      Mail__send                    0.3 runs (hit in 3)"""
    )


def test_the_text_of_what_could_not_be_measured() -> None:
    points = [*runs(0, 1), *runs(0.25, 0, unjudged=3)]
    assert "\n".join(curve_lines([replace(curve(*points), group="strict")], needed=0.9)) == (
        """
  Robustness: noise.tool_failure_probability, strict
    level  runs  judged  success   95 % interval
    0         1       1  100.0 %   20.7 to 100.0  ####################
    0.25      3       0      n/a
    Area under the curve    n/a (no run was judged at level 0.25)"""
    )


def test_each_curve_follows_an_empty_line_and_without_a_gate_nothing_is_needed() -> None:
    lines = curve_lines([example(), example()])
    assert lines.count("") == 2
    assert lines.count("    Area under the curve  0.916") == 2
    assert curve_lines([], 0.9) == []


@pytest.mark.parametrize(
    ("failures", "needed", "shown"),
    [(1, None, "0.999"), (1, 0.5, "0.999 (0.500 needed)"), (0, 1.0, "1.000 (1.000 needed)")],
)
def test_an_area_is_not_rounded_up_to_what_it_falls_short_of(failures: int, needed: float | None, shown: str) -> None:
    points = [*runs(0, 5000), *runs(1, 5000 - failures, failures)]
    assert f"    Area under the curve  {shown}" in curve_lines([curve(*points)], needed)
    rates = [line for line in curve_lines([curve(*points)]) if line.startswith("    1 ")]
    assert ("100.0 %" in rates[0], "#" * 20 in rates[0]) == (not failures, not failures)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.lists(
        st.builds(
            Point, NUMBERS, st.just("a"), st.just("\x1b strict"), st.sampled_from([True, False, None]),
            st.dictionaries(st.text(max_size=90), st.integers(0, 2), max_size=3),
        ),
        min_size=1,
        max_size=8,
    ),
    st.text(max_size=90),
    st.none() | st.floats(0, 1),
)  # fmt: skip
def test_no_line_is_too_long_or_broken(points: list[Point], key: str, needed: float | None) -> None:
    for line in curve_lines(robustness_curves(key, points), needed):
        assert line.isprintable()
        assert len(line) <= 80
        assert line == line.rstrip()


def test_a_curve_as_json() -> None:
    entry = curve(*runs(0, 1), *runs(0.5, 0, unjudged=2), point(1, False, "s0", send=1)).to_dict()
    assert json.loads(json.dumps(entry, allow_nan=False)) == entry
    interval = rate_interval([1], [1])
    assert interval is not None
    assert (entry["key"], entry["group"], entry["area"]) == (KEY, "", None)
    assert entry["levels"][:2] == [
        {"level": 0.0, "runs": 1, "judged": 1, "successes": 1, "rate": 1.0, "low": interval.low, "high": interval.high},
        {"level": 0.5, "runs": 2, "judged": 0, "successes": 0, "rate": None, "low": None, "high": None},
    ]
    assert entry["costs"] == [{"tool": "send", "hit": 1, "cost": 1.0}]
    assert curve(*runs(0, 1), *runs(1, 0, 1)).to_dict()["area"] == 0.5
