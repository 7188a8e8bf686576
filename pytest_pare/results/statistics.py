"""The statistics of a table of results, by configuration.

A group has the same user model, proactive model and noise, and the same variant, mode and rates of faults if the table
has these. Exceptions and missing verdicts have no score: they are counted, and left out of every success rate. The
spread of a figure is measured between run numbers, so it needs at least two. Importing this module imports polars and
numpy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from pytest_pare.results.scenario_intervals import per_scenario_sums, scenario_intervals
from pytest_pare.results.schema import RESULT_SCHEMA
from pytest_pare.results.table import result_table, statistics_table
from pytest_pare.results.validation_result import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.inference.intervals import Interval
    from pytest_pare.results.rows import HasRows

GROUP_KEYS: Final = ("user_model", "proactive_model", "tool_failure_probability", "num_env_events_per_minute")

# Keys that are optional columns of a table.
_OPTIONAL_KEYS: Final = ("variant", "mode", "fault_rates")

TOTALS: Final = sorted((one for one in METRICS if one.place is not None), key=lambda one: one.place or 0)
"""PARE's figures of a run, in the order of the report."""

# Rows are sorted before they are added up: their order differs with the number of workers, and the order of summands
# changes the last digit of a figure.
_ROW_ORDER: Final = ("base_scenario_id", "run_number", "run_duration", "job_duration")

_NEEDED: Final = {*_ROW_ORDER, *GROUP_KEYS, "status", "success_numeric", *(one.name for one in TOTALS)}


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


def combine_results_to_dataframe(results: Iterable[HasRows] | Mapping[Any, HasRows]) -> pl.DataFrame:
    """Return the rows of all results in one table; of a mapping, its values."""
    each = results.values() if isinstance(results, Mapping) else results
    return pl.concat([pl.DataFrame(schema=RESULT_SCHEMA), *(result_table(one.rows(), {}) for one in each)])


def combine_variants(results: Mapping[str, HasRows]) -> pl.DataFrame:
    """Return the rows of all results in one table, with the variant (a key), mode and rates of faults of each run.

    The variants are sorted in the order of the mapping. The modes are left out if all runs have the same.
    """
    return _with_group_keys(statistics_table(results, RESULT_SCHEMA))


def table_of_variants(results: Mapping[str, HasRows]) -> pl.DataFrame:
    """Return the columns of `combine_variants` that `group_statistics` needs."""
    return _with_group_keys(statistics_table(results, _NEEDED))


def _with_group_keys(table: pl.DataFrame) -> pl.DataFrame:
    order = pl.Enum(table["variant"].unique(maintain_order=True))
    df = table.with_columns(pl.col("variant").cast(order))
    return df if df["mode"].n_unique() > 1 else df.drop("mode")


def calculate_statistics(df: pl.DataFrame) -> dict[str, Any]:
    """Return `{"per_config_results": [...]}`, one entry per group, sorted as by `group_statistics`.

    Args:
        df: A table with at least the columns of `RESULT_SCHEMA`. The order of its rows makes no difference.
    """
    return {"per_config_results": [group.to_dict() for group in group_statistics(df)]}


def group_statistics(df: pl.DataFrame) -> list[GroupStatistics]:
    """Return the statistics of every group, sorted by variant, mode, `GROUP_KEYS` and rates of faults, ascending."""
    if df.is_empty():
        return []
    keys = [*_present(df, "variant"), *_present(df, "mode"), *GROUP_KEYS, *_present(df, "fault_rates")]
    groups = df.sort(*keys, *_ROW_ORDER).partition_by(keys, maintain_order=True)
    return [_statistics_of_one(group, keys) for group in groups]


def _present(df: pl.DataFrame, name: str) -> list[str]:
    """Return the name of an optional column in a list, if any row has a value."""
    return [name] if name in df.columns and (df[name].cast(pl.String).fill_null("") != "").any() else []


def _statistics_of_one(group: pl.DataFrame, keys: list[str]) -> GroupStatistics:
    # The same expressions give the figures of the whole group and those of each run number.
    figures = {
        "success_rate": 100 * pl.col("success_numeric").mean(),
        "aggregate_proposal_rate": _ratio("proposal_count", "number_of_turns"),
        "aggregate_acceptance_rate": _ratio("acceptance_count", "proposal_count"),
        "avg_read_only_actions": pl.col("read_only_actions").sum() / pl.len(),
        "avg_write_actions": pl.col("write_actions").sum() / pl.len(),
    }
    overall = group.select(**figures).row(0, named=True)
    by_run = group.drop_nulls("run_number").group_by("run_number", maintain_order=True).agg(**figures)
    per_scenario = per_scenario_sums(group)
    intervals = scenario_intervals(per_scenario)
    spreads: dict[str, Any] = {
        name: replace(_spread(overall[name], by_run[name]), interval=intervals[name]) for name in figures
    }
    durations = group["run_duration"]
    mean_duration = group.select(pl.col("run_duration").mean()).item()
    scenarios = _scenario_counts(per_scenario)
    return GroupStatistics(
        **{**dict.fromkeys(_OPTIONAL_KEYS), **group.select(keys).row(0, named=True)},
        **_counts(group),
        totals=group.select(**{one.total: pl.col(one.name).sum() for one in TOTALS}).row(0, named=True),
        **scenarios,
        **spreads,
        pass_at_k_percent=100 * scenarios["pass_at_k"] / scenarios["total_scenarios"],
        pass_k_percent=100 * scenarios["pass_k"] / scenarios["total_scenarios"],
        pass_at_k_percent_interval=intervals["pass_at_k"],
        pass_k_percent_interval=intervals["pass_k"],
        avg_run_duration=_spread(mean_duration, durations, with_sem=False),
        job_duration=group.select(pl.col("job_duration").mean()).item() or 0.0,
    )


def _counts(group: pl.DataFrame) -> dict[str, Any]:
    def count(status: str) -> pl.Expr:
        return (pl.col("status") == status).sum()

    return group.select(
        total_runs=pl.len(),
        validated_runs=pl.col("success_numeric").count(),
        success_runs=count("success"),
        failed_runs=count("failed"),
        exception_runs=count("exception"),
        no_validation_runs=count("no_validation"),
    ).row(0, named=True)


def _scenario_counts(per_scenario: pl.DataFrame) -> dict[str, Any]:
    return per_scenario.select(
        total_scenarios=pl.len(),
        k=pl.col("rows").max(),
        pass_at_k=(pl.col("score") > 0).sum(),
        pass_k=(pl.col("score") == 1).sum(),
    ).row(0, named=True)


def _ratio(part: str, whole: str) -> pl.Expr:
    """Return Σpart/Σwhole, or null if the divisor is 0."""
    divisor = pl.col(whole).sum()
    return pl.when(divisor > 0).then(pl.col(part).sum() / divisor)


def _spread(value: float | None, samples: pl.Series, *, with_sem: bool = True) -> Spread:
    count, std = samples.to_frame("x").select(pl.col("x").count().alias("n"), pl.col("x").std(ddof=1)).row(0)
    std = std or 0.0
    sem = std / math.sqrt(max(count, 1)) if with_sem else None
    return Spread(value=value, std=std, sem=sem, samples=count)
