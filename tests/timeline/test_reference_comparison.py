"""A run beside the reference steps of its scenario."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_pare.timeline.reference import compare_with_reference
from tests.timeline.made import LINE, agent, answer, proposal, report, trace, user


def due(who: str, function: str, app: str = "Emails", **args: Any) -> dict[str, Any]:
    return {"who": who, "app": app, "function": function, "args": args}


REFERENCE = (
    due("AGENT", "list_emails"),
    due("USER", "open_app", "System"),
    due("AGENT", "send_message_to_user", LINE, content="May I?"),
    due("USER", "accept_proposal", LINE, content="Yes."),
    due("AGENT", "send_email", to="ann", cc=None),
    due("AGENT", "send_message_to_user", LINE, content="Done."),
)
SENT = agent("send_email", time=4, turn=1, mode="execute", args={"to": "ann", "cc": []})
RIGHT = (agent("list_emails", operation="read"), proposal("Shall I?", time=2), answer(time=3, turn=1), SENT)


@pytest.mark.parametrize(
    ("entries", "first", "cause", "part"),
    [
        (RIGHT, (None, None), "none", "has the writes"),
        (
            (*RIGHT, agent("delete_email", time=5)),
            (5, None),
            "agent's action",
            "did what the reference does not have here, in step 5",
        ),
        ((), (None, 3), "agent's action", "the agent did not do reference step 3, which proposes: May I?"),
        (
            (RIGHT[1], answer(accepts=False, time=3), user("list_emails", time=4, operation="read")),
            (2, None),
            "user's action",
            "the user did what the reference does not have here, in step 2: rejects: As you say.",
        ),
        (
            (*RIGHT[:3], agent("send_email", time=4, mode="execute", args={"to": "bob"})),
            (4, 5),
            "agent's action",
            "step 4 has other arguments than reference step 5: Emails.send_email",
        ),
        ((RIGHT[1], SENT, RIGHT[2]), (2, 4), "agent's action", "acted before reference step 4 (accepts: Yes.)"),
    ],
)
def test_the_first_step_that_is_not_that_of_the_reference(
    entries: tuple[Any, ...], first: tuple[int | None, int | None], cause: str, part: str
) -> None:
    found = compare_with_reference(trace(*entries, reference=REFERENCE[:5]))
    assert (found.first, found.cause) == (first, cause)
    assert part in found.sentence
    assert found.names == ("A", "reference")


def test_arguments_that_differ() -> None:
    run = trace(*RIGHT[:3], agent("send_email", time=4, args={"to": "bob"}), reference=REFERENCE[:5])
    assert compare_with_reference(run).parts == (("to", "bob", "ann"),)


def test_other_words_are_a_difference_if_there_is_no_other() -> None:
    written = {"to": "ann", "content": "On Monday"}
    reference = (*REFERENCE[:4], due("AGENT", "send_email", to="ann", content="See you on Monday"))
    run = trace(*RIGHT[:3], agent("send_email", time=4, args=written), reference=reference)
    found = compare_with_reference(run)
    assert (found.first, found.parts) == ((4, 5), (("content", "On Monday", "See you on Monday"),))
    assert "other words" in found.sentence
    wrong = trace(*RIGHT[:3], agent("send_email", time=4, args={**written, "to": "bob"}), reference=reference)
    assert "other arguments" in compare_with_reference(wrong).sentence


def test_a_report_is_no_proposal() -> None:
    run = trace(*RIGHT, report("Sent.", time=5), reference=REFERENCE)
    assert compare_with_reference(run).cause == "none"


def test_a_run_that_succeeded_has_no_reference() -> None:
    with pytest.raises(ValueError, match="name another run B"):
        compare_with_reference(trace(*RIGHT))


@pytest.mark.parametrize("function", ["lookup_user_id", "regex_search", "search"])
def test_a_read_that_no_run_has_called_is_not_compared(function: str) -> None:
    run = trace(*RIGHT, reference=(due("AGENT", function, "Messages", query="tent"), *REFERENCE))
    assert compare_with_reference(run).cause == "none"
