"""The key `runs` of a suite file: a number of runs, or a range."""

from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from pytest_pare.scenarios.fields import Value


class RunRange(Value):
    """How often each scenario is run if the session may stop early."""

    min: int = Field(default=1, ge=1, description="Runs of each scenario before the first comparison.")
    max: int = Field(ge=1, description="Largest number of runs of each scenario.")

    @model_validator(mode="after")
    def _refuse_no_range(self) -> Self:
        if self.max <= self.min:
            raise PydanticCustomError(
                "no_range",
                "must be more than min ({min}), got {max}; write runs: {max} to run each scenario that often",
                {"keys": ("max",), "min": self.min, "max": self.max},
            )
        return self


# The tags are no part of a location, see `errors.location_of`.
Runs = Annotated[
    Annotated[int, Field(ge=1), Tag("number")] | Annotated[RunRange, Tag("range")],
    Discriminator(lambda value: "range" if isinstance(value, dict | RunRange) else "number"),
]
