"""Hugging Face's inference providers, asked by ARE's engine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.engines.litellm_client import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.scenarios.config import LLMEngineConfig

KEYS = ("HF_INFERENCE_TOKEN", "HF_TOKEN")
OPTIONS = ("endpoint", "temperature", "seed", "max_tokens")


def check(config: LLMEngineConfig) -> None:
    """Look whether ARE's engine can do what is asked of it.

    Raises:
        EngineConfigurationError: If not, or there is no key.
    """
    given = [name for name in OPTIONS if getattr(config, name) is not None]
    if given:
        raise EngineConfigurationError(
            f"{given[0]} has no effect with the provider {config.provider}, which ARE's engine asks",
            "leave it out, or take another provider",
        )
    if not any(os.environ.get(name) for name in KEYS):
        raise EngineConfigurationError("no key", f"set {KEYS[1]} in the environment")


def asker(config: LLMEngineConfig) -> Callable[[list[dict[str, Any]], float], Answer]:
    """Return a function that asks a model once.

    Raises:
        EngineConfigurationError: As `check` does.
    """
    check(config)
    from are.simulation.agents.are_simulation_agent_config import LLMEngineConfig as ARELLMEngineConfig
    from are.simulation.agents.llm.llm_engine_builder import LLMEngineBuilder

    engine = LLMEngineBuilder().create_engine(
        ARELLMEngineConfig(model_name=config.model_name, provider=config.provider, endpoint=None)
    )
    # Without ARE's own retries, which know no end in real time.
    ask = type(engine).chat_completion.__wrapped__

    def ask_once(messages: list[dict[str, Any]], seconds: float) -> Answer:
        engine.client.timeout = seconds
        text, _ = ask(engine, messages, [])
        return Answer(text)

    return ask_once
