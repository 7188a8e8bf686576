"""Two runs side by side: which step differs first, and why."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.timeline.causes import Context
from pytest_pare.timeline.diff import compare_traces, diff_document
from tests.timeline.made import agent, answer, call, proposal, report, trace, user, world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.simulation.trace import Trace

RUN = trace(
    call(role="user"),
    world("create_and_add_email", time=2, args={"subject": "Dry"}),
    call(time=3, fingerprint="f2"),
    agent("list_emails", time=4, operation="read", result=["dry"]),
    proposal(time=5),
    answer(time=6, turn=1),
    agent("send_email", time=7, turn=1, mode="execute", args={"to": "ann"}),
    report(time=8, turn=1),
    user("list_emails", time=9, turn=2, operation="read"),
)


def with_entry(place: int, **changes: Any) -> Trace:
    entries = [replace(one, **changes) if n == place else one for n, one in enumerate(RUN.entries)]
    return replace(RUN, entries=tuple(entries))


@pytest.mark.parametrize(
    ("other", "first", "cause", "part"),
    [
        (with_entry(0, response="Nothing."), 1, "model's answer", "the same request to the user model got another"),
        (with_entry(0, model="claude", response="No."), 1, "model's answer", "from gpt in A and claude in B"),
        (with_entry(1, args={"subject": "Wet"}), 2, "world", "with another content"),
        (with_entry(1, time=2.5), 2, "world", "at another time"),
        (with_entry(1, function="delete_email"), 2, "world", "another event of the world"),
        (with_entry(3, result=["wet"]), 4, "tool result", "the same call of Emails.list_emails got another result"),
        (
            with_entry(3, error="ToolFailure: no", fault="tool_failure"),
            4,
            "tool result",
            "noise: none and tool_failure",
        ),
        (with_entry(4, args={"content": "Hi"}), 5, "agent's action", "the agent acted differently"),
        (with_entry(5, function="reject_proposal"), 6, "user's action", "the user acted differently"),
        (
            with_entry(6, args={"to": "bob"}),
            7,
            "agent's action",
            "the agent acted differently: Emails.send_email has other arguments",
        ),
        (with_entry(2, fingerprint="x"), 3, "code", "prompts, scenario and versions are not known to differ"),
        (replace(with_entry(2, fingerprint="x"), prompts="p2"), 3, "prompt", "p1 in A, p2 in B"),
        (
            with_entry(2, fingerprint="x", request=[{"role": "system", "content": "Be kind."}]),
            3,
            "prompt",
            "another system prompt",
        ),
        (replace(RUN, entries=RUN.entries[:6]), 7, "code", "B ended after step 6, and A went on"),
        (replace(RUN, scenario_id="rake"), 1, "scenario", "two scenarios"),
    ],
)
def test_the_first_difference_and_its_cause(other: Trace, first: int, cause: str, part: str) -> None:
    if other.scenario_id != RUN.scenario_id:
        other = replace(other, entries=other.entries[1:])
    found = compare_traces(RUN, other)
    assert (found.first[0], found.cause) == (first, cause)
    assert part in found.sentence


@pytest.mark.parametrize(
    ("contexts", "cause", "part"),
    [
        ((Context("1"), Context("2")), "scenario", "the source of the scenario differs"),
        ((Context(None), Context("2")), "code", "not known to differ"),
        ((Context("1", {"x": "1"}), Context("1", {"x": "2"})), "code", "versions differ: x (1 and 2)"),
    ],
)
def test_another_request_is_explained_by_what_is_known(
    contexts: tuple[Context, Context], cause: str, part: str
) -> None:
    found = compare_traces(RUN, with_entry(2, fingerprint="x"), contexts=contexts)
    assert found.cause == cause
    assert part in found.sentence


@pytest.mark.parametrize(
    ("contexts", "cause", "part"),
    [
        ((Context("1", status="failed"), Context("2", status="failed")), "none", "are the same, step by step"),
        ((Context("1", status="failed"), Context("1", status="success")), "none", "differ (failed and success): look"),
        ((Context("1", status="failed"), Context("2", status="success")), "scenario", "the source of the scenario"),
    ],
)
def test_another_verdict_on_the_same_steps_is_named(contexts: tuple[Context, Context], cause: str, part: str) -> None:
    diff = compare_traces(RUN, RUN, contexts=contexts)
    assert (diff.cause, diff.first) == (cause, (None, None))
    assert part in diff.sentence


def later(entries: Sequence[Any], by: float) -> tuple[Any, ...]:
    """Return entries of which all but the first are later."""
    return (entries[0], *(replace(one, time=one.time + by) for one in entries[1:]))


def test_what_is_measured_is_no_difference() -> None:
    other = with_entry(0, latency=7.0, prompt_tokens=3, cost=0.1)
    assert compare_traces(RUN, replace(other, entries=later(other.entries, 6))).cause == "none"


def test_a_request_that_differs_by_the_time_is_the_answer_that_took_longer() -> None:
    slow = with_entry(0, latency=9.0)
    other = replace(slow, entries=later(slow.entries, 8))
    request: Any = other.entries[2]
    asks = replace(request, fingerprint="later")
    entries = (*other.entries[:2], asks, *other.entries[3:])
    found = compare_traces(RUN, replace(other, entries=entries))
    assert (found.cause, found.first) == ("model's answer", (3, 3))
    assert "that of step 1 took another time" in found.sentence


def test_a_side_that_acts_before_the_same_event_of_the_world_is_the_cause() -> None:
    waits = replace(RUN, entries=(RUN.entries[0], RUN.entries[1]))
    acts = replace(RUN, entries=(RUN.entries[0], call(time=1.5), RUN.entries[1]))
    found = compare_traces(waits, acts)
    assert (found.cause, found.first) == ("agent's action", (2, 2))


def test_the_document_is_json_and_has_every_step_once() -> None:
    found = compare_traces(RUN, with_entry(3, result="\ud83d <b>"), names=("x[run1]", "x[run2]"))
    document = diff_document(found)
    assert json.dumps(document, ensure_ascii=False).encode("utf-8")
    assert [row["a"] for row in document["rows"] if row["a"]] == list(range(1, 10))
    assert [row for row in document["rows"] if not row["same"]] == [{"a": 4, "b": 4, "same": False}]
    assert document["parts"] == [{"name": "result", "a": '["dry"]', "b": "\\ud83d <b>"}]


ENTRIES = st.lists(
    st.one_of(
        st.builds(agent, st.sampled_from(["list_emails", "send_email"]), turn=st.integers(0, 3)),
        st.builds(world, st.sampled_from(["add", "remove"]), result=st.sampled_from([None, "x"])),
        st.builds(call, st.sampled_from(["user", "observe"]), st.sampled_from(["a", "b"])),
        st.builds(proposal),
    ),
    max_size=12,
)


@given(ENTRIES)
def test_a_run_does_not_differ_from_itself(entries: list[Any]) -> None:
    found = compare_traces(trace(*entries), trace(*entries))
    assert (found.cause, found.first) == ("none", (None, None))
    assert all(row.same and row.a == row.b for row in found.rows)


@given(ENTRIES.filter(bool), st.data())
def test_one_changed_entry_is_the_first_difference(entries: list[Any], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(entries) - 1))
    name = "response" if hasattr(entries[place], "response") else "result"
    changed = [replace(one, **{name: "changed"}) if n == place else one for n, one in enumerate(entries)]
    found = compare_traces(trace(*entries), trace(*changed))
    assert found.first == (place + 1, place + 1)
    assert [row for row in found.rows if not row.same] == [(place + 1, place + 1, False)]


@given(ENTRIES, ENTRIES)
def test_both_orders_find_the_same_step_and_hold_all_steps(one: list[Any], other: list[Any]) -> None:
    there, back = compare_traces(trace(*one), trace(*other)), compare_traces(trace(*other), trace(*one))
    assert there.first == back.first[::-1]
    assert there.cause == back.cause
    assert [row.a for row in there.rows if row.a] == list(range(1, len(one) + 1))
    assert [row.b for row in there.rows if row.b] == list(range(1, len(other) + 1))
