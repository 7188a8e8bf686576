"""The statistics of results, by configuration, in plain Python: the summary of a session needs no other library.

A group has the same user model, proactive model and noise, and the same variant, mode and rates of faults if the table
has these. Exceptions and missing verdicts have no score: they are counted, and left out of every success rate. The
spread of a figure is measured between run numbers, so it needs at least two.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, fields, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.results.columns import COLUMNS, FAULT_RATES, MODE, values_of
from pytest_pare.results.scenario_intervals import scenario_intervals
from pytest_pare.results.validation_result import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_pare.inference.intervals import Interval
    from pytest_pare.results.rows import HasRows

GROUP_KEYS: Final = ("user_model", "proactive_model", "tool_failure_probability", "num_env_events_per_minute")

# Keys that are optional columns of a table.
_OPTIONAL_KEYS: Final = ("variant", "mode", "fault_rates")

TOTALS: Final = sorted((one for one in METRICS if one.place is not None), key=lambda one: one.place or 0)
"""PARE's figures of a run, in the order of the report."""

_NEEDED: Final = {
    *GROUP_KEYS,
    *(one.name for one in TOTALS),
    *("base_scenario_id", "run_number", "run_duration", "job_duration", "status", "success_numeric"),
}


@dataclass(frozen=True)
class Spread:
    """A figure and how far it differs from sample to sample.

    Attributes:
        value: The figure over all rows; None if there was nothing to measure.
        std: Sample standard deviation of the samples' own values; 0.0 if there are fewer than two.
        sem: Standard error of the mean, `std / sqrt(samples)`; None if it is not reported for this figure.
        samples: Number of samples that have a value.
        interval: The 95 % interval of the figure, in which the rows of one scenario belong together; None if it is not
            reported for this figure, and if there are too few scenarios for one.
    """

    value: float | None
    std: float
    sem: float | None
    samples: int
    interval: Interval | None = None


@dataclass(frozen=True)
class GroupStatistics:
    """The statistics of one group, in the order of the report.

    Attributes:
        variant: Variant of the suite; None if the table has no variants.
        mode: What was played; None if it is the same for the whole table.
        fault_rates: Kinds of faults with their rates, in words; None if the table has none.
        total_runs: Rows.
        validated_runs: Rows with a score.
        success_rate: Percentage of successes among the rows with a score.
        pass_at_k: Scenarios with a success; rows without a score are ignored.
        pass_k: Scenarios whose rows with a score, at least one, are all successes.
        pass_at_k_percent_interval: The 95 % interval of `pass_at_k_percent`, as for `pass_k_percent`.
        k: Rows per scenario; the largest number if scenarios differ.
        avg_run_duration: Mean over the rows that have a duration; its samples are these rows.
        job_duration: Mean of the column; 0.0 if it is empty.
        totals: Sums of PARE's figures, by their names in JSON.
        aggregate_proposal_rate: Proposals per turn.
        aggregate_acceptance_rate: Acceptances per proposal, 0 to 1.
        avg_read_only_actions: Read-only actions per row, whatever the row's status.
        avg_write_actions: Write actions per row, whatever the row's status.
    """

    variant: str | None
    mode: str | None
    user_model: str | None
    proactive_model: str | None
    tool_failure_probability: float | None
    num_env_events_per_minute: int | None
    fault_rates: str | None
    total_runs: int
    validated_runs: int
    success_runs: int
    failed_runs: int
    exception_runs: int
    no_validation_runs: int
    success_rate: Spread
    pass_at_k: int
    pass_at_k_percent: float
    pass_at_k_percent_interval: Interval | None
    pass_k: int
    pass_k_percent: float
    pass_k_percent_interval: Interval | None
    total_scenarios: int
    k: int
    avg_run_duration: Spread
    job_duration: float
    totals: dict[str, int]
    aggregate_proposal_rate: Spread
    aggregate_acceptance_rate: Spread
    avg_read_only_actions: Spread
    avg_write_actions: Spread

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as builtins for JSON: `name`, `name_std`, `name_sem`, `name_interval`.

        A figure without a value is 0.0, an interval without one is None. Variant, mode and rates of faults are left out
        if the table does not have them.
        """
        entry: dict[str, Any] = {}
        for one in fields(self):
            figure = getattr(self, one.name)
            if isinstance(figure, Spread):
                entry[one.name] = 0.0 if figure.value is None else figure.value
                entry[f"{one.name}_std"] = figure.std
                if figure.sem is not None:
                    entry[f"{one.name}_sem"] = figure.sem
                    entry[f"{one.name}_interval"] = _ends(figure.interval)
            elif one.name.endswith("_interval"):
                entry[one.name] = _ends(figure)
            elif one.name == "totals":
                entry |= self.totals
            elif figure is not None or one.name not in _OPTIONAL_KEYS:
                entry[one.name] = figure
        return entry


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]


Table = dict[str, list[Any]]
"""The values of columns by their names; the columns are those of `COLUMNS`, `variant`, `mode` and `fault_rates`."""


def groups_of_variants(results: Mapping[str, HasRows]) -> list[GroupStatistics]:
    """Return the statistics of every group of a suite's results, by variant; the variants keep their order."""
    columns = [MODE, FAULT_RATES, *(column for column in COLUMNS if column.name in _NEEDED)]
    table: Table = {name: [] for name in ("variant", *(column.name for column in columns))}
    for variant, one in results.items():
        rows = one.rows()
        table["variant"] += [variant] * len(rows)
        for column in columns:
            table[column.name] += values_of(column, rows)
    if len(set(table["mode"])) < 2:
        del table["mode"]
    return groups_of(table, list(results))


