"""Field types that several models share, and models that accept ARE's objects."""

import json
import re
from collections.abc import Iterator
from threading import RLock
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from pytest_pare.base.extensions import Kind, unknown
from pytest_pare.base.redaction import redacted

T = TypeVar("T")

# `${NAME}`, `$NAME`, `$(command)`, `{{ name }}`, `{% tag %}`, and a home directory.
_REFERENCE = re.compile(
    r"\$\{[^}]*\}?|\$\([^)]*\)?|\$[A-Za-z_]\w*|\{\{.*?(?:\}\}|\Z)|\{%.*?(?:%\}|\Z)|(?:\A|(?<=/))~(?=/)|\A~[\w-]+(?=/)"
)


def without_references(text: str) -> str:
    """Return a text in which no variable is replaced, such as a path.

    Raises:
        PydanticCustomError: If the text contains a reference to a variable.
    """
    if found := _REFERENCE.search(text):
        raise PydanticCustomError(
            "reference", "has the reference {reference}, which is not replaced", {"reference": found[0]}
        )
    return text


Count = Annotated[int, Field(ge=0)]
# Rates are also written 2.0.
Rate = Annotated[
    Count, BeforeValidator(lambda rate: int(rate) if isinstance(rate, float) and rate.is_integer() else rate)
]
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(lambda level: level.upper() if isinstance(level, str) else level),
]
Name = Annotated[str, Field(min_length=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Iterations = Annotated[int, Field(ge=1)] | None
# The operating system rejects paths with a null character.
FilePath = Annotated[str, Field(pattern=r"^[^\x00]+$"), AfterValidator(without_references)]
# The name of a model or a service, or its address.
ModelName = Annotated[Name, AfterValidator(without_references)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


Scope = Literal["anywhere", "suite"]
"""Where a field has no effect."""


def without_effect(default: object, description: str, *, scope: Scope = "anywhere") -> Any:
    """Return a field without an effect. It accepts only its default, so that users notice.

    Args:
        default: The only value that is accepted.
        description: Purpose of the field.
        scope: "anywhere", or "suite" for a field that code may set, such as the label of a report or a directory, and a
            suite file may not.
    """
    reason = "Not implemented yet" if scope == "anywhere" else "Without effect in a suite"
    return Field(
        default=default,
        description=f"{description} {reason}; only the default is accepted{'' if scope == 'anywhere' else ' there'}.",
        json_schema_extra={"x-without-effect": scope},
    )


def refuse_without_effect(name: str, field: FieldInfo, value: object, enforced: tuple[Scope, ...]) -> None:
    """Refuse a value of a field without an effect that is not its default.

    Args:
        name: The name of the field.
        field: The field.
        value: The value.
        enforced: Where fields without an effect are refused.

    Raises:
        PydanticCustomError: If the field has no effect there.
    """
    extra = field.json_schema_extra
    scope = extra.get("x-without-effect") if isinstance(extra, dict) else None
    if scope in enforced and value != field.default:
        raise PydanticCustomError(
            "without_effect",
            "{field} has no effect in {where} and can only be left at its default ({default})",
            {
                "field": name,
                "where": "a suite" if scope == "suite" else "this version of pytest-pare",
                "default": json.dumps(field.default),
            },
        )


def only_extensions(kind: Kind, by_name: dict[str, T]) -> dict[str, T]:
    """Return a mapping whose keys name extensions.

    Raises:
        PydanticCustomError: A name is not one of an installed extension of this kind.
    """
    for name in by_name:
        if reason := unknown(kind, name):
            raise PydanticCustomError("no_extension", "{reason}", {"reason": reason, "keys": (name,)})
    return by_name


class Shown(str):
    """A text whose `repr` is the text itself."""

    __slots__ = ()
    __repr__ = str.__str__


# Two threads that build the same validator at once would fail.
_BUILDS = RLock()


class Setting(BaseModel):
    """A part of a configuration. Its `repr` is short and free of secrets, because plugins and tracebacks print it.

    The validator and the serializer of a class are built for its first instance: most sessions use few of the classes.
    """

    # Errors do not print the input.
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True)

    @classmethod
    def model_rebuild(cls, *, _parent_namespace_depth: int = 2, **options: Any) -> bool | None:
        """Build the validator. Pydantic calls this when it is first used; here, one thread at a time can build."""
        with _BUILDS:
            # This method is a frame more.
            return super().model_rebuild(_parent_namespace_depth=_parent_namespace_depth + 1, **options)

    def model_post_init(self, context: Any, /) -> None:
        """Build what pydantic has not: it makes an instance that is a part of another one without the own validator."""
        if not type(self).__pydantic_complete__:
            # Pydantic cannot serialize such an instance where its class is not declared.
            type(self).model_rebuild()

    def __repr_args__(self) -> Iterator[tuple[str, object]]:
        """Yield the fields that are set, with `...` for addresses, lists, mappings and sections."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if name not in self.model_fields_set:
                continue
            if isinstance(value, BaseModel):
                yield name, Shown(f"{type(value).__name__}(...)")
            elif value is None or isinstance(value, bool | int | float):
                yield name, value
            elif isinstance(value, str) and name != "endpoint":
                yield name, Shown(f"{redacted(value)!r:.60}")
            else:
                yield name, Shown("...")


class Value(Setting):
    """An immutable part of a configuration. Equal parts have equal fields."""

    model_config = ConfigDict(frozen=True)


class Lookalike(Value):
    """A model that accepts ARE's object of the same name."""

    # The names of the fields that ARE's object has.
    _of_are: ClassVar[tuple[str, ...]]

    @model_validator(mode="before")
    @classmethod
    def _read_attributes(cls, value: object) -> object:
        # Pydantic's `from_attributes` would accept an object without any of the attributes and use all defaults.
        if not isinstance(value, cls) and all(hasattr(value, name) for name in cls._of_are):
            return {name: getattr(value, name) for name in cls._of_are}
        return value
