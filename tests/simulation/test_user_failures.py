"""Failures of the simulated user are told apart from the agent's, and the oracle user has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.scenarios.config import NoiseConfig
from pytest_pare.scenarios.noise_config import BusyUser, Fault
from pytest_pare.simulation.same_work import is_same_work, similarity
from tests.scripted import (
    LOOK_ON,
    WAIT,
    accept,
    ask,
    play_oracle,
    play_scripted,
    propose,
    reject,
    report,
    scripted,
    tell,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.simulation.runner import Run
    from tests.scripted import Answer, Call

ASKED = "Ada Byron moved to Leeds. Shall I add her to your contacts?"
SAME = "Shall I add Ada Byron of Leeds to your contacts?"
OPEN: Call = ("System__open_app", {"app_name": "Contacts"})
ADA = {"first_name": "Ada", "last_name": "Byron"}
CREATE = ("Contacts__create_contact", ADA)
ADD = ("Contacts__add_new_contact", ADA)


def accepted(s: Any) -> list[Any]:
    """The agent asks, the user accepts, and the agent adds a contact."""
    asked = s.agent_says(ASKED)
    yes = s.agent_ui.accept_proposal(content="Yes.").oracle().depends_on(asked, delay_seconds=2)
    return [asked, yes, s.contacts.add_new_contact(**ADA).oracle().depends_on(yes, delay_seconds=2)]


def rejected(s: Any) -> list[Any]:
    asked = s.agent_says(ASKED)
    return [asked, s.agent_ui.reject_proposal(content="No, leave it.").oracle().depends_on(asked, delay_seconds=2)]


def play(
    user: Iterable[Answer],
    observe: Iterable[Answer] = (),
    execute: Iterable[Answer] = (),
    script: Any = accepted,
    **config: Any,
) -> Run:
    return play_scripted(scripted(user, observe, execute), script, config=config)


def faults(run: Run) -> list[tuple[str, int, str]]:
    assert run.result.exception is None, run.result.exception
    return [(one["kind"], one["turn"], one["text"]) for one in run.result.user_faults]


def test_a_user_who_does_as_the_reference_has_no_failure() -> None:
    run = play([WAIT, accept("Yes.")], [propose(SAME)], [ADD, report("Done.")])
    assert run.result.acceptance_count == run.result.write_actions == 1
    assert faults(run) == []


def test_the_last_answer_of_a_turn_is_outside_of_the_tools() -> None:
    run = play(["Sure, go ahead!", ("Contacts__call", {}), WAIT, OPEN, ("Emails__reply", {})], script=None)
    assert faults(run) == [
        ("outside_tools", 0, "the user's answer calls no tool: 'Sure, go ahead!'"),
        ("outside_tools", 1, "the user called Contacts__call, which is no tool on its screen (System)"),
        ("outside_tools", 4, "the user called Emails__reply, which is no tool on its screen (Contacts/ContactsList)"),
    ]
    # Another answer of the same turn makes up for it, and a tool that raises is a tool.
    again: list[Answer] = ["Sure!", WAIT, ("System__open_app", {"app_name": "Nothing"}), WAIT]
    assert faults(play(again, script=None, user_max_iterations=2)) == []


def test_an_answer_to_what_was_not_proposed() -> None:
    run = play([reject("No."), accept("Yes."), accept("Yes!"), WAIT, accept()], [propose(SAME)], [report("Done.")])
    assert faults(run) == [
        ("no_proposal", 0, "the user rejected ('No.') although the agent had proposed nothing"),
        ("no_proposal", 2, f"the user accepted ('Yes!') although the proposal {SAME!r} had been accepted before"),
        ("no_proposal", 4, f"the user accepted although the proposal {SAME!r} had been accepted before"),
    ]
    late = play([WAIT, WAIT, WAIT, accept()], [propose(SAME)], proposal_lifetime=1)
    assert ("no_proposal", 3, f"the user accepted although the proposal {SAME!r} had expired") in faults(late)


def test_a_yes_to_a_question_is_an_answer() -> None:
    run = play([WAIT, accept(), accept("The first.")], [propose(SAME)], [ask("Which Ada?"), ADD, report("Done.")])
    assert faults(run) == []


def test_work_done_for_the_agent() -> None:
    run = play([OPEN, CREATE], [])
    assert [kind for kind, *_ in faults(run)] == ["agents_work"]
    assert faults(run)[0][1:] == (
        1,
        "the user called Contacts.create_contact, the work that the reference gives to the agent "
        "(Contacts.add_new_contact)",
    )
    other = ("Contacts__create_contact", {"first_name": "Charles", "last_name": "Babbage"})
    assert faults(play([OPEN, other], [])) == []
    # The user makes up for an agent that was silent for two turns, and for one that ended its execution.
    assert faults(play([OPEN, WAIT, WAIT, CREATE])) == []
    assert faults(play([OPEN, accept(), WAIT, CREATE], [propose(SAME)], [report("I cannot.")])) == []
    # Both do the same during the execution, which no reference has.
    both = play([OPEN, accept(), CREATE], [propose("Ada?")], [WAIT, ADD], script=None, execute_max_iterations=1)
    assert [(kind, text) for kind, _, text in faults(both)] == [
        (
            "agents_work",
            "the user called Contacts.create_contact while the agent did the same (Contacts.add_new_contact)",
        )
    ]


def test_the_opposite_answer_drops_the_goal() -> None:
    no = play([WAIT, reject("No, thanks.")], [propose(SAME)])
    assert faults(no) == [
        (
            "goal_dropped",
            1,
            f"the reference accepts {ASKED!r} ('Yes.'), and the user rejected {SAME!r} ('No, thanks.')",
        )
    ]
    yes = play([WAIT, accept("Sure.")], [propose(SAME)], [report("Done.")], script=rejected)
    assert faults(yes) == [
        (
            "goal_dropped",
            1,
            f"the reference rejects {ASKED!r} ('No, leave it.'), and the user accepted {SAME!r} ('Sure.')",
        )
    ]
    # The user may refuse another proposal, and one with other numbers.
    assert faults(play([WAIT, reject("No.")], [propose("Shall I water the plants?")])) == []
    assert similarity("A table for 2 at 19:00?", "A table for 4 at 20:00?") == 0.0


def test_no_answer_drops_the_goal_if_the_user_was_asked() -> None:
    assert faults(play([], [propose(SAME)])) == [
        ("goal_dropped", 5, f"the reference accepts {ASKED!r} ('Yes.'), and the user never answered {SAME!r}")
    ]
    # The agent proposes too late: the user has one turn to answer.
    assert faults(play([], [LOOK_ON, propose(SAME)], max_turns=3)) == []


def test_an_act_that_was_due_drops_the_goal() -> None:
    def script(s: Any) -> list[Any]:
        mail = s.email.send_email_to_user_only(sender="ada@example.com", subject="Tea", content="At four.").delayed(5)
        said = s.user_says("Please answer Ada.").oracle().depends_on(mail, delay_seconds=2)
        return [mail, said, s.agent_says("Shall I?").depends_on(said)]

    text = "the reference has the user call PAREAgentUserInterface.send_message_to_agent ('Please answer Ada.')"
    assert faults(play([], script=script)) == [("goal_dropped", 5, f"{text}, and it never did")]
    assert faults(play([WAIT, WAIT, WAIT, tell("Answer her, please.")], script=script)) == []
    # The run ends before the user could have done it.
    assert faults(play([], script=script, max_turns=1)) == []


@pytest.mark.parametrize(
    "noise",
    [
        NoiseConfig(user_busy=BusyUser(rate=1, turns=4)),
        NoiseConfig(user_words=Fault(rate=1)),
        NoiseConfig(user_changes_mind=Fault(rate=1)),
    ],
)
def test_what_noise_has_caused_is_no_failure(noise: NoiseConfig) -> None:
    user = [WAIT, accept("Yes."), accept("Yes."), accept("Yes."), accept("Yes.")]
    run = play(user, [propose(SAME)], [ADD, report("Done.")], noise=noise, proposal_lifetime=1)
    assert run.result.faults
    assert faults(run) == []


def test_the_oracle_user_has_no_failures_whatever_the_agent_does() -> None:
    assert faults(play_oracle(accepted)) == []
    eager = play_scripted(scripted(observe=[propose("Tea?"), propose(SAME)]), accepted, oracle=["user"])
    assert faults(eager) == []


def test_writes_with_the_same_work_have_other_names_on_the_screens() -> None:
    reply = ("Emails", "reply", {"content": "At four."})
    assert is_same_work(reply, ("Emails", "reply_to_email", {"email_id": "1", "content": "Four it is: at four."}))
    assert not is_same_work(reply, ("Mail", "reply_to_email", {"content": "At four."}))
    assert not is_same_work(reply, ("Emails", "delete_email", {"email_id": "1"}))
    assert is_same_work(("Calendar", "save", {}), ("Calendar", "edit_calendar_event", {"title": "Tea"}))
    assert not is_same_work(("Apartment", "unsave", {}), ("Apartment", "save_apartment", {"apartment_id": "x"}))
