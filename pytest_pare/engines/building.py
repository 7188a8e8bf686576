"""From an engine's configuration to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.engines.oracle import OracleEngine
from pytest_pare.engines.scripted import ScriptedEngine

if TYPE_CHECKING:
    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.engines.reference import Reference, Role
    from pytest_pare.scenarios.config import LLMEngineConfig


class EngineBuilder(Protocol):
    """Makes the engine of a role of a run."""

    def __call__(self, config: LLMEngineConfig, role: Role, reference: Reference, /) -> LLMEngine:
        """Return the engine."""
        ...


def build_engine(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    """Return the engine that `config` asks for.

    Raises:
        EngineConfigurationError: If this version has no such provider, or the engine's own configuration is wrong.
    """
    if config.provider == "oracle":
        return OracleEngine(reference, role)
    if config.provider == "scripted":
        return ScriptedEngine(config, role, reference.scenario_id)
    raise EngineConfigurationError(
        f"{role} engine: the provider {config.provider!r} (model {config.model_name}) is not in this version of "
        "pytest-pare; there are 'oracle' and 'scripted'"
    )
