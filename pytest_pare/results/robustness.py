"""Robustness curves: success by level of noise, and the tools whose failures cost most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.results.text import WIDTH, as_written, decimals_of, printable, rounded, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_pare.inference.intervals import Interval

_BAR: Final = 20
_MOST_TOOLS: Final = 5
_LEAST_COST: Final = Fraction(1, 10)
_TOOL_WIDTH: Final = 48


@dataclass(frozen=True)
class Point:
    """A run of a sweep.

    Attributes:
        level: The level of noise.
        scenario_id: The scenario.
        group: The rest of its variant's name; empty if the level is the whole name.
        success: The verdict; None for a run that was not judged.
        faults: Name of a tool to how many of its calls were hit.
    """

    level: float
    scenario_id: str
    group: str
    success: bool | None
    faults: Mapping[str, int]


@dataclass(frozen=True)
class Level:
    """The runs at one level.

    Attributes:
        level: The level of noise.
        runs: All of them.
        judged: Those with a verdict.
        successes: Those that succeeded.
        by_scenario: Successes and judged runs of each scenario.
    """

    level: float
    runs: int
    judged: int
    successes: int
    by_scenario: tuple[tuple[int, int], ...]

    @property
    def rate(self) -> Fraction | None:
        """Share of successes among the judged runs; None without any."""
        return Fraction(self.successes, self.judged) if self.judged else None

    @cached_property
    def interval(self) -> Interval | None:
        """The 95 % interval of that share, see `inference.intervals.rate_interval`; None without any judged run."""
        # It imports numpy, which a controller needs only for its report.
        from pytest_pare.inference.intervals import rate_interval

        successes, judged = zip(*self.by_scenario, strict=True) if self.by_scenario else ((), ())
        return rate_interval(successes, judged)


@dataclass(frozen=True)
class ToolCost:
    """The cost of the failures of a tool.

    Attributes:
        tool: Its name.
        hit: The number of compared runs in which calls of it failed.
        cost: The number of runs lost by that; negative if more of them succeeded than at the lowest level.
    """

    tool: str
    hit: int
    cost: Fraction


@dataclass(frozen=True)
class Curve:
    """Success by the level of noise.

    Attributes:
        key: The key of the suite whose values are the levels.
        group: The rest of its variants' name; empty if the level is the whole name.
        levels: From the lowest to the highest.
        costs: The costliest tool first.
    """

    key: str
    group: str
    levels: tuple[Level, ...]
    costs: tuple[ToolCost, ...]

    @property
    def gap(self) -> str | None:
        """Why there is no area under this curve; None if there is one."""
        if len(self.levels) < 2:
            return "there is one level only"
        missing = next((level for level in self.levels if not level.judged), None)
        return None if missing is None else f"no run was judged at level {_number(missing.level)}"

    @property
    def area(self) -> Fraction | None:
        """Area under the rates of success, by trapezoids, divided by the range of the levels; None if there is a gap.

        It is the mean rate over that range, 0 to 1.
        """
        if self.gap is not None:
            return None
        corners = [(as_written(level.level), Fraction(level.successes, level.judged)) for level in self.levels]
        area = sum((right - left) * (first + second) / 2 for (left, first), (right, second) in pairwise(corners))
        return area / (corners[-1][0] - corners[0][0])

    def to_dict(self) -> dict[str, Any]:
        """Return the curve as builtins for JSON."""
        return {
            "key": self.key,
            "group": self.group,
            "area": None if self.area is None else float(self.area),
            "levels": [_level_to_dict(level) for level in self.levels],
            "costs": [{"tool": one.tool, "hit": one.hit, "cost": float(one.cost)} for one in self.costs],
        }


def robustness_curves(key: str, points: Iterable[Point], levels: Iterable[float] = ()) -> list[Curve]:
    """Return the curve of each group of a sweep, sorted by group.

    Args:
        key: The key of the suite whose values are the levels.
        points: The runs, in any order.
        levels: All levels of the sweep, those without any run included.
    """
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(point.group, []).append(point)
    planned = [float(level) for level in levels]
    return [_curve(key, group, groups[group], planned) for group in sorted(groups)]


def least_area(curves: Iterable[Curve]) -> Fraction | None:
    """Return the least area under the curves; None if there is no curve, or one that has a gap."""
    areas = [curve.area for curve in curves]
    known = [area for area in areas if area is not None]
    return min(known) if known and len(known) == len(areas) else None


def curve_lines(curves: Sequence[Curve], needed: float | None = None) -> list[str]:
    """Return the curves as lines for a terminal, an empty one before each.

    Args:
        curves: The curves.
        needed: The least area that passes the gate; None if it is no criterion.
    """
    return [line for curve in curves for line in ("", *_lines(curve, needed))]


def _curve(key: str, group: str, points: list[Point], planned: list[float]) -> Curve:
    levels = sorted({*planned, *(float(point.level) for point in points)})
    return Curve(key, group, tuple(_level(level, points) for level in levels), _costs(points, levels[0]))


def _level(level: float, points: list[Point]) -> Level:
    own = [point for point in points if point.level == level]
    by_scenario: dict[str, list[bool]] = {}
    for point in own:
        if point.success is not None:
            by_scenario.setdefault(point.scenario_id, []).append(point.success)
    judged = [success for verdicts in by_scenario.values() for success in verdicts]
    # Sorted: the order of runs differs with the number of workers.
    counts = tuple((sum(verdicts), len(verdicts)) for _, verdicts in sorted(by_scenario.items()))
    return Level(level, len(own), len(judged), sum(judged), counts)


def _costs(points: list[Point], lowest: float) -> tuple[ToolCost, ...]:
    """Share what each run lost evenly among the tools that were hit in it.

    The loss of a run is the success rate of its scenario at the lowest level less its own success. A run without a
    verdict, or of a scenario without a rate there, cannot be compared and is left out.
    """
    baseline: dict[str, list[bool]] = {}
    for point in points:
        if point.level == lowest and point.success is not None:
            baseline.setdefault(point.scenario_id, []).append(point.success)
    shares: dict[str, list[Fraction]] = {}
    for point in points:
        before = baseline.get(point.scenario_id)
        if point.level == lowest or point.success is None or before is None:
            continue
        lost = Fraction(sum(before), len(before)) - int(point.success)
        hit = [tool for tool, calls in point.faults.items() if calls]
        for tool in hit:
            shares.setdefault(tool, []).append(lost / len(hit))
    costs = [ToolCost(tool, len(lost), sum(lost, Fraction())) for tool, lost in shares.items()]
    return tuple(sorted(costs, key=lambda one: (-one.cost, one.tool)))


def _lines(curve: Curve, needed: float | None) -> list[str]:
    name = f"{curve.key}, {curve.group}" if curve.group else curve.key
    width = max(len("level"), *(len(_number(level.level)) for level in curve.levels))
    header = f"    {'level':<{width}}  runs  judged  success   95 % interval"
    rows = [_row(level, width) for level in curve.levels]
    return [
        *wrapped(f"Robustness: {name}", "  "),
        header,
        *rows,
        *wrapped(_area(curve, needed), "    "),
        *_cost_lines(curve),
    ]


def _row(level: Level, width: int) -> str:
    row = f"    {_number(level.level):<{width}}  {level.runs:>4}  {level.judged:>6}  "
    if level.rate is None or level.interval is None:
        return f"{row}{'n/a':>7}"
    low, high = (_percent(Fraction(end)) for end in (level.interval.low, level.interval.high))
    row += f"{_percent(level.rate):>5} %  {low:>5} to {high:>5}  "
    return (row + "#" * math.floor(min(_BAR, WIDTH - len(row)) * level.rate)).rstrip()


def _area(curve: Curve, needed: float | None) -> str:
    label = "Area under the curve"
    if curve.area is None:
        return f"{label}    n/a ({curve.gap})"
    if needed is None:
        return f"{label}  {rounded(curve.area, 3, Fraction(1))}"
    bound, decimals = as_written(needed), decimals_of(needed)
    return f"{label}  {rounded(curve.area, decimals, bound, Fraction(1))} ({rounded(bound, decimals)} needed)"


def _cost_lines(curve: Curve) -> list[str]:
    shown = [one for one in curve.costs if one.cost >= _LEAST_COST][:_MOST_TOOLS]
    if not shown:
        return []
    rows = [(printable(one.tool)[:_TOOL_WIDTH], f"{float(one.cost):.1f}", f"{one.hit}") for one in shown]
    names, costs = (max(len(row[column]) for row in rows) for column in (0, 1))
    lines = [f"      {name:<{names}}  {cost:>{costs}} runs (hit in {hit})" for name, cost, hit in rows]
    return ["    Costliest tools", *lines]


def _level_to_dict(level: Level) -> dict[str, Any]:
    low, high = (None, None) if level.interval is None else (level.interval.low, level.interval.high)
    return {
        "level": level.level,
        "runs": level.runs,
        "judged": level.judged,
        "successes": level.successes,
        "rate": None if level.rate is None else float(level.rate),
        "low": low,
        "high": high,
    }


def _percent(share: Fraction) -> str:
    return rounded(100 * share, 1, Fraction(100))


def _number(level: float) -> str:
    return str(level).removesuffix(".0")
