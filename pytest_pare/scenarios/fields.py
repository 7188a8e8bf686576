"""Types of fields that several models have, and values that can be made from ARE's objects."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=0)]
# Rates are also written 2.0.
Rate = Annotated[
    Count, BeforeValidator(lambda rate: int(rate) if isinstance(rate, float) and rate.is_integer() else rate)
]
Name = Annotated[str, Field(min_length=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Iterations = Annotated[int, Field(ge=1)] | None
# A null character is the one thing that the operating system does not take for a path at all.
FilePath = Annotated[str, Field(pattern=r"^[^\x00]+$")]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Value(BaseModel):
    """A part of a configuration: equal if all of it is equal, and never changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Lookalike(Value):
    """A value that can be made from ARE's object of the same name."""

    # The names of the fields that ARE's object has.
    _of_are: ClassVar[tuple[str, ...]]

    @model_validator(mode="before")
    @classmethod
    def _read_attributes(cls, value: object) -> object:
        # Pydantic's `from_attributes` would make an object without a single one of the attributes into all defaults.
        if not isinstance(value, cls) and all(hasattr(value, name) for name in cls._of_are):
            return {name: getattr(value, name) for name in cls._of_are}
        return value
