"""What the first run of a process makes, made when this is imported: for a process that workers are forked from.

That takes seconds. The tools of the apps are described at the first run, and the classes of a model's answers are built
at the first answer; to build them looks at all classes that there are. Each worker would take half a second for that,
and memory of its own for what it shares otherwise.
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
    # A suite may have scenarios of the same ids.
    registry.reset()


def _answer() -> None:
    # Nothing is sent: the answer comes from here. Which of two packages its class is of changes with openai's version.
    here: Any = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200, json=_ANSWER)))
    with openai.OpenAI(api_key="none", http_client=here) as client:
        completions = client.chat.completions.with_raw_response
        answer = completions.create(model="none", messages=[{"role": "user", "content": ""}]).parse()
    # Not a completion of LiteLLM's own, which would leave a thread behind.
    load_litellm().ModelResponse(**answer.model_dump())


# Imports the readers of documents. First, for what registers a class makes all abstract classes forget what is theirs.
MarkdownConverter()
_play()
_answer()
