"""The model behind the endpoint of a run: its answers in the trace, the time that they take, and how it fails."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import openai
import pytest

from pytest_pare.agents.program import pool
from pytest_pare.endpoints import server as endpoints
from pytest_pare.engines.agent_bodies import make_body
from pytest_pare.engines.cassette import Cassette, fingerprint
from pytest_pare.engines.cassette_spec import CassetteSpec
from pytest_pare.engines.errors import CassetteDrift, EngineConfigurationError, ProviderOutageError
from pytest_pare.engines.rate_limit import VARIABLE
from pytest_pare.scenarios.config import LLMEngineConfig
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.runner import Run, run_scenario
from tests.agents.programs import spec
from tests.engines.asking_agents import called, chat, client, replies, said
from tests.engines.model_server import ModelServer, Reply, Request, fails, sends
from tests.stage import Stage, requests_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_pare.agents.protocols import Turn

PROPOSE = called(("PAREAgentUserInterface__send_message_to_user", {"content": "Shall I add Ada?"}))
LOOK = called(("Contacts__get_contacts", {"offset": 0}))
DONE = said("Nothing more.")
SCRIPT: list[Any] = [
    {"content": "Let me see.", "tool_calls": [{"name": "Contacts__get_contacts", "arguments": {"offset": 0}}]},
    "Nothing.",
]


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    yield
    pool.close_all()
    endpoints.close()


def play(
    agent: Callable[[Turn], None],
    engine: dict[str, Any] | None,
    cassette: CassetteSpec | None = None,
    *,
    script: Any = None,
    **settings: Any,
) -> Run:
    config = RunnerSettings(
        agent_engine_config=None if engine is None else LLMEngineConfig(**engine), **{"max_turns": 2, **settings}
    )
    return run_scenario(Stage(script=script), config, agent=agent, cassette=cassette)


def scripted(*answers: Any) -> dict[str, Any]:
    return {"model_name": "script", "provider": "scripted", "answers": list(answers)}


def upstream(server: ModelServer, **options: Any) -> dict[str, Any]:
    return {"model_name": "m", "endpoint": server.url, "retries": 0, "timeout_seconds": 5, **options}


def mail(stage: Any) -> list[Any]:
    return [
        stage.email.send_email_to_user_only(sender="a@example.com", subject=f"Mail {n}", content="Hi").delayed(n)
        for n in (1, 3, 5, 7)
    ]


# -- the trace, time and figures


def test_answers_are_in_the_trace_and_take_the_time_of_an_offline_engine() -> None:
    run = play(chat, scripted(*SCRIPT, "Nothing either."), script=mail, generation_seconds=2.0)
    assert run.success, run.result
    calls = [call for call in run.trace.calls if call.role == "agent"]
    assert [(call.turn, call.response, call.latency, call.live) for call in calls] == [
        (0, 'Let me see.\nContacts__get_contacts({"offset": 0})', 2.0, False),
        (0, "Nothing.", 2.0, False),
        (1, "Nothing either.", 2.0, False),
    ]
    # The user's engine is an oracle, which takes the same time.
    assert [call.time for call in calls] == [2.0, 4.0, 8.0]
    assert run.result.usage["agent"]["calls"] == 3


def test_a_turn_without_a_call_takes_the_fixed_time() -> None:
    def agent(turn: Turn) -> None:
        if turn.number == 1:
            chat(turn)

    settings: dict[str, Any] = {"generation_seconds": 3.0, "simulated_generation_time_mode": "measured"}
    run = play(agent, scripted("Nothing."), script=mail, **settings)
    assert [call.time for call in run.trace.calls if call.role == "agent"] == [3.0 + 3.0 + 3.0]


@pytest.mark.parametrize("mode", ["fixed", "measured", "recorded"])
def test_a_replay_has_the_trace_of_its_recording(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "cassettes" / "stage.jsonl"
    settings: dict[str, Any] = {"simulated_generation_time_mode": mode, "script": mail}
    price = {"input": 1_000_000, "output": 2_000_000}
    with ModelServer(replies(LOOK, PROPOSE, DONE)) as server:
        recorded = play(chat, upstream(server, price=price), CassetteSpec(path, "once"), **settings)
        assert recorded.success, recorded.result
        asked = list(server.requests)
    replayed = play(chat, upstream(server, price=price), CassetteSpec(path), **settings)
    assert replayed.trace == recorded.trace
    calls = [call for call in replayed.trace.calls if call.role == "agent"]
    assert [call.cost for call in calls] == [30.0, 30.0, 16.0, 16.0][: len(calls)]
    assert {call.live for call in calls} == {True}
    usage = replayed.result.usage["agent"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (60, 16)
    # The provider gets its own ids back, the configured model, and no stream.
    second = asked[1].body
    assert second["messages"][1]["tool_calls"][0]["id"] == "call_of_provider_1_0"
    assert second["messages"][2]["tool_call_id"] == "call_of_provider_1_0"
    assert (second["model"], second["temperature"]) == ("m", 0.5)


def test_a_secret_in_a_request_may_be_another_one_in_the_replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cassettes" / "stage.jsonl"

    def agent(turn: Turn) -> None:
        with client(turn, max_retries=0) as model:
            first = model.responses.create(model="m", input=f"{turn.models.token} {os.environ['MAIL_PASSWORD']}")
            model.responses.create(model="m", input="And then?", previous_response_id=first.id)

    with ModelServer(lambda request: sends(make_body("responses", "m", f"Re {request.body['input']}"))) as server:
        monkeypatch.setenv("MAIL_PASSWORD", "open-sesame-1")
        recorded = play(agent, upstream(server), CassetteSpec(path, "once"), max_turns=1)
        assert "open-sesame-1" in server.requests[0].body["input"]
    monkeypatch.setenv("MAIL_PASSWORD", "open-sesame-2")
    replayed = play(agent, upstream(server), CassetteSpec(path), max_turns=1)
    assert replayed.success, replayed.result
    assert replayed.trace == recorded.trace


# -- parallel requests and retries


def ask_in_parallel(turn: Turn) -> None:
    """Ask six questions at the same time, half of them equal, and one more after each answer."""

    def converse(question: str) -> None:
        messages: list[Any] = [{"role": "user", "content": question}]
        for _ in range(2):
            answer = model.chat.completions.create(model="m", messages=messages)
            messages += [answer.choices[0].message, {"role": "user", "content": "And then?"}]

    with client(turn) as model:
        threads = [threading.Thread(target=converse, args=(f"Question {n // 2}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def echo(request: Request) -> Reply:
    texts = [str(message.get("content")) for message in request.body["messages"]]
    return sends(said(f"{len(texts)}: {texts[0]}"))


def test_parallel_requests_are_replayed_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "cassettes" / "stage.jsonl"
    with ModelServer(echo) as server:
        recorded = play(ask_in_parallel, upstream(server), CassetteSpec(path, "once"), script=mail)
    assert recorded.success, recorded.result
    assert len(recorded.trace.calls) == 2 * 12 + 2
    keys = [call.fingerprint for call in recorded.trace.calls if call.role == "agent"]
    assert keys == list(map(fingerprint, requests_of(recorded.trace, "agent")))
    for _ in range(3):
        assert play(ask_in_parallel, upstream(server), CassetteSpec(path), script=mail).trace == recorded.trace


def test_a_retry_of_the_client_uses_up_no_answer_and_no_time(tmp_path: Path) -> None:
    def agent(turn: Turn) -> None:
        with client(turn) as model:
            for retry in ("0", "1"):
                model.chat.completions.create(
                    model="m",
                    messages=[{"role": "user", "content": "?"}],
                    extra_headers={"x-stainless-retry-count": retry},
                )

    path = tmp_path / "cassettes" / "stage.jsonl"
    with ModelServer(replies(said("one"), said("two"))) as server:
        recorded = play(agent, upstream(server), CassetteSpec(path, "once"))
        assert len(server.requests) == len([call for call in recorded.trace.calls if call.role == "agent"])
    assert play(agent, upstream(server), CassetteSpec(path)).trace == recorded.trace


# -- failures


def swallowing(turn: Turn) -> None:
    with suppress(openai.APIError):
        chat(turn)


def test_a_model_that_fails_ends_the_run_also_if_the_agent_goes_on() -> None:
    with ModelServer([fails(503, "down")]) as server:
        run = play(swallowing, upstream(server))
        again = play(chat, upstream(server))
    for one in (run, again):
        assert isinstance(one.result.exception, ProviderOutageError), one.result
        assert one.result.exception_kind == "infrastructure"
        assert "the provider fails (503, down), agent engine m" in str(one.result.exception)
    assert [call.error is not None for call in run.trace.calls if call.role == "agent"] == [True]


def impatient(turn: Turn) -> None:
    """Ask, and wait for less time than the model takes."""
    with client(turn, timeout=0.2, max_retries=0) as model:
        model.chat.completions.create(model="m", messages=[{"role": "user", "content": f"Turn {turn.number}"}])


def test_an_answer_that_the_agent_does_not_wait_for_is_recorded_with_its_turn(tmp_path: Path) -> None:
    path = tmp_path / "cassettes" / "stage.jsonl"

    def agent(turn: Turn) -> None:
        with suppress(openai.APITimeoutError):
            impatient(turn)

    with ModelServer([sends(said("Late."), delay=0.4)]) as server:
        recorded = play(agent, upstream(server), CassetteSpec(path, "once"), max_turns=1)
    assert [call.response for call in recorded.trace.calls if call.role == "agent"] == ["Late."]
    assert play(agent, upstream(server), CassetteSpec(path), max_turns=1).trace == recorded.trace


def test_an_agent_that_fails_before_its_model_does_has_not_failed() -> None:
    with ModelServer([fails(503, "down", delay=0.4), sends(said("Late."), delay=0.4)]) as server:
        down = play(impatient, upstream(server))
        late = play(impatient, upstream(server))
    assert isinstance(down.result.exception, ProviderOutageError), down.result
    assert (late.result.exception, late.success) == (None, False)
    assert "APITimeoutError" in str(late.result.rationale)


def play_program(engine: dict[str, Any], cassette: CassetteSpec | None = None, **settings: Any) -> Run:
    settings = {"agent": spec(program="asking.py", **settings), "agent_engine_config": engine, "max_turns": 2}
    return run_scenario(Stage(script=mail), RunnerSettings.model_validate(settings), cassette=cassette)


def test_a_program_is_recorded_and_replayed(tmp_path: Path) -> None:
    path = tmp_path / "cassettes" / "stage.jsonl"
    with ModelServer(replies(said("Shall I?"), said("Or that?"))) as server:
        recorded = play_program(upstream(server), CassetteSpec(path, "once"))
    assert recorded.success, recorded.result
    assert [proposal.args["content"] for proposal in recorded.trace.proposals()] == ["Shall I?", "Or that?"]
    assert play_program(upstream(server), CassetteSpec(path)).trace == recorded.trace


def test_a_program_that_fails_because_its_model_did_is_no_failure_of_the_agent() -> None:
    with ModelServer([fails(503, "down")]) as server:
        run = play_program(upstream(server))
    assert isinstance(run.result.exception, ProviderOutageError), run.result


def test_the_time_of_the_model_is_none_of_its_program() -> None:
    with ModelServer([sends(said("Shall I?"), delay=1.1), sends(said("Or that?"))]) as server:
        run = play_program(upstream(server), turn_timeout=1.0)
    assert len(run.trace.proposals()) == 2, run.result


def test_a_changed_request_is_drift_that_shows_the_difference(tmp_path: Path) -> None:
    def other(turn: Turn) -> None:
        with client(turn) as model:
            model.chat.completions.create(model="m", messages=[{"role": "user", "content": f"B {turn.number}"}])

    def one(turn: Turn) -> None:
        with client(turn) as model:
            model.chat.completions.create(model="m", messages=[{"role": "user", "content": f"A {turn.number}"}])

    path = tmp_path / "cassettes" / "stage.jsonl"
    with ModelServer([sends(said("yes"))]) as server:
        play(one, upstream(server), CassetteSpec(path, "once"), script=mail)
        run = play(other, upstream(server), CassetteSpec(path), script=mail)
        assert isinstance(run.result.exception, CassetteDrift)
        assert str(run.result.exception).splitlines() == [
            "turn 0, call 1 of role agent is not as recorded: the agent's code, or what it did before",
            "in cassettes/stage.jsonl, message 2 of 2:",
            "- [user] A 0",
            "+ [user] B 0",
            "record it anew with --pare-record all --pare-live",
        ]
        asked = len(server.requests)
        run = play(other, upstream(server), CassetteSpec(path, on_drift="warn"), script=mail)
        assert run.success
        assert len(server.requests) == asked
        assert [warning.partition(";")[2] for warning in run.warnings] == [
            " the recorded answers were taken nevertheless"
        ]
        run = play(other, upstream(server), CassetteSpec(path, "new"), script=mail)
        assert run.success
    found = Cassette.read(path)
    assert found is not None
    assert [call.added[-1].content for call in found.of("agent")] == ["B 0", "B 1"]


def test_more_requests_than_recorded_end_the_run_and_say_how_to_record_them(tmp_path: Path) -> None:
    path = tmp_path / "cassettes" / "stage.jsonl"

    def twice(turn: Turn) -> None:
        chat(turn)
        if turn.number == 1:
            chat(turn)

    with ModelServer([sends(DONE)]) as server:
        play(chat, upstream(server), CassetteSpec(path, "once"), script=mail)
    run = play(twice, upstream(server), CassetteSpec(path), script=mail)
    assert isinstance(run.result.exception, EngineConfigurationError)
    assert str(run.result.exception) == (
        "turn 1: cassettes/stage.jsonl has no call 3 of role agent; record it with --pare-record new --pare-live, or "
        "everything anew with --pare-record all"
    )


def test_the_oracle_is_no_model_of_an_agent() -> None:
    run = play(chat, {"model_name": "oracle", "provider": "oracle"})
    assert isinstance(run.result.exception, EngineConfigurationError)
    assert str(run.result.exception).startswith("agent_engine_config.provider: oracle plays the steps of the built-in")


def test_a_thread_that_is_left_behind_gets_no_answer() -> None:
    errors: list[openai.APIStatusError] = []
    done = threading.Event()

    def agent(turn: Turn) -> None:
        if turn.number == 0:
            kept.append(client(turn))
            chat(turn)

    def user_turn(stage: Any, env: Any) -> Any:
        del stage, env
        try:
            kept[0].chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])
        except openai.APIStatusError as error:
            errors.append(error)
        done.set()
        from are.simulation.scenarios.validation_result import ScenarioValidationResult

        return ScenarioValidationResult(success=True)

    kept: list[openai.OpenAI] = []
    config = RunnerSettings(agent_engine_config=LLMEngineConfig(**scripted("Nothing.")), max_turns=1)
    run = run_scenario(Stage(verdict=user_turn), config, agent=agent)
    kept[0].close()
    assert run.success
    assert [error.status_code for error in errors] == [401]
