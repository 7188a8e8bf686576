"""From an engine's configuration to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

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
        EngineConfigurationError: If there is no such provider, no key for it, or its configuration is wrong otherwise.
    """
    return _BUILDERS.get(config.provider, _live)(config, role, reference)


def _oracle(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    del config
    return OracleEngine(reference, role)


def _scripted(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    return ScriptedEngine(config, role, reference.scenario_id)


def _live(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    # What it is made of is of no use to anybody else.
    from pytest_pare.engines.live import LiveEngine

    return LiveEngine(config, role, reference.limits)


# All other providers are asked.
_BUILDERS: dict[str | None, EngineBuilder] = {"oracle": _oracle, "scripted": _scripted}
