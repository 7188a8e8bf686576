"""Requests of an agent that go on to a model, of a server on loopback that behaves in every way that it can."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.engines import retry
from pytest_pare.engines.agent_engine import MessagesEngine, build_agent_engine
from pytest_pare.engines.agent_requests import Api, ModelRequest
from pytest_pare.engines.building import build_engine
from pytest_pare.engines.errors import EngineConfigurationError, EngineError
from pytest_pare.engines.forwarding import Forwarder
from pytest_pare.engines.rate_limit import VARIABLE
from pytest_pare.scenarios.config import LLMEngineConfig
from pytest_pare.scenarios.errors import ScenarioTimeoutError
from pytest_pare.simulation.limits import Limits
from tests.engines.asking_agents import called, said
from tests.engines.model_server import ModelServer, Reply, completion, cuts, fails, garbles, hangs, moves, sends
from tests.engines.recorded_runs import Model

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
CHAT = {"model": "asked", "messages": [{"role": "user", "content": "half \ud83d"}], "tools": TOOLS}
BODIES: dict[Api, dict[str, Any]] = {
    "chat": {**CHAT, "stream": True, "stream_options": {"include_usage": True}},
    "responses": {"model": "asked", "input": "Hello", "stream": True},
    "embeddings": {"model": "asked", "input": ["a", "b"]},
}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look", "arguments": "{}"}
RESPONSE = {"id": "resp_1", "object": "response", "status": "completed", "error": None, "output": [CALL]}
EMBEDDINGS = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "model": "m"}
ANSWERS: dict[Api, dict[str, Any]] = {
    "chat": called(("look", {})),
    "responses": {**RESPONSE, "usage": {"input_tokens": 20, "output_tokens": 5, "total_tokens": 25}},
    "embeddings": {**EMBEDDINGS, "usage": {"prompt_tokens": 20, "total_tokens": 20}},
}


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(retry, "_FIRST_WAIT", 0.01)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "DEEPSEEK_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def forwarder(server: ModelServer | None, limits: Limits | None = None, **options: Any) -> Forwarder:
    options = {"retries": 0, "timeout_seconds": 5.0, "endpoint": server and server.url, **options}
    return Forwarder(LLMEngineConfig(model_name="m", **options), limits or Limits())


# -- what is sent, and what comes back


@pytest.mark.parametrize("api", BODIES)
def test_a_request_goes_on_with_the_configured_model_and_key(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "the-real-key")
    with ModelServer([sends(ANSWERS[api])]) as server:
        body, facts = forwarder(server, price={"input": 1_000_000, "output": 2_000_000}).ask(
            ModelRequest(api, BODIES[api])
        )
    (request,) = server.requests
    left = {name: value for name, value in BODIES[api].items() if not name.startswith("stream")}
    if api == "chat":
        left["messages"] = [{"role": "user", "content": "half ?"}]
    # A model for texts makes no embeddings, so the agent names the model for them.
    assert request.body == {**left, "model": "asked" if api == "embeddings" else "m"}
    assert request.path == {
        "chat": "/v1/chat/completions", "responses": "/v1/responses", "embeddings": "/v1/embeddings"
    }[api]  # fmt: skip
    assert request.headers["authorization"] == "Bearer the-real-key"
    assert body == ANSWERS[api]
    answered = 0 if api == "embeddings" else 5
    cost = None if api == "embeddings" else 20.0 + 2 * answered
    assert (facts.prompt_tokens, facts.completion_tokens, facts.cost) == (20, answered, cost)
    assert facts.finish_reason == ("stop" if api == "embeddings" else "tool_calls")
    assert facts.completion_duration is not None


@pytest.mark.parametrize(
    ("api", "own", "sent"),
    [
        ("chat", {}, {"temperature": 0.5, "seed": 7, "max_tokens": 90}),
        (
            "chat",
            {"temperature": 1.0, "seed": 1, "max_completion_tokens": 5},
            {"temperature": 0.5, "seed": 7, "max_completion_tokens": 5},
        ),
        ("responses", {}, {"temperature": 0.5, "max_output_tokens": 90}),
        ("responses", {"max_output_tokens": 5}, {"temperature": 0.5, "max_output_tokens": 5}),
        ("embeddings", {}, {}),
    ],
)
def test_options_of_the_suite(api: Api, own: dict[str, Any], sent: dict[str, Any]) -> None:
    with ModelServer([sends(ANSWERS[api])]) as server:
        forwarder(server, temperature=0.5, seed=7, max_tokens=90).ask(ModelRequest(api, {**BODIES[api], **own}))
    names = ("temperature", "seed", "max_tokens", "max_completion_tokens", "max_output_tokens")
    assert {name: server.requests[0].body[name] for name in names if name in server.requests[0].body} == sent


def test_the_listed_price_of_a_model_of_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    usage = {"prompt_tokens": 1000, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 500}}
    with ModelServer([sends(completion("Yes.", usage=usage))]) as server:
        monkeypatch.setattr("pytest_pare.engines.forwarding._OPENAI", server.url)
        engine = Forwarder(LLMEngineConfig(model_name="gpt-4o-mini", provider="openai", retries=0), Limits())
        _, facts = engine.ask(ModelRequest("chat", CHAT))
    assert server.requests[0].body["model"] == "gpt-4o-mini"
    assert facts.cost == pytest.approx(500 * 0.15e-6 + 500 * 0.075e-6 + 10 * 0.6e-6)


@pytest.mark.parametrize("api", BODIES)
def test_other_providers_are_asked_through_litellm(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "the-key-of-mistral")
    # What an agent sends may not lead the key elsewhere.
    body = {**BODIES[api], "base_url": "http://127.0.0.1:9"}
    if api == "responses":
        body["tools"] = [{"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}]
    # LiteLLM asks for a chat completion where the provider has no responses.
    with ModelServer([sends(ANSWERS["chat" if api == "responses" else api])]) as server:
        answer, facts = forwarder(server, provider="mistral").ask(ModelRequest(api, body))
    assert server.requests[0].headers["authorization"] == "Bearer the-key-of-mistral"
    assert server.requests[0].body["model"] == ("asked" if api == "embeddings" else "m")
    assert facts.prompt_tokens == 20
    if api == "chat":
        assert answer["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "look"
    elif api == "responses":
        assert [(item["type"], item["name"]) for item in answer["output"]] == [("function_call", "look")]
    else:
        assert answer["data"][0]["embedding"] == [0.5]


# -- failures


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (fails(429, "slow down"), "RateLimitError: too many requests (429, slow down)"),
        (fails(500, "down"), "ProviderOutageError: the provider fails (500, down)"),
        (fails(401, "who?"), "EngineConfigurationError: the key is refused (401, who?)"),
        (fails(400, "9000 tokens", "context_length_exceeded"), "ContextTooLongError: the request is longer than the"),
        (fails(400, "no", "content_filter"), "ContentRefusedError: the content filter refuses the request (400, no)"),
        (hangs(), "EngineTimeoutError: no answer in time"),
        (cuts(), "ProviderOutageError: no connection ("),
        (garbles(), "ProviderOutageError: it answered what is no JSON"),
        (Reply(body=b'"\xff"'), "ProviderOutageError: it answered what is not UTF-8 text"),
        (sends([]), "EngineConfigurationError: it answered JSON that is no chat completion ([])"),
        (sends({"choices": []}), "ProviderOutageError: the answer has no choices in it"),
        (
            sends({"error": {"message": "overloaded", "code": 503}}),
            "ProviderOutageError: the provider fails (503, over",
        ),
        (sends(completion("", finish="content_filter")), "ContentRefusedError: the content filter keeps the answer"),
        (sends(completion("", finish="error")), "ProviderOutageError: it broke off with finish_reason 'error'"),
        (
            moves(308, "http://127.0.0.1:9/v2/chat/completions"),
            "EngineConfigurationError: it has moved to http://127.0.0.1:9/v2 (308)",
        ),
    ],
)
def test_a_model_that_fails(reply: Reply, message: str) -> None:
    timeout = 0.2 if reply.manner == "hang" else 5.0
    with ModelServer([reply]) as server, pytest.raises(EngineError) as raised:
        forwarder(server, timeout_seconds=timeout).ask(ModelRequest("chat", CHAT))
    assert f"{type(raised.value).__name__}: {raised.value}".startswith(message)
    assert f", agent engine m (at {server.url})" in str(raised.value)


@pytest.mark.parametrize(
    ("api", "body", "message"),
    [
        ("responses", {"output": "x"}, "it answered JSON that is no response ({"),
        ("responses", {"error": {"message": "no", "code": "server_error"}}, "the provider fails (server_error, no"),
        ("responses", {**RESPONSE, "status": "failed"}, "it broke off with status 'failed'"),
        (
            "responses",
            {**RESPONSE, "status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            "the content filter keeps the answer back",
        ),
        ("embeddings", {"data": None}, "it answered JSON that is no list of embeddings ({"),
        ("embeddings", {"message": "no such route", "code": 404}, "no such model or path ("),
    ],
)
def test_other_answers_that_are_none(api: Api, body: dict[str, Any], message: str) -> None:
    with ModelServer([sends(body)]) as server, pytest.raises(EngineError) as raised:
        forwarder(server).ask(ModelRequest(api, BODIES[api]))
    assert str(raised.value).startswith(message)


def test_a_refused_request_may_be_the_agents() -> None:
    reply = fails(400, "Invalid schema for function 'look'")
    with ModelServer([reply]) as server, pytest.raises(EngineConfigurationError) as raised:
        forwarder(server).ask(ModelRequest("chat", CHAT))
    assert str(raised.value) == (
        f"the request is refused (400, Invalid schema for function 'look'), agent engine m (at {server.url}); "
        "change what the agent asks, or the engine's options in the suite"
    )


def test_a_failure_that_passes_is_retried() -> None:
    with ModelServer([fails(503), fails(429), sends(said("Yes."))]) as server:
        body, _ = forwarder(server, retries=2).ask(ModelRequest("chat", CHAT))
    assert body["choices"][0]["message"]["content"] == "Yes."
    assert len(server.requests) == 3


def test_the_time_of_the_run_ends_a_request() -> None:
    with ModelServer([hangs()]) as server, pytest.raises(ScenarioTimeoutError):
        forwarder(server, Limits(timeout_seconds=0.1)).ask(ModelRequest("chat", CHAT))


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        ("openai", "no key, agent engine m (openai); set OPENAI_API_KEY in the environment"),
        ("deepseek", "no key, agent engine m (deepseek); set DEEPSEEK_API_KEY in the environment"),
        ("nobody", "there is no provider 'nobody', agent engine m (nobody); see https://docs.litellm.ai/docs/provide"),
        ("together", "the provider together is called by Hugging Face's client, which forwards no requests of agents"),
    ],
)
def test_a_model_that_cannot_be_asked(provider: str, message: str) -> None:
    with pytest.raises(EngineConfigurationError) as raised:
        forwarder(None, provider=provider)
    assert str(raised.value).startswith(message)


# -- engines of extensions


def test_an_engine_with_messages_answers_requests_without_tools() -> None:
    asked: list[Any] = []
    engine = MessagesEngine(Model("echo", [], asked.append), "mine", offline=False)
    body, facts = engine.ask(ModelRequest("chat", {**CHAT, "tools": []}))
    assert "wait" in body["choices"][0]["message"]["content"]
    assert asked == [CHAT["messages"]]
    assert facts.cost is None
    for api in ("chat", "responses", "embeddings"):
        with pytest.raises(EngineConfigurationError) as raised:
            engine.ask(ModelRequest(api, BODIES[api]))
        assert "the provider mine, an extension, " in str(raised.value)


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([3], "[0]: must be a text, or a mapping of content and tool_calls, got int"),
        ([{"action": "look"}], "[0].action: unknown key action; an answer must be a text, or a mapping of content and"),
        ([{"content": 1}], "[0].content: must be a text, got int"),
        ([{"tool_calls": {}}], "[0].tool_calls: must be a list of mappings of name and arguments, got dict"),
        ([{"tool_calls": [{"arguments": {}}]}], "[0].tool_calls[0].name: must be the name of a tool, got nothing"),
        ([{"tool_calls": [{"name": "f", "arguments": []}]}], "[0].tool_calls[0].arguments: must be a mapping of the "),
        (
            [{"tool_calls": [{"name": "f", "args": {}}]}],
            "[0].tool_calls[0].args: unknown key args; a call is",
        ),
    ],
)
def test_scripted_answers_that_are_none(answers: list[Any], problem: str) -> None:
    config = LLMEngineConfig(model_name="s", provider="scripted", answers=answers)
    reference: Any = type("Reference", (), {"scenario_id": "stage", "limits": Limits()})
    with pytest.raises(EngineConfigurationError) as raised:
        build_agent_engine(config, reference, build_engine)
    assert str(raised.value).startswith(f"agent_engine_config.answers{problem}")


def test_scripted_answers_run_out() -> None:
    config = LLMEngineConfig(model_name="s", provider="scripted", answers=["one"])
    reference: Any = type("Reference", (), {"scenario_id": "stage", "limits": Limits()})
    engine = build_agent_engine(config, reference, build_engine)
    body, _ = engine.ask(ModelRequest("responses", BODIES["responses"]))
    assert json.dumps(body["output"][0]["content"]).count("one") == 1
    with pytest.raises(EngineConfigurationError, match="the scripted answers of role agent have run out after 1"):
        engine.ask(ModelRequest("chat", CHAT))
