"""Cassettes: what an engine answered is recorded, and a replay is the same run, or says where it is another one."""

from __future__ import annotations

import dataclasses
import json
from functools import cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.agents import prompts
from pytest_pare.agents.errors import AgentTypeError
from pytest_pare.engines import drift
from pytest_pare.engines.cassette import Call, Cassette, Message, RequestInputs, fingerprint, messages_at
from pytest_pare.engines.errors import CassetteDrift, EngineConfigurationError, EngineError
from pytest_pare.engines.recorder import CassetteSpec, Recorder
from pytest_pare.scenarios.config import LLMEngineConfig
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from tests.engines.recorded_runs import ROLES, RecordedRuns
from tests.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.simulation.runner import Run

ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")


def script(stage: Any, seconds: float = 5) -> list[Any]:
    """A mail comes; the agent reads it, asks, and adds a contact; the user says yes."""
    came = stage.email.send_email_to_user_only(sender="ada@example.com", subject="Hello", content="I moved.")
    came = came.delayed(seconds)
    read = stage.email.list_emails().oracle().depends_on(came, delay_seconds=2)
    asked = stage.agent_says("Shall I add Ada?").depends_on(read, delay_seconds=1)
    yes = stage.agent_ui.accept_proposal(content="Yes.").oracle().depends_on(asked, delay_seconds=5)
    added = stage.contacts.add_new_contact(first_name="Ada", last_name="King").oracle().depends_on(yes, delay_seconds=1)
    told = stage.agent_says("Done.").depends_on(added, delay_seconds=1)
    return [came, read, asked, yes, added, told]


def content(stage: Any) -> None:
    stage.contacts.add_new_contact(first_name="Bob", last_name="Gray")


class Moved(Stage):
    script = staticmethod(script)
    content = staticmethod(content)


@cache
def recorded_runs() -> RecordedRuns:
    return RecordedRuns(Moved)


@pytest.fixture
def play() -> RecordedRuns:
    """Plays the scenario; the reference check, which is the same for all tests, is made once."""
    play = recorded_runs()
    play.asked = play.built = 0
    play.lives = None
    return play


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes" / "stage.jsonl"


@pytest.fixture
def recorded(play: RecordedRuns, path: Path) -> Run:
    run = play(CassetteSpec(path, "once"))
    assert run.success, run.result
    play.asked = play.built = 0
    return run


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def rewrite(path: Path, change: Any) -> None:
    recording = Cassette.read(path)
    assert recording is not None
    change(recording).write(path)


def without_last_calls(path: Path, count: int, role: str | None = None) -> None:
    def cut(recording: Cassette) -> Cassette:
        gone = [call for call in recording.calls if role in (None, call.role)][-count:]
        return dataclasses.replace(recording, calls=tuple(call for call in recording.calls if call not in gone))

    rewrite(path, cut)


def drifted(run: Run) -> str:
    assert isinstance(run.result.exception, CassetteDrift), run.result
    assert run.result.status == "exception"
    text = str(run.result.exception)
    assert all(len(line) <= 80 for line in text.splitlines()[2:]), text
    return text


# -- replaying


@pytest.mark.parametrize("mode", ["measured", "recorded", "fixed"])
def test_a_replay_is_the_same_run_and_asks_nobody(play: RecordedRuns, path: Path, mode: str) -> None:
    recorded = play(CassetteSpec(path, "once"), simulated_generation_time_mode=mode)
    play.asked = play.built = 0
    replayed = play(CassetteSpec(path, live=False), simulated_generation_time_mode=mode)
    assert replayed.trace.to_jsonl() == recorded.trace.to_jsonl()
    assert (replayed.success, replayed.warnings) == (recorded.success, ())
    assert play.asked == play.built == 0


def test_nor_does_a_role_that_never_had_a_word(play: RecordedRuns, path: Path) -> None:
    recorded = play(CassetteSpec(path, "once"), max_turns=1)
    assert "execute" not in {call.role for call in recorded.trace.calls}
    play.asked = play.built = 0
    assert play(CassetteSpec(path), max_turns=1).trace.to_jsonl() == recorded.trace.to_jsonl()
    assert play.asked == play.built == 0


def test_tokens_cost_and_time_are_those_of_the_recording(recorded: Run, play: RecordedRuns, path: Path) -> None:
    replayed = play(CassetteSpec(path))
    facts = attrgetter("model", "prompt_tokens", "completion_tokens", "cost", "latency")
    assert [facts(call) for call in recorded.trace.calls] == [facts(call) for call in replayed.trace.calls]
    assert {one.cost for one in replayed.trace.calls} == {0.30000000000000004}
    assert {one.model for one in replayed.trace.calls} == {"model-2025-01-01"}


def test_an_engine_may_call_itself_something_else(play: RecordedRuns, path: Path) -> None:
    served = RecordedRuns(Moved)
    served.served = "model-2025-01-01-eu"
    recorded = served(CassetteSpec(path, "once"))
    assert {call.model for call in recorded.trace.calls} == {"model-2025-01-01-eu"}
    assert play(CassetteSpec(path)).trace.to_jsonl() == recorded.trace.to_jsonl()


