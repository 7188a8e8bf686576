"""The channel between the user and the proactive agent."""

from __future__ import annotations

from typing import Any

from are.simulation.apps.agent_user_interface import AgentUserInterface, AUIMessage, Sender
from are.simulation.tool_utils import OperationType, app_tool, data_tool, user_tool
from are.simulation.types import EventType, event_registered
from are.simulation.utils import type_check

from pytest_pare.scenarios.essential_apps import essential_app


@essential_app("agent_ui")
class PAREAgentUserInterface(AgentUserInterface):
    """Messages between the agent and the user, and the user's answer to a proposal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A tool call does not wait for an answer: the answer is a separate event in a later turn.
        self.wait_for_user_response = False

    @type_check
    @user_tool()
    @event_registered(operation_type=OperationType.WRITE, event_type=EventType.USER)
    def accept_proposal(self, content: str = "") -> str:
        """Accept what the agent has proposed.

        :param content: Words that go with the acceptance.
        :returns: The id of the message to the agent.
        """
        return str(self._send_message(Sender.USER, f"[ACCEPT]: {content}"))

    @type_check
    @user_tool()
    @event_registered(operation_type=OperationType.WRITE, event_type=EventType.USER)
    def reject_proposal(self, content: str = "") -> str:
        """Reject what the agent has proposed.

        :param content: Words that go with the rejection.
        :returns: The id of the message to the agent.
        """
        return str(self._send_message(Sender.USER, f"[REJECT]: {content}"))

    @app_tool()
    @data_tool()
    @event_registered(operation_type=OperationType.READ)
    def get_all_messages(self) -> list[AUIMessage]:
        """Retrieves all messages from the User and Agent conversation.

        :returns: a list of all messages
        """
        now = self.time_manager.time()
        for message in self.messages:
            message.time_read = now
        return self._newest_first()

    def get_all_messages_from_user(self) -> list[AUIMessage]:
        """Return the user's messages, the newest first."""
        return [message for message in self._newest_first() if message.sender == Sender.USER]

    def get_all_messages_from_agent(self) -> list[AUIMessage]:
        """Return the agent's messages, the newest first."""
        return [message for message in self._newest_first() if message.sender == Sender.AGENT]

    def _newest_first(self) -> list[AUIMessage]:
        # ARE sorts messages with equal times the other way round.
        return sorted(self.messages, key=lambda message: message.timestamp)[::-1]

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def ask_user(self, content: str) -> None:
        """Ask the user something that is needed to go on with what was accepted; the answer comes as a message.

        :param content: The question.
        """
        self._send_message(Sender.AGENT, content)

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def wait(self) -> str:
        """Do nothing now and wait for what the user does next.

        :returns: A confirmation.
        """
        return "Waiting for the user's next action."