def groups_of(table: Table, variants: Sequence[str] = ()) -> list[GroupStatistics]:
    """Return the statistics of every group, sorted by variant, mode, `GROUP_KEYS` and rates of faults, ascending.

    Args:
        table: The results; the order of its rows makes no difference.
        variants: The variants in their order; sorted by their names if it is empty.
    """
    keys = [*_present(table, "variant"), *_present(table, "mode"), *GROUP_KEYS, *_present(table, "fault_rates")]
    groups: dict[tuple[Any, ...], list[int]] = {}
    for row, key in enumerate(zip(*(table.get(name, ()) for name in keys), strict=True)):
        groups.setdefault(key, []).append(row)
    places: dict[Any, Any] = {variant: place for place, variant in enumerate(variants)}

    def order(key: tuple[Any, ...]) -> list[tuple[bool, Any]]:
        values = [places.get(key[0], key[0]), *key[1:]] if keys[0] == "variant" else key
        # Nothing comes first.
        return [(value is not None, value) for value in values]

    return [
        _statistics_of_one({name: [column[row] for row in groups[key]] for name, column in table.items()}, keys, key)
        for key in sorted(groups, key=order)
    ]


def _present(table: Table, name: str) -> list[str]:
    """Return the name of an optional column in a list, if any row has a value."""
    return [name] if any(table.get(name, ())) else []


def _statistics_of_one(group: Table, keys: list[str], key: tuple[Any, ...]) -> GroupStatistics:
    scenarios = _sums_by(group, "base_scenario_id")
    overall = {name: sum(one[name] for one in scenarios) for name in scenarios[0]}
    # The same functions give the figures of the whole group and those of each run number.
    figures, by_run = _figures(overall), list(map(_figures, _sums_by(group, "run_number")))
    intervals = scenario_intervals(scenarios)
    spreads: dict[str, Any] = {
        name: replace(_spread(value, [one[name] for one in by_run]), interval=intervals[name])
        for name, value in figures.items()
    }
    statuses = Counter(group["status"])
    passed_once = sum(one["successes"] > 0 for one in scenarios)
    passed_all = sum(one["scores"] > 0 and one["successes"] == one["scores"] for one in scenarios)
    durations = _present_values(group["run_duration"])
    return GroupStatistics(
        **{**dict.fromkeys(_OPTIONAL_KEYS), **dict(zip(keys, key, strict=True))},
        total_runs=overall["rows"],
        validated_runs=overall["scores"],
        success_runs=statuses["success"],
        failed_runs=statuses["failed"],
        exception_runs=statuses["exception"],
        no_validation_runs=statuses["no_validation"],
        totals={one.total: overall[one.name] for one in TOTALS},
        total_scenarios=len(scenarios),
        k=max(one["rows"] for one in scenarios),
        pass_at_k=passed_once,
        pass_k=passed_all,
        pass_at_k_percent=100 * passed_once / len(scenarios),
        pass_k_percent=100 * passed_all / len(scenarios),
        pass_at_k_percent_interval=intervals["pass_at_k"],
        pass_k_percent_interval=intervals["pass_k"],
        avg_run_duration=_spread(_mean(durations), durations, with_sem=False),
        job_duration=_mean(_present_values(group["job_duration"])) or 0.0,
        **spreads,
    )


def _sums_by(group: Table, name: str) -> list[dict[str, Any]]:
    """Return the sums of the rows with each value of a column, in the order of the values; not of rows without one."""
    rows: dict[Any, list[int]] = {}
    for row, value in enumerate(group[name]):
        if value is not None:
            rows.setdefault(value, []).append(row)
    return [_sums(group, rows[value]) for value in sorted(rows)]


def _sums(group: Table, rows: list[int]) -> dict[str, Any]:
    scores = _present_values(group["success_numeric"][row] for row in rows)
    return {
        "rows": len(rows),
        "scores": len(scores),
        "successes": sum(scores),
        **{one.name: sum(_present_values(group[one.name][row] for row in rows)) for one in TOTALS},
    }


def _figures(sums: dict[str, Any]) -> dict[str, float | None]:
    success_rate = _ratio(sums["successes"], sums["scores"])
    return {
        "success_rate": None if success_rate is None else 100 * success_rate,
        "aggregate_proposal_rate": _ratio(sums["proposal_count"], sums["number_of_turns"]),
        "aggregate_acceptance_rate": _ratio(sums["acceptance_count"], sums["proposal_count"]),
        "avg_read_only_actions": sums["read_only_actions"] / sums["rows"],
        "avg_write_actions": sums["write_actions"] / sums["rows"],
    }


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _present_values(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def _mean(values: list[float]) -> float | None:
    return fmean(values) if values else None


def _spread(value: float | None, samples: list[float | None], *, with_sem: bool = True) -> Spread:
    known = _present_values(samples)
    std = 0.0
    if len(known) > 1:
        # Exact sums: the order of the rows, which differs with the number of workers, must not change a digit.
        mean = fmean(known)
        std = math.sqrt(math.fsum((one - mean) ** 2 for one in known) / (len(known) - 1))
    sem = std / math.sqrt(max(len(known), 1)) if with_sem else None
    return Spread(value=value, std=std, sem=sem, samples=len(known))
