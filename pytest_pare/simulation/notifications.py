"""Notifications of the user and the agent: messages, user actions, world events.

A notification is for one side. A kind of event notifies a side if it has a text for that side. Events that failed
notify no one.
"""

from __future__ import annotations

import inspect
import re
from enum import Enum
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from are.simulation.apps.agent_user_interface import AUIMessage, Sender
from are.simulation.notification_system import BaseNotificationSystem, Message, NotificationSystemConfig, VerbosityLevel
from are.simulation.types import Action, CompletedEvent, EventType
from jinja2 import Environment, StrictUndefined, Template

from pytest_pare.agents.protocols import Notification
from pytest_pare.apps.agent_interface import PAREAgentUserInterface
from pytest_pare.base.times import utc_time
from pytest_pare.scenarios.noise.events import is_noise
from pytest_pare.simulation.notification_templates import announcement_of
from pytest_pare.simulation.queues import SimulatedMessageQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from are.simulation.apps.reminder import Reminder
    from are.simulation.apps.system import WaitForNotificationTimeout
    from are.simulation.types import AbstractEvent

_BODY_LENGTH = 20
_VARIABLE = re.compile(r"\{\{ (\w+)( \| short)? \}\}")


class PAREMessageType(Enum):
    """What a notification is, and so whom it is for."""

    AGENT_MESSAGE = "AGENT_MESSAGE"
    USER_MESSAGE = "USER_MESSAGE"
    USER_ACTION = "USER_ACTION"
    ENVIRONMENT_NOTIFICATION_USER = "ENVIRONMENT_NOTIFICATION_USER"
    ENVIRONMENT_NOTIFICATION_AGENT = "ENVIRONMENT_NOTIFICATION_AGENT"
    ENVIRONMENT_STOP = "ENVIRONMENT_STOP"


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


class Noise(Message):
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
            for message_type, text in self._texts(event):
                self._put(message_type, text, Noise if is_noise(event) else Message)

    def _texts(self, event: CompletedEvent) -> list[tuple[PAREMessageType, str]]:
        arguments = {name: value for name, value in event.get_args().items() if name != "self"}
        function = event.function_name() or ""
        if isinstance(event.action.app, PAREAgentUserInterface):
            message_type, sender, prefix = _CONVERSATION.get(function, (None, None, ""))
            if message_type is None:
                return []
            content = prefix + str(arguments.get("content", ""))
            now = self.get_current_time()
            return [(message_type, str(AUIMessage(sender=sender, content=content, timestamp=now, time_read=now)))]
        if event.event_type == EventType.USER:
            call = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
            return [(PAREMessageType.USER_ACTION, f"{event.app_class_name()}__{function}({call})")]
        announcement = announcement_of(event.action.app.__class__, function)
        if announcement is None or announcement.verbosity > self.verbosity_level:
            return []
        facts = {
            **_defaults(event.action.function),
            **arguments,
            "app": event.action.app,
            "result": event.metadata.return_value,
        }
        name = f"{event.app_name()}: "
        texts = [(PAREMessageType.ENVIRONMENT_NOTIFICATION_USER, name + _rendered(announcement.user, facts))]
        if event.event_type != EventType.AGENT:
            # No notification of the agent's own actions.
            agent_text = name + _rendered(announcement.agent, facts)
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

    def _put(self, message_type: PAREMessageType, text: str, kind: type[Message] = Message) -> None:
        now = utc_time(self.get_current_time())
        self.message_queue.put(kind(message_type=message_type, message=text, timestamp=now))


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


def _rendered(source: str, facts: dict[str, Any]) -> str:
    """Return the text of a template. Those that only have variables need no Jinja, which takes ten times as long."""
    parts = _parts(source)
    names = () if parts is None else parts[1::3]
    if parts is None or not all(name in facts for name in names):
        return _template(source).render(facts)
    values = [_short(facts[name]) if cut else str(facts[name]) for name, cut in zip(names, parts[2::3], strict=True)]
    return "".join(chain.from_iterable(zip(parts[::3], (*values, ""), strict=True)))


@cache
def _parts(source: str) -> list[str] | None:
    """Return a text, a variable, whether it is cut, and so on up to a last text; `None` if a template has more."""
    parts = _VARIABLE.split(source)
    return None if "{" in "".join(parts[::3]) else parts


@cache
def _environment() -> Environment:
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text, no markup
    environment.filters["short"] = _short
    return environment


@cache
def _template(source: str) -> Template:
    return _environment().from_string(source)


def _short(text: Any) -> str:
    # As many words are longer than the cut.
    flat = " ".join(str(text).split(None, _BODY_LENGTH)[:_BODY_LENGTH])
    return flat if len(flat) <= _BODY_LENGTH else flat[:_BODY_LENGTH] + "..."


def to_notification(message: Message) -> Notification:
    """Return a message as an agent or the user gets it."""
    kind: Any = _KINDS[message.message_type]
    return Notification(message.timestamp, kind, message.message)
