"""Whether models can be asked at all, before anything is spent."""

from __future__ import annotations

import io
import json
import subprocess
from typing import Any

import pytest

from pytest_pare.engines import check, openai_endpoint
from pytest_pare.engines.check import main, problem_with
from pytest_pare.scenarios.config import LLMEngineConfig
from tests.engines.model_server import ModelServer, Reply, answers, fails


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "HF_TOKEN", "HF_INFERENCE_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def config(url: str | None = None, **options: Any) -> LLMEngineConfig:
    return LLMEngineConfig(**{"model_name": "m", "endpoint": url, "timeout_seconds": 0.5} | options)


@pytest.mark.parametrize(
    ("models", "model"),
    [
        (["a", "m"], "m"),
        (["m:latest"], "m"),
        (["models/m"], "m"),
        (["q/m"], "q/m"),
        ([], "m"),
        (404, "m"),
        (405, "m"),
        (500, "m"),
    ],
)
def test_an_endpoint_that_has_the_model_or_does_not_say_is_good(models: Any, model: str) -> None:
    with ModelServer([answers("Hi")], models=models) as server:
        assert problem_with([config(server.url, model_name=model)]) is None
    assert server.requests == [], "nothing is spent"
    assert len(server.looked) == 1


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("provider", "variable"), [(None, "OPENAI_API_KEY"), ("hosted_vllm", "HOSTED_VLLM_API_KEY")])
def test_a_key_that_is_missing_or_refused_is_told_with_its_variable(
    status: int, provider: str | None, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"provider": provider}
    with ModelServer([answers("Hi")], models=status) as server:
        missing = problem_with([config(server.url, **asked)])
        monkeypatch.setenv(variable, "stale")
        refused = problem_with([config(server.url, **asked)])
    assert missing is not None
    assert missing.endswith(f"the endpoint requires a key ({status}); set {variable} in the environment")
    assert refused is not None
    assert refused.endswith(f"the endpoint refuses the key in {variable} ({status}); set the right one")


def test_a_model_that_is_not_there_is_told_with_those_that_are() -> None:
    with ModelServer([answers("Hi")], models=[f"model-{n}" for n in range(8)]) as server:
        problem = problem_with([config(server.url)])
    assert problem == (
        f"m (at {server.url}): the endpoint has no such model; it has model-0, model-1, model-2, model-3, model-4 and "
        "3 more"
    )


def test_an_endpoint_is_asked_with_the_key_and_only_once_for_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    with ModelServer([answers("Hi")]) as server:
        assert problem_with([config(server.url, temperature=t) for t in (0.0, 0.5, 1.0)]) is None
    (request,) = server.looked
    assert request.headers["authorization"] == "Bearer sk-of-nobody"


@pytest.mark.parametrize("body", ["[]", '{"data": 3}', "<html>", '{"data": [{"name": "m"}]}'])
def test_a_list_that_cannot_be_read_is_none(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer([answers("Hi")]) as server:
        monkeypatch.setattr(server, "_models", lambda: Reply(body=body))
        assert problem_with([config(server.url)]) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/v1", "m (at http://127.0.0.1:9/v1): the endpoint cannot be reached"),
        (
            "http://user:hunter2@nowhere.invalid/v1?key=hunter22",
            "m (at http://nowhere.invalid/v1): the endpoint cannot",
        ),
        ("nowhere", "m (at nowhere): the endpoint cannot be reached"),
        ("http://[", "m (at http://[): the endpoint cannot be reached"),
    ],
)
def test_an_endpoint_that_is_not_there_is_bad(url: str, words: str) -> None:
    problem = problem_with([config(url)])
    assert problem is not None
    assert problem.startswith(words)
    assert "hunter2" not in problem
    assert "\n" not in problem


def test_certificates_that_are_not_there_are_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/certificates.pem")
    openai_endpoint._client.cache_clear()
    told = str(problem_with([config("http://127.0.0.1:9/v1")]))
    assert told.startswith("m (at http://127.0.0.1:9/v1): no client for HTTP can be made ([Errno 2] No such file")
    assert "SSL_CERT_FILE" in told


def test_one_that_says_nothing_is_bad() -> None:
    with ModelServer([answers("Hi")], models=()) as server:
        server._models = lambda: Reply(manner="hang")  # type: ignore[method-assign]
        problem = problem_with([config(server.url)])
    assert problem == f"m (at {server.url}): the endpoint does not answer; see whether it is running"


def test_an_option_without_effect_is_found_before_anything_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_nobody")
    problem = problem_with([config(provider="groq"), config(provider="groq", max_tokens=9)])
    assert str(problem).startswith("m (groq): max_tokens has no effect with the provider groq")
    assert problem_with([config(provider="groq", timeout_seconds=9.0)]) is None


def problems_of_keys(*configs: LLMEngineConfig) -> str | None:
    """Do what the process does that `problem_with` starts, which would take seconds for each test."""
    out = io.StringIO()
    main(io.StringIO(json.dumps([one.model_dump(mode="json") for one in configs])), out)
    problem: str | None = json.loads(out.getvalue())
    return problem


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"provider": "openai"}, "m (openai): no key; set OPENAI_API_KEY in the environment"),
        ({"provider": "groq"}, "m (groq): no key; set HF_TOKEN in the environment"),
        (
            {"provider": "groq", "max_tokens": 9},
            "m (groq): max_tokens has no effect with the provider groq, which ARE's engine asks; leave it out, or take "
            "another provider",
        ),
        ({"provider": "antropic"}, "m (antropic): there is no provider 'antropic'; did you mean anthropic"),
        ({}, "m: nothing tells who serves m; name a provider, or an endpoint"),
        ({"provider": "bedrock"}, None),
    ],
)
def test_without_an_endpoint_the_provider_and_its_key_must_be_there(
    options: dict[str, Any], problem: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-nobody")
    good = config(provider="anthropic", model_name="claude-of-tomorrow")
    told = problems_of_keys(good, config(**options))
    assert told is None if problem is None else told is not None and told.startswith(problem)


def test_an_endpoint_of_another_protocol_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "_problem_with_keys", lambda configs: f"{len(configs)} left")
    with ModelServer([fails(500)], models=401) as server:
        assert problem_with([config(server.url, provider="anthropic")]) == "1 left"
    told = problem_with([config("http://127.0.0.1:9/v1", provider="anthropic")])
    assert told is not None
    assert "cannot be reached" in told


def test_a_litellm_that_cannot_be_imported_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\n  ...\nImportError: no litellm\n")
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: failed)
    assert (
        problem_with([config(provider="openai")]) == "LiteLLM cannot be used (ImportError: no litellm); install it anew"
    )
