"""A run as a document: steps, turns, consent, states and the verdict, without secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pytest_pare.results.validation_result import PAREScenarioValidationResult, RecordedException
from pytest_pare.simulation.state_change import change_of
from pytest_pare.simulation.trace import ENV_EVENT, Trace
from pytest_pare.simulation.trace_details import AppChange, Notified
from pytest_pare.timeline.document import run_document
from pytest_pare.timeline.texts import LONGEST
from tests.timeline.made import LINE, agent, answer, call, event, proposal, report, trace, user, world

RUN = trace(
    world("create_and_add_email", time=2, args={"sender": "eve", "subject": "Dry", "cc": []}),
    call(time=3, response="Thought: Ask.\nAction:\n" + '{"action": "x__y", "action_input": {"to": "ann"}}<end_action>'),
    proposal(time=4),
    answer(time=6, turn=1),
    agent("send_email", time=7, turn=1, mode="execute", args={"to": ["ann", "bob"]}),
    call("execute", time=7.5, turn=1, finish_reason="length", response="Thought: So"),
    report(time=8, turn=1),
    world("create_and_add_email", time=9, turn=2, fault=ENV_EVENT),
    event("CONDITION", "is_wet", app="", time=9, turn=2, result=False),
    event("VALIDATION", "check_pots", app="", time=10, turn=2, result=True),
)


def document(of: Trace = RUN, result: PAREScenarioValidationResult | None = None) -> dict[str, Any]:
    return run_document(of, result, run="plants[run1]")


def test_every_step_has_its_side_kind_and_title() -> None:
    assert [(one["n"], one["lane"], one["kind"], one["title"]) for one in document()["steps"]] == [
        (1, "world", "call", "Emails: create_and_add_email sender=eve subject=Dry"),
        (2, "model", "model", "observe model answers: x__y to=ann"),
        (3, "agent", "proposal", "proposes: Shall I write to Ann?"),
        (4, "user", "acceptance", "accepts: As you say."),
        (5, "agent", "call", "Emails: send_email to=ann, bob"),
        (6, "model", "model", "execute model answers (cut at max_tokens): So"),
        (7, "agent", "report", "reports: Done."),
        (8, "world", "noise", "Emails: create_and_add_email"),
        (9, "world", "check", "validation check_pots"),
    ]


@pytest.mark.parametrize(
    ("entry", "kind", "title"),
    [
        (agent("wait", app=LINE), "call", "waits"),
        (agent("ask_user", app=LINE, args={"content": "Which?"}), "message", "asks: Which?"),
        (user("send_message_to_agent", app=LINE, args={"content": "Hm."}), "message", "says: Hm."),
        (proposal(error="TurnOver: late"), "call", "says: Shall I write to Ann?"),
        (answer(accepts=False), "rejection", "rejects: As you say."),
        (replace(call(error="RateLimitError"), response=None), "model", "observe model fails: RateLimitError"),
        (call("agent", response='Two.\nEmails__send({"a": "b"})'), "model", "agent model answers: Emails__send a=b"),
        (call(response="Well\x1b[31m\nthen"), "model", "observe model answers: Well [31m then"),
    ],
)  # fmt: skip
def test_titles_and_kinds(entry: Any, kind: str, title: str) -> None:
    (step,) = document(trace(entry))["steps"]
    assert (step["kind"], step["title"]) == (kind, title)


def test_turns_have_their_steps_and_what_was_told() -> None:
    told = (
        Notified(2.0, 0, "AGENT", "observe", [{"time": 2.0, "kind": "environment", "text": "A mail from Eve"}]),
        Notified(11.0, 3, "USER", "observe", []),
    )
    turns = document(trace(*RUN.entries, notified=told))["turns"]
    assert [(one["turn"], one["time"], one["mode"], one["first_step"], one["last_step"]) for one in turns] == [
        (0, 2.0, "observe", 1, 3),
        (1, 6.0, "awaiting_confirmation", 4, 7),
        (2, 9.0, "observe", 8, 9),
        (3, 11.0, "observe", None, None),
    ]
    assert turns[0]["screen"] == "System"
    assert turns[0]["notified"] == [
        {"who": "AGENT", "notifications": [{"time": 2.0, "kind": "environment", "text": "A mail from Eve"}]}
    ]


def test_consent_lasts_from_the_acceptance_to_the_report() -> None:
    assert document()["consent"] == [
        {"proposal": 3, "answer": 4, "answer_kind": "acceptance", "from": 6, "to": 8},
    ]


def test_only_the_last_proposal_is_answered() -> None:
    run = trace(proposal(time=1), proposal(time=2), answer(accepts=False, time=4), answer(time=5))
    assert document(run)["consent"] == [
        {"proposal": 1, "answer": None, "answer_kind": None, "from": 1, "to": 1},
        {"proposal": 2, "answer": 3, "answer_kind": "rejection", "from": 4, "to": 4},
    ]


@pytest.mark.parametrize(
    ("entries", "text", "steps"),
    [
        ([agent("list_emails", operation="read")], "the agent proposed nothing", []),
        ([proposal()], "1 proposal without an answer", [1]),
        ([proposal(), answer(accepts=False)], "the user rejected 1 proposal", [2]),
        ([proposal(), answer(), report()], "accepted, and the agent wrote nothing after it", [2]),
        ([agent("send_email")], "1 write without consent", [1]),
        (
            [agent("send_email", error="ValueError: no address")],
            "Emails.send_email failed, and it was not called again: ValueError: no address",
            [1],
        ),
        (
            [agent("send_email", error="ToolFailure: no", fault="tool_failure"), agent("send_email")],
            "Emails.send_email failed, and a later call of it succeeded: ToolFailure: no",
            [1],
        ),
        ([call(finish_reason="length")], "1 answer of the agent's model was cut at max_tokens", [1]),
        (
            [call("user", finish_reason="length"), call(), call("user", finish_reason="length")],
            "2 answers of the user's model were cut at max_tokens",
            [1, 3],
        ),
        (
            [call("judge", finish_reason="content_filter")],
            "1 answer of the judge model was cut by a content filter",
            [1],
        ),
        (
            [call(), call("agent", response="Noted."), call("agent", response='Emails__send({"a": "b"})')],
            "the agent proposed nothing; in 2 answers its model called no tool, the last: 'Noted.'",
            [1, 2],
        ),
        (
            [answer(), agent("send_email", mode="execute", error="ValueError: no"), report("All sent.")],
            "after Emails.send_email failed, the agent reported: 'All sent.'",
            [3],
        ),
        (
            [world("reply", error="ValueError: no such mail")],
            "an event of the scenario failed: Emails.reply: ValueError: no such mail",
            [1],
        ),
        ([world("add", fault=ENV_EVENT), world("add", fault=ENV_EVENT)], "noise: 2 events", [1, 2]),
        ([agent("list_emails", fault="tool_slow")], "noise: tool_slow 1 time", [1]),
    ],
)
def test_what_catches_the_eye(entries: list[Any], text: str, steps: list[int]) -> None:
    assert {"text": text, "steps": steps} in document(trace(*entries))["findings"]


@pytest.mark.parametrize(("count", "events"), [(0, "no event"), (2, "2 events")])
def test_what_a_silent_agent_was_told_is_counted(count: int, events: str) -> None:
    news = [{"time": 1.0, "kind": "environment", "text": "A mail from Eve"}]
    told = (Notified(1.0, 0, "AGENT", "observe", count * news), Notified(1.0, 0, "USER", "observe", news))
    (found,) = document(trace(agent("list_emails", operation="read"), notified=told))["findings"]
    assert found == {"text": f"the agent was notified of {events} and proposed nothing", "steps": []}


def test_after_a_defect_of_the_scenario_a_silent_agent_is_no_finding() -> None:
    (found,) = document(trace(world("reply", error="ValueError: no such mail")))["findings"]
    assert found["steps"] == [1]


def test_a_whole_run_without_mistakes_has_no_findings() -> None:
    assert document(trace(*RUN.entries[:5], report(time=8, turn=1)))["findings"] == []


def test_states_are_cards_and_differences() -> None:
    states = [{"note": "dry"}, {"note": "wet"}]
    changes = (
        AppChange(0.0, None, 0, "Notes", "NotesApp", change_of(None, states[0])),
        AppChange(7.0, 1, 5, "Notes", "NotesApp", change_of(*states)),
    )
    made = document(trace(*RUN.entries, states=changes))
    assert made["cards"] == [
        {"after": 0, "turn": None, "app": "Notes", "lines": [[1, "note: dry"]]},
        {"after": 5, "turn": 1, "app": "Notes", "lines": [[1, "note: wet"]]},
    ]
    assert made["changes"] == [
        {"after": 5, "turn": 1, "app": "Notes", "rows": [{"path": "note", "before": "dry", "after": "wet"}]}
    ]


def test_the_verdict_is_beside_its_step() -> None:
    result = PAREScenarioValidationResult(success=False, rationale="the pots are dry")
    result.differences = [
        {"expected": "ann", "got": "bob", "event_id": RUN.events[3].event_id, "time": 7.0},
        {"expected": "a report", "got": None, "event_id": None, "time": 8.5},
        {"expected": "rain", "got": None, "event_id": "other", "time": 8.5},
        {"expected": "sun", "got": None, "event_id": None, "time": None},
    ]
    made = document(result=result)
    assert (made["status"], made["reason"]) == ("failed", "the pots are dry")
    assert [one["step"] for one in made["differences"]] == [5, 7, None, None]


def test_an_exception_is_the_reason() -> None:
    result = PAREScenarioValidationResult(success=None, exception=RecordedException("ScenarioDefect", "no pots"))
    assert document(result=result)["reason"] == "ScenarioDefect: no pots"


def test_hostile_texts_are_encodable_and_cut() -> None:
    hostile = "<script>\ud83d</script>"
    run = trace(
        agent("send_email", args={"to": hostile}, result="x" * 1_000_000, operation="write"),
        call(request=[{"role": "user", "content": hostile}], response=hostile),
    )
    made = document(run)
    assert json.dumps(made, ensure_ascii=False).encode("utf-8")
    assert made["steps"][0]["args"] == {"to": "<script>\\ud83d</script>"}
    assert made["steps"][0]["result"] == "x" * LONGEST + "... [980,000 more characters]"
    assert made["steps"][1]["model"]["request"] == [{"role": "user", "content": "<script>\\ud83d</script>"}]


def test_no_secret_is_in_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "sesame-street-42"
    monkeypatch.setenv("PLANT_API_KEY", secret)
    told = Notified(2.0, 0, "AGENT", "observe", [{"time": 2.0, "kind": "environment", "text": f"code {secret}"}])
    state = AppChange(0.0, None, 0, "Notes", "NotesApp", change_of(None, {"note": secret}))
    # The cut goes through the middle of one.
    cut = "x" * (LONGEST - 5) + secret + "y" * 100
    run = trace(
        agent("send_email", args={"to": secret, "password": "hunter2-abc"}, result=cut, error=secret),
        call(request=[{"role": "user", "content": secret}], response=f"Thought: {secret}", error=secret),
        notified=(told,),
        states=(state,),
        reference=({"who": "AGENT", "app": "Emails", "function": "send_email", "args": {"to": secret}},),
    )
    result = PAREScenarioValidationResult(success=False, rationale=f"no {secret}")
    result.differences = [{"expected": secret, "got": secret, "event_id": None, "time": None}]
    text = json.dumps(run_document(run, result, run="plants"))
    assert [part for part in (secret, "sesam", "hunter2") if part in text] == []
