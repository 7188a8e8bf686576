"""The screens of the messaging app."""

from __future__ import annotations

from are.simulation.apps.messaging_v2 import ConversationV2

from pytest_pare.apps.screens import WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


class ConversationList(AppState):
    """The list of conversations."""

    @screen_tool()
    def list_recent_conversations(
        self,
        offset: int = 0,
        limit: int = 5,
        offset_recent_messages_per_conversation: int = 0,
        limit_recent_messages_per_conversation: int = 10,
    ) -> list[ConversationV2]:
        """List the conversations, the one with the newest message first.

        :param offset: How many conversations to pass over.
        :param limit: How many conversations to list at most.
        :param offset_recent_messages_per_conversation: How many messages to pass over in each conversation.
        :param limit_recent_messages_per_conversation: How many messages to show of each conversation at most.
        :returns: The conversations, each with its newest messages.
        """
        conversations: list[ConversationV2] = self.app.list_recent_conversations(
            offset, limit, offset_recent_messages_per_conversation, limit_recent_messages_per_conversation
        )
        return conversations

    @screen_tool()
    def search_conversations(
        self, query: str, min_date: str | None = None, max_date: str | None = None, limit: int = 10
    ) -> list[str]:
        """Search for conversations whose participants, title or messages hold the query.

        :param query: The text to look for.
        :param min_date: Earliest time of a message, YYYY-MM-DD HH:MM:SS.
        :param max_date: Latest time of a message, YYYY-MM-DD HH:MM:SS.
        :param limit: How many conversations to return at most.
        :returns: Ids of the conversations that match.
        """
        if limit < 0:
            raise ValueError("Limit must be non-negative")
        found: list[str] = self.app.search(query, min_date, max_date)
        return found[:limit]

    @screen_tool()
    def open_conversation(self, conversation_id: str, offset: int = 0, limit: int = 20) -> dict[str, object]:
        """Open a conversation.

        :param conversation_id: Id of the conversation.
        :param offset: How many messages to pass over.
        :param limit: How many messages to show at most.
        :returns: The messages, the newest first, and facts about the conversation.
        """
        opened: dict[str, object] = self.app.read_conversation(conversation_id, offset, limit)
        return opened


class ConversationOpened(AppState):
    """One conversation.

    Args:
        conversation_id: Id of the conversation.
    """

    def __init__(self, conversation_id: str) -> None:
        self.conversation_id = conversation_id

    def is_valid(self) -> bool:
        """Tell whether the conversation still exists."""
        return self.conversation_id in self.app.conversations

    @screen_tool()
    def read_messages(
        self, offset: int = 0, limit: int = 10, min_date: str | None = None, max_date: str | None = None
    ) -> dict[str, object]:
        """Read the messages of this conversation, the newest first.

        :param offset: How many messages to pass over.
        :param limit: How many messages to show at most.
        :param min_date: Earliest time of the messages, YYYY-MM-DD HH:MM:SS.
        :param max_date: Latest time of the messages, YYYY-MM-DD HH:MM:SS.
        :returns: The messages and facts about the conversation.
        """
        read: dict[str, object] = self.app.read_conversation(self.conversation_id, offset, limit, min_date, max_date)
        return read

    @screen_tool(WRITE)
    def send_message(self, content: str, attachment_path: str | None = None) -> str:
        """Send a message in this conversation.

        :param content: The text of the message.
        :param attachment_path: Path of a file to send with it.
        :returns: Id of the conversation.
        """
        conversation_id: str = self.app.send_to_conversation(self.conversation_id, content, attachment_path)
        return conversation_id
