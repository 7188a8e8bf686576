"""The simulated user: what it is told, what it can do, and that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.messaging_v2 import ConversationV2

from tests.scripted import WAIT, Answer, Scripted, accept, ask, play_scripted, propose, reject, report, scripted, tell
from tests.stage import Stage

if TYPE_CHECKING:
    from pytest_pare.simulation.runner import Run

SITUATION = "What you can do now:"


def user_calls(run: Run) -> list[tuple[int | None, str, str | None]]:
    """Return turn, function and error of what the user did."""
    return [(event.turn, str(event.function), event.error) for event in run.trace.events if event.kind == "USER"]


def message(stage: Any) -> list[Any]:
    return [stage.messaging.create_and_add_message("talk", "ada", "Tea at four?").delayed(1)]


def conversation(stage: Any) -> None:
    stage.messaging.add_contacts([("Ada Byron", "ada")])
    me = str(stage.messaging.current_user_id)
    stage.messaging.add_conversation(
        ConversationV2(conversation_id="talk", title="Ada", participant_ids=[me, "ada"], messages=[])
    )


# -- what it is told first


class WithGoal(Stage):
    user_goal = "Be at the pier by noon."
    additional_system_prompt = "Sleep in."


class WithPrompt(Stage):
    additional_system_prompt = "Sleep in."


@pytest.mark.parametrize(
    ("scenario", "told", "not_told"),
    [
        (WithGoal, "Be at the pier by noon.", ["Sleep in.", "careful owner"]),
        (WithPrompt, "Sleep in.", ["careful owner"]),
        (Stage, "do what a careful owner of a phone would do about it", ["None"]),
    ],
)
def test_the_goal_is_the_scenarios_or_that_of_a_careful_owner(
    scenario: type[Stage], told: str, not_told: list[str]
) -> None:
    engines = scripted()
    play_scripted(engines, scenario=scenario, config={"max_turns": 1})
    role, prompt = engines.requests["user"][0][0]
    assert role == "system"
    assert told in prompt
    assert not any(text in prompt for text in not_told)


def test_the_prompt_names_the_apps_that_can_be_opened() -> None:
    engines = scripted()
    play_scripted(engines, config={"max_turns": 1})
    assert "The apps are: Calendar, Contacts, Emails, Messages." in engines.told("user")


# -- the situation


def situations(engines: Scripted) -> list[str]:
    """Return the last message of each of the user's requests, and check that there is but one such message."""
    for request in engines.requests["user"]:
        assert sum(SITUATION in text for _, text in request) == 1
    return [request[-1][1] for request in engines.requests["user"]]


def test_a_user_sees_in_each_step_the_screen_that_the_last_one_led_to_and_can_use_it() -> None:
    engines = scripted(
        user=[
            ("System__open_app", {"app_name": "Messages"}),
            ("Messages__open_conversation", {"conversation_id": "talk"}),
            ("Messages__send_message", {"content": "At four."}),
        ]
    )
    run = play_scripted(engines, content=conversation, config={"user_max_iterations": 3, "max_turns": 1})
    assert user_calls(run) == [(0, "open_app", None), (0, "open_conversation", None), (0, "send_message", None)]
    first, second, third = situations(engines)
    assert "On the screen: System.\n" in first
    assert "- System__open_app:" in first
    assert "On the screen: Messages/ConversationList.\n" in second
    assert "- Messages__open_conversation:" in second
    assert "On the screen: Messages/ConversationOpened.\n" in third
    assert "- Messages__send_message:" in third
    assert "Messages__send_message" not in engines.told("user", 1)


def test_a_tool_that_is_not_on_the_screen_is_an_error_that_the_user_sees() -> None:
    engines = scripted(user=[("Messages__open_conversation", {"conversation_id": "talk"}), WAIT])
    run = play_scripted(engines, config={"max_turns": 2})
    assert user_calls(run) == [
        (0, "Messages__open_conversation", "UnknownToolError: there is no tool Messages__open_conversation now")
    ]
    assert "there is no tool Messages__open_conversation now; there are PAREAgentUserInterface__" in engines.told(
        "user"
    )


