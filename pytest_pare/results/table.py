"""Makes tables from the rows of results.

Tables are written or printed, so their texts are redacted. Importing this module imports polars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_text
from pytest_pare.results.columns import COLUMNS, DETAILS, FAULT_RATES, MODE, OPTIONAL, values_of
from pytest_pare.results.schema import DETAILS_SCHEMA, RESULT_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_pare.results.columns import Column
    from pytest_pare.results.rows import HasRows, Row

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
    tables = [_of_suite(one.rows(), {"suite": suite, "variant": variant}) for variant, one in results.items()]
    details = [details_table(one.rows()) for one in results.values()]
    if not tables:
        return pl.DataFrame(schema={**RESULT_SCHEMA, **dict.fromkeys(_OF_SUITE, pl.String), **DETAILS_SCHEMA})
    rows = [row for one in results.values() for row in one.rows()]
    optional = [column for column in OPTIONAL if any(getattr(row.result, column.name) for row in rows)]
    return pl.concat(tables).hstack(pl.concat(details)).hstack(_table(rows, optional))


def statistics_table(results: Mapping[str, HasRows]) -> pl.DataFrame:
    """Return a row for each run, with PARE's columns, variant, mode, and rates of faults.

    Args:
        results: The results of each variant, by its name.
    """
    schema: dict[str, Any] = {**RESULT_SCHEMA, **dict.fromkeys(("variant", "mode", "fault_rates"), pl.String)}
    tables = [pl.DataFrame(schema=schema)]
    for variant, one in results.items():
        rows = one.rows()
        tables.append(_of_suite(rows, {"variant": variant}).hstack(_table(rows, [FAULT_RATES])))
    return pl.concat(tables)


def _of_suite(rows: Sequence[Row], constants: Mapping[str, str]) -> pl.DataFrame:
    return _with_constants(_table(rows, COLUMNS), constants).hstack(_table(rows, [MODE]))


def _table(rows: Sequence[Row], columns: Iterable[Column]) -> pl.DataFrame:
    return pl.DataFrame([pl.Series(one.name, values_of(one, rows), getattr(pl, one.dtype)) for one in columns])
