"""Warms up a process before workers are forked: importing this module plays scenarios.

The first run of a process describes the tools of the apps, and the first answer builds the classes of a model's
answers. Forked workers share the result. Without the warm-up, each of them would take half a second, and memory of its
own.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import httpx
import openai
from are.simulation.core.mdconvert import MarkdownConverter

from pytest_pare.engines.litellm_client import load_litellm
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import run_scenario

_SCENARIOS = 6
_ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "none",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


def _play() -> None:
    load_library(registry, bundled_library_dir())
    for scenario in islice(registry.registered().values(), _SCENARIOS):
        run_scenario(scenario(), RunnerSettings())
    # A suite may have scenarios with the same ids.
    registry.reset()


def _answer() -> None:
    # No request is sent: the transport returns the answer. The package of its class depends on openai's version.
    here: Any = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200, json=_ANSWER)))
    with openai.OpenAI(api_key="none", http_client=here) as client:
        completions = client.chat.completions.with_raw_response
        answer = completions.create(model="none", messages=[{"role": "user", "content": ""}]).parse()
    # A completion by LiteLLM itself would leave a thread behind.
    load_litellm().ModelResponse(**answer.model_dump())


# Imports the readers of documents. First, because registering a class clears the caches of all abstract classes.
MarkdownConverter()
_play()
_answer()
