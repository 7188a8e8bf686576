"""Dataclasses from the fields of a JSON object, with their types checked."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from pytest_pare.base.serialization import type_and_value

T = TypeVar("T")

# What annotations of dataclasses need beyond the types of Python: pydantic would convert '5' or true to 5.
Count = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]
Amount = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]


def from_fields(cls: type[T], values: dict[str, Any]) -> T:
    """Return an instance of a dataclass.

    Args:
        cls: The dataclass.
        values: The values of all of its fields, as JSON has them.

    Raises:
        ValueError: If a field is missing, unknown or of another type; the message names it.
    """
    untyped: Any = cls
    _require_fields(_names(untyped), values)
    try:
        made: T = _adapter(untyped).validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        expected = first["msg"].replace("Input should be", "expected").replace("a valid tuple", "a list")
        raise ValueError(f"{field}: {expected}, got {_shown(first['input'])}") from None
    return made


def _require_fields(names: tuple[str, ...], values: dict[str, Any]) -> None:
    if len(names) != len(values) or any(name not in values for name in names):
        different = sorted({*names} ^ values.keys())
        wrong = [f"{'unknown' if name in values else 'missing'} field {name!r}" for name in different]
        raise ValueError(", ".join(wrong))


@cache
def _names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


@cache
def _adapter(cls: Any) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def _shown(value: object) -> str:
    return "null" if value is None else type_and_value(value)
