"""LiteLLM: importing it without output or network, and making one request with it."""

from __future__ import annotations

import importlib
import json
import logging
import os
import threading
import warnings
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_pare.engines.completion import Answer, not_a_completion, read_completion
from pytest_pare.engines.error_mapping import has_body
from pytest_pare.engines.facts import amount
from pytest_pare.engines.openai_endpoint import options_of

if TYPE_CHECKING:
    from pytest_pare.engines.model_resolution import Route
    from pytest_pare.scenarios.config import LLMEngineConfig

_ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "none",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}

_PREPARING = threading.RLock()

_OF_CLIENTS = r"(litellm|openai|httpx|httpcore|pydantic|huggingface_hub)(\.|$)"


def load_litellm() -> Any:
    """Return LiteLLM. The first import takes seconds.

    It loads no prices from the network, reads no `.env`, and prints nothing.
    """
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
    # The filters of warnings belong to all threads.
    with _PREPARING, warnings.catch_warnings():
        # Its imports cause deprecation warnings that a user cannot fix.
        warnings.simplefilter("ignore")
        litellm: Any = importlib.import_module("litellm")
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return litellm


def prepare_litellm() -> Any:
    """Return LiteLLM, ready for requests of several threads at a time."""
    with _PREPARING:
        litellm = load_litellm()
        _build_answer_classes(litellm)
    return litellm


@cache
def _build_answer_classes(litellm: Any) -> None:
    """Build the classes of answers, which pydantic builds at the first answer, and not safely in several threads."""
    import httpx
    import openai

    # No request is sent: the transport returns the answer. The package of its class depends on openai's version.
    here: Any = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200, json=_ANSWER)))
    with openai.OpenAI(api_key="none", http_client=here) as client:
        answer = client.chat.completions.with_raw_response.create(model="none", messages=[]).parse()
    # A completion by LiteLLM itself would leave a thread behind, and callbacks of users would be called.
    litellm.ModelResponse(**answer.model_dump())


def ignore_warnings_of_clients() -> None:
    """Ignore warnings of LiteLLM and its dependencies, which would be errors under `-W error`."""
    warnings.filterwarnings("ignore", module=_OF_CLIENTS)


def ask(litellm: Any, config: LLMEngineConfig, found: Route, messages: list[dict[str, Any]], seconds: float) -> Answer:
    """Make one request, and return the answer.

    Args:
        litellm: The module.
        config: The configuration of the engine.
        found: How the model is reached.
        messages: The messages in OpenAI's format.
        seconds: Longest time without a byte of the response.

    Raises:
        EngineError: If the response is no answer.
        Exception: Whatever LiteLLM raises.
    """
    noted: list[object] = []
    raised: Exception | None = None
    response: Any = None
    try:
        response = litellm.completion(
            model=found.model,
            custom_llm_provider=found.provider,
            **found.access(),
            messages=messages,
            timeout=seconds,
            max_retries=0,
            num_retries=0,
            logger_fn=lambda details: noted.append(details.get("original_response")),
            **options_of(config),
        )
    except Exception as error:
        if not has_body(error):
            raise
        raised = error
    answer = _read(noted, response, raised).at_price(config.price)
    has_tokens = answer.prompt_tokens is not None and answer.completion_tokens is not None
    if config.price is not None or found.is_own or response is None or not has_tokens:
        return answer
    return answer._replace(cost=listed_cost(litellm, found, response))


def _read(noted: list[object], response: Any, raised: Exception | None) -> Answer:
    """Return the answer in a response.

    LiteLLM writes 0 for tokens that were not reported, `stop` for the finish reason `ERROR`, and for some providers an
    empty answer for an error in a response of status 200; it refuses a content in parts. So a body in OpenAI's format
    is read directly, and LiteLLM's version only of a body in another format.
    """
    body = next((one for one in map(_body, noted) if one is not None), None)
    if body is not None and ("choices" in body or body.get("error")):
        return read_completion(body)
    if raised is not None:
        if body is not None:
            return read_completion(body)
        if str(raised).endswith("object has no attribute 'model_dump'"):
            # OpenAI's client returns JSON of other types unchanged.
            raise not_a_completion("it is no object") from raised
        raise raised
    made = {**response.model_dump(), "usage": _usage(response)}
    answer = read_completion(made)
    # Without a text and tokens, LiteLLM has not understood the body.
    is_read = body is None or answer.text or answer.prompt_tokens is not None
    return answer if is_read else read_completion(body)


def _body(noted: object) -> dict[str, Any] | None:
    """Return the JSON object in a response that LiteLLM has logged; `None` if it has none."""
    with suppress(ValueError, RecursionError):
        parsed = json.loads(noted) if isinstance(noted, str) else None
        return parsed if isinstance(parsed, dict) else None
    return None


def _usage(response: Any) -> dict[str, Any]:
    usage = getattr(response, "usage", None)
    return {name: getattr(usage, name, None) or None for name in ("prompt_tokens", "completion_tokens")}


def listed_cost(litellm: Any, found: Route, response: Any) -> float | None:
    """Return the cost of a response by LiteLLM's list of prices; `None` if it has no price of the model."""
    try:
        return amount(
            litellm.completion_cost(completion_response=response, model=found.model, custom_llm_provider=found.provider)
        )
    except Exception:  # noqa: BLE001 - any exception means that LiteLLM has no price
        return None
