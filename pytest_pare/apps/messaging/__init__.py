"""Messaging."""

from pytest_pare.apps.messaging.app import StatefulMessagingApp
from pytest_pare.apps.messaging.states import ConversationList, ConversationOpened

__all__ = ["ConversationList", "ConversationOpened", "StatefulMessagingApp"]
