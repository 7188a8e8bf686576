"""Notifications of the user and the agent: messages, user actions, world events.

A notification is for one side. A kind of event notifies a side if it has a text for that side. Events that failed
notify no one.
"""

from __future__ import annotations

import inspect
from enum import Enum
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from are.simulation.apps.agent_user_interface import Sender
from are.simulation.notification_system import BaseNotificationSystem, Message, NotificationSystemConfig, VerbosityLevel
from are.simulation.types import Action, CompletedEvent, EventType

from pytest_pare.agents.protocols import Notification
from pytest_pare.apps.agent_interface import PAREAgentUserInterface
from pytest_pare.are.abstract import is_subclass
from pytest_pare.base.times import utc_time
from pytest_pare.scenarios.noise.marks import is_noise
from pytest_pare.simulation.notification_templates import announcement_of
from pytest_pare.simulation.notification_texts import call_text, made_later, message_text, rendered
from pytest_pare.simulation.queues import SimulatedMessageQueue

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from are.simulation.agents.multimodal import Attachment
    from are.simulation.apps.reminder import Reminder
    from are.simulation.apps.system import WaitForNotificationTimeout
    from are.simulation.types import AbstractEvent


class PAREMessageType(Enum):
    """What a notification is, and so whom it is for."""

    AGENT_MESSAGE = "AGENT_MESSAGE"
    USER_MESSAGE = "USER_MESSAGE"
    USER_ACTION = "USER_ACTION"
    ENVIRONMENT_NOTIFICATION_USER = "ENVIRONMENT_NOTIFICATION_USER"
    ENVIRONMENT_NOTIFICATION_AGENT = "ENVIRONMENT_NOTIFICATION_AGENT"
    ENVIRONMENT_STOP = "ENVIRONMENT_STOP"

    # Members are compared by their identity. The hash of `Enum` is that of the name, and takes a call.
    __hash__ = object.__hash__


FOR_USER = frozenset(
    {PAREMessageType.AGENT_MESSAGE, PAREMessageType.ENVIRONMENT_NOTIFICATION_USER, PAREMessageType.ENVIRONMENT_STOP}
)
FOR_AGENT = frozenset(
    {
        PAREMessageType.USER_MESSAGE,
        PAREMessageType.USER_ACTION,
        PAREMessageType.ENVIRONMENT_NOTIFICATION_AGENT,
        PAREMessageType.ENVIRONMENT_STOP,
    }
)


_KINDS = {
    PAREMessageType.USER_MESSAGE: "user_message",
    PAREMessageType.AGENT_MESSAGE: "agent_message",
    PAREMessageType.USER_ACTION: "user_action",
    PAREMessageType.ENVIRONMENT_NOTIFICATION_USER: "environment",
    PAREMessageType.ENVIRONMENT_NOTIFICATION_AGENT: "environment",
    PAREMessageType.ENVIRONMENT_STOP: "stop",
}


class Notice(Message):
    """The notification of an event, whose text is made when it is first read: many are read by no one.

    Args:
        message_type: What it is.
        text: Returns the text, the same whenever it is called.
        timestamp: The time of the event.
    """

    def __init__(self, message_type: PAREMessageType, text: Callable[[], str], timestamp: datetime) -> None:
        self.message_type = message_type
        self.timestamp = timestamp
        self.attachments: list[Attachment] = []
        self._text = text
        self._made: str | None = None

    @property
    def message(self) -> str:
        """The text."""
        if self._made is None:
            self._made = self._text()
        return self._made


class Noise(Notice):
    """The notification of an event that is noise."""