def test_offline_roles_are_played_as_they_are(play: RecordedRuns, path: Path) -> None:
    offline = {f"{role}_engine_config": ORACLE for role in ("observe", "execute")}
    recorded = play(CassetteSpec(path, "once"), **offline)
    assert {line["role"] for line in lines(path)[1:]} == {"user"}
    assert play(CassetteSpec(path), **offline).trace.to_jsonl() == recorded.trace.to_jsonl()


def test_without_a_live_engine_there_is_no_cassette(play: RecordedRuns, path: Path) -> None:
    run = play(CassetteSpec(path, "all"), **{f"{role}_engine_config": ORACLE for role in ROLES})
    assert run.success
    assert not path.exists()
    assert play(CassetteSpec(path, "all"), oracle=True).success
    assert not path.exists()


# -- the file


def test_a_recording_is_one_line_for_the_run_and_one_for_each_call(recorded: Run, path: Path) -> None:
    header, *calls = lines(path)
    assert (header["format"], header["version"], header["scenario_id"], header["calls"]) == (
        "pytest-pare/cassette", 1, "stage", len(calls)
    )  # fmt: skip
    assert header["ingredients"]["engines"]["user"] == {
        "model": "model-2025-01-01", "provider": "somebody", "options": {}
    }  # fmt: skip
    assert [(call["role"], call["turn"], call["answer"]) for call in calls] == [
        (call.role, call.turn, call.response) for call in recorded.trace.calls
    ]
    assert [call["fingerprint"] for call in calls] == [call.fingerprint for call in recorded.trace.calls]


def test_each_text_stands_in_it_once(recorded: Run, path: Path) -> None:
    first, second = [line for line in lines(path)[1:] if line["role"] == "observe"][:2]
    assert first["kept"] == 0
    assert first["added"][0][0] == "system"
    assert second["kept"] >= 1
    assert "system" not in {role for role, _ in second["added"]}
    recording = Cassette.read(path)
    assert recording is not None
    for role in ROLES:
        calls = recording.of(role)
        assert [fingerprint(messages_at(calls[: n + 1])) for n in range(len(calls))] == [c.fingerprint for c in calls]


TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(["a", "b\nc", "\ud800", "\u2028"])
MESSAGES = st.lists(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXT), max_size=5)
INGREDIENTS = RequestInputs("1", "p", {"user": {"model": "m-001"}}, {"t": "1"}, {"a": "1"}, "e", "g")


def _text_of(answer: str, facts: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    return "m", answer, facts


@given(asked=st.lists(st.tuples(st.sampled_from(ROLES), MESSAGES, TEXT), max_size=8), seconds=st.floats(0, 1e9))
def test_every_request_can_be_told_from_the_file(
    asked: list[tuple[Any, list[Message], str]], seconds: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cassette") / "a.jsonl"
    everybody = dataclasses.replace(INGREDIENTS, engines={role: {"model": "m-001"} for role in ROLES})
    recorder = Recorder(CassetteSpec(path, "once"), "s", 1, everybody, lambda: 3)
    facts = {"completion_duration": seconds, "cost": seconds}
    for role, messages, answer in asked:
        recorder.answer(role, [one._asdict() for one in messages], partial(_text_of, answer, facts))
    recorder.finish(None, is_whole=True)
    recording = Cassette.read(path)
    assert recording is not None
    for role in ROLES:
        calls = recording.of(role)
        told = [(messages_at(calls[: n + 1]), call.answer, call.seconds, call.cost) for n, call in enumerate(calls)]
        assert told == [(messages, text, seconds, seconds) for one, messages, text in asked if one == role]
    assert Cassette.from_text(recording.to_text()) == recording


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda _: b"", "the first line must be a JSON object with the format 'pytest-pare/cassette'"),
        (lambda _: b"[]", "the first line must be a JSON object with the format 'pytest-pare/cassette'"),
        (lambda _: b'{"format": "other"}', "the first line must be a JSON object"),
        (lambda _: b"\xff", "it is not UTF-8 text"),
        (lambda text: text.replace(b'"version": 1', b'"version": 2', 1), "it is of version 2; this version * reads"),
        (lambda text: text[: text.rindex(b"\n", 0, -1) + 1], "it has 2 of 3 calls"),
        (lambda text: text.replace(b'"kept"', b'"keep"', 1), "line 2 is no call"),
        (lambda text: text.replace(b"}\n{", b"}\n<<<<<<< HEAD\n{", 1), "line 2 is no call"),
        (lambda text: text[:-20], "line 4 is no call"),
        (lambda text: text.replace(b'"variant"', b'"variants"', 1), "the first line is not as this version writes it"),
        (lambda text: text.replace(b'"prompts"', b'"prompt"', 1), "the first line is not as this version writes it"),
    ],
)
def test_a_file_that_is_no_cassette_is_told_with_what_to_do(
    change: Any, complaint: str, path: Path, play: RecordedRuns
) -> None:
    call = Call("user", "m", 0, "f", 0, (Message("user", "x"),), "y", None, None, None, 1.0)
    whole = Cassette("stage", None, "", "", INGREDIENTS, (call,) * 3)
    whole.write(path)
    path.write_bytes(change(path.read_bytes()))
    error = play(CassetteSpec(path, "once")).result.exception
    assert isinstance(error, EngineConfigurationError)
    told = str(error)
    first, _, last = complaint.partition("*")
    assert f"{path} is not a cassette: {first}" in told
    assert last in told
    assert told.endswith("delete it, or record it anew with --pare-record all --pare-live")


