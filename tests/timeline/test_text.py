"""A run in the terminal: readable at 80 columns, and nothing said twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.results.validation_result import PAREScenarioValidationResult
from pytest_pare.simulation.state_change import change_of
from pytest_pare.simulation.trace import Trace
from pytest_pare.simulation.trace_details import AppChange, Notified
from pytest_pare.timeline.diff import compare_traces, diff_document
from pytest_pare.timeline.diff_text import around, diff_lines
from pytest_pare.timeline.document import run_document
from pytest_pare.timeline.text import run_lines
from tests.timeline.made import LINE, agent, answer, call, proposal, report, trace, world

ACTION = 'Thought: Write.\nAction:\n{"action": "Emails__send_email", "action_input": {"to": "bob"}}<end_action>'
RUN = trace(
    call("user", time=0, live=False, request=None),
    world("create_and_add_email", time=2, args={"subject": "Dry"}),
    proposal(time=4),
    answer(time=6, turn=1),
    call("execute", ACTION, time=6, turn=1, prompt_tokens=1200, completion_tokens=30, cost=0.01),
    agent("send_email", time=7, turn=1, mode="execute", args={"to": "bob"}, result={"id": 1}),
    report(time=8, turn=1),
    *(agent("wait", app=LINE, time=9 + n, turn=2 + n, operation="read") for n in range(3)),
    notified=(Notified(2.0, 0, "AGENT", "observe", [{"time": 2.0, "kind": "environment", "text": "A mail from Eve"}]),),
    states=(
        AppChange(0.0, None, 0, "Notes", "NotesApp", change_of(None, {"note": "dry"})),
        AppChange(7.0, 1, 6, "Notes", "NotesApp", change_of({"note": "dry"}, {"note": "wet"})),
    ),
)
FAILED = PAREScenarioValidationResult(success=False, rationale="to: expected 'ann', got 'bob'")
FAILED.differences = [{"expected": "to: 'ann'", "got": "to: 'bob'", "event_id": RUN.events[3].event_id, "time": 7.0}]


def shown(of: Trace = RUN, result: PAREScenarioValidationResult | None = FAILED, **options: Any) -> str:
    return "\n".join(line.text for line in run_lines(run_document(of, result, run="plants[run2]"), **options))


def test_a_run_from_its_reason_to_its_last_turn() -> None:
    assert shown() == (
        "plants[run2]: failed\n"
        "  to: expected 'ann', got 'bob' (step 6)\n"
        "\n"
        "  agent mine, 5 turns, 10 steps, began Wednesday 2025-01-01 00:00:00, seed 0\n"
        "  execute model: 1 call, 1,200 + 30 tokens, $0.01\n"
        "  steps with | have the user's consent\n"
        "\n"
        "turn 0, +0, observe, on the screen: System\n"
        "      notified agent: A mail from Eve\n"
        "   2  +2        world Emails.create_and_add_email subject=Dry\n"
        "   3  +4        agent proposes: Shall I write to Ann?\n"
        "\n"
        "turn 1, +6, awaiting confirmation, on the screen: System\n"
        "   4  +6        user  accepts step 3: As you say.\n"
        "   5 |+6        model execute, gpt (1 s, 1,200+30 tokens, $0.01): Write.\n"
        "   6 |+7        agent Emails.send_email (write) to=bob\n"
        '                      -> {"id": 1}\n'
        "                      ^ the verdict is about this step\n"
        "   7 |+8        agent reports: Done.\n"
        "\n"
        "turns 2 to 4, +9: nothing but waits (steps 8 to 10)\n"
        "\n"
        "left out: 1 step of engines without a model; show --turn N has them"
    )


def test_a_fork_names_the_run_that_it_comes_from() -> None:
    fork = {"run": "s:plants[run1]", "step": 4, "change": {"answer": "No."}}
    text = " ".join(shown(replace(RUN, forked_from=fork)).split())
    assert "seed 0, forked from s:plants[run1] at step 4 execute model" in text


def test_what_the_reason_does_not_say_is_expected_and_got() -> None:
    result = replace(FAILED, rationale="a wrong address")
    assert "  a wrong address\n    expected: to: 'ann'\n    got:      to: 'bob' (step 6)\n" in shown(result=result)


def test_the_report_of_pytest_has_the_reason_elsewhere() -> None:
    text = shown(with_reason=False)
    assert text.startswith("  agent mine, 5 turns")
    assert "got 'bob'" not in text


def test_one_turn_has_the_requests_and_answers_of_models() -> None:
    text = shown(turn=1)
    assert text.startswith("\nturn 1, +6")
    assert "[user] What now?" in text
    assert '"action": "Emails__send_email"' in text
    assert "turn 0" not in text


def test_one_step_is_whole() -> None:
    body = " ".join(f"word{n}" for n in range(300))
    run = replace(RUN, entries=(*RUN.entries[:5], replace(RUN.events[3], args={"body": body}), *RUN.entries[6:]))
    text = shown(run, step=6)
    assert "word299" in text
    assert "word299" not in shown(run)
    assert text.split("\n")[0] == "   6 |+7        agent Emails.send_email (write)"


def test_the_state_before_and_after_a_turn() -> None:
    text = shown(state=True)
    assert "      Notes at the start:\n        note: dry\n" in text
    assert "      Notes after the turn:\n        note: wet\n      - note: dry\n      + note: wet\n" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"turn": 9}, "turn 9: the run has the turns 0 to 4"),
        ({"step": 0}, "step 0: the run has the steps 1 to 10"),
        ({"step": 11}, "step 11: the run has the steps 1 to 10"),
    ],
)
def test_a_turn_or_step_that_is_not_there(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        shown(**options)


def test_a_run_without_steps() -> None:
    assert shown(trace(), None).startswith("plants[run2]: unknown\n")
    with pytest.raises(ValueError, match=r"^step 1: the run has no steps$"):
        shown(trace(), step=1)


def test_faults_errors_and_cut_answers_are_marked() -> None:
    run = trace(
        agent("send_email", error="ToolFailure: no", fault="tool_failure"),
        call(response="Thought: I should", finish_reason="length"),
    )
    text = shown(run)
    assert "                      failed: ToolFailure: no\n                      noise: tool_failure\n" in text
    assert "observe, gpt (1 s, CUT AT MAX_TOKENS): I should" in text
    assert "! 1 answer of the agent's model was cut at max_tokens (step 2)" in text


HOSTILE = st.text(alphabet=st.sampled_from("a \n\t\x1b\u202e\ud83d<&漢"), max_size=300)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_line_is_too_long_or_has_control_characters(one: str, two: str, three: str) -> None:
    run = trace(
        agent("send_email", args={one or "x": two}, result=three, error=one),
        call(request=[{"role": "user", "content": two}], response=three),
        proposal(one),
        answer(time=2, turn=1),
        notified=(Notified(0.0, 0, "USER", "observe", [{"time": 0.0, "kind": "environment", "text": two}]),),
    )
    document = run_document(run, replace(FAILED, rationale=three), run="plants")
    other = run_document(RUN, None, run="plants[run2]")
    lines = [
        *run_lines(document),
        *run_lines(document, turn=0),
        *run_lines(document, step=1),
        *diff_lines(diff_document(compare_traces(run, RUN)), document, other),
    ]
    assert [line.text for line in lines if len(line.text) > 80 or not line.text.isprintable()] == []


def test_two_runs_side_by_side() -> None:
    fixed = ACTION.replace("bob", "ann")
    entries = [*RUN.entries]
    entries[4] = replace(RUN.calls[1], response=fixed)
    entries[5] = replace(RUN.events[3], args={"to": "ann"})
    other = replace(RUN, entries=tuple(entries))
    diff = diff_document(compare_traces(RUN, other, names=("plants[run2]", "plants[run1]")))
    documents = run_document(RUN, FAILED, run="plants[run2]"), run_document(other, None, run="plants[run1]")
    lines = [line.text for line in diff_lines(diff, *documents)]
    assert lines == [
        "- A plants[run2]: failed",
        "    to: expected 'ann', got 'bob'",
        "+ B plants[run1]: unknown",
        "",
        "first difference: model's answer (step 5 in A, step 5 in B)",
        "  the same request to the execute model got another answer",
        "    answer",
        '    - …n:',
        '      {"action": "Emails__send_email", "action_input": {"to":',
        '      "bob"}}<end_action>',
        '    + …n:',
        '      {"action": "Emails__send_email", "action_input": {"to":',
        '      "ann"}}<end_action>',
        "",
        "     A    B",
        "         … 2 equal steps",
        "     3    3  +4 agent       proposes: Shall I write to Ann?",
        "     4    4  +6 user        accepts: As you say.",
        "-    5       +6 model       execute model answers: Emails__send_email to=bob",
        "+         5  +6 model       execute model answers: Emails__send_email to=ann",
        "-    6       +7 agent       Emails: send_email to=bob",
        "+         6  +7 agent       Emails: send_email to=ann",
        "     7    7  +8 agent       reports: Done.",
        "     8    8  +9 agent       waits",
        "         … 2 equal steps",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "shown_texts"),
    [
        ("same 1", "same 2", ("same 1", "same 2")),
        ("x" * 100 + "1", "x" * 100 + "2", ("…" + "x" * 60 + "1", "…" + "x" * 60 + "2")),
        ("1" + "x" * 100, "22" + "x" * 100, ("1" + "x" * 60 + "…", "22" + "x" * 60 + "…")),
        ("", "new", ("", "new")),
    ],
)
def test_texts_are_cut_to_what_differs(one: str, other: str, shown_texts: tuple[str, str]) -> None:
    assert around(one, other) == shown_texts
