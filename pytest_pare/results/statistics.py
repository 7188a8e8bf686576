"""The statistics of a table of results. Importing this module imports polars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from pytest_pare.results.groups import GROUP_KEYS, TOTALS, GroupStatistics, Spread, groups_of
from pytest_pare.results.schema import RESULT_SCHEMA
from pytest_pare.results.table import result_table, statistics_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.results.rows import HasRows

__all__ = [
    "GROUP_KEYS",
    "TOTALS",
    "GroupStatistics",
    "Spread",
    "calculate_statistics",
    "combine_results_to_dataframe",
    "combine_variants",
    "group_statistics",
]


def combine_results_to_dataframe(results: Iterable[HasRows] | Mapping[Any, HasRows]) -> pl.DataFrame:
    """Return the rows of all results in one table; of a mapping, its values."""
    each = results.values() if isinstance(results, Mapping) else results
    return pl.concat([pl.DataFrame(schema=RESULT_SCHEMA), *(result_table(one.rows(), {}) for one in each)])


def combine_variants(results: Mapping[str, HasRows]) -> pl.DataFrame:
    """Return the rows of all results in one table, with the variant (a key), mode and rates of faults of each run.

    The variants are sorted in the order of the mapping. The modes are left out if all runs have the same.
    """
    table = statistics_table(results)
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
    variant = df.schema.get("variant")
    variants = variant.categories.to_list() if isinstance(variant, pl.Enum) else []
    return groups_of(df.to_dict(as_series=False), variants)
