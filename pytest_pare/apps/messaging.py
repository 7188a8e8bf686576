"""Messaging."""

from __future__ import annotations

from typing import Any

from are.simulation.apps.messaging_v2 import MessagingAppV2
from are.simulation.utils import uuid_hex

from pytest_pare.apps.core import USER_NAME, StatefulApp


class StatefulMessagingApp(StatefulApp, MessagingAppV2):
    """Conversations between the phone's owner and others. The owner is John Doe where nobody else is named."""

    current_user_id: str | None
    current_user_name: str | None

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        if self.current_user_id is None:
            self.current_user_id = uuid_hex(self.rng)
        if self.current_user_name is None:
            self.current_user_name = self.id_to_name.get(self.current_user_id, USER_NAME)
        self.id_to_name[self.current_user_id] = self.current_user_name
        self.name_to_id[self.current_user_name] = self.current_user_id

    def _create_conversation(self, user_ids: list[str], title: str | None = None) -> str:
        conversation_id: str = super()._create_conversation(user_ids, title)
        conversation = self.conversations[conversation_id]
        # ARE lists the participants in the order of a set, which differs from process to process.
        conversation.participant_ids = list(dict.fromkeys([*user_ids, self.current_user_id]))
        return conversation_id
