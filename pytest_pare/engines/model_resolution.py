"""Resolves an engine's configuration to the service that is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from pytest_pare.base.environment import is_replaced, original
from pytest_pare.base.extensions import named
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.engines.errors import EngineConfigurationError

if TYPE_CHECKING:
    from pytest_pare.scenarios.config import LLMEngineConfig

HUGGING_FACE_PROVIDERS = frozenset(
    {
        "black-forest-labs", "cerebras", "cohere", "fal-ai", "featherless-ai", "fireworks-ai", "groq", "hf-inference",
        "hyperbolic", "nebius", "novita", "nscale", "replicate", "sambanova", "together",
    }
)  # fmt: skip
"""The providers that ARE calls with Hugging Face's client. Its list has openai, too, which means OpenAI here."""

# The address of the provider that ARE names llama-api, unless its variable is set.
_LLAMA_API = "https://api.llama.com/compat/v1"

# The providers whose endpoints have OpenAI's protocol, with the variable of the key. A local endpoint may need no key.
_COMPATIBLE = {
    None: "OPENAI_API_KEY",
    "local": "OPENAI_API_KEY",
    "openai": "OPENAI_API_KEY",
    "hosted_vllm": "HOSTED_VLLM_API_KEY",
    "llama-api": "LLAMA_API_KEY",
}
_NO_KEY = "none"
_OPENAI = "https://api.openai.com/v1"

# OpenAI's models whose options LiteLLM translates.
_REASONING_MODEL = re.compile(r"(^|/)o[134]")


class Route(NamedTuple):
    """How a model is reached.

    Attributes:
        model: The name for LiteLLM's function.
        provider: LiteLLM's name of the provider; `None` if the model's name has it.
        endpoint: The URL, or `None` for the provider's own.
        key: The key; `None` if LiteLLM finds it.
        is_compatible: Whether the endpoint has OpenAI's protocol.
        is_own: Whether the endpoint is the user's own, so that no list has its prices.
    """

    model: str
    provider: str | None
    endpoint: str | None
    key: str | None
    is_compatible: bool
    is_own: bool

    def access(self) -> dict[str, str | None]:
        """Return the endpoint and the key as arguments of LiteLLM's functions."""
        if self.provider == "openai" and self.endpoint is None and is_replaced("OPENAI_BASE_URL"):
            # LiteLLM would take those of the agent's own endpoint from the environment.
            return {"api_base": _OPENAI, "api_key": original("OPENAI_API_KEY")}
        return {"api_base": self.endpoint, "api_key": self.key}


def route(config: LLMEngineConfig) -> Route:
    """Return how a model is reached, without the checks that need LiteLLM."""
    provider, endpoint, model = config.provider, config.endpoint, config.model_name
    if provider == "llama-api":
        endpoint = endpoint or original("LLAMA_API_BASE") or _LLAMA_API
    elif provider == "openai":
        endpoint = endpoint or original("OPENAI_BASE_URL") or original("OPENAI_API_BASE")
    if endpoint is not None and provider in _COMPATIBLE:
        # ARE passes the name in LiteLLM's form, with the protocol as a prefix.
        model = model.removeprefix("openai/") if provider == "local" else model
        key = original(_COMPATIBLE[provider])
        if provider == "llama-api":
            return Route(f"openai/{model}", "openai", endpoint, key, is_compatible=True, is_own=False)
        spoken = "hosted_vllm" if provider == "hosted_vllm" else "openai"
        return Route(f"{spoken}/{model}", spoken, endpoint, key or _NO_KEY, is_compatible=True, is_own=True)
    named = None if provider == "local" else provider
    return Route(model, named, endpoint, None, is_compatible=False, is_own=endpoint is not None)


def is_asked_directly(config: LLMEngineConfig) -> bool:
    """Return whether a model has an endpoint with OpenAI's protocol, and nothing of LiteLLM is needed.

    LiteLLM has the listed prices, and translates the options of OpenAI's reasoning models.
    """
    found = route(config)
    is_priced = found.is_own or config.price is not None
    return found.is_compatible and is_priced and not _REASONING_MODEL.search(found.model)


def is_hugging_face(config: LLMEngineConfig) -> bool:
    """Return whether a model is called with ARE's client for Hugging Face's inference providers."""
    return config.provider in HUGGING_FACE_PROVIDERS


def resolve(config: LLMEngineConfig, litellm: Any) -> Route:
    """Return how LiteLLM reaches a model, with the provider's name.

    Raises:
        EngineConfigurationError: If there is no such provider, neither the configuration nor the model's name names
            one, or the key is not in the environment.
    """
    found = route(config)
    known = {str(getattr(name, "value", name)) for name in litellm.provider_list}
    if found.provider is None:
        try:
            _, provider, _, _ = litellm.get_llm_provider(found.model)
        except litellm.BadRequestError:
            raise EngineConfigurationError(
                f"nothing tells who serves {config.model_name}", "name a provider, or an endpoint"
            ) from None
        found = found._replace(provider=provider)
    elif found.provider not in known:
        known |= (
            HUGGING_FACE_PROVIDERS
            | {name for name in _COMPATIBLE if name}
            | {*named("offline_engine"), *named("engine")}
        )
        hint = did_you_mean(found.provider, known, most=3, show=str).removeprefix("; ")
        hint = hint or "see https://docs.litellm.ai/docs/providers"
        raise EngineConfigurationError(f"there is no provider {found.provider!r}", hint)
    missing = _missing_key(found, litellm)
    if missing is not None:
        raise EngineConfigurationError("no key", f"set {missing} in the environment")
    return found


def _missing_key(found: Route, litellm: Any) -> str | None:
    """Return the variable of a missing key; `None` if the key is set, or there are other ways to log in."""
    if found.endpoint is not None and found.is_compatible:
        return None if found.key else "LLAMA_API_KEY"
    if found.provider == "openai" and not original("OPENAI_API_KEY"):
        return "OPENAI_API_KEY"
    model = found.model if found.model.startswith(f"{found.provider}/") else f"{found.provider}/{found.model}"
    missing = litellm.validate_environment(model)["missing_keys"]
    # Cloud providers have several variables, and accept other credentials as well.
    return str(missing[0]) if len(missing) == 1 and missing[0].endswith(("_KEY", "_TOKEN")) else None


def key_variable(config: LLMEngineConfig) -> str:
    """Return the environment variable with the key of an endpoint that has OpenAI's protocol."""
    return _COMPATIBLE.get(config.provider, _COMPATIBLE[None])


def name_of(config: LLMEngineConfig) -> str:
    """Return the name of a model in messages, with its provider and the address of its endpoint."""
    endpoint = route(config).endpoint
    parts = [config.provider, None if endpoint is None else f"at {without_credentials(endpoint)}"]
    where = " ".join(filter(None, parts))
    return f"{config.model_name} ({where})" if where else config.model_name


def without_credentials(url: str) -> str:
    """Return a URL without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
