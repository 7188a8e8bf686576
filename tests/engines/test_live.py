"""Engines that ask models, by real LiteLLM, of a server on loopback that behaves in every way that it can."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_pare.engines import errors, litellm_client, openai_endpoint, retry
from pytest_pare.engines.building import build_engine
from pytest_pare.engines.errors import EngineConfigurationError, EngineError, RateLimitError
from pytest_pare.engines.live import LiveEngine
from pytest_pare.engines.rate_limit import VARIABLE
from pytest_pare.engines.service import within
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.errors import ScenarioTimeoutError
from pytest_pare.simulation.limits import Limits
from pytest_pare.simulation.runner import Run, run_scenario
from tests.engines.model_server import (
    WAIT,
    ModelServer,
    Reply,
    answers,
    completion,
    cuts,
    drips,
    fails,
    garbles,
    hangs,
    moves,
    sends,
)
from tests.stage import Stage

MANUAL = Path(__file__).parents[2] / "docs" / "engines.md"
QUESTION = [{"role": "user", "content": "What is to be done?"}]
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
LATIN_1 = json.dumps(completion("caf\u00e9"), ensure_ascii=False).encode("latin-1")

BEHAVIOURS: dict[str, Reply] = {
    "answers": answers(WAIT),
    "answers 200 KB": answers(f"{'Thought. ' * 25_000}\n{WAIT}"),
    "answers nothing": answers(""),
    "answers in parts": sends(completion([{"type": "text", "text": WAIT}])),
    "answers behind a closed thought": answers(f"\n<think>Action: no</think>\n{WAIT}"),
    "ends an answer with `eos`, `end_turn`, `STOP` or nothing": answers(WAIT, finish="eos"),
    "cuts an answer at `max_tokens`": answers(WAIT, finish="length"),
    "does not say how many tokens": answers(WAIT, usage=None),
    "says impossible figures": sends(completion(WAIT, usage={"prompt_tokens": -4, "completion_tokens": 0.5})),
    "answers nothing, for `max_tokens` is used up": answers("", finish="length"),
    "answers in a thought that `max_tokens` cuts": answers(f" <think>Or\n{WAIT}", finish="length"),
    "calls a function in the place of an answer": sends(completion(None, finish="tool_calls", tool_calls=[CALL])),
    "sends reasoning alone": sends(completion(None, reasoning_content=WAIT)),
    "says that the address has moved (301, 302, 303, 307, 308)": moves(301),
    "says 400": fails(400, "temperature: 429 is too hot"),
    "says 401": fails(401, "Incorrect API key provided: sk-1234567890abcdefghij"),
    "says 403": fails(403),
    "says 404, unknown model": fails(404, "The model m does not exist", "model_not_found"),
    "says 429, no credit left": fails(429, "You exceeded your current quota", "insufficient_quota"),
    "says 400, the context is too long": fails(400, "That is 9000 tokens", "context_length_exceeded"),
    "says 400, for its content policy": fails(400, "no", "content_policy_violation"),
    "stops at its content filter": answers("", finish="content_filter"),
    "breaks off for any other reason": answers("", finish="error"),
    "says 200, and an error": sends({"error": {"message": "overloaded", "code": 503}}),
    "says 429": fails(429),
    "says 429, and when to come back": fails(429, retry_after="0.1"),
    "says 500": fails(500),
    "says 503": fails(503),
    "sends what is no JSON": garbles(),
    "sends what is not UTF-8": Reply(body=LATIN_1),
    "sends nothing with a status of success": Reply(204),
    "sends JSON that is no answer": sends([]),
    "sends no choices": sends({"choices": []}),
    "cuts the connection": cuts(),
    "sends nothing": hangs(),
    "sends a byte now and then, forever": drips(),
}


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(retry, "_FIRST_WAIT", 0.01)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "HF_TOKEN", "HF_INFERENCE_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def config(url: str | None = None, **options: Any) -> LLMEngineConfig:
    return LLMEngineConfig(**{"model_name": "m", "endpoint": url, "timeout_seconds": 5.0, "retries": 0} | options)


def engine(url: str | None = None, limits: Limits | None = None, **options: Any) -> LiveEngine:
    return LiveEngine(config(url, **options), "observe", limits or Limits())


def play(url: str, **options: Any) -> Run:
    asked = config(url, **options)
    return run_scenario(
        Stage(),
        MultiScenarioRunnerConfig(
            user_engine_config=LLMEngineConfig(model_name="oracle", provider="oracle"),
            observe_engine_config=asked,
            execute_engine_config=asked,
            simulated_generation_time_mode="fixed",
            observe_max_iterations=3,
            max_turns=1,
        ),
    )


# -- the manual's table


def behaviours() -> list[list[str]]:
    table = MANUAL.read_text(encoding="utf-8").partition("<!-- behaviours -->\n")[2].partition("<!-- end -->")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_manual_tells_every_behaviour() -> None:
    assert {row[0] for row in behaviours()} == {*BEHAVIOURS, "refuses the connection"}


@pytest.mark.parametrize("row", behaviours(), ids=lambda row: re.sub(r"\W+", "-", row[0]))
def test_a_provider_does_to_a_run_what_the_manual_says(row: list[str]) -> None:
    provider, is_asked_again, ends_as, kind = row
    if provider == "refuses the connection":
        run, requests = play("http://127.0.0.1:9/v1", retries=1), None
    else:
        slow = provider in ("sends nothing", "sends a byte now and then, forever")
        with ModelServer([BEHAVIOURS[provider]]) as server:
            run = play(server.url, retries=1, timeout_seconds=0.2 if slow else 5.0)
            requests = len(server.requests)
    result = run.result
    if ends_as == "goes on":
        assert (result.exception, result.exception_kind) == (None, None)
        assert result.status == "success"
        return
    error = result.exception
    assert isinstance(error, getattr(errors, ends_as.strip("`")))
    assert type(error).__name__ == ends_as.strip("`")
    assert (result.exception_kind, result.status) == (kind.strip("`"), "exception")
    assert requests in (None, {"yes": 2, "no": 1}[is_asked_again])
    assert re.search(r"\S.*, observe engine m \(at http://127\.0\.0\.1:\d+/v1\); \S", str(error))
    assert "\n" not in str(error)
    assert "sk-1234567890" not in str(error)
    call = run.trace.calls[-1]
    assert (call.role, call.response) == ("observe", None)
    assert call.error == f"{type(error).__name__}: {error}"


def test_the_agent_is_told_nothing_of_an_error() -> None:
    replies = [answers("Thought: I had better look first.\nAction:\nlook"), fails(500, "overloaded")]
    with ModelServer(replies) as server:
        run = play(server.url)
        told = [message["content"] for request in server.requests for message in request.body["messages"]]
    assert isinstance(run.result.exception, errors.ProviderOutageError)
    assert run.agent_error is None
    assert len(server.requests) == 2
    assert any("must be a JSON object" in text for text in told)
    assert not any("overloaded" in text or "engine" in text.lower() for text in told)


def test_an_empty_answer_is_a_mistake_of_the_agents() -> None:
    with ModelServer([answers(""), answers(WAIT)]) as server:
        run = play(server.url, retries=3)
        told = server.requests[1].body["messages"][-1]["content"]
    assert run.result.status == "success"
    assert "exactly one line that begins with 'Action:'" in " ".join(
        message["content"] for message in server.requests[1].body["messages"]
    ), told


# -- how it answers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("provider", [None, "deepseek"])
def test_a_redirect_is_the_address_in_the_suite(
    status: int, provider: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "of-nobody")
    with (
        ModelServer([moves(status, "http://me:secret@new.example/v2/chat/completions")]) as server,
        pytest.raises(EngineConfigurationError) as raised,
    ):
        engine(server.url, provider=provider, retries=2)(QUESTION)
    assert len(server.requests) == 1
    assert f"it has moved to http://new.example/v2 ({status}), observe engine m" in str(raised.value)
    assert str(raised.value).endswith("; change endpoint to the new address")


def test_a_redirect_may_name_a_path_or_nothing() -> None:
    with ModelServer([moves(308, "/api/chat/completions"), moves(302, None), moves(304, None)]) as server:
        asked = engine(server.url)
        with pytest.raises(EngineConfigurationError, match=f"moved to {server.url.removesuffix('/v1')}/api "):
            asked(QUESTION)
        for status in (302, 304):
            with pytest.raises(EngineConfigurationError, match=f"it answers {status}, and names no other address"):
                asked(QUESTION)
    assert len(server.requests) == 3


# What LiteLLM asks in three ways: by OpenAI's client, by its own, and by its own with another reader of answers.
WAYS: dict[str, dict[str, Any]] = {
    "endpoint": {},
    "deepseek": {"provider": "deepseek"},
    "openrouter": {"provider": "openrouter"},
    "groq": {"model_name": "groq/m", "endpoint": None},
}
ENDS: dict[str, tuple[Any, type[EngineError], str, int]] = {
    "finish_reason": (completion("Hi", finish="ERROR"), errors.ProviderOutageError, "finish_reason 'ERROR'", 2),
    "error": ({"error": {"message": "overloaded", "code": 503}}, errors.ProviderOutageError, "overloaded", 2),
    "error_text": ({"error": "overloaded"}, errors.ProviderOutageError, "overloaded", 2),
    "refusal": ({"error": {"message": "no m", "code": 404}}, EngineConfigurationError, "no m", 1),
    "object": ({"object": "error", "message": "overloaded"}, errors.ProviderOutageError, "overloaded", 2),
    "no_choices": ({"choices": []}, errors.ProviderOutageError, "no choices", 2),
    "no_message": ({"choices": [{"message": None}]}, errors.ProviderOutageError, "no message", 2),
    "tool_calls": (completion(None, tool_calls=[CALL]), EngineConfigurationError, "call of a function", 1),
    "reasoning": (completion(None, reasoning_content="Hm."), EngineConfigurationError, "reasoning in it", 1),
    "other_json": ({"response": "Hi"}, EngineConfigurationError, "no chat completion", 1),
    "empty_json": ({}, EngineConfigurationError, "no chat completion", 1),
    "content": (completion(3), EngineConfigurationError, "no chat completion", 1),
    "latin_1": (LATIN_1, errors.ProviderOutageError, "not UTF-8", 2),
    "half": (b'{"choices": [', errors.ProviderOutageError, "no JSON", 2),
    "nothing": (b"", errors.ProviderOutageError, "no JSON", 2),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("DEEPSEEK", "OPENROUTER", "GROQ"):
        monkeypatch.setenv(f"{name}_API_KEY", "of-nobody")
    return str(request.param)


def asked_in(way: str, server: ModelServer, monkeypatch: pytest.MonkeyPatch, **options: Any) -> LiveEngine:
    monkeypatch.setenv("GROQ_API_BASE", server.url)
    return engine(**{"url": server.url, "endpoint": server.url} | WAYS[way] | options)


@pytest.mark.parametrize("end", ENDS)
def test_a_failure_in_an_answer_is_the_same_whoever_serves_the_model(
    way: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, error, words, requests = ENDS[end]
    reply = Reply(body=body) if isinstance(body, bytes) else sends(body)
    with ModelServer([reply]) as server, pytest.raises(EngineError) as raised:
        asked_in(way, server, monkeypatch, retries=1)(QUESTION)
    assert type(raised.value) is error
    assert words in str(raised.value)
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    ("body", "text", "known", "reason"),
    [
        (completion("Hi", usage={"prompt_tokens": 100, "completion_tokens": 10}), "Hi", (100, 10), "stop"),
        (completion("Hi", usage={"prompt_tokens": 100.0, "completion_tokens": 10.0}), "Hi", (100, 10), "stop"),
        (completion("Hi", usage={"prompt_tokens": 100, "completion_tokens": None}), "Hi", (100, None), "stop"),
        (completion("Hi", usage={"prompt_tokens": -100, "completion_tokens": 1.5}), "Hi", (None, None), "stop"),
        (completion("Hi", usage={"prompt_tokens": "x", "completion_tokens": True}), "Hi", (None, None), "stop"),
        (completion("Hi", usage=[1]), "Hi", (None, None), "stop"),
        (completion("Hi", finish="eos"), "Hi", (None, None), "stop"),
        (completion("Hi", finish="max_tokens"), "Hi", (None, None), "length"),
        (completion([{"type": "text", "text": "Hi"}]), "Hi", (None, None), "stop"),
        (completion("\n<THINK>a</think>\n\nHi"), "Hi", (None, None), "stop"),
    ],
)  # fmt: skip
def test_an_answer_is_the_same_whoever_serves_the_model(
    way: str, body: Any, text: str, known: tuple[int | None, int | None], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer([sends(body)]) as server:
        answer, facts = asked_in(way, server, monkeypatch, price={"input": 1.0, "output": 1.0})(QUESTION)
    assert answer == text
    assert (facts["prompt_tokens"], facts["completion_tokens"]) == known
    assert facts["finish_reason"] == reason
    assert (facts["cost"] is None) == (None in known)


def test_json_of_any_type_is_asked_for_once() -> None:
    with ModelServer([Reply(body=body) for body in ("[]", '"Hi"', "null", "3", "true")]) as server:
        asked = engine(server.url, retries=2)
        for _ in range(5):
            with pytest.raises(EngineConfigurationError, match="no chat completion"):
                asked(QUESTION)
    assert len(server.requests) == 5


def test_an_answer_in_another_format_is_read_by_litellm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-nobody")
    body = {
        "id": "1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "max_tokens",
        "content": [{"type": "text", "text": "<think>no</think>Hi"}], "usage": {"input_tokens": 9, "output_tokens": 3},
    }  # fmt: skip
    failed = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    with ModelServer([sends(body), sends({**body, "content": []}), sends(failed), sends({})]) as server:
        asked = engine(server.url, provider="anthropic")
        answer, facts = asked(QUESTION)
        with pytest.raises(EngineConfigurationError, match="max_tokens was used up"):
            asked(QUESTION)
        with pytest.raises(errors.ProviderOutageError, match="Overloaded"):
            asked(QUESTION)
        with pytest.raises(EngineConfigurationError, match="no chat completion"):
            asked(QUESTION)
    assert (answer, facts["finish_reason"], facts["prompt_tokens"], facts["completion_tokens"]) == (
        "Hi",
        "length",
        9,
        3,
    )


# -- what is asked


def test_a_request_has_the_messages_and_the_options_that_are_set() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "tool-call", "content": "look"},
        {"role": "tool-response", "content": "nothing"},
    ]
    with ModelServer([answers("Hi")]) as server:
        engine(server.url, temperature=0.5, seed=3, max_tokens=9)(messages)
        engine(server.url)(QUESTION)
    first, second = (request.body for request in server.requests)
    roles = [message["role"] for message in first.pop("messages")]
    assert roles == ["system", "user", "assistant", "user"]
    assert first == {"model": "m", "temperature": 0.5, "seed": 3, "max_tokens": 9}
    assert second == {"model": "m", "messages": QUESTION}


def test_an_answer_is_the_models_own_up_to_the_first_stop_sequence() -> None:
    text = 'Thought: True.\nAction:\n{"action": "tell", "action_input": {"content": "Observation: True"}}'
    with ModelServer([answers(f"{text}<end_action>\nObservation: done\nAction:\n{{}}")]) as server:
        answer, _ = engine(server.url)(QUESTION, stop_sequences=["<end_action>", "Observation:"])
    assert answer == text


def test_tokens_time_and_cost_are_told() -> None:
    with ModelServer([answers("Hi", usage=(1000, 100), delay=0.1)]) as server:
        _, facts = engine(server.url, price={"input": 2.0, "output": 10.0})(QUESTION)
        _, unpriced = engine(server.url, model_name="gpt-4o-mini")(QUESTION)
    assert facts == {
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "cost": pytest.approx(0.003),
        "completion_duration": facts["completion_duration"],
        "finish_reason": "stop",
    }
    assert facts["completion_duration"] >= 0.1
    assert unpriced["cost"] is None, "the price of a model somewhere else is no price of one's own endpoint"


def test_what_was_not_told_is_not_known() -> None:
    with ModelServer([answers("Hi", usage=None)]) as server:
        _, facts = engine(server.url, price={"input": 2.0, "output": 10.0})(QUESTION)
    assert (facts["prompt_tokens"], facts["completion_tokens"], facts["cost"]) == (None, None, None)


def test_the_price_of_a_known_model_is_that_of_litellms_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    litellm = litellm_client.load_litellm()
    with ModelServer([answers("Hi", usage=(1000, 100))]) as server:
        # Where OpenAI is, as far as LiteLLM is concerned.
        monkeypatch.setattr(litellm, "api_base", server.url)
        _, facts = engine(model_name="gpt-4o-mini", provider="openai")(QUESTION)
        _, unknown = engine(model_name="gpt-4o-of-tomorrow", provider="openai")(QUESTION)
    listed = litellm.model_cost["gpt-4o-mini"]
    expected = 1000 * listed["input_cost_per_token"] + 100 * listed["output_cost_per_token"]
    assert facts["cost"] == pytest.approx(expected)
    assert unknown["cost"] is None


# -- whom


@pytest.mark.parametrize(
    ("options", "model"),
    [
        ({}, "m"),
        ({"provider": "openai"}, "m"),
        ({"provider": "local"}, "m"),
        ({"provider": "local", "model_name": "openai/m"}, "m"),
        ({"provider": "hosted_vllm", "model_name": "qwen/m"}, "qwen/m"),
        ({"model_name": "openai/m"}, "openai/m"),
        ({"model_name": "meta-llama/m"}, "meta-llama/m"),
    ],
)
def test_an_endpoint_that_speaks_as_openai_does_needs_no_key(options: dict[str, Any], model: str) -> None:
    with ModelServer([answers("Hi")]) as server:
        assert engine(server.url, **options)(QUESTION)[0] == "Hi"
    assert server.requests[0].path == "/v1/chat/completions"
    assert server.requests[0].body["model"] == model


def test_an_endpoint_gets_the_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", "of-vllm")
    monkeypatch.setenv("LLAMA_API_KEY", "of-llama")
    with ModelServer([answers("Hi")]) as server:
        monkeypatch.setenv("LLAMA_API_BASE", server.url)
        for provider in ("openai", "hosted_vllm"):
            engine(server.url, provider=provider)(QUESTION)
        engine(provider="llama-api")(QUESTION)
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer sk-of-nobody", "Bearer of-vllm", "Bearer of-llama"]


def test_another_protocol_can_be_spoken_at_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-nobody")
    with ModelServer([fails(529, "overloaded")]) as server, pytest.raises(errors.ProviderOutageError) as raised:
        engine(server.url, provider="anthropic")(QUESTION)
    assert server.requests[0].path.endswith("/messages")
    assert "the provider fails (529, overloaded)" in str(raised.value)


@pytest.mark.parametrize(
    ("options", "what", "advice"),
    [
        ({"provider": "opnai"}, "there is no provider 'opnai'", "did you mean openai or"),
        ({"provider": "zzzzzzzz"}, "there is no provider 'zzzzzzzz'", "see https://docs.litellm.ai/docs/providers"),
        ({}, "nothing tells who serves m", "name a provider, or an endpoint"),
        ({"provider": "openai"}, "no key", "set OPENAI_API_KEY in the environment"),
        ({"model_name": "anthropic/m"}, "no key", "set ANTHROPIC_API_KEY in the environment"),
        ({"provider": "llama-api"}, "no key", "set LLAMA_API_KEY in the environment"),
        ({"provider": "groq"}, "no key", "set HF_TOKEN in the environment"),
        ({"provider": "together", "seed": 1}, "seed has no effect with the provider together", "leave it out"),
    ],
)
def test_what_cannot_be_asked_is_no_engine(options: dict[str, Any], what: str, advice: str) -> None:
    with pytest.raises(EngineConfigurationError) as raised:
        engine(**options)
    assert re.fullmatch(rf"{what}.*, observe engine .*m.*; {advice}.*", str(raised.value))


def test_an_option_that_a_model_does_not_take_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    with pytest.raises(EngineConfigurationError, match="temperature"):
        engine(model_name="o1", provider="openai", temperature=0.3)(QUESTION)


def test_an_own_endpoint_gets_the_options_that_litellm_lets_the_model_have() -> None:
    with ModelServer([answers("Hi")]) as server:
        with pytest.raises(EngineConfigurationError, match="temperature"):
            engine(server.url, model_name="o3-mini", temperature=0.2)(QUESTION)
        assert server.requests == []
        engine(server.url, model_name="gpt-5", temperature=0.2, seed=1, max_tokens=50)(QUESTION)
    sent = server.requests[0].body
    assert {name: sent.get(name) for name in ("temperature", "seed", "max_tokens", "max_completion_tokens")} == {
        "temperature": 0.2, "seed": 1, "max_tokens": 50, "max_completion_tokens": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("SSL_CERT_FILE", "/nowhere/certificates.pem", "No such file"),
        ("HTTPS_PROXY", "http://user:hunter2@proxy:port", "the URL of a proxy is not valid"),
    ],
)
def test_an_environment_without_a_client_is_an_error_of_the_engine(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)
    openai_endpoint._client.cache_clear()
    result = play("http://127.0.0.1:9/v1").result
    assert isinstance(result.exception, EngineConfigurationError)
    told = str(result.exception)
    assert re.match(rf"no client for HTTP can be made \(.*{reason}.*\), observe engine .*; see the variables", told)
    assert "hunter2" not in told


def test_engines_share_connections_and_no_cookies() -> None:
    with ModelServer([answers("Hi", headers={"Set-Cookie": "who=one; Path=/"})]) as server:
        for _ in range(2):
            engine(server.url)(QUESTION)
    first, second = server.requests
    assert first.port == second.port
    assert "cookie" not in second.headers


@pytest.mark.parametrize("model", ["qwen/qwen3-8b", "mistral-7b", "meta-llama/Llama-3"])
def test_a_name_that_tells_no_provider_needs_one_or_an_endpoint(model: str) -> None:
    with pytest.raises(EngineConfigurationError, match=f"nothing tells who serves {model}, observe engine .*; name a"):
        engine(model_name=model)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, EngineConfigurationError), (401, EngineConfigurationError), (402, EngineConfigurationError),
        (403, EngineConfigurationError), (404, EngineConfigurationError), (408, errors.ProviderOutageError),
        (409, errors.ProviderOutageError), (413, errors.ContextTooLongError), (422, EngineConfigurationError),
        (429, RateLimitError), (500, errors.ProviderOutageError), (502, errors.ProviderOutageError),
        (503, errors.ProviderOutageError), (504, errors.ProviderOutageError), (529, errors.ProviderOutageError),
    ],
)  # fmt: skip
def test_the_status_of_the_response_counts_and_litellm_makes_no_request_again(
    way: str, status: int, error: type[EngineError], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer([fails(status, "about 429 tokens")]) as server, pytest.raises(EngineError) as raised:
        asked_in(way, server, monkeypatch)(QUESTION)
    assert type(raised.value) is error
    assert f"({status}, about 429 tokens)" in str(raised.value)
    assert len(server.requests) == 1


def test_services_that_only_names_tell_have_a_pace_each(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "HOSTED_VLLM_API_KEY"):
        monkeypatch.setenv(name, "sk-of-nobody")
    with ModelServer([fails(429, "slowly", retry_after="100")]) as busy, ModelServer([answers("Yes.")]) as free:
        monkeypatch.setenv("OPENAI_BASE_URL", busy.url)
        monkeypatch.setenv("HOSTED_VLLM_API_BASE", free.url)
        with pytest.raises(RateLimitError):
            engine(model_name="gpt-4o")(QUESTION)
        began = time.monotonic()
        assert engine(model_name="hosted_vllm/m")(QUESTION)[0] == "Yes."
        assert time.monotonic() - began < 50
        with pytest.raises(EngineError, match="too many requests of all runs"):
            engine(model_name="gpt-4.1", limits=Limits(timeout_seconds=50))(QUESTION)
    assert (len(busy.requests), len(free.requests)) == (1, 1)


def test_what_cannot_be_encoded_is_escaped_in_a_request() -> None:
    with ModelServer([answers("Yes.")]) as server:
        engine(server.url)([{"role": "user", "content": "half: \ud800"}])
    assert server.requests[0].body["messages"] == [{"role": "user", "content": "half: \\ud800"}]


@pytest.mark.parametrize("padding", [165, 172, 190])
def test_a_key_in_a_long_message_is_no_longer_there_wherever_that_is_cut(
    padding: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "Zq7Wv93KdPl0XyTr5BnM8sHgAAAA"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    said = f"{'x' * padding} key: {key}"
    with ModelServer([fails(401, said)]) as server, pytest.raises(EngineConfigurationError) as raised:
        engine(server.url)(QUESTION)
    assert "key: " in str(raised.value)
    assert key[:3] not in str(raised.value)


def test_hugging_face_is_asked_by_the_client_of_ares_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    from are.simulation.agents.llm.hf import hf_engine
    from huggingface_hub import InferenceClient

    monkeypatch.setenv("HF_TOKEN", "hf_of_nobody")
    told = answers("<think>no</think>True", usage=(10, 5), finish="length")
    with ModelServer([told, answers(None), answers("", finish="error"), fails(503, "down", retry_after="0")]) as server:
        monkeypatch.setattr(
            hf_engine,
            "InferenceClient",
            lambda api_key, **options: InferenceClient(base_url=server.url, api_key=api_key),
        )
        asked = engine(provider="hf-inference")
        answer, facts = asked(QUESTION)
        assert (answer, asked(QUESTION)[0]) == ("True", "")
        assert [facts[name] for name in ("prompt_tokens", "completion_tokens", "finish_reason")] == [10, 5, "length"]
        with pytest.raises(errors.ProviderOutageError, match="broke off with finish_reason 'error'"):
            asked(QUESTION)
        with pytest.raises(errors.ProviderOutageError, match="the provider fails"):
            asked(QUESTION)
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer hf_of_nobody"] * 4


def test_the_builder_asks_whoever_is_not_the_oracle() -> None:
    class Run:
        limits = Limits()

    with ModelServer([answers("Hi")]) as server:
        built = build_engine(config(server.url), "user", Run())  # type: ignore[arg-type]
        assert built(QUESTION)[0] == "Hi"


# -- again


def test_a_request_is_made_again_until_it_is_answered() -> None:
    with ModelServer([fails(500), cuts(), fails(503, retry_after="0"), answers("Hi")]) as server:
        assert engine(server.url, retries=3)(QUESTION)[0] == "Hi"
    assert len(server.requests) == 4


def test_how_often_it_was_made_is_told() -> None:
    with (
        ModelServer([fails(500)]) as server,
        pytest.raises(EngineError, match=r"the provider fails \(500, no\) after 3 requests, observe"),
    ):
        engine(server.url, retries=2)(QUESTION)


def test_what_the_provider_asks_to_wait_is_waited() -> None:
    with ModelServer([fails(503, retry_after="0.6"), answers("Hi")]) as server:
        engine(server.url, retries=1)(QUESTION)
    first, second = server.requests
    assert second.time - first.time > 0.6


def test_a_wait_that_is_longer_than_the_run_is_not_begun() -> None:
    limits = Limits(timeout_seconds=20)
    with ModelServer([fails(429, retry_after="3600")]) as server, pytest.raises(RateLimitError) as raised:
        engine(server.url, limits, retries=5)(QUESTION)
    assert len(server.requests) == 1
    assert "too many requests" in str(raised.value)
    # Others that ask there are not to wait for ever either.
    with pytest.raises(RateLimitError, match=r"the next may be sent in 36\d\d s"):
        engine(server.url, limits)(QUESTION)


def test_the_end_of_the_runs_time_ends_a_request() -> None:
    # Its import takes longer than a request.
    litellm_client.load_litellm()
    began = time.monotonic()
    with ModelServer([hangs()]) as server, pytest.raises(ScenarioTimeoutError, match="real time"):
        engine(server.url, Limits(timeout_seconds=2), timeout_seconds=60.0, retries=5)(QUESTION)
    assert time.monotonic() - began < 30
    assert len(server.requests) == 1


def test_nobody_waits_for_what_never_ends() -> None:
    with pytest.raises(TimeoutError):
        within(0.05, lambda: time.sleep(2))
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 / 0)
