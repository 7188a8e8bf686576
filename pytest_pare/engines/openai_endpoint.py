"""Asks an endpoint with OpenAI's protocol directly: it needs no client of a provider, which takes seconds to import."""

from __future__ import annotations

import atexit
import threading
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from pytest_pare.engines import model_resolution
from pytest_pare.engines.completion import Answer, read_completion
from pytest_pare.engines.errors import EngineConfigurationError

if TYPE_CHECKING:
    import httpx

    from pytest_pare.engines.model_resolution import Route
    from pytest_pare.scenarios.config import LLMEngineConfig

CHAT = "chat/completions"
"""The path of chat completions below the base URL."""

_MAKING = threading.Lock()


def reach(config: LLMEngineConfig) -> Route:
    """Return how an endpoint with OpenAI's protocol is reached.

    Raises:
        EngineConfigurationError: If it needs a key that is not in the environment, or there can be no client.
    """
    found = model_resolution.route(config)
    if found.key is None:
        raise EngineConfigurationError("no key", f"set {model_resolution.key_variable(config)} in the environment")
    client()
    return found


def ask(config: LLMEngineConfig, found: Route, messages: list[dict[str, Any]], seconds: float) -> Answer:
    """Make one request, and return the answer with its cost at the configured price.

    Args:
        config: The configuration of the engine.
        found: How the model is reached.
        messages: The messages in OpenAI's format.
        seconds: Longest time without a byte of the response.

    Raises:
        EngineError: If the response is no answer.
        Exception: Whatever httpx and the parser of JSON raise.
    """
    body = {"model": found.model.partition("/")[2], "messages": messages, **options_of(config)}
    return read_completion(post(found, CHAT, body, seconds)).at_price(config.price)


def options_of(config: LLMEngineConfig) -> dict[str, Any]:
    """Return the options of requests that are set."""
    names = ("temperature", "seed", "max_tokens")
    return {name: value for name in names if (value := getattr(config, name)) is not None}


def post(found: Route, path: str, body: dict[str, Any], seconds: float) -> Any:
    """Send a request with a JSON body, and return the JSON of the response.

    Args:
        found: How the model is reached.
        path: The path below the base URL.
        body: The body.
        seconds: Longest time without a byte of the response.

    Raises:
        Exception: Whatever httpx and the parser of JSON raise.
    """
    url = f"{str(found.endpoint).rstrip('/')}/{path}"
    response = client().post(url, json=body, headers={"Authorization": f"Bearer {found.key}"}, timeout=seconds)
    return response.raise_for_status().json()


def client() -> httpx.Client:
    """Return the client of all threads of this process, which keeps connections for later requests.

    The first call imports httpx and reads the certificates, which takes longer than many a request.

    Raises:
        EngineConfigurationError: If the environment names certificates or a proxy that cannot be used.
    """
    # Many runs may begin at once.
    with _MAKING:
        return _client()


@cache
def _client() -> httpx.Client:
    import httpx

    # As many runs as are played at once ask at the same time. A run gets no cookies of another one.
    limits = httpx.Limits(max_connections=None)
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    try:
        made = httpx.Client(limits=limits, cookies=no_cookies)
    except (httpx.InvalidURL, OSError, ValueError) as error:
        # The URL of a proxy may have a password, in parts that are not recognized.
        reason = str(error) if isinstance(error, OSError) else "the URL of a proxy is not valid"
        raise EngineConfigurationError(
            f"no client for HTTP can be made ({reason})",
            "see the variables SSL_CERT_FILE and SSL_CERT_DIR, and those of proxies such as HTTPS_PROXY",
        ) from error
    atexit.register(made.close)
    return made
