"""Requests to Hugging Face's inference providers, by the client of ARE's engine."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pytest_pare.engines.completion import Answer, read_completion
from pytest_pare.engines.errors import EngineConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.scenarios.config import LLMEngineConfig

KEYS = ("HF_INFERENCE_TOKEN", "HF_TOKEN")
OPTIONS = ("endpoint", "temperature", "seed", "max_tokens")


def check(config: LLMEngineConfig) -> None:
    """Check that ARE's engine supports a configuration.

    Raises:
        EngineConfigurationError: If it does not, or there is no key.
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
    """Return a function that makes one request to a model.

    Raises:
        EngineConfigurationError: As `check` does.
    """
    check(config)
    from are.simulation.agents.are_simulation_agent_config import LLMEngineConfig as ARELLMEngineConfig
    from are.simulation.agents.llm.llm_engine_builder import LLMEngineBuilder

    # Only the client: ARE's engine itself retries without a time limit, drops all but the text, and changes the text.
    client = (
        LLMEngineBuilder()
        .create_engine(ARELLMEngineConfig(model_name=config.model_name, provider=config.provider, endpoint=None))
        .client
    )

    def ask_once(messages: list[dict[str, Any]], seconds: float) -> Answer:
        client.timeout = seconds
        response = client.chat_completion(messages, model=config.model_name)
        # The cost is known only with a price in the suite: no list has these models.
        return read_completion(asdict(response)).at_price(config.price)

    return ask_once
