"""The channel between the user and the agent."""

from __future__ import annotations

import pytest
from are.simulation.apps.agent_user_interface import Sender
from are.simulation.types import CompletedEvent

from pytest_pare.apps import PAREAgentUserInterface
from pytest_pare.are.world import DEFAULT_START_TIME, World


@pytest.mark.parametrize(
    ("answer", "content", "text"),
    [
        ("accept_proposal", "Yes, please.", "[ACCEPT]: Yes, please."),
        ("accept_proposal", "", "[ACCEPT]: "),
        ("reject_proposal", "Not now.", "[REJECT]: Not now."),
        ("reject_proposal", "", "[REJECT]: "),
        ("send_message_to_agent", "Hello", "Hello"),
    ],
)
def test_an_answer_is_a_message_of_the_users(answer: str, content: str, text: str) -> None:
    with World("ui").active():
        ui = PAREAgentUserInterface()
        events: list[CompletedEvent] = []
        ui.register_to_env("test", events.append)
        message_id = getattr(ui, answer)(content)
    (message,) = ui.messages
    assert (message.sender, message.content, message.id) == (Sender.USER, text, message_id)
    assert message.timestamp == DEFAULT_START_TIME
    # One event, and none of the message within it.
    assert [(event.event_type.value, event.function_name()) for event in events] == [("USER", answer)]


@pytest.mark.parametrize("answer", ["accept_proposal", "reject_proposal"])
def test_an_answer_must_be_text(answer: str) -> None:
    ui = PAREAgentUserInterface()
    with pytest.raises(TypeError, match="content"):
        getattr(ui, answer)(1)
    assert ui.messages == []


def test_waiting_changes_nothing() -> None:
    ui = PAREAgentUserInterface()
    assert ui.wait() == ui.wait() != ""
    assert ui.messages == []


def test_a_message_to_the_user_waits_for_no_answer() -> None:
    ui = PAREAgentUserInterface()
    assert ui.wait_for_user_response is False
    assert ui.send_message_to_user("Shall I?") is None
    assert [(message.sender, message.content) for message in ui.messages] == [(Sender.AGENT, "Shall I?")]
