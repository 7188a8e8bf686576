"""From an engine's configuration to the engine."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from pytest_pare.engines.model_resolution import is_hugging_face
from pytest_pare.engines.oracle import OracleEngine
from pytest_pare.engines.scripted import ScriptedEngine

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def import_clients(engines: Iterable[LLMEngineConfig]) -> None:
    """Import the client of live engines, which takes seconds the first time."""
    if any(engine.is_live and not is_hugging_face(engine) for engine in engines):
        from pytest_pare.engines.litellm_client import load_litellm

        # What is wrong with it is an error of the engine that needs it.
        with suppress(Exception):
            load_litellm()


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
