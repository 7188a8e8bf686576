"""The configuration of an engine."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_pare.base.extensions import added, named
from pytest_pare.scenarios.fields import Count, Lookalike, ModelName, Name, Value, Weight, without_references

# The providers that share the protocol of an endpoint.
_SAME_PROTOCOL = (None, "openai", "local", "hosted_vllm")


def keys_of_other_model(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    """Return the keys that a new engine must not inherit from the engine that it replaces.

    A price belongs to a model at a provider. Scripted answers belong to a provider, and so does an endpoint with
    another protocol. All other keys apply to any model.

    Args:
        before: The keys of the old engine.
        after: The keys of the new engine.
    """
    model, provider = ((before.get(key), after.get(key)) for key in ("model_name", "provider"))
    keys = {"price"} if model[0] != model[1] else set()
    if provider[0] != provider[1]:
        keys |= {"price", "answers"} if set(provider) <= set(_SAME_PROTOCOL) else {"price", "answers", "endpoint"}
    return frozenset(keys)


class Price(Value):
    """The price of tokens."""

    input: Weight = Field(description="US dollars for a million tokens of requests.")
    output: Weight = Field(description="US dollars for a million tokens of answers.")


class LLMEngineConfig(Lookalike):
    """A model, its service, and the options of requests."""

    _of_are: ClassVar = ("model_name", "provider", "endpoint")

    model_name: ModelName = Field(description="The model, as its provider names it.")
    provider: ModelName | None = Field(
        default=None, description="The provider of the model; null leaves the choice to the engine."
    )
    endpoint: ModelName | None = Field(default=None, description="URL of the service; null is the provider's own.")
    temperature: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Sampling temperature; null is the provider's default."
    )
    seed: Count | None = Field(
        default=None,
        description="Seed of the sampling, if the provider supports one; the number of the run is added to it.",
    )
    max_tokens: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="Most tokens of an answer; null is the provider's default."
    )
    timeout_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        default=120.0, description="Longest time in seconds of real time that one request may take."
    )
    retries: Count = Field(default=5, description="Most retries of a request that failed for a temporary reason.")
    price: Price | None = Field(
        default=None,
        description="US dollars for a million tokens, `input` and `output`; null is the known price of the model, "
        "if any.",
    )
    answers: Name | list[Any] | dict[str, Any] | None = Field(
        default=None,
        description="Answers of the provider scripted: in order, by scenario id, or the path of a YAML file.",
    )

    @field_validator("answers", mode="before")
    @classmethod
    def _refuse_other_answers(cls, answers: object) -> object:
        # Pydantic would report an error for each type of the union.
        if isinstance(answers, str) and answers:
            return without_references(answers)
        if answers is None or isinstance(answers, list | dict):
            return answers
        raise PydanticCustomError("answers_type", "must be a list, a mapping or the path of a file")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with the values of `update`. A copy with another model or provider drops the price.

        Args:
            update: Values by key, which are not validated.
            deep: Whether the values are copied, too.
        """
        changes = dict(update or {})
        before = {name: getattr(self, name) for name in self.model_fields_set}
        keys = keys_of_other_model(before, {**before, **changes}) & before.keys()
        defaults = {name: type(self).model_fields[name].default for name in keys - changes.keys()}
        return super().model_copy(update={**defaults, **changes}, deep=deep)

    @property
    def is_live(self) -> bool:
        """Whether a model answers, which may cost money."""
        return self.provider not in named("offline_engine")

    @property
    def is_extension(self) -> bool:
        """Whether the engine of another distribution answers."""
        return self.provider in added("engine") or self.provider in added("offline_engine")

    def for_run(self, run_number: int | None) -> Self:
        """Return the configuration of one run: its seed is `seed` plus the number of the run.

        With the same seed, runs with equal requests would all get the same sample.

        Args:
            run_number: The number of the run, from 1; `None`, for a scenario that runs once, keeps the seed.
        """
        if self.seed is None or run_number is None:
            return self
        return self.model_copy(update={"seed": self.seed + run_number})

    @property
    def options(self) -> dict[str, Any]:
        """The options that change answers, without the model and its service."""
        return self.model_dump(mode="json", include={"temperature", "seed", "max_tokens", "answers"}, exclude_none=True)
