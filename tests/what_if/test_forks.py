"""Forks of runs: the past is that of the run, and from the step on one thing is different."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.agents.calibration import eager
from pytest_pare.agents.program import pool
from pytest_pare.agents.react import format_action
from pytest_pare.endpoints import server as endpoints
from pytest_pare.engines.cassette_spec import CassetteSpec
from pytest_pare.engines.rate_limit import VARIABLE
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.runner import run_scenario
from pytest_pare.simulation.trace import EngineCall, Trace, TraceEvent
from pytest_pare.simulation.trace_steps import steps_of
from pytest_pare.what_if.changes import Wish
from pytest_pare.what_if.errors import ForkError
from pytest_pare.what_if.fork import Fork, Origin, fork
from tests.agents.programs import spec
from tests.engines.asking_agents import called, chat, replies, said
from tests.engines.model_server import WAIT, ModelServer, answers
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_pare.agents.protocols import Turn

ORACLE = {"provider": "oracle", "model_name": "oracle"}
PLAYED: dict[str, Any] = {f"{role}_engine_config": ORACLE for role in ("user", "observe", "execute")}
SEND = "PAREAgentUserInterface__send_message_to_user"
LOOK = called(("Contacts__get_contacts", {"offset": 0}))
PROPOSE = called((SEND, {"content": "Shall I add Ada?"}))


@pytest.fixture(autouse=True)
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    yield
    pool.close_all()
    endpoints.close()


def config_of(**settings: Any) -> MultiScenarioRunnerConfig:
    return MultiScenarioRunnerConfig.model_validate({"user_engine_config": ORACLE, "log_to_file": False, **settings})


def bundled(scenario_id: str, *, agent: Any = None, run_number: int | None = None, **settings: Any) -> Origin:
    """Play a scenario of the bundled library, and return the run as one that can be forked."""
    load_library(registry, bundled_library_dir())
    cls = registry.registered()[scenario_id]
    config = config_of(**settings)
    run = run_scenario(cls(scenario_id=scenario_id, run_number=run_number), config, agent=agent)
    trace = Trace.from_jsonl(run.trace.to_jsonl())
    return Origin(scenario_id, trace, lambda: cls(scenario_id=scenario_id, run_number=run_number), config, agent)


def staged(agent: Any = None, *, script: Any = None, cassette: CassetteSpec | None = None, **settings: Any) -> Origin:
    """Play a stage, and return the run as one that can be forked."""
    config = config_of(max_turns=2, **{**PLAYED, **settings})
    run = run_scenario(Stage(script=script), config, agent=agent, cassette=cassette)
    trace = Trace.from_jsonl(run.trace.to_jsonl())
    path = None if cassette is None else cassette.path
    return Origin("stage", trace, lambda: Stage(script=script), config, agent, cassette=path)


def text_of(trace: Trace) -> str:
    return replace(trace, forked_from={}).to_jsonl()


def step_of(trace: Trace, is_it: Callable[[Any], bool]) -> int:
    return next(step.number for step in steps_of(trace) if is_it(step.entry))


def is_call(function: str, kind: str = "AGENT") -> Callable[[Any], bool]:
    return lambda entry: isinstance(entry, TraceEvent) and (entry.kind, entry.function) == (kind, function)


def is_asked(role: str, turn: int = 0) -> Callable[[Any], bool]:
    return lambda entry: isinstance(entry, EngineCall) and (entry.role, entry.turn) == (role, turn)


ACCEPTS = is_call("accept_proposal", "USER")


def first_difference(a: Trace, b: Trace) -> int | None:
    """Return the number of the first step that differs."""
    pairs = zip(steps_of(a), steps_of(b), strict=False)
    return next((one.number for one, other in pairs if one.entry != other.entry), None)


def mail(stage: Any) -> list[Any]:
    return [
        stage.email.send_email_to_user_only(sender="a@example.com", subject=f"Mail {n}", content="Hi").delayed(n)
        for n in (1, 3, 5, 7)
    ]


# -- without a change


@pytest.fixture(scope="module")
def solved() -> Origin:
    """The reference run of a scenario in which the user accepts, and the agent writes."""
    return bundled("new_number", **PLAYED)


def test_a_fork_without_a_change_is_the_same_run_at_every_step(solved: Origin) -> None:
    expected = text_of(solved.trace)
    numbers = [step.number for step in steps_of(solved.trace)]
    assert [number for number in numbers if text_of(fork(solved, number).trace) != expected] == []
    forked = fork(solved, 3)
    assert forked.diff.cause == "none"
    assert forked.trace.forked_from == {"run": "new_number", "step": 3, "change": {}}
    assert Trace.from_jsonl(forked.trace.to_jsonl()) == forked.trace


def test_a_run_with_noise_is_forked_exactly() -> None:
    noise = {"tool_failure_probability": 0.4, "user_busy": {"rate": 0.5, "turns": 1}}
    origin = bundled("new_number", run_number=2, noise=noise, **PLAYED)
    assert origin.trace.faults()
    last = steps_of(origin.trace)[-1].number
    for at in (1, last // 2, last):
        assert text_of(fork(origin, at).trace) == text_of(origin.trace)


def propose_twice(turn: Turn) -> None:
    turn.call("Contacts__get_contacts", {"offset": 0})
    turn.propose(f"Shall I? ({turn.number})")


def test_the_real_time_of_an_agents_turns_is_played_again() -> None:
    origin = staged(propose_twice, simulated_generation_time_mode="measured")
    assert len(origin.trace.turn_seconds) == 2
    last = steps_of(origin.trace)[-1].number
    assert text_of(fork(origin, last).trace) == text_of(origin.trace)


# -- one change


def test_the_user_rejects(solved: Origin) -> None:
    at = step_of(solved.trace, ACCEPTS)
    forked = fork(solved, at, Wish(answer="reject"))
    assert forked.result.status == "failed"
    assert len(forked.trace.rejections()) == 1
    assert forked.trace.actions("AGENT", operation="write") == []
    # The answer of the user's engine is the step before the user's action.
    assert first_difference(solved.trace, forked.trace) == forked.step == at - 1
    assert forked.diff.first == (at - 1, at - 1)
    assert forked.diff.cause == "model's answer"
    assert fork(solved, at - 1, Wish(answer="reject")).trace == forked.trace


def test_the_oracle_goes_on_after_an_answer_with_another_text(solved: Origin) -> None:
    at = step_of(solved.trace, lambda entry: isinstance(entry, EngineCall) and SEND in str(entry.response))
    entry = steps_of(solved.trace)[at - 1].entry
    assert isinstance(entry, EngineCall)
    forked = fork(solved, at, Wish(answer=str(entry.response).replace('"content": "', '"content": "Hello. ')))
    assert forked.trace.proposals()[0].args["content"].startswith("Hello. ")
    assert len(forked.trace.proposals()) == 1
    assert len(forked.trace.acceptances()) == 1


def test_the_oracle_takes_a_step_later_that_an_answer_has_left_out(solved: Origin) -> None:
    at = step_of(solved.trace, lambda entry: isinstance(entry, EngineCall) and SEND in str(entry.response))
    forked = fork(solved, at, Wish(answer=format_action("", "Contacts__get_contacts", {"offset": 0})))
    assert [one.turn for one in forked.trace.proposals()] > [one.turn for one in solved.trace.proposals()]
    assert forked.success


def test_the_caller_of_a_tool_gets_another_result() -> None:
    seen: list[Any] = []

    def agent(turn: Turn) -> None:
        seen.append(turn.call("Contacts__get_contacts", {"offset": 0}))

    origin = staged(agent)
    at = step_of(origin.trace, is_call("get_contacts"))
    forked = fork(origin, at, Wish(tool_result={"contacts": ["Ada"]}))
    assert seen[2] == {"contacts": ["Ada"]}
    assert seen[0] == seen[1] == seen[3]
    entry = steps_of(forked.trace)[at - 1].entry
    assert isinstance(entry, TraceEvent)
    assert (entry.result, entry.error) == ({"contacts": ["Ada"]}, None)
    assert first_difference(origin.trace, forked.trace) == at
    assert forked.diff.cause == "tool result"


@pytest.mark.parametrize("is_built_in", [True, False])
def test_another_agent_takes_over(is_built_in: bool) -> None:
    origin = bundled("new_number", **PLAYED) if is_built_in else staged(propose_twice)
    at = step_of(origin.trace, lambda entry: entry.turn == 1 and getattr(entry, "kind", "") == "AGENT")
    forked = fork(origin, at, Wish(agent=eager))
    assert forked.trace.agent == "pytest_pare.agents.calibration:eager"
    turns = {one.turn or 0 for one in forked.trace.proposals() if "anything that I can do" in one.args["content"]}
    assert turns
    assert min(turns) == 1
    begin = [one.entry for one in steps_of(origin.trace) if one.entry.turn == 0]
    assert [one.entry for one in steps_of(forked.trace)][: len(begin)] == begin
    assert fork(origin, at, Wish(agent="pytest_pare.agents.calibration:eager")).trace == forked.trace


class Counting:
    """An agent that counts its turns."""

    def __init__(self) -> None:
        self.turns = 0

    def __call__(self, turn: Turn) -> None:
        self.turns += 1
        turn.propose(f"Shall I, in turn {self.turns}?")


def test_an_agent_that_is_named_is_a_new_one_in_each_fork() -> None:
    forked = fork(staged(propose_twice), 1, Wish(agent=f"{__name__}:Counting"), times=2)
    assert next(one.args["content"] for one in forked.runs[1].trace.proposals()).endswith("turn 1?")
    assert forked.all_equal


# -- several forks


def test_several_forks_differ_in_what_is_drawn_after_the_step() -> None:
    noise = {"tool_failure_probability": 0.4}
    origin = bundled("new_number", run_number=1, noise=noise, **PLAYED)
    forked = fork(origin, 2, times=6)
    assert forked.runs[0].trace.entries == origin.trace.entries
    assert not forked.all_equal
    assert forked.successes == sum(run.success for run in forked.runs)
    assert 0 <= forked.interval.low < forked.interval.high <= 1
    assert [run.trace.entries for run in fork(origin, 2, times=6).runs] == [run.trace.entries for run in forked.runs]
    at = step_of(origin.trace, ACCEPTS)
    begin = origin.trace.entries[:at]
    assert all(run.trace.entries[:at] == begin for run in fork(origin, at, times=3).runs)


def test_several_forks_of_a_run_without_chance_are_the_same(solved: Origin) -> None:
    assert fork(solved, 5, times=2).all_equal


# -- models


def live(server: ModelServer, **settings: Any) -> dict[str, Any]:
    engine = {"model_name": "m", "endpoint": server.url, "retries": 0, "timeout_seconds": 20}
    return {"observe_engine_config": engine, "execute_engine_config": engine, **settings}


def search(query: str) -> str:
    return format_action("", "Contacts__search_contacts", {"query": query})


def numbered() -> Callable[[Any], Any]:
    """Return a script of a server whose answers have numbers."""
    given = iter(range(100))
    return lambda request: answers(search(f"Ada {next(given)}"))


def searched(trace: Trace) -> list[str]:
    return [one.args["query"] for one in trace.actions("AGENT")]


def test_no_model_is_called_before_the_step() -> None:
    with ModelServer(numbered(), models=["m"]) as server:
        origin = staged(**live(server))
        asked = len(server.requests)
        at = step_of(origin.trace, is_asked("observe", 1))
        refused = r"the observe engine calls a model, .*: add --live, or set live: true in the suite"
        with pytest.raises(ForkError, match=refused):
            fork(origin, at)
        assert len(server.requests) == asked == 2
        forked = fork(replace(origin, is_live=True), at)
        assert len(server.requests) == asked + 1
        # The first answer is the recorded one, and the second one is new.
        assert searched(forked.trace) == ["Ada 0", "Ada 2"]
        given = fork(replace(origin, is_live=True), at, Wish(answer=WAIT))
        assert len(server.requests) == asked + 1
        assert searched(given.trace) == ["Ada 0"]
        other = fork(replace(origin, is_live=True), at, Wish(model="n", endpoint=server.url))
        assert server.requests[-1].body["model"] == "n"
        assert next(call.model for call in other.trace.calls if call.role == "observe") == "m"
        assert len(server.requests) == asked + 2


def test_a_recording_goes_on_as_long_as_its_requests_do(tmp_path: Path) -> None:
    spec_of = CassetteSpec(tmp_path / "cassettes/stage.jsonl", "once")
    with ModelServer(numbered(), models=["m"]) as server:
        origin = staged(cassette=spec_of, **live(server))
        asked = len(server.requests)
        assert text_of(fork(origin, 1).trace) == text_of(origin.trace)
        at = step_of(origin.trace, is_asked("observe", 0))
        other = search("Bob")
        left = fork(origin, at, Wish(answer=other))
        assert "the request of role observe is not in the recording" in str(left.result.exception)
        assert "add --live" in str(left.result.exception)
        assert len(server.requests) == asked
        went_on = fork(replace(origin, is_live=True), at, Wish(answer=other))
        assert len(server.requests) == asked + 1
        assert went_on.result.exception is None


def test_a_model_in_the_place_of_the_oracle(solved: Origin) -> None:
    at = step_of(solved.trace, is_asked("observe", 1))
    with pytest.raises(ForkError, match="the observe engine of the run is oracle; name the provider of m as well"):
        fork(solved, at, Wish(model="m"))
    says = answers(format_action("", SEND, {"content": "Shall I change the number?"}))
    with ModelServer(lambda request: says, models=["m"]) as server:
        wish = Wish(model="m", provider="local", endpoint=server.url)
        with pytest.raises(ForkError, match="the new engine calls a model"):
            fork(solved, at, wish)
        forked = fork(replace(solved, is_live=True), at, wish)
        asked = [call for call in forked.trace.calls if call.role == "observe"]
        assert len(server.requests) == len([call for call in asked if call.live]) > 0
        assert first_difference(solved.trace, forked.trace) == at
        # The oracle user answers the proposals of the model.
        assert forked.trace.acceptances()


# -- agents of the user's own with a model of theirs, and programs


def test_an_agent_with_a_model_of_its_own() -> None:
    with ModelServer(replies(LOOK, PROPOSE, said("Fine."), said("Done."), said("More."), said("Much."))) as server:
        upstream = {"model_name": "m", "endpoint": server.url, "retries": 0, "timeout_seconds": 20}
        origin = staged(chat, agent_engine_config=upstream)
        asked = len(server.requests)
        assert asked == 4
        at = step_of(origin.trace, is_asked("agent", 1))
        with pytest.raises(ForkError, match="the agent engine calls a model"):
            fork(origin, at)
        forked = fork(replace(origin, is_live=True), at)
        assert len(server.requests) == asked + 1
        assert [call.response for call in forked.trace.calls if call.role == "agent"][-2:] == ["Fine.", "More."]
        given = fork(replace(origin, is_live=True), at, Wish(answer="Nothing else."))
        assert len(server.requests) == asked + 1
        assert [call.response for call in given.trace.calls][-1] == "Nothing else."
        assert first_difference(origin.trace, given.trace) == at


def test_an_agent_that_asks_its_model_something_else_before_the_step_is_stopped() -> None:
    also: list[Turn] = []

    def agent(turn: Turn) -> None:
        if turn in also or turn.number == 0:
            chat(turn)
        turn.call("Contacts__get_contacts", {"offset": turn.number})

    def changed(turn: Turn) -> None:
        also.append(turn)
        agent(turn)

    with ModelServer(replies(said("Fine."), said("More."), said("Much."))) as server:
        upstream = {"model_name": "m", "endpoint": server.url, "retries": 0, "timeout_seconds": 20}
        origin = staged(agent, agent_engine_config=upstream)
        at = step_of(origin.trace, lambda entry: entry.turn == 1 and getattr(entry, "function", "") == "get_contacts")
        assert len(server.requests) == 1
        with pytest.raises(ForkError, match="the agent has made another request to its model"):
            fork(replace(origin, is_live=True, agent=changed), at)
        assert len(server.requests) == 1


def test_a_scripted_agent_goes_on_with_its_script() -> None:
    script = {"model_name": "s", "provider": "scripted", "answers": ["One.", "Two."]}
    origin = staged(chat, script=mail, agent_engine_config=script)
    at = step_of(origin.trace, is_asked("agent", 0))
    assert text_of(fork(origin, at).trace) == text_of(origin.trace)
    forked = fork(origin, at, Wish(answer="Zero."))
    assert [call.response for call in forked.trace.calls if call.role == "agent"] == ["Zero.", "Two."]


def test_a_program() -> None:
    load_library(registry, bundled_library_dir())
    cls = registry.registered()["new_number"]
    config = config_of(agent=spec(), simulated_generation_time_mode="fixed")
    run = run_scenario(cls(scenario_id="new_number"), config)
    assert run.success, run.result
    program = Origin("new_number", run.trace, lambda: cls(scenario_id="new_number"), config)
    at = step_of(run.trace, ACCEPTS)
    assert text_of(fork(program, at + 1).trace) == text_of(run.trace)
    assert fork(program, at, Wish(answer="reject")).trace.rejections()


# -- what cannot be forked


def test_a_past_that_has_changed_is_named(solved: Origin) -> None:
    at = steps_of(solved.trace)[-1].number

    def prefixed(turn: Turn) -> None:
        turn.propose(f"Hi. ({turn.number})")

    origin = staged(propose_twice)
    ended = "has changed since, so this run cannot be forked"
    message = rf"stage: step \d+ is not what it was: expected .*get_contacts.*, got .*{ended}"
    with pytest.raises(ForkError, match=message):
        fork(replace(origin, agent=prefixed), steps_of(origin.trace)[-1].number)
    load_library(registry, bundled_library_dir())
    other = registry.registered()["aunt_in_suva"]
    with pytest.raises(ForkError, match=f"step 1 is not what it was: the request of role user has changed.*{ended}"):
        fork(replace(solved, make=lambda: other(scenario_id="aunt_in_suva")), at)
    shorter = solved.config.model_copy(update={"max_turns": 1})
    with pytest.raises(ForkError, match="and the run has ended"):
        fork(replace(solved, config=shorter), at)


def test_the_call_whose_result_is_changed_must_be_the_same() -> None:
    def other(turn: Turn) -> None:
        turn.call("Contacts__get_contacts", {"offset": turn.number + 1})

    origin = staged(propose_twice)
    at = step_of(origin.trace, is_call("get_contacts"))
    for wish in (Wish(), Wish(tool_result=[])):
        with pytest.raises(ForkError, match=rf"step {at} is not what it was: expected .*offset=0.*, got .*offset=1"):
            fork(replace(origin, agent=other), at, wish)


def test_a_changed_request_is_shown() -> None:
    with ModelServer(numbered(), models=["m"]) as server:
        origin = staged(**live(server), script=mail)
        asked = len(server.requests)
        at = step_of(origin.trace, is_asked("observe", 1))
        fewer = replace(origin, make=lambda: Stage(script=lambda stage: mail(stage)[1:]), is_live=True)
        with pytest.raises(ForkError, match=r"is not what it was: expected the world's Emails\.send"):
            fork(fewer, at)
        entries = list(origin.trace.entries)
        place = steps_of(origin.trace)[at - 1].place
        request = [{"role": "system", "content": "You are someone else."}]
        before = entries[place]
        assert isinstance(before, EngineCall)
        entries[place] = replace(before, fingerprint="another", kept=0, request=request)
        changed = replace(origin, trace=replace(origin.trace, entries=tuple(entries)), is_live=True)
        message = r"the request of role observe has changed, message 1 of \d+: - \[system\] You are someone else\. \+"
        with pytest.raises(ForkError, match=message):
            fork(changed, at)
        assert len(server.requests) == asked


@pytest.mark.parametrize(
    ("is_step", "wish", "message"),
    [
        (None, Wish(), "step 999: the run has the steps 1 to "),
        (ACCEPTS, Wish("x", 1), "a fork has one change, got an answer and a tool's result"),
        (is_asked("user"), Wish(tool_result=1), "is a call of the user engine, and a tool's result needs a call of"),
        (ACCEPTS, Wish(answer="x"), "is a call of the user, accept_proposal, and an answer needs"),
        (ACCEPTS, Wish(answer="accept"), "the user has given this answer in the run as well"),
        (is_asked("observe"), Wish(answer="reject"), "is no answer of the user to a proposal; the run has them at"),
        (is_asked("user"), Wish(answer=" "), "the answer is empty"),
        (ACCEPTS, Wish(model="m"), "and a model needs a call of a model"),
        (is_asked("user"), Wish(provider="openai"), "a provider or an endpoint needs a model"),
        (is_asked("user"), Wish(agent="nowhere:agent"), "there is no module 'nowhere'"),
    ],
)
def test_a_change_that_does_not_fit(solved: Origin, is_step: Any, wish: Wish, message: str) -> None:
    at = 999 if is_step is None else step_of(solved.trace, is_step)
    with pytest.raises(ForkError, match=re.escape(message)):
        fork(solved, at, wish)


def test_what_is_no_run_of_agents(solved: Origin) -> None:
    with pytest.raises(ForkError, match="times must be 1 or more, got 0"):
        fork(solved, 1, times=0)
    oracle = replace(solved, config=config_of(oracle=True))
    with pytest.raises(ForkError, match="was played in the mode oracle"):
        fork(oracle, 1)
    of_fork = replace(solved, trace=fork(solved, 1).trace)
    with pytest.raises(ForkError, match="is a fork itself; fork new_number"):
        fork(of_fork, 1)


def test_a_fork_as_a_text(solved: Origin) -> None:
    forked = fork(solved, 1)
    assert isinstance(forked, Fork)
    assert json.loads(forked.trace.to_jsonl().split("\n")[0])["forked_from"]["step"] == 1