def test_the_situation_tells_the_time_of_its_step() -> None:
    engines = scripted()
    play_scripted(engines, config={"max_turns": 2, "generation_seconds": 90.0})
    first, second = situations(engines)
    assert first.startswith("It is Monday, 2025-01-06 09:00:00.\n")
    assert second.startswith("It is Monday, 2025-01-06 09:03:00.\n")


@pytest.mark.parametrize("answer", [accept("Yes."), reject("No.")])
def test_a_proposal_is_in_the_situation_as_long_as_it_waits_for_an_answer(answer: Any) -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, tell("What?"), answer], execute=[report("Done.")])
    play_scripted(engines, config={"max_turns": 3, "user_max_iterations": 3})
    words = "The assistant waits for your answer to its proposal: Shall I?"
    # One step in the first turn; in the second it asks, answers, and is asked once more.
    assert [words in situation for situation in situations(engines)] == [False, True, True, False, False]


def test_a_proposal_that_failed_to_be_answered_still_waits() -> None:
    engines = scripted(
        observe=[propose("Shall I?")],
        user=[WAIT, ("PAREAgentUserInterface__accept_proposal", {"content": 5}), WAIT],
    )
    play_scripted(engines, config={"max_turns": 2, "user_max_iterations": 2})
    assert "Shall I?" in situations(engines)[-1]


def test_a_proposal_that_has_expired_is_not_in_the_situation() -> None:
    engines = scripted(observe=[propose("Shall I?")])
    play_scripted(engines, config={"max_turns": 4, "proposal_lifetime": 1})
    assert ["Shall I?" in situation for situation in situations(engines)] == [False, True, False, False]


# -- what reaches it


def test_what_the_agent_says_and_what_happens_reaches_the_user_once() -> None:
    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept()], execute=[ask("When?"), report("Done.")])
    play_scripted(engines, message, content=conversation)
    told = engines.told("user")
    for text in ("Message: Shall I?", "Message: When?", "Message: Done.", "Tea at four?"):
        assert told.count(text) == 1, text
    assert "Message: When?" in engines.told("user", 2)
    assert "Message: When?" not in engines.told("user", 1)


def test_the_user_answers_a_question_and_the_answer_reaches_the_executor() -> None:
    engines = scripted(
        observe=[propose("Shall I?")], user=[WAIT, accept(), tell("At four.")], execute=[ask("When?"), report("Done.")]
    )
    run = play_scripted(engines)
    assert user_calls(run) == [(1, "accept_proposal", None), (2, "send_message_to_agent", None)]
    assert "At four." not in engines.told("execute", 0)
    assert "Message: At four." in engines.told("execute", 1)
    assert [(event.turn, event.mode) for event in run.trace.events if event.function == "ask_user"] == [(1, "execute")]


def test_attachments_are_nothing_that_a_user_is_asked_for() -> None:
    engines = scripted()
    play_scripted(engines, config={"max_turns": 1})
    assert "attachment" not in engines.told("user").lower()


# -- turns


@pytest.mark.parametrize(("limit", "requests"), [(1, 2), (2, 4), (None, 5)])
def test_a_turn_of_the_users_has_so_many_iterations(limit: int | None, requests: int) -> None:
    home: list[Answer] = [("System__go_home", {})]
    engines = scripted(user=[*home * 3, WAIT])
    play_scripted(engines, config={"max_turns": 2, "user_max_iterations": limit})
    assert len(engines.requests["user"]) == requests


def test_a_malformed_answer_costs_the_user_an_iteration() -> None:
    engines = scripted(user=["I had rather not.", accept()], observe=[propose("Shall I?")], execute=[report("Done.")])
    run = play_scripted(engines, config={"max_turns": 2})
    assert "it has 0" in engines.told("user", 1)
    assert run.result.acceptance_count == 1
