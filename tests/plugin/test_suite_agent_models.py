"""Suites whose agent asks a model at the endpoint of its run: recorded, replayed, and what a session says of it."""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.engines.cassette import Cassette
from pytest_pare.engines.rate_limit import VARIABLE
from tests.engines.asking_agents import called, replies, said
from tests.engines.model_server import ModelServer, Reply, fails, sends
from tests.unpacked import unpacked_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml")
RECORD = (*SUITE, "--pare-record", "once", "--pare-live")
KEY = "sk-of-the-provider-1234567890abcdef"
PROPOSE = called(("PAREAgentUserInterface__send_message_to_user", {"content": "May I water the plants?"}))
MODEL = {"model_name": "m-2025-01-01", "retries": 0, "price": {"input": 1_000_000, "output": 1_000_000}}

# Imported here, or a session within a test would import them anew.
for module in ("pytest_pare.engines.forwarding", "pytest_pare.endpoints.serving", "openai.resources.chat"):
    import_module(module)

AGENT = """
from contextlib import suppress
import json
import openai
from tests.engines.asking_agents import chat

calls = []

def agent(turn):
    chat(turn)

def swallowing(turn):
    with suppress(openai.APIError):
        chat(turn)

def other(turn):
    with openai.OpenAI(base_url=turn.models.url, api_key=turn.models.token) as client:
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": f"Now it is {turn.number}"}])

def silent(turn):
    pass
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def project(example: Example) -> Example:
    """Two scenarios that succeed whatever is done, and agents."""
    example.pytester.makeini("[pytest]\npythonpath = .")
    return example.scenario("plants").scenario("water").write("own_agents.py", AGENT)


def suite(server: ModelServer | None, agent: str = "agent", **changes: Any) -> str:
    engine = None if server is None else {**MODEL, "endpoint": server.url}
    runner = {
        "agent_type": f"own_agents:{agent}",
        "agent_engine_config": engine,
        "max_turns": 2,
        "export": True,
        "simulated_generation_time_mode": "recorded" if changes.get("cassettes", {}) is not None else "fixed",
    }
    return json.dumps({"runner": runner, "cassettes": {}, "reports": {"json": "report.json"}} | changes)


def traces(project: Example) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project.path / "traces").iterdir()}


def warned(session: Session) -> str:
    """Return the warnings of a session on one line."""
    return " ".join(session.out.partition("warnings summary")[2].split())


def test_an_agent_is_recorded_and_replayed_without_model_and_key(
    project: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(replies(PROPOSE, said("Done.")), models=["m-2025-01-01"]) as server:
        project.suite(suite(server))
        recorded = project.run(*RECORD)
        assert (recorded.code, recorded.outcomes()) == (0, {"passed": 2}), recorded.out
        assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}
        model = f"m-2025-01-01 (at {server.url})"
    assert f"live: agent: {model}, 2 runs" in recorded.header
    (usage,) = [line.split() for line in recorded.summary if re.match(r" *agent +\d", line)]
    calls = len(server.requests)
    assert usage[1] == str(calls)
    assert usage[-1].startswith("$")
    before = traces(project)
    monkeypatch.delenv("OPENAI_API_KEY")
    replayed = project.run(*SUITE)
    assert (replayed.code, replayed.outcomes(), traces(project)) == (0, {"passed": 2}, before), replayed.out
    assert f"replay: agent: {model}, 2 runs" in replayed.header
    cassette = Cassette.read(project.path / "cassettes" / "plants.jsonl")
    assert cassette is not None
    assert {call.role for call in cassette.calls} == {"agent"}
    assert "call_of_provider" not in (project.path / "cassettes" / "plants.jsonl").read_text()
    assert "nothing" not in warned(replayed)


def files(project: Example) -> list[Path]:
    return [path for path in project.path.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def test_no_secret_of_the_model_is_written(project: Example) -> None:
    with ModelServer([sends(said(f"My key is {KEY}."))], models=["m-2025-01-01"]) as server:
        runner = json.loads(suite(server))["runner"]
        project.suite(suite(server, runner={**runner, "log_to_file": True, "log_level": "DEBUG"}))
        session = project.run(*RECORD)
    assert session.code == 0
    texts = {path: unpacked_text(path, errors="replace") for path in files(project)}
    written = {path.relative_to(project.path).as_posix(): text for path, text in texts.items()}
    assert [name for name, text in written.items() if KEY in text or "pare_token_" in text] == []
    for name in ("cassettes/plants.jsonl", "traces/plants.jsonl.gz"):
        assert "My key is [redacted]." in written[name]
    assert [name for name in written if name.startswith("logs/")]
    assert "report.json" in written
    assert KEY not in session.out


def test_a_model_that_fails_is_no_failure_of_the_agent(project: Example) -> None:
    with ModelServer([fails(503, "down")], models=["m-2025-01-01"]) as server:
        project.suite(suite(server, agent="swallowing", live=True, cassettes=None))
        session = project.run(*SUITE)
    assert session.outcomes() == {"failed": 2}
    assert session.open_runs[0].startswith("EXCEPTION  plants: ProviderOutageError: the provider fails (503, down)")
    document = json.loads((project.path / "report.json").read_text())
    assert document["metadata"]["exceptions"] == {"infrastructure": 2}
    assert document["metadata"]["usage"]["agent"]["calls"] == 2


def test_a_changed_agent_is_drift(project: Example) -> None:
    with ModelServer([sends(said("Done."))], models=["m-2025-01-01"]) as server:
        project.suite(suite(server))
        assert project.run(*RECORD, "-k", "plants").code == 0
        project.suite(suite(server, agent="other"))
        session = project.run(*SUITE, "-k", "plants")
    assert session.code == 1
    assert session.open_runs[0].startswith("EXCEPTION  plants: CassetteDrift: turn 0, call 1 of role agent is")
    text = session.out.partition("in cassettes/plants.jsonl, message 1 of 2:\n")[2]
    # The other agent asks without tools, for another model and at the provider's temperature.
    assert text.splitlines()[:3] == ['-  "model": "gpt-any",', '-  "temperature": 0.5,', '-  "tools": [']


def test_nothing_is_called_without_permission(project: Example) -> None:
    with ModelServer([sends(said("Done."))]) as server:
        project.suite(suite(server, cassettes=None))
        session = project.run(*SUITE)
        assert server.requests == []
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert "runner.agent_engine_config: calls a model (no provider, m-2025-01-01), which may cost" in " ".join(
        session.err.split()
    )


def test_the_preflight_check_has_the_model_of_the_agent(project: Example) -> None:
    with ModelServer([sends(said("Done."))], models=["another"]) as server:
        project.suite(suite(server))
        session = project.run(*RECORD)
        assert server.requests == []
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert "the endpoint has no such model; it has another" in session.err


def test_the_fixture_gives_the_model_to_an_agent_of_a_fixture(project: Example) -> None:
    with ModelServer([sends(said("Done."))]) as server:
        project.suite('{"live": true, "runner": {"max_turns": 1, "export": true}, "reports": {"json": "report.json"}}')
        project.write(
            "conftest.py",
            f"""
            import pytest
            from pytest_pare.scenarios.config import LLMEngineConfig
            from own_agents import agent

            @pytest.fixture
            def proactive_agent():
                return agent

            @pytest.fixture(params=["small", "large"])
            def agent_engine_config(request):
                return LLMEngineConfig(model_name=request.param, endpoint={server.url!r})
            """,
        )
        session = project.run(*SUITE, "-k", "plants")
        assert (session.code, session.outcomes()["passed"]) == (0, 2), session.out
        assert [request.body["model"] for request in server.requests] == ["small", "large"]
    assert set(traces(project)) == {"plants@small.jsonl.gz", "plants@large.jsonl.gz"}


# -- nothing to record


def test_a_session_says_once_that_the_agent_is_not_recorded(project: Example) -> None:
    project.suite(suite(None, agent="silent"))
    session = project.run(*RECORD)
    assert session.code == 0
    text = warned(session)
    assert text.count("what the agent asks of its model is not in them: set runner.agent_engine_config to the") == 1
    assert "pare.yaml::plants pare.yaml::water" in text
    ignored = project.run(*RECORD, "-W", "ignore::pytest_pare.PARECassetteWarning")
    assert "what the agent asks" not in ignored.out


def test_a_session_says_once_that_the_agent_made_no_request(project: Example) -> None:
    with ModelServer([sends(said("Done."))], models=["m-2025-01-01"]) as server:
        project.suite(suite(server, agent="silent"))
        session = project.run(*RECORD)
    assert session.code == 0
    assert warned(session).count("nothing of the agent is recorded: it made no request to the endpoint of its") == 1


def test_a_built_in_agent_needs_no_endpoint(project: Example) -> None:
    project.suite('{"cassettes": {}, "runner": {"agent_type": "eager"}}')
    assert "PARECassetteWarning" not in project.run(*RECORD).out


def test_the_oracle_is_no_model_of_an_agent(project: Example) -> None:
    project.suite('{"runner": {"agent_engine_config": {"model_name": "oracle", "provider": "oracle"}}}')
    session = project.run(*SUITE)
    assert session.code == 4
    assert (
        "pare.yaml:1: runner.agent_engine_config.provider: oracle plays the steps of the built-in agent; name the "
        "provider of a model, or scripted with answers"
    ) in session.err
    assert session.has_no_traceback_of_ours()


@pytest.mark.parametrize(("agent_type", "name"), [("observe-execute", "reference steps"), ("eager", "eager")])
def test_the_header_says_that_a_built_in_agent_does_not_use_the_model(
    project: Example, agent_type: str, name: str
) -> None:
    engine = '{"model_name": "s", "provider": "scripted", "answers": []}'
    project.suite(f'{{"runner": {{"agent_type": "{agent_type}", "agent_engine_config": {engine}}}}}')
    [header] = project.run(*SUITE, "--collect-only").header
    assert header.endswith(f"agent: {name} (does not use runner.agent_engine_config)")


# -- other parts of a session


def test_sweeps_and_budgets_have_the_model_of_the_agent(project: Example) -> None:
    def answer(request: Any) -> Reply:
        return sends(said(str(request.body.get("temperature"))))

    with ModelServer(answer, models=["m-2025-01-01"]) as server:
        sweep = {"runner.agent_engine_config.temperature": [0.0, 1.0]}
        project.suite(suite(server, live=True, cassettes=None, sweep=sweep))
        session = project.run(*SUITE, "-k", "plants", "--pare-budget", "1000usd")
        assert session.outcomes()["passed"] == 2, session.out
        assert [request.body["temperature"] for request in server.requests] == [0.0, 1.0]
    null = {"agent_type": "null", "agent_engine_config": MODEL}
    project.suite(json.dumps({"live": True, "runner": null, "sweep": sweep}))
    session = project.run(*SUITE)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert "agent_type null makes no calls of a model" in " ".join(session.err.split())
