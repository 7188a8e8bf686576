"""The types of a tool's arguments: their JSON schemas, and the values that fit them."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from are.simulation.utils import check_type
from pydantic import TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

from pytest_pare.base.serialization import to_builtins_or_name

# The exceptions of pydantic, or its cache, for a type that it cannot handle.
_NO_SCHEMA = (PydanticUserError, PydanticUndefinedAnnotation, TypeError)


def is_unknown(type_: Any) -> bool:
    """Return whether the type of an argument is not known."""
    # ARE has the text "Any" for a missing annotation.
    return type_ is None or isinstance(type_, str)


@cache
def _adapter(type_: Any) -> TypeAdapter[Any]:
    return TypeAdapter(type_)


def schema_of(type_: Any) -> dict[str, Any]:
    """Return a new JSON schema of a type; one that allows everything for a type that has none."""
    if is_unknown(type_):
        return {}
    return copy.deepcopy(_known_schema(type_))


@cache
def _known_schema(type_: Any) -> dict[str, Any]:
    try:
        schema = _adapter(type_).json_schema()
    except _NO_SCHEMA:
        return {}
    schema.pop("title", None)
    return schema


def fitted(value: Any, type_: Any) -> Any:
    """Return the value of a type that a JSON value stands for: 5.0 for 5, an enum's member for its text.

    A value that does not fit is returned unchanged, and the tool itself refuses it.
    """
    try:
        if is_unknown(type_) or check_type(value, type_):
            return value
        return _adapter(type_).validate_json(json.dumps(value), strict=True)
    except (ValueError, *_NO_SCHEMA):
        return value


def choices_of(type_: Any) -> str:
    """Return the values of an enum as text; an empty text for other types."""
    return "" if is_unknown(type_) else _known_choices(type_)


@cache
def _known_choices(type_: Any) -> str:
    schema = _known_schema(type_)
    schemas = (schema, *schema.get("$defs", {}).values())
    values = next((one["enum"] for one in schemas if "enum" in one), ())
    return " | ".join([json.dumps(to_builtins_or_name(value), ensure_ascii=False) for value in values])
