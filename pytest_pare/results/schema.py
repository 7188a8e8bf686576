"""The types of the columns of a table of results.

Importing this module imports polars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from pytest_pare.results.columns import COLUMNS, DETAILS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.results.columns import Column


def schema_of(columns: Iterable[Column]) -> pl.Schema:
    """Return the schema of a table of these columns."""
    return pl.Schema({column.name: getattr(pl, column.dtype) for column in columns})


RESULT_SCHEMA: Final = schema_of(COLUMNS)
"""The columns that PARE's tables of results have. One row is one run."""

PARE_RESULT_SCHEMA: Final = RESULT_SCHEMA
"""PARE's name of `RESULT_SCHEMA`."""

DETAILS_SCHEMA: Final = schema_of(DETAILS)
"""The further figures of a run; faults and usage as JSON."""
