"""Forwards the requests of an agent to a live model."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_pare.base.environment import original
from pytest_pare.engines import litellm_client, model_resolution, openai_endpoint
from pytest_pare.engines.agent_bodies import Reply, require_answer
from pytest_pare.engines.agent_requests import facts_of
from pytest_pare.engines.completion import Answer
from pytest_pare.engines.error_mapping import CHANGE_OPTIONS
from pytest_pare.engines.errors import EngineConfigurationError, EngineError
from pytest_pare.engines.facts import Facts, amount
from pytest_pare.engines.service import Service, with_engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.engines.agent_requests import Api, ModelRequest
    from pytest_pare.engines.model_resolution import Route
    from pytest_pare.engines.retry import RealTime
    from pytest_pare.scenarios.config import LLMEngineConfig
    from pytest_pare.scenarios.engine_config import Price

    # A function of the API, the body and the longest time in seconds that makes one request.
    _Ask = Callable[[Api, dict[str, Any], float], Reply]

PATHS = {"chat": openai_endpoint.CHAT, "responses": "responses", "embeddings": "embeddings"}
"""The path of each API below the base URL."""

_CHANGE_REQUEST = "change what the agent asks, or the engine's options in the suite"
_OPENAI = "https://api.openai.com/v1"
# How the client wants its answer sent; the endpoint of the run sends it, and not the model's.
_OF_TRANSPORT = ("stream", "stream_options", "background")
# Arguments of LiteLLM's functions that are no fields of OpenAI's requests, and could send the key elsewhere.
_OF_LITELLM = (
    "api_base", "api_key", "api_version", "base_url", "custom_llm_provider", "extra_headers", "fallbacks", "headers",
    "logger_fn", "mock_response", "model_list",
)  # fmt: skip


class Forwarder:
    """Sends the requests of an agent to the configured model, with retries.

    The body goes on as it is, without streaming, except for the configured model, temperature and seed, which take
    precedence, and `max_tokens`, which the agent's own limit replaces. For embeddings the agent names the model.
    Endpoints with OpenAI's protocol are asked directly; all other providers through LiteLLM.

    Args:
        config: The configuration of the engine.
        limits: The limit of the run in real time.

    Raises:
        EngineConfigurationError: If there is no such provider, or no key for it.
    """

    offline = False

    def __init__(self, config: LLMEngineConfig, limits: RealTime) -> None:
        self.model_name = config.model_name
        self._config = config
        litellm_client.ignore_warnings_of_clients()
        try:
            self._ask, name = _asker(config)
        except EngineError as error:
            raise with_engine(error, "agent", config) from None
        self._service = Service(config, "agent", limits, name)

    def ask(self, request: ModelRequest) -> Reply:
        """Return the answer to a request.

        Raises:
            EngineError: If there is no answer.
            ScenarioTimeoutError: If the run's time is over.
        """
        body = _body(request, self._config)
        try:
            (answer, facts), seconds = self._service.request(partial(self._ask, request.api, body))
        except EngineConfigurationError as error:
            if error.advice != CHANGE_OPTIONS:
                raise
            raise EngineConfigurationError(error.what, _CHANGE_REQUEST) from error.__cause__
        return Reply(
            answer,
            Facts(facts.prompt_tokens, facts.completion_tokens, facts.cost, seconds, facts.finish_reason),
        )


def _body(request: ModelRequest, config: LLMEngineConfig) -> dict[str, Any]:
    """Return the body of a request with the options of the configuration; each API has those that it accepts."""
    kept = {name: value for name, value in request.body.items() if name not in _OF_TRANSPORT}
    # Half of a surrogate pair, which texts of models may have, cannot be encoded, and providers refuse it.
    body: dict[str, Any] = json.loads(json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace"))
    if request.api == "embeddings":
        return body
    options: dict[str, Any] = {"temperature": config.temperature}
    if request.api == "chat":
        options["seed"] = config.seed
    limits = ("max_tokens", "max_completion_tokens") if request.api == "chat" else ("max_output_tokens",)
    if all(body.get(name) is None for name in limits):
        options[limits[0]] = config.max_tokens
    return body | {name: value for name, value in options.items() if value is not None}


def _asker(config: LLMEngineConfig) -> tuple[_Ask, str]:
    """Return the function that makes one request, and the name of what has one rate limit."""
    if model_resolution.is_hugging_face(config):
        raise EngineConfigurationError(
            f"the provider {config.provider} is called by Hugging Face's client, which forwards no requests of agents",
            "set provider: local and endpoint: https://router.huggingface.co/v1, with the token in OPENAI_API_KEY",
        )
    found = model_resolution.route(config)
    if not found.is_compatible:
        if found.provider == "openai" and found.endpoint is None:
            return partial(_ask_directly, config, _of_openai(found)), "openai"
        litellm = litellm_client.load_litellm()
        found = model_resolution.resolve(config, litellm)
        if found.provider == "openai" and found.endpoint is None:
            return partial(_ask_directly, config, _of_openai(found)), "openai"
        return partial(_ask_litellm, litellm, config, found), found.endpoint or str(found.provider)
    found = openai_endpoint.reach(config)
    return partial(_ask_directly, config, found), str(found.endpoint)


def _of_openai(found: Route) -> Route:
    key = original("OPENAI_API_KEY")
    if not key:
        raise EngineConfigurationError("no key", "set OPENAI_API_KEY in the environment")
    model = f"openai/{found.model.removeprefix('openai/')}"
    return found._replace(model=model, endpoint=_OPENAI, key=key, is_compatible=True)


def _ask_directly(config: LLMEngineConfig, found: Route, api: Api, body: dict[str, Any], seconds: float) -> Reply:
    model = _model(api, body, found.model.partition("/")[2])
    answer = openai_endpoint.post(found, PATHS[api], {**body, "model": model}, seconds)
    require_answer(api, answer)
    facts = facts_of(api, answer)
    return Reply(answer, _with_cost(facts, _price(api, config), lambda: _listed_cost(found, model, answer, facts)))


def _model(api: Api, body: dict[str, Any], configured: str) -> str:
    """Return the model that is asked: for embeddings the agent's own, because a model for texts makes none."""
    return str(body["model"]) if api == "embeddings" else configured


