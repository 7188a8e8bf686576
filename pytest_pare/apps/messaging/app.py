"""Messaging."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from are.simulation.apps.messaging_v2 import ConversationV2, FileMessageV2, MessageV2, MessagingAppV2
from are.simulation.tool_utils import OperationType, app_tool, env_tool
from are.simulation.types import EventType, disable_events, event_registered
from are.simulation.utils import type_check, uuid_hex

from pytest_pare.apps.core import USER_NAME, StatefulApp
from pytest_pare.apps.files import read_attachment
from pytest_pare.apps.messaging.states import ConversationList, ConversationOpened
from pytest_pare.apps.navigation import push
from pytest_pare.apps.tool_decorators import described_as


class StatefulMessagingApp(StatefulApp, MessagingAppV2):
    """Conversations between the phone's owner and others. The default owner is John Doe.

    Args:
        name: The app's name.
        **kwargs: The other fields of ARE's `MessagingAppV2`.
    """

    root = ConversationList
    transitions: ClassVar = {
        ConversationList: {
            "open_conversation": push(
                ConversationOpened, lambda _, args, __: ConversationOpened(args["conversation_id"])
            )
        },
    }

    current_user_id: str | None
    current_user_name: str | None
    conversations: dict[str, ConversationV2]

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        if self.current_user_name is None:
            self.current_user_name = self.id_to_name.get(self.current_user_id, USER_NAME)
        if self.current_user_id is None:
            self.current_user_id = self.name_to_id.get(self.current_user_name) or uuid_hex(self.rng)
        self.id_to_name[self.current_user_id] = self.current_user_name
        self.name_to_id[self.current_user_name] = self.current_user_id

    def add_contacts(self, contacts: list[tuple[str, str]]) -> None:
        """Add people by name and phone number, which is their id. A name refers to the first person with it."""
        super().add_contacts(contacts)
        # ARE leaves out a second person with the same name.
        for user_name, phone in contacts:
            self.id_to_name.setdefault(phone, user_name)

    def add_chat(self, conversation_id: str, *people: str, title: str | None = None) -> str:
        """Add an empty conversation of the phone's owner with people, and the people who are not known yet.

        Args:
            conversation_id: The id of the conversation.
            *people: Their names, at least one.
            title: The title of the conversation; `None` for the names.

        Returns:
            The id of the first of the people, for `create_and_add_message(sender_id=...)`.
        """
        if not people:
            raise ValueError(f"conversation {conversation_id!r} needs a person; pass at least one name")
        if conversation_id in self.conversations:
            raise ValueError(f"there is a conversation {conversation_id!r} already; give each an id of its own")
        self.add_users([name for name in people if name not in self.name_to_id])
        ids = [self.name_to_id[name] for name in people]
        self.add_conversation(
            ConversationV2(
                conversation_id=conversation_id,
                title=title or ", ".join(people),
                participant_ids=[self.current_user_id, *ids],
            )
        )
        return str(ids[0])

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    @described_as(MessagingAppV2.lookup_user_id)
    def lookup_user_id(self, user_name: str) -> dict[str, str]:
        """Return ids by name, of names close to the query. A further person of a name is listed as `name (id)`."""
        with disable_events():
            found: dict[str, str] = super().lookup_user_id(user_name)
        listed = {}
        for name, first_id in found.items():
            listed[name] = first_id
            others = (user_id for user_id, other in self.id_to_name.items() if other == name and user_id != first_id)
            listed.update({f"{name} ({user_id})": user_id for user_id in others})
        return listed

    def send_to_conversation(self, conversation_id: str, content: str, attachment_path: str | None = None) -> str:
        """Send a message of the user in a conversation of any size and return its id.

        Raises:
            ValueError: If the conversation or the file does not exist.
        """
        if conversation_id not in self.conversations:
            raise ValueError(f"Conversation {conversation_id} does not exist")
        message = self._create_message(str(self.current_user_id), content, attachment_path)
        conversation = self.conversations[conversation_id]
        conversation.messages.append(message)
        conversation.update_last_updated(message.timestamp)
        return conversation_id

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    @described_as(MessagingAppV2.list_recent_conversations)
    def list_recent_conversations(
        self,
        offset: int = 0,
        limit: int = 5,
        offset_recent_messages_per_conversation: int = 0,
        limit_recent_messages_per_conversation: int = 10,
    ) -> list[ConversationV2]:
        """Return conversations, the one that was updated last first."""
        with disable_events():
            super().list_recent_conversations(
                offset, limit, offset_recent_messages_per_conversation, limit_recent_messages_per_conversation
            )
        # ARE keeps conversations with equal times in the order of their creation.
        recent = sorted(
            self.conversations.values(), key=lambda one: (one.last_updated, one.update_number), reverse=True
        )
        return self.apply_conversation_limits(
            recent[offset : offset + limit],
            offset_recent_messages_per_conversation,
            limit_recent_messages_per_conversation,
        )

    def apply_conversation_limits(
        self,
        conversations: list[ConversationV2],
        offset_recent_messages_per_conversation: int,
        limit_recent_messages_per_conversation: int,
    ) -> list[ConversationV2]:
        """Return copies of conversations with the page of messages that the limits select, the newest first.

        Raises:
            ValueError: If the limit is above the view limit, or the offset is negative.
        """
        offset, limit = offset_recent_messages_per_conversation, limit_recent_messages_per_conversation
        shown: list[ConversationV2] = super().apply_conversation_limits(conversations, offset, limit)
        for conversation, part in zip(conversations, shown, strict=True):
            part.messages = _newest_first(conversation.messages)[offset : offset + limit]
        return shown

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    @described_as(MessagingAppV2.read_conversation)
    def read_conversation(
        self,
        conversation_id: str,
        offset: int = 0,
        limit: int = 10,
        min_date: str | None = None,
        max_date: str | None = None,
    ) -> dict[str, Any]:
        """Return messages of a conversation, the newest first, and facts about it."""
        with disable_events():
            page: dict[str, Any] = super().read_conversation(conversation_id, offset, limit, min_date, max_date)
        messages = self.conversations[conversation_id].get_messages_in_date_range(min_date, max_date)
        page["messages"] = _newest_first(messages)[slice(*page["metadata"]["message_range"])]
        return page

    @type_check
    @env_tool()
    @event_registered(operation_type=OperationType.WRITE, event_type=EventType.ENV)
    def create_and_add_message(self, conversation_id: str, sender_id: str, content: str) -> None:
        """Send a message to the conversation with the given conversation_id.

        :param conversation_id: Conversation id
        :param sender_id: Sender id
        :param content: Message content
        :returns: None
        """
        # ARE truncates the time to whole seconds.
        with disable_events():
            self.add_message(conversation_id, sender_id, content)

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def download_attachment(self, conversation_id: str, message_id: str, download_path: str = "Downloads/") -> str:
        """Download an attachment from the conversation with the given conversation_id.

        :param conversation_id: Conversation id
        :param message_id: Message id
        :param download_path: Path to download the attachment to
        :returns: Full path to the downloaded attachment if successful, otherwise raise Exception

        :example:
            download_attachment("1234567890abcdef", "abcdef1234567890", "Downloads/")
        """
        # ARE also looks for an attachment in a message that has only text.
        conversation = self.conversations.get(conversation_id)
        if conversation is not None and not any(
            isinstance(message, FileMessageV2) and message.message_id == message_id for message in conversation.messages
        ):
            raise ValueError("No attachment found in the specified message")
        with disable_events():
            path: str = super().download_attachment(conversation_id, message_id, download_path)
        return path

    def get_state(self) -> dict[str, Any]:
        """Return the content of the app, ready for JSON. ARE leaves attachments as bytes."""
        state: dict[str, Any] = super().get_state()
        for conversation in state["conversations"].values():
            for message in conversation["messages"]:
                if message.get("attachment") is not None:
                    message["attachment"] = message["attachment"].decode()
        return state

    def load_conversations_from_dict(self, conversations_dict: dict[str, Any]) -> None:
        """Add conversations of a state from `get_state`."""
        super().load_conversations_from_dict(conversations_dict)
        for conversation_id in conversations_dict:
            for message in self.conversations[conversation_id].messages:
                if isinstance(message, FileMessageV2) and isinstance(message.attachment, str):
                    message.attachment = message.attachment.encode()

    def reset(self) -> None:
        """Delete all conversations; the people stay."""
        self.rng = random.Random(self.seed)  # noqa: S311 - reproducible on purpose
        self.conversations = {}
        self.load_root_state()

    def _create_message(self, sender_id: str, content: str, attachment_path: str | None) -> MessageV2:
        # ARE also looks for the file on the host's disk.
        message_id, sent = uuid_hex(self.rng), self.time_manager.time()
        if attachment_path is None:
            return MessageV2(sender_id, message_id, sent, content)
        file_name, attachment = read_attachment(self.internal_fs, attachment_path)
        return FileMessageV2(sender_id, message_id, sent, content, attachment, file_name)

    def _get_or_create_default_conversation(self, user_ids: list[str]) -> str:
        # ARE calls another tool here; that call is not logged.
        with disable_events():
            conversation_id: str = super()._get_or_create_default_conversation(user_ids)
        return conversation_id

    def _create_conversation(self, user_ids: list[str], title: str | None = None) -> str:
        conversation_id: str = super()._create_conversation(user_ids, title)
        conversation = self.conversations[conversation_id]
        # ARE lists the participants in the order of a set, which differs between processes.
        conversation.participant_ids = list(dict.fromkeys([*user_ids, self.current_user_id]))
        conversation.last_updated = self.time_manager.time()
        return conversation_id


def _newest_first(messages: list[MessageV2]) -> list[MessageV2]:
    """Return the messages of a conversation, the newest first; of equal times, the later addition is newer."""
    return sorted(messages, key=lambda message: message.timestamp)[::-1]
