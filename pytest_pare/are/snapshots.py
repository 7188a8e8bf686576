"""Results of tools in the event log: as they were at the call, and copied when they are read.

A search may return thousands of objects that the app goes on to change, and few results are ever read.
"""

from __future__ import annotations

from enum import Enum
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from are.simulation.types import EventMetadata

from pytest_pare.are.copies import ATOMS, detached, has_only_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Shorter results are copied at once.
_FEWEST = 100


class LoggedMetadata(EventMetadata):  # type: ignore[misc]
    """The metadata of a logged call. Its result is copied when it is read."""

    _make: Callable[[], Any] | None

    @classmethod
    def of(cls, metadata: EventMetadata, make: Callable[[], Any]) -> LoggedMetadata:
        """Return the metadata of a call with the result that `make` returns."""
        own = cls(None, metadata.exception, metadata.exception_stack_trace, metadata.completed)
        own._make = make
        return own

    @property
    def return_value(self) -> Any:
        """The result of the call."""
        if self._make is not None:
            self._value, self._make = self._make(), None
        return self._value

    @return_value.setter
    def return_value(self, value: Any) -> None:
        self._value, self._make = value, None


def with_own_result(metadata: EventMetadata, keep: Iterable[Any]) -> EventMetadata:
    """Return the metadata of a call with a copy of its result; for a short result, the same metadata.

    Args:
        metadata: The metadata.
        keep: As for `detached`.
    """
    value = metadata.return_value
    if type(value) is list and len(value) >= _FEWEST and (make := _objects(value)) is not None:
        return LoggedMetadata.of(metadata, make)
    if type(value) is dict and len(value) >= _FEWEST and ATOMS.issuperset(map(type, value)):
        make_values, keys = _objects([*value.values()]), [*value]
        if make_values is not None:
            return LoggedMetadata.of(metadata, lambda: dict(zip(keys, make_values(), strict=True)))
    metadata.return_value = detached(value, keep)
    return metadata


def _objects(items: Sequence[Any]) -> Callable[[], list[Any]] | None:
    """Return a function that makes copies of objects as they are now; `None` if they are not all simple.

    Simple are different objects of one class with the same attributes, at least two, each an atom, or a list or
    dictionary of atoms.
    """
    cls: Any = type(items[0])
    if not has_only_attributes(cls) or {*map(type, items)} != {cls} or len({*map(id, items)}) < len(items):
        return None
    states: list[dict[str, Any]] = [vars(item) for item in items]
    names = tuple(states[0])
    # Of one name, `itemgetter` returns no tuple.
    if len(names) < 2 or {*map(len, states)} != {len(names)}:
        return None
    try:
        rows = [*map(itemgetter(*names), states)]
    except KeyError:
        return None
    columns = []
    for values in zip(*rows, strict=True):
        column = _column(values)
        if column is None:
            return None
        columns.append(column)

    def make() -> list[Any]:
        copies = []
        own = [values if kind is None else map(kind, values) for kind, values in columns]
        for row in zip(*own, strict=True):
            made = object.__new__(cls)
            vars(made).update(zip(names, row, strict=True))
            copies.append(made)
        return copies

    return make


def _column(values: Sequence[Any]) -> tuple[Callable[[Any], Any] | None, Iterable[Any]] | None:
    """Return the values that objects have of one attribute, and what makes a list or dictionary of each, or `None`.

    Returns:
        `None` if one of them is not simple.
    """
    kinds = {*map(type, values)}
    if all(kind in ATOMS or issubclass(kind, Enum) for kind in kinds):
        return None, values
    if kinds not in ({list}, {dict}):
        return None
    kind: Any = kinds.pop()
    if not any(values):
        return (lambda _: kind()), values
    # An empty tuple takes neither time nor memory.
    items = [*map(tuple, values if kind is list else map(dict.items, values))]
    every: Iterable[Any] = chain.from_iterable(items)
    every = every if kind is list else chain.from_iterable(every)
    return (kind, items) if ATOMS.issuperset(map(type, every)) else None
