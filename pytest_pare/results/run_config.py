"""The part of `MultiScenarioRunnerConfig` that results use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class EngineConfig(Protocol):
    """The engine of one role."""

    @property
    def model_name(self) -> str:
        """Name of the model."""

    @property
    def provider(self) -> str | None:
        """Name of the provider of the model."""


class EventsConfig(Protocol):
    """Noise in the world."""

    @property
    def num_env_events_per_minute(self) -> int:
        """Events per simulated minute."""

    @property
    def weight_per_app_class(self) -> Mapping[str, float]:
        """Class of an app to its share of the events."""


class Noise(Protocol):
    """The faults around the agent."""

    @property
    def rates(self) -> Mapping[str, float]:
        """Kind of fault to its rate; kinds of rate 0 are left out."""


class RunConfig(Protocol):
    """How a run was played."""

    @property
    def user_model_alias(self) -> str | None:
        """Name of the user agent's model."""

    @property
    def observe_model_alias(self) -> str | None:
        """Name of the observe stage's model."""

    @property
    def execute_model_alias(self) -> str | None:
        """Name of the execute stage's model."""

    @property
    def user_engine_config(self) -> EngineConfig:
        """Engine of the user agent."""

    @property
    def observe_engine_config(self) -> EngineConfig:
        """Engine of the observe stage."""

    @property
    def execute_engine_config(self) -> EngineConfig:
        """Engine of the execute stage."""

    @property
    def agent_engine_config(self) -> EngineConfig | None:
        """The model behind the endpoint for an agent of the user's own; None if there is none."""

    @property
    def agent_type(self) -> str:
        """Name of the proactive agent."""

    @property
    def is_built_in(self) -> bool:
        """Whether the proactive agent is the built-in one."""

    @property
    def mode(self) -> str:
        """What was played: oracle, reference or agent."""

    @property
    def oracle(self) -> bool:
        """Whether no agent took part."""

    @property
    def variation(self) -> bool:
        """Whether each run has a redrawn world."""

    @property
    def tool_failure_probability(self) -> float:
        """Share of the agent's tool calls that fail, 0 to 1."""

    @property
    def env_events_config(self) -> EventsConfig | None:
        """Noise in the world; None if there is none."""

    @property
    def noise(self) -> Noise:
        """Further noise."""
