"""The checks of a configuration of runs, made when it is created and when a field of it changes."""

from typing import Any, ClassVar, Self

from pydantic import ConfigDict, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_pare.scenarios.agent_program import type_of_program
from pytest_pare.scenarios.fields import Scope, Setting, refuse_without_effect

__all__ = ["CheckedConfig"]

# The limits that end a run or a turn if no simulated time passes.
_LIMITS = ("max_turns", "user_max_iterations", "observe_max_iterations", "execute_max_iterations")


class CheckedConfig(Setting):
    """The base of `ScenarioRunnerConfig`: the checks that concern several of its fields.

    It declares no fields: their order is the order of the manual and of traces.
    """

    model_config = ConfigDict(validate_assignment=True)

    # The scopes of `without_effect` that this class enforces.
    _enforced: ClassVar[tuple[Scope, ...]] = ("anywhere",)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_what_has_no_effect(cls, value: object, info: ValidationInfo) -> object:
        name = str(info.field_name)
        refuse_without_effect(name, cls.model_fields[name], value, cls._enforced)
        return value

    @model_validator(mode="after")
    def _refuse_endless(self) -> Self:
        config: Any = self
        unlimited = [name for name in _LIMITS if getattr(config, name) is None]
        if unlimited and config.generation_seconds == 0:
            raise PydanticCustomError(
                "endless",
                "must be above 0 if {unlimited} is null: otherwise nothing ends a run",
                {"unlimited": unlimited[0], "keys": ("generation_seconds",)},
            )
        return self

    @model_validator(mode="after")
    def _name_program(self) -> Self:
        config: Any = self
        if config.agent is not None:
            given = config.agent_type if "agent_type" in self.model_fields_set else None
            # Not by pydantic, as for the aliases. Reports and comparisons show this name.
            object.__setattr__(self, "agent_type", type_of_program(config.agent, given))
        return self

    @model_validator(mode="after")
    def fill_model_aliases(self) -> Self:
        """Set each alias that is not given to the model name of its engine."""
        for role in ("user", "observe", "execute"):
            alias = f"{role}_model_alias"
            if alias not in self.model_fields_set or getattr(self, alias) is None:
                # Not by pydantic, which would count the alias as set: it must follow a later change of its engine.
                object.__setattr__(self, alias, getattr(self, f"{role}_engine_config").model_name)
        return self
