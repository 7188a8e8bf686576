"""The configuration of noise: kinds of faults, rates and seeds."""

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_pare.scenarios.fields import (
    Count,
    FilePath,
    Lookalike,
    Name,
    Probability,
    Rate,
    Seconds,
    Value,
    Weight,
    only_extensions,
)

ENVIRONMENT_VARIABLE = "ENV_AUGMENTATION_DATA_PATH"
"""The environment variable with the file of the noise data, if no setting names one."""

APP_CLASSES = {
    "EmailClientV2": "StatefulEmailApp",
    "Mail": "StatefulEmailApp",
    "Emails": "StatefulEmailApp",
    "Messages": "StatefulMessagingApp",
    "Chats": "StatefulMessagingApp",
    "Shopping": "StatefulShoppingApp",
}
"""By name of an app in the file, the class of the apps for its content. Content of other apps is not used."""


class ToolAugmentationConfig(Lookalike):
    """Noise in the agent's tools."""

    _of_are: ClassVar = (
        "tool_failure_probability",
        "apply_tool_name_augmentation",
        "apply_tool_description_augmentation",
    )

    tool_failure_probability: Probability = Field(default=0.1, description="Share of tool calls that fail, 0 to 1.")
    apply_tool_name_augmentation: bool = Field(default=True, description="Whether tools get other names.")
    apply_tool_description_augmentation: bool = Field(default=True, description="Whether tools get other descriptions.")


class EnvEventsConfig(Lookalike):
    """Noise in the world: events that have nothing to do with the scenario."""

    _of_are: ClassVar = (
        "num_env_events_per_minute",
        "env_events_seed",
        "n_message_events_per_conversation",
        "n_item_events_per_product",
        "weight_per_app_class",
    )

    num_env_events_per_minute: Rate = Field(default=10, description="Events per simulated minute.")
    env_events_seed: Count = Field(default=0, description="Seed of the draw of events and of their times.")
    n_message_events_per_conversation: Count = Field(default=4, description="Most messages of a conversation.")
    n_item_events_per_product: Count = Field(default=2, description="Most items of a product.")
    weight_per_app_class: dict[str, Weight] = Field(
        default=dict.fromkeys(APP_CLASSES.values(), 1.0),
        description="Relative share of the events by class name of the app.",
    )

    @field_validator("weight_per_app_class")
    @classmethod
    def _refuse_what_gets_nothing(cls, weights: dict[str, float]) -> dict[str, float]:
        classes: dict[str, float] = cls.model_fields["weight_per_app_class"].default
        if unknown := sorted(set(weights) - set(classes)):
            raise PydanticCustomError(
                "no_noise_there",
                "{app_class} cannot get noise; apps that can are {classes}",
                {"app_class": unknown[0], "classes": ", ".join(classes)},
            )
        if not any(weights.values()):
            raise PydanticCustomError("no_weight", "all weights are 0, so no app would get noise")
        return weights


class Fault(Value):
    """Something that goes wrong now and then."""

    rate: Probability = Field(default=0.0, description="Probability, 0 to 1, each time that the fault is possible.")
    seed: Count = Field(default=0, description="Seed of the draw.")


class ToolTimeout(Fault):
    """A call of a tool that ends without a result."""

    seconds: Seconds = Field(default=30.0, description="Simulated seconds until the timeout.")
    carried_out: bool = Field(default=False, description="Whether the call still takes effect.")


class SlowTool(Fault):
    """A call of a tool that takes long."""

    seconds: Seconds = Field(default=20.0, description="Simulated seconds that the call takes.")


class LateEvent(Fault):
    """An event of the scenario that comes late."""

    seconds: Seconds = Field(default=60.0, description="Most simulated seconds; the delay is drawn uniformly.")


class TwiceEvent(Fault):
    """Something that arrives twice."""

    seconds: Seconds = Field(default=5.0, description="Simulated seconds until it arrives again.")


class BusyUser(Fault):
    """A user who does not answer at once."""

    turns: Annotated[int, Field(ge=1)] = Field(default=1, description="Turns before the answer.")


class ExtensionFault(Fault):
    """A fault of an extension; its other keys are options of its own."""

    model_config = ConfigDict(extra="allow")


class NoiseConfig(Value):
    """What goes wrong around the agent, beyond PARE's two kinds of noise, and what noise is made of."""

    data: FilePath | None = Field(
        default=None,
        description="File with the data of noise; null is the file in ENV_AUGMENTATION_DATA_PATH, or the bundled one.",
    )
    schedule: Literal["default", "pare"] = Field(
        default="default", description="Schedule of noise in the world; pare is PARE's schedule."
    )
    tool_failure_probability: Probability | None = Field(
        default=None,
        description="Share of the agent's tool calls that fail, 0 to 1; null is the share in "
        "runner.tool_augmentation_config.",
    )
    tool_timeout: ToolTimeout = Field(default=ToolTimeout(), description="A call of a tool that ends without a result.")
    tool_partial: Fault = Field(default=Fault(), description="A read that returns only a part of its result.")
    tool_outdated: Fault = Field(default=Fault(), description="A read that returns an earlier result of the same call.")
    tool_slow: SlowTool = Field(default=SlowTool(), description="A call of a tool that takes long.")
    tool_faults: dict[Name, ExtensionFault] = Field(
        default={}, description="Tool faults of extensions: name to `rate`, `seed`, and options of its own."
    )
    event_late: LateEvent = Field(default=LateEvent(), description="An event of the scenario that comes late.")
    event_twice: TwiceEvent = Field(default=TwiceEvent(), description="A mail or a message that arrives twice.")
    event_out_of_order: Fault = Field(
        default=Fault(), description="A mail or a message that arrives after the next one."
    )
    user_busy: BusyUser = Field(default=BusyUser(), description="A user who is busy, and answers a proposal late.")
    user_changes_mind: Fault = Field(
        default=Fault(),
        description="A user who accepts, takes the acceptance back at once, and accepts again a turn later.",
    )
    user_words: Fault = Field(
        default=Fault(), description="A user who answers with words before they accept or reject."
    )

    @field_validator("tool_faults")
    @classmethod
    def _refuse_unknown_faults(cls, faults: dict[str, ExtensionFault]) -> dict[str, ExtensionFault]:
        return only_extensions("tool_fault", faults)

    @property
    def rates(self) -> dict[str, float]:
        """The rates above 0, by kind of fault. Failing tools are not included."""
        faults = {name: getattr(self, name) for name in type(self).model_fields}
        faults |= self.tool_faults
        return {name: fault.rate for name, fault in faults.items() if isinstance(fault, Fault) and fault.rate > 0}


def failure_probability(noise: NoiseConfig, tools: ToolAugmentationConfig | None) -> float:
    """Return the share of the agent's tool calls that fail, 0 to 1. `noise` takes precedence over `tools`."""
    if noise.tool_failure_probability is not None:
        return noise.tool_failure_probability
    return 0.0 if tools is None else tools.tool_failure_probability
