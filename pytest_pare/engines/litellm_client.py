"""LiteLLM, quiet and offline until it is asked; and one request by it."""

from __future__ import annotations

import importlib
import logging
import os
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.engines.errors import ContentRefusedError, EngineConfigurationError, ProviderOutageError

if TYPE_CHECKING:
    from pytest_pare.engines.routing import Route
    from pytest_pare.scenarios.config import LLMEngineConfig

_OF_CLIENTS = r"(litellm|openai|httpx|httpcore|pydantic|huggingface_hub)(\.|$)"
_MILLION = 1_000_000


class Answer(NamedTuple):
    """What a model answered.

    Attributes:
        text: In the model's words.
        prompt_tokens: Tokens of the request; `None` if the provider does not tell.
        completion_tokens: Tokens of the answer, likewise.
        cost: In US dollars; `None` if nobody knows.
    """

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None


def load_litellm() -> Any:
    """Return LiteLLM, imported now if it was not: it takes seconds.

    It reads no list of prices from the network, no `.env`, and prints nothing.
    """
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    with warnings.catch_warnings():
        # What it imports is deprecated here and there, and nothing that a user could mend.
        warnings.simplefilter("ignore")
        litellm: Any = importlib.import_module("litellm")
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return litellm


def ignore_warnings_of_clients() -> None:
    """Let no warning of LiteLLM's, or of what it is made of, become an error, as it would under `-W error`."""
    warnings.filterwarnings("ignore", module=_OF_CLIENTS)


def ask(litellm: Any, config: LLMEngineConfig, found: Route, messages: list[dict[str, Any]], seconds: float) -> Answer:
    """Ask once.

    Args:
        litellm: The module.
        config: Which model, and how.
        found: How it is reached.
        messages: In OpenAI's format.
        seconds: Longest time without a sign of life.

    Raises:
        EngineError: If the answer is none.
        Exception: Whatever LiteLLM raises.
    """
    options = {
        name: value for name in ("temperature", "seed", "max_tokens") if (value := getattr(config, name)) is not None
    }
    response = litellm.completion(
        model=found.model,
        custom_llm_provider=found.provider,
        api_base=found.endpoint,
        api_key=found.key,
        messages=messages,
        timeout=seconds,
        max_retries=0,
        num_retries=0,
        **options,
    )
    text = _text(response)
    prompt_tokens, completion_tokens = _usage(response)
    cost = _cost(litellm, config, found, response, prompt_tokens, completion_tokens)
    return Answer(text, prompt_tokens, completion_tokens, cost)


def _text(response: Any) -> str:
    if not response.choices:
        raise ProviderOutageError("the answer has no choices in it", "try again later")
    choice = response.choices[0]
    text: str = choice.message.content or ""
    if choice.finish_reason == "content_filter":
        raise ContentRefusedError("the content filter keeps the answer back", "see what the scenario says")
    if choice.finish_reason == "length" and not text.strip():
        raise EngineConfigurationError(
            "max_tokens was used up before there was an answer", "give the engine more of them"
        )
    # An empty answer is the model's, like any other that is no action.
    return text


def _usage(response: Any) -> tuple[int | None, int | None]:
    usage = getattr(response, "usage", None)
    prompt_tokens = getattr(usage, "prompt_tokens", None) or None
    # LiteLLM makes nothing out of what was not told; a request without a token is none.
    return prompt_tokens, None if prompt_tokens is None else getattr(usage, "completion_tokens", None)


def _cost(
    litellm: Any,
    config: LLMEngineConfig,
    found: Route,
    response: Any,
    prompt_tokens: int | None,
    completion_tokens: int | None,
) -> float | None:
    if prompt_tokens is None or completion_tokens is None:
        return None
    if config.price is not None:
        price = config.price
        return (prompt_tokens * price.input + completion_tokens * price.output) / _MILLION
    if found.is_own:
        return None
    try:
        return float(
            litellm.completion_cost(completion_response=response, model=found.model, custom_llm_provider=found.provider)
        )
    except Exception:  # noqa: BLE001 - whatever it raises, it does not know the model's price
        return None
