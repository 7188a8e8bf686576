"""Conversations of an agent with its model over the Responses API, from the agent to the provider, and replayed."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.endpoints import server as endpoints
from pytest_pare.engines.cassette_spec import CassetteSpec
from pytest_pare.engines.rate_limit import VARIABLE
from pytest_pare.scenarios.config import LLMEngineConfig
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.runner import Run, run_scenario
from tests.endpoints.model_endpoint import response
from tests.engines.asking_agents import client
from tests.engines.model_server import ModelServer, Reply, Request, sends
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_pare.agents.protocols import Turn


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    yield
    endpoints.close()


def agent(*, streams: bool, keeps_state: bool, seen: list[str]) -> Callable[[Turn], None]:
    """Return an agent that looks for contacts if its model wants that.

    Args:
        streams: Whether the answers are streamed.
        keeps_state: Whether it refers to the last response instead of repeating the conversation.
        seen: Gets the ids and texts of all answers.
    """

    def converse(turn: Turn) -> None:
        about: dict[str, Any] = {
            "model": "any",
            "tools": [{"type": "function", **one["function"]} for one in turn.definitions],
        }
        sent: list[Any] = [{"role": "user", "content": f"Turn {turn.number}"}]
        with client(turn) as model:
            found = model.embeddings.create(model="any", input="Turn").data[0].embedding
            assert list(found) == [0.5, -0.25]
            for _ in range(2):
                if streams:
                    with model.responses.stream(input=sent, **about) as stream:
                        answer: Any = stream.get_final_response()
                else:
                    answer = model.responses.create(input=sent, **about)
                seen.extend([answer.id, answer.output_text, *(item.id for item in answer.output)])
                results = [
                    {
                        "type": "function_call_output",
                        "call_id": item.call_id,
                        "output": json.dumps(turn.call(item.name, json.loads(item.arguments)), default=str),
                    }
                    for item in answer.output
                    if item.type == "function_call"
                ]
                if keeps_state:
                    about["previous_response_id"], sent = answer.id, results
                else:
                    sent += [*(item.model_dump(exclude_none=True) for item in answer.output), *results]

    return converse


def provider() -> Callable[[Request], Reply]:
    """Return a provider with ids that are new in each answer."""
    numbers = count()

    def script(request: Request) -> Reply:
        if request.path.endswith("/embeddings"):
            usage = {"prompt_tokens": 1, "total_tokens": 1}
            return sends({"object": "list", "data": [{"index": 0, "embedding": [0.5, -0.25]}], "usage": usage})
        calls = {} if "function_call_output" in json.dumps(request.body) else {"Contacts__get_contacts": '{"offset":0}'}
        text = json.dumps(response("Done." if not calls else None, **calls))
        return Reply(body=text.replace("theirs", f"theirs{next(numbers)}").replace("fc_", f"fc_{next(numbers)}_"))

    return script


def play(agent: Callable[[Turn], None], server: ModelServer, cassette: CassetteSpec) -> Run:
    engine = LLMEngineConfig(model_name="m", endpoint=server.url, retries=0, timeout_seconds=5)
    return run_scenario(
        Stage(), RunnerSettings(agent_engine_config=engine, max_turns=1), agent=agent, cassette=cassette
    )


@pytest.mark.parametrize("keeps_state", [False, True])
def test_a_recording_serves_streamed_and_whole_answers(tmp_path: Path, *, keeps_state: bool) -> None:
    path = tmp_path / "cassettes" / "stage.jsonl"
    seen: list[list[str]] = [[], []]
    with ModelServer(provider()) as server:
        whole = agent(streams=False, keeps_state=keeps_state, seen=seen[0])
        recorded = play(whole, server, CassetteSpec(path, "once"))
        assert recorded.success, recorded.result
        asked = [request.body for request in server.requests if request.path.endswith("/responses")]
    streamed = agent(streams=True, keeps_state=keeps_state, seen=seen[1])
    assert play(streamed, server, CassetteSpec(path)).trace == recorded.trace
    assert seen[0] == seen[1] != []
    # The provider gets its own ids back.
    assert not any("stream" in body for body in asked)
    sent = asked[1]["input"]
    assert sent[-1]["call_id"] == "theirs0-Contacts__get_contacts"
    if keeps_state:
        assert asked[1]["previous_response_id"] == "resp_theirs0"
        assert len(sent) == 1
    else:
        assert [item.get("id") for item in sent] == [None, "rs_theirs0", "fc_1_Contacts__get_contacts", None]
