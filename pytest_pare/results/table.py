"""Makes tables from the rows of results.

Tables are written or printed, so their texts are redacted. Importing this module imports polars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from pytest_pare.base.redaction import redacted, redacted_all
from pytest_pare.base.serialization import to_text
from pytest_pare.results.columns import COLUMNS, DETAILS, Column
from pytest_pare.results.schema import DETAILS_SCHEMA, RESULT_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_pare.results.rows import HasRows, Row
    from pytest_pare.results.run_config import RunConfig


def result_table(rows: Sequence[Row], extra_columns: Mapping[str, str]) -> pl.DataFrame:
    """Return a table with the columns of `RESULT_SCHEMA`, and string columns with the same value in every row.

    Raises:
        ValueError: An extra column has the name of a column that is there already.
    """
    if shadowed := [name for name in extra_columns if name in RESULT_SCHEMA]:
        raise ValueError(f"extra columns would hide columns of the results: {', '.join(shadowed)}")
    texts = {name: redacted(to_text(value)) for name, value in extra_columns.items()}
    return _table(rows, COLUMNS).with_columns(pl.lit(text).alias(name) for name, text in texts.items())


def details_table(rows: Sequence[Row]) -> pl.DataFrame:
    """Return a table with the columns of `DETAILS_SCHEMA`."""
    return _table(rows, DETAILS)


def suite_table(suite: str, results: Mapping[str, HasRows]) -> pl.DataFrame:
    """Return a row for each run of a suite: PARE's columns, suite, variant, mode, and rates of faults.

    Args:
        suite: Name of the suite.
        results: The results of each variant, by its name.
    """
    names = ("suite", "variant", "mode", "fault_rates")
    tables = [pl.DataFrame(schema={**RESULT_SCHEMA, **dict.fromkeys(names, pl.String)})]
    for variant, one in results.items():
        rows = one.rows()
        modes, rates = (
            pl.Series(name, _of_configs(rows, value), pl.String)
            for name, value in (("mode", _mode), ("fault_rates", _fault_rates))
        )
        tables.append(result_table(rows, {"suite": suite, "variant": variant}).hstack([modes, rates]))
    return pl.concat(tables)


def with_details(suite: pl.DataFrame, results: Mapping[str, HasRows]) -> pl.DataFrame:
    """Return a `suite_table` with the details of its runs in the place of the rates of faults.

    Args:
        suite: The table.
        results: What it was made of.
    """
    details = [pl.DataFrame(schema=DETAILS_SCHEMA), *(details_table(one.rows()) for one in results.values())]
    return suite.drop("fault_rates").hstack(pl.concat(details))


def _of_configs(rows: Sequence[Row], value: Callable[[RunConfig], Any]) -> list[Any]:
    """Return a value of the configuration of each row. Most runs share a configuration."""
    configs = {id(row.config): row.config for row in rows}
    values = {key: value(config) for key, config in configs.items()}
    return [values[id(row.config)] for row in rows]


def _mode(config: RunConfig) -> str:
    return config.mode


def _fault_rates(config: RunConfig) -> str:
    # In oracle mode no agent calls a tool, and no user answers.
    prefix = "event_" if config.oracle else ""
    return ", ".join(f"{kind} {rate:g}" for kind, rate in config.noise.rates.items() if kind.startswith(prefix))


def _table(rows: Sequence[Row], columns: Iterable[Column]) -> pl.DataFrame:
    return pl.DataFrame([_series(column, _values(column, rows)) for column in columns])


def _values(column: Column, rows: Sequence[Row]) -> list[Any]:
    if column.of_config is not None:
        return _of_configs(rows, column.of_config)
    return list(map(column.value, rows))


def _series(column: Column, values: list[Any]) -> pl.Series:
    if column.dtype == "String":
        safe = redacted_all(value for value in values if value is not None)
        values = [None if value is None else safe[value] for value in values]
    return pl.Series(column.name, values, getattr(pl, column.dtype))
