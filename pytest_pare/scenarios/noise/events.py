"""The events of noise in an app, from records that are unrelated to the scenario."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.tool_utils import OperationType
from are.simulation.types import Action, Event, EventType

from pytest_pare.base.serialization import to_builtins_or_name
from pytest_pare.scenarios.noise.content import Conversation, Mail, MailContent, MessagingContent, Product
from pytest_pare.scenarios.noise.marks import HELPER, TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

    from are.simulation.apps.app import App

    from pytest_pare.scenarios.noise.content import Content
    from pytest_pare.scenarios.noise.data import NoiseData
    from pytest_pare.scenarios.noise.target import NoiseTarget
    from pytest_pare.scenarios.noise_config import EnvEventsConfig

_WORD = re.compile(r"\w+")


class Call(NamedTuple):
    """A call of a function of an app.

    Attributes:
        kind: The kind of arrival, a part of the event's id.
        function: The function; its first argument is the app.
        args: The other arguments.
    """

    kind: str
    function: Callable[..., Any]
    args: dict[str, Any]

    def event(self, app: App, number: str, time: float) -> Event:
        """Return the event of this call, `time` seconds after the start."""
        event_id = f"{TAG}_{self.kind}_{number}"
        # Not in capture mode, which would draw an id from the scenario's world for each event.
        action = Action(
            function=self.function,
            args={"self": app, **self.args},
            app=app,
            action_id=event_id,
            operation_type=OperationType.WRITE,
        )
        return Event(event_type=EventType.ENV, event_id=event_id, action=action, event_relative_time=time)


class Known:
    """All texts of a scenario: in the apps, in the arguments of its events, and in the user's goal.

    Args:
        scenario: The scenario, with populated apps and its events.
    """

    def __init__(self, scenario: NoiseTarget) -> None:
        states = [app["serialized_state"] for app in (scenario._initial_apps or {}).values()]
        texts = [json.dumps(to_builtins_or_name(_arguments(event))) for event in scenario.events]
        goals = json.dumps([scenario.user_goal, scenario.additional_system_prompt])
        escaped = "\n".join([*states, *texts, goals])
        self._text = escaped.encode("ascii", "backslashreplace").decode("unicode_escape").lower()
        self._words = frozenset(_WORD.findall(self._text))
        self._given: set[str] = set()

    def __contains__(self, text: str) -> bool:
        text = text.lower()
        # The words first: few texts occur in the scenario, and a search in the whole text is slow.
        return self._words.issuperset(_WORD.findall(text)) and text in self._text

    def free_id(self, wanted: str, rng: Random) -> str:
        """Return `wanted`, or another id if it occurs in the scenario or was returned before."""
        while wanted in self._given or wanted in self:
            wanted = f"{rng.getrandbits(128):032x}"
        self._given.add(wanted)
        return wanted


def _arguments(event: Any) -> Any:
    action = getattr(event, "action", None) or getattr(event, "action_desc", None)
    args = getattr(action, "args", None)
    return {name: value for name, value in args.items() if name != "self"} if isinstance(args, dict) else args


@dataclass(frozen=True)
class Source:
    """The source of the arrivals in one app.

    Attributes:
        app: The app.
        records: The mails, conversations or products for it.
        names: Names of the people in conversations, by id.
        config: The most messages and items per record.
        known: The texts of the scenario.
    """

    app: App
    records: tuple[Any, ...]
    names: dict[str, str]
    config: EnvEventsConfig
    known: Known

    def arrivals(self, number: int, rng: Random, prefix: str) -> Iterator[list[Call]]:
        """Yield the calls of `number` arrivals, in order. All but the last call of an arrival prepare it.

        Records come in random order. After all of them, they come again with new ids.

        Args:
            number: Number of arrivals.
            rng: Draws the order and the new ids.
            prefix: Begin of the events' numbers, for arrivals that use the result of another event.
        """

        def all_calls() -> Iterator[list[Call]]:
            position = 0
            while True:
                for record in rng.sample(self.records, len(self.records)):
                    for calls in self._calls(record, rng, f"{prefix}_{position + 1}"):
                        yield calls
                        position += 1

        return islice(all_calls(), number)

    def _calls(self, record: Any, rng: Random, number: str) -> Iterator[list[Call]]:
        if isinstance(record, Mail):
            return self._of_mail(record, rng)
        if isinstance(record, Conversation):
            return self._of_conversation(record, rng)
        return self._of_product(record, number)

    def _of_mail(self, mail: Mail, rng: Random) -> Iterator[list[Call]]:
        # With an id: an id that the app draws would change the ids of the scenario's own mails.
        args = {"email_id": self.known.free_id(mail.email_id, rng), "sender": mail.sender}
        args |= {"subject": mail.subject, "content": mail.content}
        yield [Call("email", type(self.app).send_email_to_user_with_id, args)]

    def _of_conversation(self, conversation: Conversation, rng: Random) -> Iterator[list[Call]]:
        conversation_id = self.known.free_id(conversation.conversation_id, rng)
        senders = (message.sender_id for message in conversation.messages)
        people = {user_id: self.names.get(user_id, user_id) for user_id in (*conversation.participant_ids, *senders)}
        title = conversation.title or ", ".join(people.values())
        begin = {"conversation_id": conversation_id, "title": title, "people": people}
        before = [Call(HELPER, start_conversation, begin)]
        for message in conversation.messages[: self.config.n_message_events_per_conversation]:
            args = {"conversation_id": conversation_id, "sender_id": message.sender_id, "content": message.content}
            yield [*before, Call("message", create_and_add_message, args)]
            before = []

    def _of_product(self, product: Product, number: str) -> Iterator[list[Call]]:
        app_class = type(self.app)
        yield [Call("product", app_class.add_product, {"name": product.name})]
        product_id = f"{{{{{TAG}_product_{number}}}}}"
        for variant in islice(product.variants.values(), self.config.n_item_events_per_product):
            args = {"product_id": product_id, "price": variant.price, "options": dict(variant.options)}
            yield [Call("item", app_class.add_item_to_product, {**args, "available": variant.available})]


def source_for(app: App, app_class: str, data: NoiseData, config: EnvEventsConfig, known: Known) -> Source:
    """Return the source for `app`: the records for its name, or else all records for its class.

    Records with a sender, a person or a product's name that occurs in the scenario are left out, and so are kinds for
    which the configured number is 0. Messages of the file's own user are left out, because only the user writes in the
    user's name.
    """
    contents = [content for content in data.apps if content.app_class == app_class]
    contents = [content for content in contents if content.name == app.name and content.records] or contents
    names = {
        user_id: name
        for content in contents
        if isinstance(content, MessagingContent)
        for user_id, name in content.app_state.id_to_name.items()
    }
    records = tuple(record for content in contents for record in _strangers(content, known, config))
    return Source(app, records, names, config, known)


def _strangers(content: Content, known: Known, config: EnvEventsConfig) -> Iterable[Any]:
    if isinstance(content, MailContent):
        # The address in `Name <address>`.
        return [mail for mail in content.records if mail.sender.rpartition("<")[2].rstrip("> ") not in known]
    if isinstance(content, MessagingContent):
        of_others = (_without(conversation, content.app_state.current_user_id) for conversation in content.records)
        allowed = of_others if config.n_message_events_per_conversation else ()
        names = content.app_state.id_to_name
        return [one for one in allowed if one.messages and not any(text in known for text in _texts(one, names))]
    return [product for product in content.records if product.name not in known]


def _texts(conversation: Conversation, names: dict[str, str]) -> Iterator[str]:
    if conversation.title:
        yield conversation.title
    for user_id in {*conversation.participant_ids, *(message.sender_id for message in conversation.messages)}:
        yield user_id
        yield names.get(user_id, user_id)


def _without(conversation: Conversation, user_id: str | None) -> Conversation:
    if user_id is None:
        return conversation
    participants = tuple(one for one in conversation.participant_ids if one != user_id)
    messages = tuple(message for message in conversation.messages if message.sender_id != user_id)
    return conversation.model_copy(update={"participant_ids": participants, "messages": messages})


def start_conversation(self: Any, conversation_id: str, title: str, people: dict[str, str]) -> None:
    """Add an empty conversation of the user with `people`, names by id.

    It happens right before the first message. Each tool of the app for it notifies the agent, and none adds people.
    """
    for user_id, name in people.items():
        self.id_to_name.setdefault(user_id, name)
        self.name_to_id.setdefault(name, user_id)
    self.conversations[conversation_id] = ConversationV2(
        conversation_id=conversation_id,
        title=title,
        participant_ids=[*people, self.current_user_id],
        last_updated=self.time_manager.time(),
    )


def create_and_add_message(self: Any, conversation_id: str, sender_id: str, content: str) -> None:
    """Add a message to a conversation of noise, like the app's tool of that name.

    A sender whom the agent has removed joins the conversation again, so that noise does not depend on the agent.
    """
    participants = self.conversations[conversation_id].participant_ids
    if sender_id not in participants:
        participants.append(sender_id)
    self.create_and_add_message(conversation_id=conversation_id, sender_id=sender_id, content=content)
