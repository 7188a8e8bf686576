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
    from collections.abc import Iterable, Mapping, Sequence

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
    """Return a row for each run of a suite: PARE's columns, suite, variant and mode, the details, and `fault_rates`.

    Args:
        suite: Name of the suite.
        results: The results of each variant, by its name.
    """
    schema: dict[str, Any] = {
        **RESULT_SCHEMA,
        **dict.fromkeys(("suite", "variant", "mode"), pl.String),
        **DETAILS_SCHEMA,
        "fault_rates": pl.String,
    }
    tables = [pl.DataFrame(schema=schema)]
    for variant, one in results.items():
        rows = one.rows()
        # Most runs share a configuration.
        configs = {id(row.config): row.config for row in rows}
        mode, rate = ({key: of(config) for key, config in configs.items()} for of in (_mode, _fault_rates))
        modes = pl.Series("mode", [mode[id(row.config)] for row in rows], pl.String)
        rates = pl.Series("fault_rates", [rate[id(row.config)] for row in rows], pl.String)
        table = result_table(rows, {"suite": suite, "variant": variant})
        tables.append(table.hstack([modes]).hstack(details_table(rows)).hstack([rates]))
    return pl.concat(tables)


def _mode(config: RunConfig) -> str:
    return config.mode


def _fault_rates(config: RunConfig) -> str:
    # In oracle mode no agent calls a tool, and no user answers.
    prefix = "event_" if config.oracle else ""
    return ", ".join(f"{kind} {rate:g}" for kind, rate in config.noise.rates.items() if kind.startswith(prefix))


def _table(rows: Sequence[Row], columns: Iterable[Column]) -> pl.DataFrame:
    return pl.DataFrame([_series(column, [column.value(row) for row in rows]) for column in columns])


def _series(column: Column, values: list[Any]) -> pl.Series:
    if column.dtype == "String":
        safe = redacted_all(value for value in values if value is not None)
        values = [None if value is None else safe[value] for value in values]
    return pl.Series(column.name, values, getattr(pl, column.dtype))
