"""The variables of OpenAI's clients, for agents in the process of the session."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import openai
import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.engines.model_resolution import route
from pytest_pare.scenarios.config import LLMEngineConfig
from tests.endpoints.test_mcp_tools import play

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Endpoint, Turn
    from pytest_pare.simulation.runner import Run

KEY = "a-real-key-of-the-user"
NAMES = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_AGENTS_DISABLE_TRACING")
MODEL = LLMEngineConfig(model_name="gpt-5-mini", provider="openai")


@pytest.fixture(autouse=True)
def _users_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def variables() -> list[str | None]:
    return [os.environ.get(name) for name in NAMES]


def run_of(agent: Any, **settings: Any) -> Run:
    scripted = LLMEngineConfig(model_name="scripted", provider="scripted", answers=["One.", "Two."])
    return play(agent, **{"agent_engine_config": scripted, "max_turns": 1, **settings})


def ask(endpoint: Endpoint | None = None) -> str:
    """Return the answer of a model endpoint, that in the variables if no other is given, or its error."""
    url, token = (None, None) if endpoint is None else endpoint
    with openai.OpenAI(base_url=url, api_key=token) as client:
        try:
            answer = client.chat.completions.create(model="any", messages=[{"role": "user", "content": "Well?"}])
        except openai.APIStatusError as error:
            return str(error)
    return str(answer.choices[0].message.content)


def test_the_variables_lead_to_the_run_while_it_is_played() -> None:
    seen: list[list[str | None]] = []

    def agent(turn: Turn) -> None:
        seen.append(variables())
        assert seen[0][0] == turn.models.url
        # It is another one than that of the run: clients keep it.
        assert seen[0][1] != turn.models.token
        assert [ask(), ask(turn.models)] == ["One.", "Two."]

    for _ in range(2):
        run = run_of(agent)
        assert (run.result.exception, run.agent_error) == (None, None)
        assert variables() == [None, KEY, None]
    assert seen[0] == seen[1]


def test_without_a_model_no_variable_is_set_and_the_setting_is_named() -> None:
    seen: list[list[str | None]] = []

    def agent(turn: Turn) -> None:
        seen.append(variables())
        turn.models  # noqa: B018 - it ends the run

    result = run_of(agent, agent_engine_config=None).result
    assert seen == [[None, KEY, None]]
    assert "set agent_engine_config" in str(result.exception)
    assert (result.success, result.exception_kind) == (None, "configuration")


def test_the_engines_of_the_plugin_do_not_ask_the_agents_endpoint() -> None:
    found: list[dict[str, str | None]] = []

    def agent(_: Turn) -> None:
        assert os.environ["OPENAI_API_KEY"] != KEY
        found.append(route(MODEL).access())
        assert KEY not in redacted(f"the engine uses {KEY}")

    assert run_of(agent).result.exception is None
    assert found == [{"api_base": "https://api.openai.com/v1", "api_key": KEY}]
    assert route(MODEL).access() == {"api_base": None, "api_key": None}


def test_the_key_in_the_variables_is_that_of_none_of_several_runs() -> None:
    both, answers, results = threading.Barrier(2), list[str](), list[Any]()

    def agent(turn: Turn) -> None:
        both.wait(20)
        answers.extend([ask(), ask(turn.models)])
        both.wait(20)

    threads = [threading.Thread(target=lambda: results.append(run_of(agent))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [run.agent_error or run.result.exception for run in results] == [None, None]
    refused = "several runs are open in this process, and the key in OPENAI_API_KEY is that of none; use turn.models"
    assert [sum(text in one for one in answers) for text in (refused, "One.")] == [2, 2]
    assert variables() == [None, KEY, None]