def _price(api: Api, config: LLMEngineConfig) -> Price | None:
    """Return the configured price, which is that of the configured model."""
    return None if api == "embeddings" else config.price


def _with_cost(facts: Facts, price: Price | None, listed: Callable[[], float | None]) -> Facts:
    """Return the figures of an answer with the cost at a price, or else the listed one."""
    sent, received = facts.prompt_tokens, facts.completion_tokens
    cost = Answer("", sent, received).at_price(price).cost
    if price is None and sent is not None and received is not None:
        cost = listed()
    return Facts(sent, received, cost, finish_reason=facts.finish_reason)


def _listed_cost(found: Route, model: str, answer: dict[str, Any], facts: Facts) -> float | None:
    if found.is_own:
        return None
    litellm = litellm_client.load_litellm()
    usage = answer["usage"]
    sent, received = facts.prompt_tokens or 0, facts.completion_tokens or 0
    try:
        details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
        counted = litellm.Usage(sent, received, sent + received, prompt_tokens_details=details)
        both = litellm.cost_per_token(model, sent, received, custom_llm_provider=found.provider, usage_object=counted)
        return amount(sum(both))
    except Exception:  # noqa: BLE001 - any exception means that LiteLLM has no price
        return None


def _ask_litellm(
    litellm: Any, config: LLMEngineConfig, found: Route, api: Api, body: dict[str, Any], seconds: float
) -> Reply:
    functions = {"chat": litellm.completion, "responses": litellm.responses, "embeddings": litellm.embedding}
    options = {name: value for name, value in body.items() if name not in _OF_LITELLM}
    response = functions[api](
        **{
            **options,
            "model": _model(api, body, found.model),
            "custom_llm_provider": found.provider,
            **found.access(),
            "timeout": seconds,
            "max_retries": 0,
            "num_retries": 0,
            # Frameworks send options that only OpenAI has.
            "drop_params": True,
        }
    )
    # The fields that the provider did not send are left out, as the provider would.
    answer = json.loads(response.model_dump_json(exclude_none=True))
    if api == "responses":
        answer = _with_whole_items(answer)
    require_answer(api, answer)
    cost = None if found.is_own else litellm_client.listed_cost(litellm, found, response)
    return Reply(answer, _with_cost(facts_of(api, answer), _price(api, config), lambda: cost))


def _with_whole_items(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a response that LiteLLM has made of a chat completion without a message that has no text.

    It makes one for a call of a tool, too, with a status that no client accepts.
    """
    output = []
    for item in answer.get("output") or ():
        if item.get("type") == "message":
            parts = [part for part in item.get("content") or () if part.get("text")]
            if parts:
                output.append({**item, "content": parts, "status": "completed"})
        else:
            output.append(item)
    return {**answer, "output": output}