@pytest.mark.parametrize(
    ("line", "keys", "value", "complaint"),
    [
        (1, ["answer"], 5, "line 2 is no call: answer: expected a valid string, got int (5)"),
        (1, ["fingerprint"], None, "line 2 is no call: fingerprint: expected a valid string, got null"),
        (1, ["kept"], "x", "line 2 is no call: kept: expected a valid integer, got str ('x')"),
        (1, ["turn"], 0.5, "line 2 is no call: turn: expected a valid integer, got float (0.5)"),
        (1, ["added"], "ab", "line 2 is no call: added: expected a list, got str ('ab')"),
        (
            1,
            ["added"],
            ["ab"],
            "line 2 is no call: added.0: Arguments must be a tuple, list or a dictionary, got str ('ab')",
        ),
        (1, ["added"], [[5, "x"]], "line 2 is no call: added.0.0: expected a valid string, got int (5)"),
        (1, ["prompt_tokens"], "x", "line 2 is no call: prompt_tokens: expected a valid integer, got str ('x')"),
        (1, ["cost"], [], "line 2 is no call: cost: expected a valid number, got list"),
        (1, ["seconds"], None, "line 2 is no call: seconds: expected a valid number, got null"),
        (1, ["seconds"], -1, "line 2 is no call: seconds: expected greater than or equal to 0, got int (-1)"),
        (1, ["seconds"], float("nan"), "line 2 is no call: seconds: expected a finite number, got float (nan)"),
        (1, ["finish_reason"], 5, "line 2 is no call: finish_reason: expected a valid string, got int (5)"),
        (0, ["scenario_id"], None, "scenario_id: expected a valid string, got null"),
        (0, ["run_number"], "1", "run_number: expected a valid integer, got str ('1')"),
        (0, ["ingredients"], None, "ingredients: expected a dictionary or an instance of RequestInputs, got null"),
        (0, ["ingredients", "engines"], None, "ingredients.engines: expected a valid dictionary, got null"),
        (
            0,
            ["ingredients", "engines"],
            {"user": []},
            "ingredients.engines.user: expected a valid dictionary, got list",
        ),
        (
            0,
            ["ingredients", "engines"],
            {"user": {"options": None}},
            "ingredients.engines.user.options: expected a mapping, got None",
        ),
        (0, ["ingredients", "tools"], [], "ingredients.tools: expected a valid dictionary, got list"),
        (0, ["ingredients", "apps"], {"Emails": 5}, "ingredients.apps.Emails: expected a valid string, got int (5)"),
        (0, ["ingredients", "goal"], 5, "ingredients.goal: expected a valid string, got int (5)"),
    ],
)
def test_a_file_that_holds_something_else_is_no_cassette(
    recorded: Run, play: RecordedRuns, path: Path, line: int, keys: list[str], value: Any, complaint: str
) -> None:
    told = lines(path)
    place = told[line]
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    path.write_text("".join(json.dumps(one) + "\n" for one in told), encoding="utf-8")
    result = play(CassetteSpec(path)).result
    assert isinstance(result.exception, EngineConfigurationError)
    where = (
        complaint if line else "the first line is not as this version writes it" + f": {complaint}" * bool(complaint)
    )
    assert str(result.exception) == (
        f"{path} is not a cassette: {where}; delete it, or record it anew with --pare-record all --pare-live"
    )
    assert result.exception_kind == "configuration"


def test_a_recording_of_before_answers_had_a_reason_is_replayed(recorded: Run, play: RecordedRuns, path: Path) -> None:
    told = lines(path)
    assert [call.pop("finish_reason") for call in told[1:]] == ["length"] * (len(told) - 1)
    path.write_text("".join(json.dumps(one) + "\n" for one in told), encoding="utf-8")
    calls = play(CassetteSpec(path)).trace.calls
    assert calls == tuple(dataclasses.replace(call, finish_reason=None) for call in recorded.trace.calls)
    assert {call.finish_reason for call in recorded.trace.calls} == {"length"}


def test_a_file_that_cannot_be_read_is_told(path: Path, play: RecordedRuns) -> None:
    path.mkdir(parents=True)
    assert str(play(CassetteSpec(path)).result.exception) == f"the cassette {path} cannot be read: Is a directory"


def test_a_file_that_cannot_be_written_costs_no_result(tmp_path: Path, play: RecordedRuns) -> None:
    (tmp_path / "file").write_text("in the way")
    run = play(CassetteSpec(tmp_path / "file" / "stage.jsonl", "all"))
    assert run.success
    assert run.export_error is not None
    assert run.export_error.startswith(f"stage: cannot write the cassette {tmp_path}/file")


# -- modes


