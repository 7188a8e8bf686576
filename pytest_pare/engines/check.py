"""The preflight check of models: lists the models of endpoints and looks for keys, which costs nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_text
from pytest_pare.engines import hugging_face, litellm_client, model_resolution
from pytest_pare.engines.errors import EngineConfigurationError, EngineError
from pytest_pare.engines.openai_endpoint import client
from pytest_pare.scenarios.config import LLMEngineConfig

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO

    import httpx

_SECONDS = 10.0
_SHOWN = 5
_REFUSED = (401, 403)

# In another process: LiteLLM takes seconds and hundreds of megabytes, and a controller of workers does not need it.
_PROBE = "import sys; from pytest_pare.engines.check import main; main(sys.stdin, sys.stdout)"


def problem_with(configs: Iterable[LLMEngineConfig]) -> str | None:
    """Return the problem with the first of the engines that cannot answer, in a sentence; `None` without a problem.

    The check gets the list of models of an endpoint, which costs nothing. Without an endpoint, it checks that the
    model's provider is known and that its key is in the environment. The engines of extensions are not checked: only
    their builders have the services and the keys.
    """
    ours = (one for one in configs if not one.is_extension)
    each = dict.fromkeys(one.model_dump_json(include=_checked_fields(one)) for one in ours)
    engines = list(map(LLMEngineConfig.model_validate_json, each))
    for config in engines:
        if (problem := _problem_with_endpoint(config)) is not None:
            return _message(config, problem)
    others = [config for config in engines if not model_resolution.route(config).is_compatible]
    return _problem_with_keys(others) if others else None


def _checked_fields(config: LLMEngineConfig) -> set[str]:
    """Return the fields that the check depends on: engines that differ in other fields are checked once."""
    options = hugging_face.OPTIONS if model_resolution.is_hugging_face(config) else ()
    return {"model_name", "provider", "endpoint", "timeout_seconds", *options}


def _message(config: LLMEngineConfig, problem: str) -> str:
    return redacted(to_text(f"{model_resolution.name_of(config)}: {problem}"))


def _problem_with_endpoint(config: LLMEngineConfig) -> str | None:
    import httpx

    found = model_resolution.route(config)
    if found.endpoint is None:
        return None
    headers = {"Authorization": f"Bearer {found.key}"} if found.key else {}
    try:
        response = client().get(
            f"{found.endpoint.rstrip('/')}/models", headers=headers, timeout=min(_SECONDS, config.timeout_seconds)
        )
    except EngineConfigurationError as error:
        return str(error)
    except httpx.TimeoutException:
        return "the endpoint does not answer; see whether it is running"
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return f"the endpoint cannot be reached ({error}); see whether it is running, and its URL"
    # Endpoints with another protocol list their models elsewhere, and take the key in another way.
    return _problem_with_model(config, found, response) if found.is_compatible else None


def _problem_with_model(config: LLMEngineConfig, found: model_resolution.Route, response: httpx.Response) -> str | None:
    if response.status_code in _REFUSED:
        variable = model_resolution.key_variable(config)
        if os.environ.get(variable):
            return f"the endpoint refuses the key in {variable} ({response.status_code}); set the right one"
        return f"the endpoint requires a key ({response.status_code}); set {variable} in the environment"
    listed = _listed(response)
    model = found.model.partition("/")[2]
    if not listed or any(_is_same(model, one) for one in listed):
        return None
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return f"the endpoint has no such model; it has {', '.join(listed[:_SHOWN])}{more}"


def _is_same(model: str, listed: str) -> bool:
    # Ollama adds a tag to the name, and Google a prefix.
    return listed in {model, f"{model}:latest", f"models/{model}"}


def _listed(response: httpx.Response) -> list[str]:
    """Return the names of the models that an endpoint lists; none if it has no list in OpenAI's format."""
    if not response.is_success:
        return []
    try:
        return sorted(str(one["id"]) for one in response.json()["data"])
    except (ValueError, KeyError, TypeError):
        return []


def _problem_with_keys(configs: list[LLMEngineConfig]) -> str | None:
    given = json.dumps([config.model_dump(mode="json") for config in configs])
    done = subprocess.run(  # noqa: S603 - it is this program
        [sys.executable, "-P", "-c", _PROBE], input=given, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:]
        return f"LiteLLM cannot be used ({redacted(to_text(''.join(last)))}); install it anew"
    problem: str | None = json.loads(done.stdout)
    return problem


def main(given: IO[str], out: IO[str]) -> None:
    """Read configurations as JSON, and write the problem with the first bad one. `problem_with` runs this."""
    configs = [LLMEngineConfig.model_validate(one) for one in json.load(given)]
    json.dump(next(filter(None, map(_problem_with_key, configs)), None), out)


def _problem_with_key(config: LLMEngineConfig) -> str | None:
    try:
        if model_resolution.is_hugging_face(config):
            hugging_face.check(config)
        else:
            model_resolution.resolve(config, litellm_client.load_litellm())
    except EngineError as error:
        return _message(config, str(error))
    return None
