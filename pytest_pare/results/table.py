"""Makes tables from the rows of results.

Tables are written or printed, so their texts are redacted. Importing this module imports polars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from pytest_pare.base.redaction import redacted, redacted_all
from pytest_pare.base.serialization import to_text
from pytest_pare.results.columns import COLUMNS, DETAILS, OPTIONAL, Column
from pytest_pare.results.schema import DETAILS_SCHEMA, RESULT_SCHEMA, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from pytest_pare.results.rows import HasRows, Row
    from pytest_pare.results.run_config import RunConfig

_OF_SUITE: Final = ("suite", "variant", "mode")


def result_table(rows: Sequence[Row], extra_columns: Mapping[str, str]) -> pl.DataFrame:
    """Return a table with the columns of `RESULT_SCHEMA`, and string columns with the same value in every row.

    Raises:
        ValueError: An extra column has the name of a column that is there already.
    """
    if shadowed := [name for name in extra_columns if name in RESULT_SCHEMA]:
        raise ValueError(f"extra columns would hide columns of the results: {', '.join(shadowed)}")
    return _with_constants(_table(rows, COLUMNS), extra_columns)


def _with_constants(table: pl.DataFrame, values: Mapping[str, str]) -> pl.DataFrame:
    texts = {name: redacted(to_text(value)) for name, value in values.items()}
    return table.with_columns(pl.lit(text).alias(name) for name, text in texts.items())


def details_table(rows: Sequence[Row]) -> pl.DataFrame:
    """Return a table with the columns of `DETAILS_SCHEMA`."""
    return _table(rows, DETAILS)


def suite_table(suite: str, results: Mapping[str, HasRows]) -> pl.DataFrame:
    """Return a row for each run of a suite: PARE's columns, suite, variant and mode, and the details.

    A column of an optional figure is there only if a run has it.

    Args:
        suite: Name of the suite.
        results: The results of each variant, by its name.
    """
    tables = [_of_suite(one.rows(), {"suite": suite, "variant": variant}, COLUMNS) for variant, one in results.items()]
    details = [details_table(one.rows()) for one in results.values()]
    if not tables:
        return pl.DataFrame(schema={**RESULT_SCHEMA, **dict.fromkeys(_OF_SUITE, pl.String), **DETAILS_SCHEMA})
    rows = [row for one in results.values() for row in one.rows()]
    optional = [column for column in OPTIONAL if any(getattr(row.result, column.name) for row in rows)]
    return pl.concat(tables).hstack(pl.concat(details)).hstack(_table(rows, optional))


def statistics_table(results: Mapping[str, HasRows], names: Collection[str]) -> pl.DataFrame:
    """Return a row for each run, with some of PARE's columns, variant, mode, and rates of faults.

    Args:
        results: The results of each variant, by its name.
        names: The names of PARE's columns.
    """
    columns = [column for column in COLUMNS if column.name in names]
    schema: dict[str, Any] = {**schema_of(columns), **dict.fromkeys(("variant", "mode", "fault_rates"), pl.String)}
    tables = [pl.DataFrame(schema=schema)]
    for variant, one in results.items():
        rows = one.rows()
        rates = pl.Series("fault_rates", _of_configs(rows, _fault_rates), pl.String)
        tables.append(_of_suite(rows, {"variant": variant}, columns).hstack([rates]))
    return pl.concat(tables)


def _of_suite(rows: Sequence[Row], constants: Mapping[str, str], columns: Iterable[Column]) -> pl.DataFrame:
    modes = pl.Series("mode", _of_configs(rows, _mode), pl.String)
    return _with_constants(_table(rows, columns), constants).hstack([modes])


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
