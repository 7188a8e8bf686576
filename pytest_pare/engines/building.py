"""Engines by the name of their provider."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from pytest_pare.base.extensions import named
from pytest_pare.engines.model_resolution import is_hugging_face
from pytest_pare.engines.oracle import OracleEngine
from pytest_pare.engines.scripted import ScriptedEngine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.engines.reference import Reference, Role
    from pytest_pare.scenarios.config import LLMEngineConfig


class EngineBuilder(Protocol):
    """Makes the engine of one role in one run."""

    def __call__(self, config: LLMEngineConfig, role: Role, reference: Reference, /) -> LLMEngine:
        """Return a new engine.

        Args:
            config: The configuration of the engine.
            role: The role that the engine answers: `user`, `observe` or `execute`.
            reference: The reference steps of the run, its scenario id and its limits in real time.

        Raises:
            EngineConfigurationError: If the engine cannot be made from its configuration.
        """
        ...


def build_engine(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    """Return the engine of a configuration.

    Raises:
        EngineConfigurationError: If there is no such provider, no key for it, or its configuration is wrong otherwise.
    """
    provider = config.provider or ""
    extension = named("offline_engine").get(provider) or named("engine").get(provider)
    builder: EngineBuilder = _live if extension is None else extension.load()
    engine = builder(config, role, reference)
    if not config.is_live:
        # Its answers take the fixed simulated time, and cost nothing.
        engine.offline = True
    return engine


def import_clients(engines: Iterable[LLMEngineConfig]) -> None:
    """Import the client of live engines. The first import takes seconds."""
    if any(engine.is_live and not is_hugging_face(engine) for engine in engines):
        from pytest_pare.engines.litellm_client import load_litellm

        # The engine that needs the client raises the error again.
        with suppress(Exception):
            load_litellm()


def oracle(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    """Return the engine that answers with the reference steps."""
    del config
    return OracleEngine(reference, role)


def scripted(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    """Return the engine that answers from a file."""
    return ScriptedEngine(config, role, reference.scenario_id)


def _live(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    # Only live engines need these imports.
    from pytest_pare.engines.live import LiveEngine

    return LiveEngine(config, role, reference.limits)