def test_none_needs_a_recording_and_says_how_to_make_it(play: RecordedRuns, path: Path) -> None:
    run = play(CassetteSpec(path, "none"))
    assert run.result.exception_kind == "configuration"
    assert str(run.result.exception) == (
        "cassettes/stage.jsonl was never recorded; record it with --pare-record once --pare-live "
        f"(in {path.parent.parent})"
    )
    assert play.built == 0


@pytest.mark.parametrize("mode", ["none", "once"])
def test_an_answer_that_is_missing_is_an_error_where_nothing_is_added(
    recorded: Run, play: RecordedRuns, path: Path, mode: Any
) -> None:
    without_last_calls(path, 1, "observe")
    kept = path.read_bytes()
    run = play(CassetteSpec(path, mode))
    count = sum(call.role == "observe" for call in recorded.trace.calls)
    assert f"cassettes/stage.jsonl has no call {count} of role observe; record it with --pare-record new" in str(
        run.result.exception
    )
    assert run.result.exception_kind == "configuration"
    assert (play.asked, path.read_bytes()) == (0, kept)


def test_once_records_only_if_there_is_no_file(recorded: Run, play: RecordedRuns, path: Path) -> None:
    before = path.read_bytes()
    assert play(CassetteSpec(path, "once")).trace.to_jsonl() == recorded.trace.to_jsonl()
    assert (play.asked, path.read_bytes()) == (0, before)


def test_new_asks_for_what_is_missing_and_adds_it(recorded: Run, play: RecordedRuns, path: Path) -> None:
    whole = path.read_text()
    without_last_calls(path, 3)
    # The model begins anew, and what it says next is what it said first.
    run = play(CassetteSpec(path, "new"))
    assert play.asked >= 3
    assert run.trace.calls[: len(recorded.trace.calls) - 3] == recorded.trace.calls[:-3]
    play.asked = 0
    assert play(CassetteSpec(path)).trace.to_jsonl() == run.trace.to_jsonl()
    assert play.asked == 0
    assert whole.split("\n")[1] in path.read_text()


def test_new_leaves_a_whole_recording_as_it_is(recorded: Run, play: RecordedRuns, path: Path) -> None:
    before = path.read_bytes()
    assert play(CassetteSpec(path, "new")).success
    assert (play.asked, path.read_bytes()) == (0, before)


def test_all_records_everything_anew(recorded: Run, play: RecordedRuns, path: Path) -> None:
    path.write_text("not even a cassette")
    assert play(CassetteSpec(path, "all")).success
    assert play.asked == len(recorded.trace.calls)
    assert play(CassetteSpec(path)).trace.to_jsonl() == recorded.trace.to_jsonl()


def test_nothing_is_asked_that_must_not_be(play: RecordedRuns, path: Path) -> None:
    run = play(CassetteSpec(path, "once", live=False))
    assert "recording calls a model, which may cost money: set live: true" in str(run.result.exception)
    assert play.asked == 0


# -- runs that are cut short


@pytest.fixture
def unreliable() -> RecordedRuns:
    """A model that answers four times."""
    play = RecordedRuns(Moved)
    play.lives = 4
    return play


@pytest.mark.parametrize("mode", ["once", "all"])
def test_half_a_conversation_is_no_recording(unreliable: RecordedRuns, path: Path, mode: Any) -> None:
    assert str(unreliable(CassetteSpec(path, mode)).result.exception) == "the model is gone"
    assert not path.exists()


def test_all_keeps_the_old_recording_if_there_is_no_new_one(
    recorded: Run, unreliable: RecordedRuns, path: Path
) -> None:
    before = path.read_bytes()
    assert unreliable(CassetteSpec(path, "all")).result.status == "exception"
    assert path.read_bytes() == before


def test_new_keeps_what_was_answered(unreliable: RecordedRuns, play: RecordedRuns, path: Path) -> None:
    assert unreliable(CassetteSpec(path, "new")).result.status == "exception"
    assert len(lines(path)) == 1 + 4
    assert play(CassetteSpec(path, "new")).trace.calls[4].error is None
    assert len(lines(path)) > 1 + 4


def test_new_keeps_what_was_recorded_and_not_reached(play: RecordedRuns, path: Path) -> None:
    play(CassetteSpec(path, "once"), user_engine_config=ORACLE, max_turns=2)
    before = Cassette.read(path)
    play.lives = play.asked + 1
    assert str(play(CassetteSpec(path, "new"), max_turns=2).result.exception) == "the model is gone"
    after = Cassette.read(path)
    assert before is not None
    assert after is not None
    assert [(call.role, call.turn) for call in before.calls] == [("observe", 0), ("observe", 1), ("observe", 1)]
    assert [(call.role, call.turn) for call in after.calls][:2] == [("user", 0), ("observe", 0)]
    assert after.of("observe") == before.of("observe")
    play.asked, play.lives = 0, None
    run = play(CassetteSpec(path, "new"), max_turns=2)
    assert run.success
    assert [call.role for call in run.trace.calls] == ["user", "observe", "user", "observe", "observe"]
    assert play.asked == 1
    assert play(CassetteSpec(path), max_turns=2).trace.to_jsonl() == run.trace.to_jsonl()


