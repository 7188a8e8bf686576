"""The declaration of a figure of a run: its name, type, total and label.

`PAREScenarioValidationResult` declares each figure as a field `name: type = metric(...)`. The run's
record, the columns of the table and their types, the figures in JSON, the line in the report, and the manual are
derived from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal

Kind = Literal["count", "text", "mapping", "list"]
Aggregation = Literal["sum", "names", "counts", "exceptions", "faults", "user_faults", "usage", "judgements"]

DTYPES: Final[dict[Kind, str]] = {"count": "Int64", "text": "String", "mapping": "String", "list": "String"}
"""Kind to the type of its column; a mapping and a list are stored as JSON."""


@dataclass(frozen=True)
class Metric:
    """A figure of a run.

    Attributes:
        name: Name of the attribute, of the key in the record, and of the column.
        kind: `count` is an integer from 0, `text` a string or None, `mapping` a dictionary of builtins, `list`
            a list of them.
        about: Its description, a sentence.
        place: Place among the totals in PARE's report; None if PARE's table has no column for it.
        aggregation: How it is added up over runs, a key of `details.AGGREGATIONS`.
        total: Name of the aggregate in JSON: for each group if PARE has the column, else in the metadata.
        label: Begins its line in a group of the report; of the others, its part of the line on the whole suite, with
            the sign that separates it from the part before, and `{}` for the aggregate.
        is_optional: Whether records and the terminal leave it out where it is zero or empty. Records of earlier
            versions, which lack it, can be read.
    """

    name: str
    kind: Kind
    about: str
    place: int | None
    aggregation: Aggregation | None
    total: str
    label: str | None
    is_optional: bool = False

    @property
    def is_always_there(self) -> bool:
        """Whether it has a column and a total even if no run has it."""
        return not self.is_optional or self.kind == "count"


def metric(
    kind: Kind,
    about: str,
    *,
    aggregation: Aggregation | None = None,
    total: str = "",
    label: str | None = None,
    place: int | None = None,
    is_optional: bool = False,
) -> Any:
    """Declare a figure as the field of a dataclass; its default is 0, None, or an empty dictionary or list.

    Args:
        kind: As in `Metric`, like the others.
        about: Its description.
        aggregation: How it is added up.
        total: Name of the aggregate; empty for the name of the field.
        label: Its label in the report.
        place: Place among the totals in PARE's report.
        is_optional: As in `Metric`.
    """
    metadata = {"metric": Metric("", kind, about, place, aggregation, total, label, is_optional)}
    if kind in ("mapping", "list"):
        return field(default_factory=dict if kind == "mapping" else list, metadata=metadata)
    return field(default=0 if kind == "count" else None, metadata=metadata)


def metrics_of(cls: type) -> tuple[Metric, ...]:
    """Return the figures that a dataclass declares, in their order."""
    declared = ((one.name, one.metadata["metric"]) for one in fields(cls) if "metric" in one.metadata)
    return tuple(replace(one, name=name, total=one.total or name) for name, one in declared)


def document(cls: type) -> None:
    """Add the declared figures to the attributes in the docstring of a dataclass."""
    cls.__doc__ = f"{(cls.__doc__ or '').rstrip()}\n" + "".join(
        f"        {one.name}: {one.about}\n" for one in metrics_of(cls)
    )
