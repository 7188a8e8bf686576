"""The built-in agent: who holds which tools, and how a proposal goes on to an execution and its outcome."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import run_scenario
from tests.apps.full_phone import full_phone
from tests.scripted import (
    GIVE_UP,
    LINE,
    LOOK_ON,
    WAIT,
    Answer,
    Call,
    Scripted,
    accept,
    ask,
    play_scripted,
    propose,
    reject,
    report,
    scripted,
    tell,
)
from tests.stage import Stage

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Turn
    from pytest_pare.engines.reference import Role
    from pytest_pare.simulation.runner import Run

READ: Call = ("System__get_current_time", {})
WRITE: Call = ("Contacts__add_new_contact", {"first_name": "Ada", "last_name": "Byron"})
# The agent gets these messages as notifications.
MESSAGE_READERS = {
    f"{LINE}{function}"
    for function in (
        "get_last_message_from_user",
        "get_last_unread_messages",
        "get_last_message_from_agent",
        "get_all_messages",
    )
}


def modes(run: Run) -> list[tuple[int | None, str | None, str]]:
    """Return turn, mode and function of all that the agent did."""
    return [(event.turn, event.mode, str(event.function)) for event in run.trace.events if event.kind == "AGENT"]


def asked_in(run: Run, role: Role) -> list[int]:
    """Return the turns in which a role was asked."""
    return [call.turn for call in run.trace.calls if call.role == role]


# -- tools


class Phone(Stage):
    """The full phone."""

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        with full_phone() as phone:
            self.apps = list(phone.apps.values())


def listed(engines: Scripted, role: Role) -> set[str]:
    """Return the names of the tools that a role is told of."""
    return set(re.findall(r"^- (\w+):", engines.requests[role][0][0][1], re.MULTILINE))


@pytest.fixture(scope="module")
def on_the_full_phone() -> Scripted:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[GIVE_UP])
    play_scripted(engines, scenario=Phone, config={"max_turns": 2})
    return engines


def operations() -> dict[str, bool]:
    """Return the tools of the full phone, and whether they write."""
    with full_phone() as phone:
        return {tool.name: bool(tool.write_operation) for app in phone.apps.values() for tool in app.get_tools()}


def test_the_observer_holds_what_reads_and_the_line_to_the_user(on_the_full_phone: Scripted) -> None:
    line = {f"{LINE}wait", f"{LINE}send_message_to_user"}
    reads = {name for name, writes in operations().items() if not writes and not name.startswith(LINE)}
    held = listed(on_the_full_phone, "observe")
    assert held == reads | line
    assert len(held) > 40
    assert "Calendar__edit_calendar_event" not in held


def test_the_executor_holds_everything_but_the_wait_of_the_line(on_the_full_phone: Scripted) -> None:
    everything = operations().keys() - MESSAGE_READERS - {f"{LINE}wait"} | {"end_task"}
    held = listed(on_the_full_phone, "execute")
    assert held == everything
    assert {"Calendar__edit_calendar_event", f"{LINE}ask_user"} < held


@pytest.mark.parametrize(
    "call", [WRITE, ("Calendar__edit_calendar_event", {"event_id": "x"}), ask("When?"), GIVE_UP, ("wait", {})]
)
def test_what_the_observer_does_not_hold_it_cannot_call(call: Call) -> None:
    engines = scripted(observe=[call, LOOK_ON])
    run = play_scripted(engines, config={"max_turns": 2})
    assert f"there is no tool {call[0]} now; there are" in engines.told("observe")
    assert run.result.write_actions == 0
    assert run.trace.events[0].error == f"UnknownToolError: there is no tool {call[0]} now"


def test_the_executor_cannot_wait_for_what_the_user_does() -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[LOOK_ON, report("Done.")])
    play_scripted(engines)
    assert f"there is no tool {LINE}wait now" in engines.told("execute")


# -- from a proposal to its outcome


def test_a_proposal_that_is_accepted_is_carried_out_and_reported() -> None:
    engines = scripted(
        observe=[READ, propose("Shall I add Ada?"), LOOK_ON],
        user=[WAIT, WAIT, WAIT, accept("Please.")],
        execute=[READ, WRITE, report("Added.")],
    )
    run = play_scripted(engines, config={"max_turns": 7})
    assert modes(run) == [
        (0, "observe", "get_current_time"),
        (1, "observe", "send_message_to_user"),
        (3, "execute", "get_current_time"),
        (4, "execute", "add_new_contact"),
        (5, "execute", "send_message_to_user"),
        (6, "observe", "wait"),
    ]
    assert asked_in(run, "observe") == [0, 1, 6]
    assert asked_in(run, "execute") == [3, 4, 5]
    assert (run.result.proposal_count, run.result.acceptance_count, run.result.writes_without_consent) == (1, 1, 0)


def test_while_a_proposal_waits_for_its_answer_nobody_of_the_agent_is_asked() -> None:
    engines = scripted(observe=[propose("Shall I?")])
    run = play_scripted(engines, config={"max_turns": 4, "proposal_lifetime": None})
    assert asked_in(run, "observe") == [0]
    assert asked_in(run, "user") == [0, 1, 2, 3]


def test_the_executor_is_told_what_was_accepted_in_which_words_and_no_more() -> None:
    engines = scripted(
        observe=[READ, propose("Shall I add Ada?")],
        user=[WAIT, WAIT, accept("Byron, please.")],
        execute=[report("Done.")],
    )
    play_scripted(engines)
    told = engines.told("execute", 0)
    assert "You proposed: Shall I add Ada?\nThe owner accepted, and said: Byron, please.\n" in told
    assert "Observation:" not in told


def test_an_acceptance_without_words_is_told_as_such() -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[report("Done.")])
    play_scripted(engines)
    assert "\nThe owner accepted.\n" in engines.told("execute", 0)


OUTCOMES: list[tuple[list[Answer], list[Answer], list[str]]] = [
    ([accept("Fine.")], [report("Ada is in.")],
     ["[ACCEPT]: Fine.", "The user accepted your proposal; it is being carried out.",
      "The execution of your proposal has ended, and the user was told: Ada is in."]),
    ([accept()], [("end_task", {"reason": "No Ada there."})],
     ["The execution of your proposal was given up without a word to the user. No Ada there."]),
    ([accept()], [("end_task", {})],
     ["The execution of your proposal was given up without a word to the user.\n"]),
    ([accept()], [READ, READ, READ],
     ["The execution of your proposal took too many turns and was ended, done or not."]),
    ([reject("Not on Mondays.")], [],
     ["[REJECT]: Not on Mondays.", "The user rejected your proposal."]),
    ([], [], ["Your proposal has expired: the user did not answer it."]),
]  # fmt: skip


@pytest.mark.parametrize(("user", "execute", "told"), OUTCOMES)
def test_the_observer_learns_what_became_of_its_proposal_once(
    user: list[Answer], execute: list[Answer], told: list[str]
) -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, *user], execute=execute)
    play_scripted(engines, config={"max_turns": 7, "execute_max_turns": 3})
    assert len(engines.requests["observe"]) > 1
    for text in told:
        assert text not in engines.told("observe", 0)
        assert engines.told("observe", 1).count(text) == 1
        assert engines.told("observe").count(text) == 1


def test_after_a_rejection_the_observer_goes_on_in_the_same_turn() -> None:
    engines = scripted(observe=[propose("Shall I?"), propose("Or so?")], user=[WAIT, reject("No.")])
    run = play_scripted(engines, config={"max_turns": 2})
    assert asked_in(run, "observe") == [0, 1]
    assert run.result.proposal_count == 2


def test_a_second_proposal_has_an_execution_of_its_own() -> None:
    engines = scripted(
        observe=[propose("Add Ada?"), propose("Add Bob?")],
        user=[WAIT, accept("Do."), WAIT, accept("Again.")],
        execute=[report("Ada is in."), report("Bob is in.")],
    )
    run = play_scripted(engines)
    assert run.result.acceptance_count == 2
    assert "You proposed: Add Bob?" in engines.told("execute", 1)
    assert "Ada" not in engines.told("execute", 1)
    assert engines.told("observe").count("has ended, and the user was told:") == 2


@pytest.mark.parametrize("lifetime", [1, 3])
def test_a_proposal_that_nobody_answers_expires_after_its_lifetime(lifetime: int) -> None:
    engines = scripted(observe=[propose("Shall I?"), LOOK_ON, propose("Or so?")])
    run = play_scripted(engines, config={"max_turns": lifetime + 4, "proposal_lifetime": lifetime})
    assert asked_in(run, "observe")[:3] == [0, lifetime + 1, lifetime + 2]
    assert run.result.proposal_count == 2
    assert run.result.acceptance_count == 0


def test_an_answer_to_a_proposal_that_has_expired_means_nothing() -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, WAIT, WAIT, accept()], execute=[WRITE])
    run = play_scripted(engines, config={"max_turns": 5, "proposal_lifetime": 1})
    assert asked_in(run, "execute") == []
    assert run.result.acceptance_count == 0


@pytest.mark.parametrize(
    "arguments", [{}, {"content": ""}, {"content": " \n"}, {"content": None}, {"content": 5}, {"content": ["Shall I?"]},
                  {"text": "Shall I?"}, {"content": "Shall I?", "to": "user"}]
)  # fmt: skip
def test_a_proposal_that_is_malformed_counts_for_nothing_and_ends_nothing(arguments: dict[str, Any]) -> None:
    engines = scripted(observe=[(f"{LINE}send_message_to_user", arguments), propose("Shall I?")])
    run = play_scripted(engines, config={"max_turns": 1, "observe_max_iterations": 3})
    assert "ERROR:" in engines.told("observe", 1)
    assert [event.args for event in run.trace.proposals()] == [{"content": "Shall I?"}]
    assert len(engines.requests["observe"]) == 2


def test_a_malformed_report_does_not_end_the_execution() -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[report(""), report("Done.")])
    run = play_scripted(engines, config={"max_turns": 3})
    assert asked_in(run, "execute") == [1, 2]
    assert "ValueError: send_message_to_user needs content" in engines.told("execute")


# -- the execution


def test_the_executor_remembers_over_the_turns_what_it_did() -> None:
    engines = scripted(
        observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[READ, WRITE, READ, report("Done.")]
    )
    play_scripted(engines)
    assert engines.told("execute").count("Observation:") == 3
    assert engines.told("execute").count("You proposed: Shall I?") == 1


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_an_execution_goes_on_for_so_many_turns(limit: int) -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[READ] * 9)
    run = play_scripted(engines, config={"max_turns": 8, "execute_max_turns": limit})
    assert asked_in(run, "execute") == list(range(1, 1 + limit))
    assert asked_in(run, "observe")[1] == 1 + limit


def test_an_execution_without_a_limit_goes_on_to_the_end() -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[READ] * 9)
    run = play_scripted(engines, config={"max_turns": 9, "execute_max_turns": None})
    assert asked_in(run, "execute") == list(range(1, 9))


@pytest.mark.parametrize("end", [report("Done."), GIVE_UP, ask("When?")])
def test_what_ends_the_executors_turn_ends_it(end: Answer) -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[READ, end, READ])
    run = play_scripted(engines, config={"max_turns": 2, "execute_max_iterations": None})
    assert asked_in(run, "execute") == [1, 1]


def test_a_question_keeps_the_consent_and_its_answer_reaches_the_executor() -> None:
    engines = scripted(
        observe=[propose("Shall I?")],
        user=[WAIT, accept(), tell("The one with the hat.")],
        execute=[ask("Which Ada?"), WRITE, report("Done.")],
    )
    run = play_scripted(engines)
    assert [event[1:] for event in modes(run)[1:4]] == [
        ("execute", "ask_user"), ("execute", "add_new_contact"), ("execute", "send_message_to_user")
    ]  # fmt: skip
    assert run.result.writes_without_consent == 0
    assert "The one with the hat." in engines.told("execute", 1)


def test_what_happens_during_the_execution_reaches_both() -> None:
    def script(stage: Any) -> list[Any]:
        email = stage.email.send_email_to_user_only(sender="ada@example.com", subject="At five", content="Not four.")
        return [email.delayed(5)]

    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[READ, READ, report("Done.")])
    play_scripted(engines, script)
    assert "At five" not in engines.told("execute", 0)
    assert engines.told("execute", 2).count("At five") == 1
    assert engines.told("observe").count("At five") == 1


def test_what_happened_just_before_the_execution_reaches_the_executor() -> None:
    def script(stage: Any) -> list[Any]:
        email = stage.email.send_email_to_user_only(sender="ada@example.com", subject="At five", content="Not four.")
        return [email.delayed(3)]

    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[report("Done.")])
    play_scripted(engines, script)
    assert engines.told("execute", 0).count("At five") == 1


# -- words of the user's


def test_words_without_an_answer_reach_the_observer_while_the_proposal_waits() -> None:
    engines = scripted(
        observe=[propose("Shall I?"), LOOK_ON], user=[WAIT, tell("What would that cost?"), WAIT, accept()],
        execute=[report("Done.")],
    )  # fmt: skip
    run = play_scripted(engines)
    assert asked_in(run, "observe")[:2] == [0, 1]
    assert "What would that cost?" in engines.told("observe", 1)
    assert asked_in(run, "execute") == [3]


def test_the_observer_may_answer_with_another_proposal() -> None:
    engines = scripted(
        observe=[propose("Shall I?"), propose("For ten euros, shall I?")],
        user=[WAIT, tell("What would that cost?"), accept()],
        execute=[report("Done.")],
    )
    run = play_scripted(engines)
    assert run.result.proposal_count == 2
    assert "You proposed: For ten euros, shall I?" in engines.told("execute", 0)


def test_the_memory_of_the_observer_is_the_whole_run() -> None:
    engines = scripted(
        observe=[READ, propose("Shall I?"), READ, LOOK_ON], user=[WAIT, WAIT, accept()], execute=[report("Done.")]
    )
    play_scripted(engines)
    told = engines.told("observe")
    assert told.count("current_datetime") == 2
    assert told.count('"content": "Shall I?"') == 1


def test_an_engine_that_raises_ends_the_run_and_is_no_failure_of_the_agents() -> None:
    engines = scripted(observe=[RuntimeError("the line is dead")])
    run = play_scripted(engines)
    assert run.result.status == "exception"
    assert "the line is dead" in str(run.result.exception)
    assert run.agent_error is None


def test_what_happens_within_a_turn_is_told_before_the_next_step() -> None:
    def script(s: Any) -> list[Any]:
        return [s.email.send_email_to_user_with_id("m", "ann@b.example", "Rain", "It rains.").delayed(120)]

    def sleep(timeout: int) -> Call:
        return "System__wait_for_notification", {"timeout": timeout}

    engines = scripted(
        observe=[propose("Shall I wait for the mail?")],
        user=[WAIT, accept()],
        execute=[sleep(600), sleep(60), report("Done.")],
    )
    run = play_scripted(engines, script, config={"execute_max_iterations": 5})
    assert "It rains." not in engines.told("execute", 0)
    assert "It rains." in engines.told("execute", 1)
    # The second wait is for something else: the first one's news is known.
    ends = [call.time for call in run.trace.calls if call.role == "execute"]
    assert ends[1] < 125
    assert ends[2] > 180
    assert engines.told("execute", 2).count("It rains.") == 1


def test_an_agent_of_ones_own_can_ask_for_news() -> None:
    heard: list[list[str]] = []

    def agent(turn: Turn) -> None:
        if turn.number == 0:
            turn.call("System__wait_for_notification", {"timeout": 600})
            heard.append([one.text for one in turn.news()])
            heard.append([one.text for one in turn.news()])
            kept.append(turn)
        else:
            heard.append([one.text for one in (*turn.notifications, *kept[0].news())])

    kept: list[Turn] = []
    stage = Stage(
        script=lambda s: [s.email.send_email_to_user_with_id("m", "ann@b.example", "Rain", "It rains.").delayed(120)]
    )
    run_scenario(stage, RunnerSettings(max_turns=2), agent=agent)
    assert [len(texts) for texts in heard] == [1, 0, 0]
    assert "It rains." in heard[0][0]