def test_what_was_not_reached_is_still_what_the_old_ingredients_made(path: Path) -> None:
    def ask() -> tuple[str, str, dict[str, Any]]:
        return "m", "yes", {}

    question = [{"role": "user", "content": "So?"}]
    then = dataclasses.replace(INGREDIENTS, engines={"observe": {"model": "m-001"}})
    first = Recorder(CassetteSpec(path, "once"), "s", None, then, lambda: 0)
    first.answer("observe", question, ask)
    first.finish(None, is_whole=True)
    now = RequestInputs("1", "q", {"user": {"model": "m-002"}, "observe": {"model": "m-002"}}, {}, {}, "e", "g")
    second = Recorder(CassetteSpec(path, "new"), "s", None, now, lambda: 0)
    second.answer("user", question, ask)
    second.finish(EngineError("the model is gone"), is_whole=False)
    recording = Cassette.read(path)
    assert recording is not None
    assert recording.ingredients == dataclasses.replace(
        then, engines={"user": {"model": "m-002"}, "observe": {"model": "m-001"}}
    )
    with pytest.raises(CassetteDrift, match="the observe engine is another one: model 'm-001' -> 'm-002'"):
        Recorder(CassetteSpec(path), "s", None, now, lambda: 0).answer("observe", question, ask)


def test_new_drops_what_a_whole_run_does_not_reach(recorded: Run, play: RecordedRuns, path: Path) -> None:
    without_last_calls(path, len(lines(path)), "user")
    run = play(CassetteSpec(path, "new"), max_turns=1)
    assert len(lines(path)) == 1 + len(run.trace.calls)


def test_a_run_whose_real_time_was_over_is_half_a_conversation(unreliable: RecordedRuns, path: Path) -> None:
    unreliable.error = ScenarioTimeoutError("too slow")
    assert isinstance(unreliable(CassetteSpec(path, "once")).result.exception, ScenarioTimeoutError)
    assert not path.exists()


def test_a_run_that_broke_for_another_reason_is_recorded(play: RecordedRuns, path: Path) -> None:
    def broken(stage: Any, env: Any) -> None:
        raise ValueError("no such thing")

    run = play(CassetteSpec(path, "once"), lambda: Moved(verdict=broken))
    assert isinstance(run.result.exception, ValueError)
    assert len(lines(path)) == 1 + len(run.trace.calls)


class Unmakeable:
    """An agent that cannot be made."""

    def __init__(self) -> None:
        raise RuntimeError("no key")

    def __call__(self, turn: Any) -> None: ...


@pytest.mark.parametrize("mode", ["once", "new", "all"])
def test_an_agent_that_cannot_be_made_leaves_no_recording(play: RecordedRuns, path: Path, mode: Any) -> None:
    run = play(CassetteSpec(path, mode), agent_type=f"{__name__}:Unmakeable")
    assert isinstance(run.result.exception, AgentTypeError)
    assert (play.asked, path.exists()) == (0, False)
    assert play(CassetteSpec(path, mode)).success


@pytest.mark.parametrize("mode", ["once", "new", "all"])
def test_an_agent_that_cannot_be_made_leaves_the_old_recording(
    recorded: Run, play: RecordedRuns, path: Path, mode: Any
) -> None:
    before = path.read_bytes()
    play(CassetteSpec(path, mode), agent_type=f"{__name__}:Unmakeable")
    assert path.read_bytes() == before