class PARENotificationSystem(BaseNotificationSystem):
    """The notifications of both sides, in one queue.

    Args:
        verbosity_level: LOW has only due reminders and waits that timed out; MEDIUM also what others send and decide;
            HIGH also changes in shops, listings and chats. Messages between the user and the agent, and the user's
            actions, always reach the other side.
    """

    def __init__(self, verbosity_level: VerbosityLevel = VerbosityLevel.HIGH) -> None:
        super().__init__(NotificationSystemConfig())
        self.verbosity_level = verbosity_level
        self.message_queue = SimulatedMessageQueue()

    def handle_event(self, event: AbstractEvent) -> None:
        """Queue the notifications of an event."""
        if isinstance(event, CompletedEvent) and isinstance(event.action, Action) and not event.failed():
            kind, now = Noise if is_noise(event) else Notice, utc_time(self.get_current_time())
            for message_type, text in self._texts(event):
                self.message_queue.put(kind(message_type, text, now))

    def _texts(self, event: CompletedEvent) -> list[tuple[PAREMessageType, Callable[[], str]]]:
        arguments = event.get_args().copy()
        arguments.pop("self", None)
        function = event.function_name() or ""
        app_class: Any = type(event.action.app)
        if is_subclass(app_class, PAREAgentUserInterface):
            message_type, sender, prefix = _CONVERSATION.get(function, (None, None, ""))
            if message_type is None:
                return []
            content = prefix + str(arguments.get("content", ""))
            return [(message_type, partial(message_text, sender, content, self.get_current_time()))]
        if event.event_type == EventType.USER:
            text = partial(call_text, f"{event.app_class_name()}__{function}", arguments)
            return [(PAREMessageType.USER_ACTION, made_later(text, arguments.values()))]
        announcement = announcement_of(app_class, function)
        if announcement is None or announcement.verbosity > self.verbosity_level:
            return []
        facts = {
            **_defaults(event.action.function),
            **arguments,
            "app": event.action.app,
            "result": event.metadata.return_value,
        }
        if isinstance(names := getattr(event.action.app, "id_to_name", None), dict):
            who = facts.get("sender_id", facts.get("user_id"))
            facts["person"] = names.get(who, who)
        name = f"{event.app_name()}: "
        texts = [(PAREMessageType.ENVIRONMENT_NOTIFICATION_USER, rendered(name, announcement.user, facts))]
        if event.event_type != EventType.AGENT:
            # No notification of the agent's own actions.
            agent_text = rendered(name, announcement.agent, facts)
            texts.append((PAREMessageType.ENVIRONMENT_NOTIFICATION_AGENT, agent_text))
        return texts

    def handle_time_based_notifications(self) -> None:
        """Notify both sides of due reminders, once of each. Reading the reminders is no event."""
        if self.reminder_app is None:
            return
        now = utc_time(self.get_current_time())
        due = [r for r in self.reminder_app.reminders.values() if r.due_datetime <= now and not r.already_notified]
        if due:
            self._put_for_both(self._reminder_text(due))

    def next_reminder_time(self) -> float | None:
        """Return when the next reminder without a notification is due, in epoch seconds; `None` for never."""
        if self.reminder_app is None:
            return None
        reminders = self.reminder_app.reminders.values()
        return min((r.due_datetime.timestamp() for r in reminders if not r.already_notified), default=None)

    def handle_timeout_after_events(self) -> None:
        """Notify both sides of a wait that timed out without a notification."""
        if self.system_app is None or self.system_app.wait_for_notification_timeout is None:
            return
        timeout: WaitForNotificationTimeout | None = self.system_app.get_wait_for_notification_timeout()
        has_news = self.has_news(FOR_AGENT)
        if timeout is not None and not has_news:
            self._put_for_both(f"{self.system_app.name}: nothing happened within {timeout.timeout} seconds")
        if timeout is not None or has_news:
            self.system_app.reset_wait_for_notification_timeout()

    def has_news(self, types: frozenset[PAREMessageType], *, noise: bool = True) -> bool:
        """Return whether a notification that was sent up to now waits for delivery.

        Args:
            types: The side whose notifications count: `FOR_USER`, `FOR_AGENT` or both.
            noise: Whether notifications of noise count.
        """
        messages = self.message_queue.messages
        if not messages:
            return False
        now = utc_time(self.get_current_time())
        sent = (m for m in messages if noise or not isinstance(m, Noise))
        return any(m.timestamp <= now and m.message_type in types for m in sent)

    def announce_stop(self, reason: str) -> None:
        """Notify both sides of the end of the world."""
        self._put(PAREMessageType.ENVIRONMENT_STOP, reason)

    def take(self, types: frozenset[PAREMessageType]) -> list[Message]:
        """Remove the notifications of one side up to now, and return them.

        Args:
            types: The side: `FOR_USER` or `FOR_AGENT`.
        """
        if not self.message_queue.messages:
            return []
        messages = self.message_queue.get_by_timestamp(utc_time(self.get_current_time()))
        taken = []
        for message in messages:
            is_own = message.message_type in types
            if is_own:
                taken.append(message)
            # The stop message stays for the other side.
            if not is_own or message.message_type is PAREMessageType.ENVIRONMENT_STOP:
                self.message_queue.put(message)
        return taken

    def _reminder_text(self, due: list[Reminder]) -> str:
        for reminder in due:
            reminder.time_notified = self.get_current_time()
        return "\n".join([f"{self.reminder_app.name}: due now", *map(str, due)])

    def _put_for_both(self, text: str) -> None:
        self._put(PAREMessageType.ENVIRONMENT_NOTIFICATION_USER, text)
        self._put(PAREMessageType.ENVIRONMENT_NOTIFICATION_AGENT, text)

    def _put(self, message_type: PAREMessageType, text: str) -> None:
        now = utc_time(self.get_current_time())
        self.message_queue.put(Message(message_type=message_type, message=text, timestamp=now))


_CONVERSATION: dict[str | None, tuple[PAREMessageType, Sender, str]] = {
    "send_message_to_user": (PAREMessageType.AGENT_MESSAGE, Sender.AGENT, ""),
    "ask_user": (PAREMessageType.AGENT_MESSAGE, Sender.AGENT, ""),
    "send_message_to_agent": (PAREMessageType.USER_MESSAGE, Sender.USER, ""),
    "accept_proposal": (PAREMessageType.USER_MESSAGE, Sender.USER, "[ACCEPT]: "),
    "reject_proposal": (PAREMessageType.USER_MESSAGE, Sender.USER, "[REJECT]: "),
}


@cache
def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the defaults of a function's arguments, which an event that was made by hand does not have."""
    parameters = inspect.signature(function).parameters.values()
    return {parameter.name: parameter.default for parameter in parameters if parameter.default is not parameter.empty}


def to_notification(message: Message) -> Notification:
    """Return a message as an agent or the user gets it."""
    kind: Any = _KINDS[message.message_type]
    return Notification(message.timestamp, kind, message.message)
