"""The messages of real conversations follow the JSON schema that is shipped with the package."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from pytest_pare.agents.program import jsonrpc, pool
from pytest_pare.agents.program.messages import Malformed, parsed
from pytest_pare.agents.program.output import Output
from pytest_pare.scenarios.config import LLMEngineConfig, ScenarioRunnerConfig
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.runner import run_scenario
from tests.agents.programs import Played, give_back, spec
from tests.agents.protocol import HOST, PROGRAM, SCHEMA, Conversation, validator

if TYPE_CHECKING:
    from pytest_pare.scenarios.agent_program import AgentProgram
    from pytest_pare.simulation.run import Run


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The messages that are sent and received from now on."""
    seen: list[tuple[str, dict[str, Any]]] = []
    write = jsonrpc.Peer._write

    def received(line: bytes) -> dict[str, Any]:
        seen.append((PROGRAM, parsed(line)))
        return seen[-1][1]

    def sent(peer: jsonrpc.Peer, message: dict[str, Any]) -> bool:
        seen.append((HOST, message))
        return write(peer, message)

    monkeypatch.setattr(jsonrpc, "parsed", received)
    monkeypatch.setattr(jsonrpc.Peer, "_write", sent)
    return seen


def play(program: AgentProgram) -> Run:
    load_library(registry, bundled_library_dir())
    scenario = registry.get_all_scenarios()["new_number"](run_number=1)
    config = ScenarioRunnerConfig(
        user_engine_config=LLMEngineConfig(model_name="oracle", provider="oracle"),
        simulated_generation_time_mode="fixed",
        agent=program,
    )
    return run_scenario(scenario, config)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_messages_of_a_run(messages: list[tuple[str, dict[str, Any]]]) -> None:
    run = play(spec())
    pool.close_all()
    assert run.success, run.result
    conversation = Conversation()
    for side, message in messages:
        conversation.check(side, message)
    assert conversation.methods[:3] == ["initialize", "run/start", "turn"]
    assert conversation.methods[-2:] == ["run/end", "shutdown"]
    assert {"tools/call", "propose", "report"} < set(conversation.methods)
    # A turn has no tools but the first one.
    turns = [message["params"] for _, message in messages if message.get("method") == "turn"]
    assert ["tools" in turn for turn in turns] == [True, False, False, False]
    start = next(message["params"] for _, message in messages if message.get("method") == "run/start")
    assert start["scenario_seed"] == "new_number/0/1"
    assert start["time"] == "2025-02-08T11:00:00+00:00"
    assert start["models"] is None


def test_the_messages_of_all_other_methods(messages: list[tuple[str, dict[str, Any]]]) -> None:
    played = Played(spec(program="player.py"))
    played.turn(
        ["ask", {"text": "Which?"}],
        ["give_up", {}],
        ["wait", {}],
        ["news", {}],
        ["log", {"level": "info", "text": "hello"}],
        ["tools/call", {"name": "ZeroDivisionError"}],
    )
    give_back(played.member)
    pool.close_all()
    conversation = Conversation()
    for side, message in messages:
        conversation.check(side, message)
    assert {"ask", "give_up", "wait", "news", "log"} < set(conversation.methods)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"[]", "it is no object"),
        (b'{"id": 1, "result": 1}', 'it has no "jsonrpc": "2.0"'),
        (b'{"jsonrpc": "2.0", "id": null, "method": "wait"}', "the id is neither text nor an integer"),
        (b'{"jsonrpc": "2.0", "id": true, "result": 1}', "the id is neither text nor an integer"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": 1}', "the method is no text"),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "wait", "params": 1}', "the parameters are no object"),
        (b'{"jsonrpc": "2.0", "result": 1}', "it has neither a method nor an id"),
        (b'{"jsonrpc": "2.0", "id": 1}', "an answer has either a result or an error"),
        (b'{"jsonrpc": "2.0", "id": 1, "error": "no"}', "an error has a text as its message"),
        (
            b'{"jsonrpc": "2.0", "id": 1, "error": {"code": "1", "message": "no"}}',
            "an error has an integer as its code",
        ),
    ],
)
def test_what_is_no_message(line: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        parsed(line)
    with pytest.raises(ValidationError):
        validator(PROGRAM).validate(json.loads(line))


def test_a_key_of_several_lines_is_not_in_the_last_ones() -> None:
    output = Output("mine", frozenset())
    output.add(b"before\n-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w\n-----END PRIVATE KEY-----\nafter\r\nla")
    output.add(b"st")
    assert output.last_lines().splitlines()[2:] == ["  before", "  [redacted]", "  after", "  last"]