def test_a_run_that_something_else_ended_early_leaves_the_old_recording(
    recorded: Run, play: RecordedRuns, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    advance = StateAwareEnvironmentWrapper.pass_time

    def broken(env: Any, *args: Any, **kwargs: Any) -> None:
        advance(env, *args, **kwargs)
        raise ScenarioDefect("the script is broken")

    monkeypatch.setattr(StateAwareEnvironmentWrapper, "pass_time", broken)
    assert isinstance(play(CassetteSpec(path, "all")).result.exception, ScenarioDefect)
    assert (play.asked, path.read_bytes()) == (1, before)


def test_nor_does_a_run_that_is_interrupted_replace_it(recorded: Run, play: RecordedRuns, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        play(CassetteSpec(path, "all"), agent_type=f"{__name__}:interrupted")
    assert (play.asked, path.read_bytes()) == (1, before)


def interrupted(turn: Any) -> None:
    raise KeyboardInterrupt


def failing(turn: Any) -> None:
    raise RuntimeError("I cannot")


def test_the_failure_of_an_agent_is_recorded_and_replayed(play: RecordedRuns, path: Path) -> None:
    run = play(CassetteSpec(path, "once"), agent_type=f"{__name__}:failing")
    assert run.result.status == "failed"
    again = play(CassetteSpec(path), agent_type=f"{__name__}:failing")
    assert (again.result.status, again.trace.to_jsonl()) == ("failed", run.trace.to_jsonl())


def test_so_is_a_run_in_which_nobody_was_asked(play: RecordedRuns, path: Path) -> None:
    offline = {"user_engine_config": ORACLE, "observe_engine_config": ORACLE, "max_turns": 1}
    run = play(CassetteSpec(path, "once"), **offline)
    assert (run.success, play.asked, len(lines(path))) == (True, 0, 1)
    assert play(CassetteSpec(path), **offline).trace.to_jsonl() == run.trace.to_jsonl()


@pytest.mark.parametrize(("on_drift", "raised"), [("fail", CassetteDrift), ("rerecord", EngineError)])
def test_new_keeps_the_old_recording_where_what_was_added_led_elsewhere(
    path: Path, on_drift: Any, raised: type[Exception]
) -> None:
    def ask() -> tuple[str, str, dict[str, Any]]:
        return "m", "yes", {}

    def fail() -> Any:
        raise EngineError("the model is gone")

    question, other = [{"role": "user", "content": "So?"}], [{"role": "user", "content": "And?"}]
    both = dataclasses.replace(INGREDIENTS, engines={"user": {"model": "m-001"}, "observe": {"model": "m-001"}})
    first = Recorder(CassetteSpec(path, "once"), "s", None, both, lambda: 0)
    first.answer("user", question, ask)
    first.finish(None, is_whole=True)
    before = path.read_bytes()
    recorder = Recorder(CassetteSpec(path, "new", on_drift), "s", None, both, lambda: 0)
    assert recorder.answer("observe", question, ask).answer == "yes"
    with pytest.raises(raised) as caught:
        recorder.answer("user", other, fail)
    recorder.finish(caught.value, is_whole=False)
    assert path.read_bytes() == before


def test_new_writes_nothing_where_nothing_was_answered(play: RecordedRuns, path: Path) -> None:
    play.lives = 0
    assert play(CassetteSpec(path, "new")).result.status == "exception"
    assert not path.exists()


def test_nor_does_it_change_what_there_is(recorded: Run, play: RecordedRuns, path: Path) -> None:
    without_last_calls(path, 3)
    # As if by another version.
    path.write_text(path.read_text().replace('"package": "0.1.0"', '"package": "0.0.1"'))
    before = path.read_bytes()
    play.lives = 0
    assert play(CassetteSpec(path, "new")).result.status == "exception"
    assert path.read_bytes() == before


# -- drift


def test_another_prompt_is_the_cause(
    recorded: Run, play: RecordedRuns, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = prompts._source

    def changed(name: str) -> str:
        return source(name).replace("proactive", "eager", 1) if name == "observe" else source(name)

    assert changed("observe") != source("observe")
    before = prompts.version()
    monkeypatch.setattr(prompts, "_source", changed)
    prompts.version.cache_clear()
    prompts._template.cache_clear()
    try:
        text = drifted(play(CassetteSpec(path)))
        warned = play(CassetteSpec(path)).warnings
        after = prompts.version()
    finally:
        monkeypatch.undo()
        prompts.version.cache_clear()
        prompts._template.cache_clear()
    first, second, *diff, last = text.splitlines()
    assert first == (
        f"turn 0, call 1 of role observe is not as recorded: the prompts are another version ({before} -> {after})"
    )
    assert second.startswith("in cassettes/stage.jsonl, message 1 of ")
    assert [line[0] for line in diff] == ["-", "+"]
    assert "proactive" in diff[0]
    assert "eager" in diff[1]
    assert last == "record it anew with --pare-record all --pare-live"
    change = f"the prompts are another version ({before} -> {after})"
    assert warned == (f"cassettes/stage.jsonl may be out of date: {change}",)


def test_another_description_of_a_tool_is_the_cause(recorded: Run, play: RecordedRuns, path: Path) -> None:
    class Reworded(Moved):
        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            super().init_and_populate_apps(*args, **kwargs)
            for tool in self.contacts.get_tools():
                if tool.func_name == "get_contacts":
                    tool._public_description = "Say who is known."

    text = drifted(play(CassetteSpec(path), Reworded))
    assert "another name, description or arguments of tool Contacts__get_contacts" in text
    assert "\n+ - Contacts__get_contacts: Say who is known." in text


def test_other_content_of_the_scenario_is_the_cause(recorded: Run, play: RecordedRuns, path: Path) -> None:
    def more(stage: Any) -> None:
        content(stage)
        stage.email.create_and_add_email(sender="eve@example.com", subject="Oh", content="Look.")

    text = drifted(play(CassetteSpec(path), lambda: Moved(content=more)))
    assert "the scenario has other content in app Emails" in text


def test_another_mail_in_the_script_is_the_cause(recorded: Run, play: RecordedRuns, path: Path) -> None:
    def other(stage: Any) -> list[Any]:
        events = script(stage)
        events[0].action.args["subject"] = "Good evening"
        return events

    text = drifted(play(CassetteSpec(path), lambda: Moved(script=other)))
    assert "the scenario has other events" in text
    assert "Good evening" in text


def test_another_time_in_the_script_is_the_cause(recorded: Run, play: RecordedRuns, path: Path) -> None:
    run = play(CassetteSpec(path), lambda: Moved(script=partial(script, seconds=6)))
    assert "the scenario has other events" in run.warnings[0]


def test_another_goal_is_the_cause(recorded: Run, play: RecordedRuns, path: Path) -> None:
    class Eager(Moved):
        user_goal = "Wants to know everybody."

    text = drifted(play(CassetteSpec(path), Eager))
    assert text.startswith("turn 0, call 1 of role user is not as recorded: the scenario's user has another goal\n")


def test_another_model_is_told_though_it_is_asked_the_same(recorded: Run, play: RecordedRuns, path: Path) -> None:
    other = LLMEngineConfig(model_name="other-2025", provider="somebody", temperature=0.5)
    text = drifted(play(CassetteSpec(path), observe_engine_config=other))
    assert text.splitlines()[0] == (
        "turn 0, call 1 of role observe is not as recorded: the observe engine is another one: "
        "model 'model-2025-01-01' -> 'other-2025', temperature None -> 0.5"
    )
    assert text.splitlines()[1] == f"in {path.parent.name}/{path.name}"


def test_a_role_that_was_not_live_when_it_was_recorded_is_told(play: RecordedRuns, path: Path) -> None:
    play(CassetteSpec(path, "once"), observe_engine_config=ORACLE)
    run = play(CassetteSpec(path))
    assert "has no call 1 of role observe" in str(run.result.exception)


def test_else_it_is_the_agents_code_or_what_it_did_before(recorded: Run, play: RecordedRuns, path: Path) -> None:
    def other(recording: Cassette) -> Cassette:
        calls = [dataclasses.replace(one, answer=one.answer.replace("Shall I", "Should I")) for one in recording.calls]
        return dataclasses.replace(recording, calls=tuple(calls))

    rewrite(path, other)
    text = drifted(play(CassetteSpec(path)))
    assert ": the agent's code, or what it did before\n" in text
    assert "\n- " in text
    assert "Should I" in text


def test_the_version_is_told_with_it(recorded: Run, play: RecordedRuns, path: Path) -> None:
    def older(recording: Cassette) -> Cassette:
        calls = (dataclasses.replace(recording.calls[0], fingerprint="0"), *recording.calls[1:])
        ingredients = dataclasses.replace(recording.ingredients, package="0.0.1")
        return dataclasses.replace(recording, ingredients=ingredients, calls=calls)

    rewrite(path, older)
    run = play(CassetteSpec(path))
    assert "the agent's code (of 0.0.1, this is 0.1.0), or what it did before" in drifted(run)
    assert run.warnings == (
        "cassettes/stage.jsonl may be out of date: it was recorded by pytest-pare 0.0.1, this is 0.1.0",
    )


def test_rerecord_asks_from_there_on_and_writes_the_new_recording(
    recorded: Run, play: RecordedRuns, path: Path
) -> None:
    def spoiled(recording: Cassette) -> Cassette:
        calls = [dataclasses.replace(c, fingerprint="0") if n == 3 else c for n, c in enumerate(recording.calls)]
        return dataclasses.replace(recording, calls=tuple(calls))

    rewrite(path, spoiled)
    run = play(CassetteSpec(path, "none", "rerecord"))
    assert play.asked == len(run.trace.calls) - 3
    assert run.trace.calls[:3] == recorded.trace.calls[:3]
    assert any("recorded anew from here on: call " in warning for warning in run.warnings)
    again = play(CassetteSpec(path))
    assert (again.trace.to_jsonl(), again.warnings) == (run.trace.to_jsonl(), ())


def test_a_recording_that_is_left_for_another_model_names_both(recorded: Run, play: RecordedRuns, path: Path) -> None:
    other = LLMEngineConfig(model_name="other-2025", provider="somebody")
    run = play(CassetteSpec(path, "none", "rerecord"), observe_engine_config=other)
    assert [call.model for call in run.trace.calls[:2]] == ["model-2025-01-01", "other-2025"]
    again = play(CassetteSpec(path), observe_engine_config=other)
    assert (again.trace.to_jsonl(), again.warnings) == (run.trace.to_jsonl(), ())


def test_rerecord_also_asks_where_the_recording_ends(recorded: Run, play: RecordedRuns, path: Path) -> None:
    without_last_calls(path, 1)
    run = play(CassetteSpec(path, "none", "rerecord"))
    assert play.asked >= 1
    assert "was not recorded" in run.warnings[0]


def test_rerecord_without_leave_to_ask_tells_the_drift_and_how_to_give_it(
    recorded: Run, play: RecordedRuns, path: Path
) -> None:
    class Eager(Moved):
        user_goal = "Wants to know everybody."

    before = path.read_bytes()
    run = play(CassetteSpec(path, "none", "rerecord", live=False), Eager)
    assert isinstance(run.result.exception, CassetteDrift)
    first, *_, added, last = str(run.result.exception).splitlines()
    assert first == "turn 0, call 1 of role user is not as recorded: the scenario's user has another goal"
    assert added.startswith("+ ")
    assert last == (
        "on_drift: rerecord calls a model, which may cost money: set live: true in the suite, or add --pare-live"
    )
    assert run.warnings == ("cassettes/stage.jsonl may be out of date: the scenario's user has another goal",)
    assert (play.asked, path.read_bytes()) == (0, before)


def test_nor_is_what_is_missing_asked_for_without_leave(recorded: Run, play: RecordedRuns, path: Path) -> None:
    without_last_calls(path, 1)
    run = play(CassetteSpec(path, "none", "rerecord", live=False))
    assert "record it with --pare-record new --pare-live" in str(run.result.exception)
    assert (play.asked, run.warnings) == (0, ())


def test_warn_takes_the_recorded_answers_and_tells_once_for_each_role(
    recorded: Run, play: RecordedRuns, path: Path
) -> None:
    class Eager(Moved):
        user_goal = "Wants to know everybody."

    before = path.read_bytes()
    run = play(CassetteSpec(path, "none", "warn"), Eager)
    assert run.success
    assert [call.response for call in run.trace.calls] == [call.response for call in recorded.trace.calls]
    assert run.warnings == (
        "cassettes/stage.jsonl may be out of date: the scenario's user has another goal",
        "cassettes/stage.jsonl: turn 0, call 1 of role user is not as recorded: the scenario's user has another goal; "
        "the recorded answers were taken nevertheless",
    )
    assert run.recording_warnings == run.warnings
    assert path.read_bytes() == before


def test_a_name_without_a_date_is_told_when_it_is_recorded(play: RecordedRuns, path: Path) -> None:
    floating = {f"{role}_engine_config": LLMEngineConfig(model_name="gpt-4o", provider="openai") for role in ROLES}
    assert play(CassetteSpec(path, "once"), **floating).warnings == (
        "gpt-4o is recorded, a name without a date, which can mean another model tomorrow",
    )
    assert play(CassetteSpec(path), **floating).warnings == ()


@pytest.mark.parametrize(
    ("model", "is_floating"),
    [("gpt-4o", True), ("claude-sonnet-4-5", True), ("gemini-2.5-pro", True), ("gpt-4o-2024-08-06", False),
     ("claude-sonnet-4-20250514", False), ("gpt-4-0613", False), ("gemini-1.5-pro-002", False)],
)  # fmt: skip
def test_a_date_or_three_digits_make_a_name_stay(model: str, is_floating: bool) -> None:
    ingredients = dataclasses.replace(INGREDIENTS, engines={"user": {"model": model}})
    assert drift.floating(ingredients) == [model] * is_floating


def test_what_is_most_certain_is_told_first() -> None:
    then = INGREDIENTS
    now = RequestInputs("2", "q", {"user": {"model": "n"}}, {"t": "2", "u": "1"}, {"a": "2", "b": "1"}, "f", "h")
    assert drift.causes(then, now, "user") == [
        "the prompts are another version (p -> q)",
        "another name, description or arguments of tools t, u",
        "the scenario has other content in apps a, b",
        "the scenario has other events",
        "the scenario's user has another goal",
        "the user engine is another one: model 'm-001' -> 'n'",
    ]
    assert drift.explain(then, now, "observe").startswith("the prompts are another version (p -> q); also changed: ")
    assert drift.causes(then, now, "observe")[-1] == "the observe engine was not recorded"
    many = dataclasses.replace(then, tools={})
    assert drift.explain(dataclasses.replace(then, tools=dict.fromkeys("abcde", "1")), many, "user") == (
        "another name, description or arguments of tools a, b, c and 2 more"
    )


LONG = st.lists(st.builds(Message, st.just("user"), st.text("ab \n" * 3 + "cé", max_size=400)), max_size=4)


@given(LONG, LONG)
def test_a_difference_is_short_and_never_wider_than_a_terminal(before: list[Message], after: list[Message]) -> None:
    told = drift.difference(before, after)
    assert len(told) <= 10
    assert all(len(line) <= 80 for line in told)


def test_what_is_different_in_a_long_line_is_seen() -> None:
    before, after = Message("user", f"{'x' * 300}old{'y' * 300}"), Message("user", f"{'x' * 300}new{'y' * 300}")
    first, removed, added = drift.difference([before], [after])
    assert first == "message 1 of 1:"
    assert removed.startswith("- ...xxx")
    assert ("old" in removed, "new" in added) == (True, True)
    assert drift.difference([before], [])[0] == "message 1 is missing:"
    assert drift.difference([], [after])[0] == "message 1 is new:"


# -- secrets


def test_a_tool_with_the_name_of_a_secret_is_no_secret() -> None:
    named = dataclasses.replace(INGREDIENTS, tools={"Vault__get_password": "1"}, apps={"password": "2"})
    recording = Cassette("stage", None, "", "", named)
    assert Cassette.from_text(recording.to_text()) == recording


def test_a_run_is_recorded_and_played_without_secrets(
    play: RecordedRuns, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "Zq7-open-sesame"
    monkeypatch.setenv("SOME_API_KEY", secret)
    leaky = RecordedRuns(Moved)
    leaky.answers = tuple(
        dataclasses.replace(call, response=str(call.response).replace("Shall I", f"{secret}: shall I"))
        for call in leaky.answers
    )
    run = leaky(CassetteSpec(path, "once"))
    assert secret not in path.read_text()
    assert secret not in run.trace.to_jsonl()
    assert "[redacted]: shall I add Ada?" in run.trace.to_jsonl()
    monkeypatch.delenv("SOME_API_KEY")
    assert leaky(CassetteSpec(path)).trace.to_jsonl() == run.trace.to_jsonl()
