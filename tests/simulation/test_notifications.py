"""Who learns of what, when, and in which words."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from are.simulation.notification_system import VerbosityLevel
from are.simulation.types import CompletedEvent, Event, EventRegisterer, EventType

from pytest_pare.apps import HomeScreenSystemApp, StatefulEmailApp, StatefulMessagingApp, StatefulReminderApp
from pytest_pare.are.world import World
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from pytest_pare.simulation.notification_templates import ANNOUNCEMENTS, announcement_of
from pytest_pare.simulation.notifications import FOR_AGENT, FOR_USER, PAREMessageType, PARENotificationSystem
from tests.apps.full_phone import ALL_APPS, REMINDER, FullPhone, full_phone
from tests.scripted import play_scripted, scripted
from tests.stage import Stage

LOW, MEDIUM, HIGH = VerbosityLevel.LOW, VerbosityLevel.MEDIUM, VerbosityLevel.HIGH
BODY = "The quick brown fox jumps over the lazy dog"
SHORT = "The quick brown fox ..."
MAIL = {"sender": "ada@example.com", "subject": "Lunch", "content": BODY}
RIDE = {"start_location": "Home", "end_location": "Station", "service_type": "Default"}
APARTMENT = {
    "name": "Tower",
    "location": "Centre",
    "zip_code": "C3",
    "price": 800.5,
    "number_of_bedrooms": 2,
    "number_of_bathrooms": 1,
    "square_footage": 66,
    "pet_policy": "No pets",
    "amenities": ["Gym", "Pool"],
}
BOOKING = {
    "who_add": "Ada Byron",
    "title": "Tea",
    "start_datetime": "2025-01-06 16:00:00",
    "end_datetime": "2025-01-06 17:00:00",
    "location": "Roof",
    "description": BODY,
}

# By app class and function: arguments, the whole text for the user, the whole text for the agent. {result} is what the
# call returned.
TEXTS: dict[tuple[str, str], tuple[dict[str, Any], str, str]] = {
    ("StatefulEmailApp", "send_email_to_user_only"): (
        MAIL,
        f"Emails: New email from ada@example.com: Lunch - {SHORT}",
        "Emails: New email {result} from ada@example.com: Lunch\n" + BODY,
    ),
    ("StatefulEmailApp", "send_email_to_user_with_id"): (
        {"email_id": "tea", **MAIL},
        f"Emails: New email from ada@example.com: Lunch - {SHORT}",
        "Emails: New email {result} from ada@example.com: Lunch\n" + BODY,
    ),
    ("StatefulEmailApp", "create_and_add_email"): (
        {"recipients": ["john@pare.com"], **MAIL},
        f"Emails: New email from ada@example.com: Lunch - {SHORT}",
        "Emails: New email {result} from ada@example.com: Lunch\n" + BODY,
    ),
    ("StatefulEmailApp", "reply_to_email_from_user"): (
        {"sender": "ada@example.com", "email_id": "sent", "content": BODY},
        f"Emails: New reply from ada@example.com: {SHORT}",
        "Emails: New reply {result} from ada@example.com to email sent\n" + BODY,
    ),
    ("StatefulMessagingApp", "create_and_add_message"): (
        {"conversation_id": "trip", "sender_id": "ada", "content": BODY},
        f"Messages: New message from Ada Byron: {SHORT}",
        f"Messages: New message from Ada Byron in conversation trip\n{BODY}",
    ),
    ("StatefulMessagingApp", "create_group_conversation"): (
        {"user_ids": ["ada", "cy"], "title": "Tea"},
        "Messages: New conversation Tea",
        "Messages: New conversation {result} (Tea) with ada, cy",
    ),
    ("StatefulMessagingApp", "add_participant_to_conversation"): (
        {"conversation_id": "trip", "user_id": "cy"},
        "Messages: Cy Vane joined a conversation",
        "Messages: Cy Vane (cy) joined conversation trip",
    ),
    ("StatefulMessagingApp", "remove_participant_from_conversation"): (
        {"conversation_id": "trip", "user_id": "bob"},
        "Messages: Bob Stone left a conversation",
        "Messages: Bob Stone (bob) left conversation trip",
    ),
    ("StatefulMessagingApp", "change_conversation_title"): (
        {"conversation_id": "trip", "title": "Tour"},
        "Messages: A conversation is now called Tour",
        "Messages: Conversation trip is now called Tour",
    ),
    ("StatefulCalendarApp", "add_calendar_event_by_attendee"): (
        BOOKING,
        "Calendar: Ada Byron added: Calendar event Tea, 2025-01-06 16:00:00",
        "Calendar: Ada Byron added event {result}: Calendar event Tea, 2025-01-06 16:00:00 to 2025-01-06 17:00:00, Roof"
        f"\n{BODY}",
    ),
    ("StatefulCalendarApp", "delete_calendar_event_by_attendee"): (
        {"event_id": "lunch", "who_delete": "Ada Byron"},
        "Calendar: Ada Byron deleted a calendar event",
        "Calendar: Ada Byron deleted calendar event lunch",
    ),
    ("StatefulShoppingApp", "add_product"): (
        {"name": "TurnGateway"},
        "Shopping: New product: TurnGateway",
        "Shopping: New product {result}: TurnGateway",
    ),
    ("StatefulShoppingApp", "add_item_to_product"): (
        {"product_id": "lamp", "price": 20.5, "options": {"colour": "red"}, "available": False},
        "Shopping: A product has a new variant at 20.5",
        "Shopping: Product lamp has a new variant {result} at 20.5, {'colour': 'red'}, not available",
    ),
    ("StatefulShoppingApp", "update_item"): (
        {"item_id": "brass", "new_price": 35.0, "new_availability": False},
        "Shopping: An item has changed",
        "Shopping: Item brass has changed, new price 35.0, not available",
    ),
    ("StatefulShoppingApp", "add_discount_code"): (
        {"item_id": "brass", "discount_code": {"NEW": 5.0}},
        "Shopping: New discount code",
        "Shopping: New discount codes for item brass: {'NEW': 5.0}",
    ),
    ("StatefulShoppingApp", "update_order_status"): (
        {"order_id": "new", "status": "shipped"},
        "Shopping: An order is now shipped",
        "Shopping: Order new is now shipped",
    ),
    ("StatefulShoppingApp", "cancel_order"): (
        {"order_id": "new"},
        "Shopping: An order was cancelled",
        "Shopping: Order new was cancelled",
    ),
    ("StatefulCabApp", "cancel_ride"): (
        {"who_cancel": "driver", "message": BODY},
        f"Cab: The driver cancelled the ride: {SHORT}",
        f"Cab: The driver cancelled the ride: {BODY}",
    ),
    ("StatefulCabApp", "update_ride_status"): (
        {"status": "IN_PROGRESS", "message": BODY},
        f"Cab: The ride is now IN_PROGRESS: {SHORT}",
        f"Cab: The ride is now IN_PROGRESS: {BODY}",
    ),
    ("StatefulCabApp", "end_ride"): ({}, "Cab: The ride has ended", "Cab: The ride has ended"),
    ("StatefulApartmentApp", "add_new_apartment"): (
        APARTMENT,
        "Apartment: New apartment: Tower, 800.5",
        "Apartment: New apartment {result}: Tower, Centre C3, 800.5, 2 bedrooms, 1 bathrooms, 66 square feet, No pets, "
        "Gym, Pool",
    ),
    ("StatefulApartmentApp", "update_apartment"): (
        {"apartment_id": "loft", "new_price": 950.0},
        "Apartment: An apartment has changed",
        "Apartment: Apartment loft has changed, new price 950.0",
    ),
    ("StatefulApartmentApp", "delete_apartment"): (
        {"apartment_id": "loft"},
        "Apartment: An apartment is no longer offered",
        "Apartment: Apartment loft is no longer offered",
    ),
    ("StatefulNotesApp", "delete_folder"): (
        {"folder_name": "Ideas"},
        "Notes: The folder Ideas was deleted",
        "Notes: The notes folder Ideas was deleted",
    ),
}
# The same, with as few arguments as a call needs.
BARE: dict[tuple[str, str], dict[str, Any]] = {
    ("StatefulEmailApp", "send_email_to_user_only"): {"sender": "ada@example.com"},
    ("StatefulEmailApp", "send_email_to_user_with_id"): {"email_id": "tea", "sender": "ada@example.com"},
    ("StatefulEmailApp", "create_and_add_email"): {"sender": "ada@example.com"},
    ("StatefulEmailApp", "reply_to_email_from_user"): {"sender": "ada@example.com", "email_id": "sent"},
    ("StatefulMessagingApp", "create_group_conversation"): {"user_ids": ["ada", "cy"]},
    ("StatefulCalendarApp", "add_calendar_event_by_attendee"): {"who_add": "Ada Byron"},
    ("StatefulShoppingApp", "add_item_to_product"): {"product_id": "lamp", "price": 20.5},
    ("StatefulShoppingApp", "update_item"): {"item_id": "brass", "new_price": 35.0},
    ("StatefulShoppingApp", "update_order_status"): {"order_id": "new"},
    ("StatefulCabApp", "cancel_ride"): {},
    ("StatefulCabApp", "update_ride_status"): {"status": "DELAYED"},
    ("StatefulApartmentApp", "add_new_apartment"): {
        key: value for key, value in APARTMENT.items() if key not in ("pet_policy", "amenities")
    },
}
KEYS = sorted(TEXTS)
# What changes in shops, listings and chats; the rest is announced at MEDIUM, and nothing at LOW.
AT_HIGH_ONLY = {
    *((app, f) for app, f in KEYS if app in ("StatefulApartmentApp", "StatefulNotesApp")),
    *((app, f) for app, f in KEYS if app == "StatefulShoppingApp" and f not in ("update_order_status", "cancel_order")),
    ("StatefulCabApp", "update_ride_status"),
    ("StatefulMessagingApp", "add_participant_to_conversation"),
    ("StatefulMessagingApp", "remove_participant_from_conversation"),
    ("StatefulMessagingApp", "change_conversation_title"),
}


@pytest.fixture
def held() -> Iterator[FullPhone]:
    with full_phone() as it:
        with EventRegisterer.disable():
            it.app("StatefulCabApp").order_ride(**RIDE)
        yield it


def system(held: FullPhone) -> PARENotificationSystem:
    notifications = held.env.notification_system
    assert isinstance(notifications, PARENotificationSystem)
    return notifications


def happen(held: FullPhone, key: tuple[str, str], arguments: dict[str, Any]) -> CompletedEvent:
    """Let something happen in the world, as the script of a scenario would."""
    app_class, function = key
    with EventRegisterer.capture_mode():
        event: Event = getattr(held.app(app_class), function)(**arguments)
    event.event_time = held.world.clock.time()
    held.env.process_event(event)
    return held.log()[-1]


def taken(held: FullPhone, side: frozenset[PAREMessageType]) -> list[tuple[str, str]]:
    return [(message.message_type.value, message.message) for message in system(held).take(side)]


def both(held: FullPhone) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    return taken(held, FOR_USER), taken(held, FOR_AGENT)


# -- what happens in the world


def test_the_tables_are_complete() -> None:
    assert set(TEXTS) == set(ANNOUNCEMENTS)
    assert len(AT_HIGH_ONLY) == 12


@pytest.mark.parametrize("key", KEYS, ids=".".join)
def test_text_of_each_event(held: FullPhone, key: tuple[str, str]) -> None:
    arguments, user, agent = TEXTS[key]
    event = happen(held, key, arguments)
    assert not event.failed(), event.metadata.exception
    result = str(event.metadata.return_value)
    assert both(held) == (
        [("ENVIRONMENT_NOTIFICATION_USER", user.replace("{result}", result))],
        [("ENVIRONMENT_NOTIFICATION_AGENT", agent.replace("{result}", result))],
    )


@pytest.mark.parametrize("key", KEYS, ids=".".join)
def test_text_says_who_and_what_whatever_is_left_out(held: FullPhone, key: tuple[str, str]) -> None:
    arguments, _, _ = TEXTS[key]
    event = happen(held, key, BARE.get(key, arguments))
    assert not event.failed(), event.metadata.exception
    (user,), (agent,) = both(held)
    for _, text in (user, agent):
        app, _, words = text.partition(": ")
        assert app == event.app_name()
        assert words.strip()
        assert "None" not in text
        assert "{" not in text.replace("{'NEW': 5.0}", "")
    # A user is told nothing at length, and no id of anything.
    assert len(user[1]) < 120
    for name, value in event.get_args().items():
        if name.endswith("_id") and name != "self":
            assert not re.search(rf"\b{value}\b", user[1])
            assert name == "sender_id" or re.search(rf"\b{value}\b", agent[1])


@pytest.mark.parametrize("key", sorted(BARE), ids=".".join)
def test_an_event_that_is_made_by_hand_is_told_alike(held: FullPhone, key: tuple[str, str]) -> None:
    app_class, function = key
    event = Event.from_function(getattr(held.app(app_class), function), event_type=EventType.ENV, **BARE[key])
    event.event_time = held.world.clock.time()
    held.env.process_event(event)
    by_hand = both(held)
    assert [len(messages) for messages in by_hand] == [1, 1]
    with full_phone() as other:
        with EventRegisterer.disable():
            other.app("StatefulCabApp").order_ride(**RIDE)
        happen(other, key, BARE[key])
        assert [without_ids(side) for side in both(other)] == [without_ids(side) for side in by_hand]


def without_ids(messages: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(kind, re.sub(r"\b[0-9a-f]{32}\b", "<id>", text)) for kind, text in messages]


@pytest.mark.parametrize("verbosity", [LOW, MEDIUM, HIGH], ids=lambda level: level.name)
@pytest.mark.parametrize("key", KEYS, ids=".".join)
def test_verbosity(held: FullPhone, key: tuple[str, str], verbosity: VerbosityLevel) -> None:
    system(held).verbosity_level = verbosity
    happen(held, key, TEXTS[key][0])
    announced = verbosity is HIGH or (verbosity is MEDIUM and key not in AT_HIGH_ONLY)
    assert [len(messages) for messages in both(held)] == [int(announced)] * 2


@pytest.mark.parametrize("key", KEYS, ids=".".join)
def test_what_failed_is_not_announced(held: FullPhone, key: tuple[str, str]) -> None:
    with EventRegisterer.capture_mode():
        event = getattr(held.app(key[0]), key[1])(**TEXTS[key][0])

    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise ValueError("no")

    # Not everything can be made to fail by its arguments.
    event.action.function = functools.wraps(event.action.function)(refuse)
    event.event_time = held.world.clock.time()
    held.env.process_event(event)
    assert held.log()[-1].failed()
    assert both(held) == ([], [])


def test_short_text_has_no_line_breaks(held: FullPhone) -> None:
    arguments = {"conversation_id": "trip", "sender_id": "ada", "content": "One\n\ntwo"}
    happen(held, ("StatefulMessagingApp", "create_and_add_message"), arguments)
    assert taken(held, FOR_USER) == [("ENVIRONMENT_NOTIFICATION_USER", "Messages: New message from Ada Byron: One two")]


@pytest.mark.parametrize(("length", "shown"), [(20, "x" * 20), (21, "x" * 20 + "...")])
def test_body_is_cut_after_twenty_characters(held: FullPhone, length: int, shown: str) -> None:
    happen(held, ("StatefulEmailApp", "send_email_to_user_only"), {**MAIL, "content": "x" * length})
    (user,), (agent,) = both(held)
    assert user[1].endswith(f" - {shown}")
    assert agent[1].endswith("\n" + "x" * length)


@pytest.mark.parametrize(
    ("key", "arguments"),
    [
        (("StatefulCabApp", "order_ride"), RIDE),
        (("StatefulShoppingApp", "add_to_cart"), {"item_id": "brass"}),
        (("StatefulNotesApp", "create_note"), {"title": "Tea"}),
        (("StatefulContactsApp", "delete_contact"), {"contact_id": "ada"}),
    ],
    ids=str,
)
def test_what_has_no_text_is_not_announced(held: FullPhone, key: tuple[str, str], arguments: dict[str, Any]) -> None:
    happen(held, key, arguments)
    assert both(held) == ([], [])


@pytest.mark.parametrize("base", ALL_APPS, ids=lambda cls: cls.__name__)
def test_an_app_that_extends_ours_is_announced_alike(base: type) -> None:
    own = type("MyOwnApp", (base,), {})
    functions = [function for app_class, function in ANNOUNCEMENTS if app_class == base.__name__]
    for function in functions:
        assert announcement_of(own, function) is ANNOUNCEMENTS[base.__name__, function]
    assert announcement_of(own, "go_back") is None


def test_an_extended_app_announces_what_happens_in_it() -> None:
    class WorkEmail(StatefulEmailApp):
        """A second mailbox."""

    world = World("own")
    with world.active():
        env = StateAwareEnvironmentWrapper(clock=world.clock)
        work = WorkEmail(name="Work")
        env.register_apps([HomeScreenSystemApp(name="System"), work])
        email_id = work.send_email_to_user_only(**MAIL)
        messages = env.notification_system.take(FOR_AGENT)
    assert [message.message for message in messages] == [
        f"Work: New email {email_id} from ada@example.com: Lunch\n{BODY}",
    ]


# -- what the two sides do


@pytest.mark.parametrize(
    "key",
    [
        ("StatefulMessagingApp", "create_group_conversation"),
        ("StatefulMessagingApp", "change_conversation_title"),
        ("StatefulShoppingApp", "cancel_order"),
        ("StatefulNotesApp", "delete_folder"),
    ],
    ids=".".join,
)
def test_what_the_agent_does_reaches_the_user_alone(held: FullPhone, key: tuple[str, str]) -> None:
    arguments, user, _ = TEXTS[key]
    app = held.app(key[0])
    held.agent_tools(app)[key[1]](**arguments)
    assert held.log()[-1].event_type is EventType.AGENT
    assert both(held) == ([("ENVIRONMENT_NOTIFICATION_USER", user)], [])


def test_what_the_agent_reads_and_fails_at_reaches_nobody(held: FullPhone) -> None:
    tools = held.agent_tools(held.app("StatefulShoppingApp"))
    tools["list_orders"]()
    with pytest.raises(ValueError, match="does not exist"):
        tools["cancel_order"](order_id="nowhere")
    assert both(held) == ([], [])


@pytest.mark.parametrize("verbosity", [LOW, MEDIUM, HIGH], ids=lambda level: level.name)
def test_what_the_user_does_reaches_the_agent_alone(held: FullPhone, verbosity: VerbosityLevel) -> None:
    system(held).verbosity_level = verbosity
    held.user_tools()["System__open_app"](app_name="Messages")
    app = held.app(StatefulMessagingApp)
    held.act(app, "open_conversation", {"conversation_id": "trip"})
    held.act(app, "send_message", {"content": 'It\'s "me"'})
    held.act(app, "go_back", {})
    held.user_tools()["System__go_home"]()
    action = "USER_ACTION"
    assert both(held) == (
        [],
        [
            (action, "HomeScreenSystemApp__open_app(app_name='Messages')"),
            (action, "StatefulMessagingApp__open_conversation(conversation_id='trip', offset=0, limit=20)"),
            (action, "StatefulMessagingApp__send_message(content='It\\'s \"me\"', attachment_path=None)"),
            (action, "StatefulMessagingApp__go_back()"),
            (action, "HomeScreenSystemApp__go_home()"),
        ],
    )


def test_a_text_is_that_of_the_time_of_the_event(held: FullPhone) -> None:
    """The texts are made when they are read, and what they are about may have changed since."""
    people, said = ["ada", "cy"], ["Tea"]
    key = ("StatefulMessagingApp", "create_group_conversation")
    happen(held, key, {"user_ids": people, "title": "Tea"})
    event = happen(held, ("StatefulEmailApp", "send_email_to_user_only"), MAIL)
    event.action.resolved_args.update(subject="Dinner")
    event.metadata.return_value = "another"
    shown = dataclasses.replace(
        event,
        event_type=EventType.USER,
        action=dataclasses.replace(event.action, args={"subject": said}, resolved_args={"subject": said}),
    )
    system(held).handle_event(shown)
    people.append("bea")
    said.append("Coffee")
    texts = [text for _, text in taken(held, FOR_AGENT)]
    assert texts[0].endswith("with ada, cy")
    assert re.fullmatch(r"Emails: New email \w{32} from ada@example.com: Lunch\n.*", texts[1])
    assert texts[2] == "StatefulEmailApp__send_email_to_user_only(subject=['Tea'])"


def test_an_app_may_have_names_of_another_kind(held: FullPhone) -> None:
    key = ("StatefulEmailApp", "send_email_to_user_only")
    happen(held, key, MAIL).action.app.id_to_name = ["ada"]
    happen(held, key, MAIL)
    first, second = [text for _, text in taken(held, FOR_USER)]
    assert first == second


def test_what_the_user_fails_at_reaches_nobody(held: FullPhone) -> None:
    with pytest.raises(KeyError):
        held.user_tools()["System__open_app"](app_name="Chess")
    assert both(held) == ([], [])


@pytest.mark.parametrize("verbosity", [LOW, MEDIUM, HIGH], ids=lambda level: level.name)
@pytest.mark.parametrize(
    ("tool", "message_type", "sender", "text"),
    [
        ("accept_proposal", "USER_MESSAGE", "User", "[ACCEPT]: As you say"),
        ("reject_proposal", "USER_MESSAGE", "User", "[REJECT]: As you say"),
        ("send_message_to_agent", "USER_MESSAGE", "User", "As you say"),
        ("send_message_to_user", "AGENT_MESSAGE", "Agent", "As you say"),
    ],
)
def test_messages_between_the_two(
    held: FullPhone, tool: str, message_type: str, sender: str, text: str, verbosity: VerbosityLevel
) -> None:
    system(held).verbosity_level = verbosity
    interface = held.app("PAREAgentUserInterface")
    getattr(interface, tool)(content="As you say")
    to_user, to_agent = both(held)
    received, other = (to_user, to_agent) if message_type == "AGENT_MESSAGE" else (to_agent, to_user)
    assert other == []
    ((kind, message),) = received
    assert kind == message_type
    assert f"Sender: {sender}\n" in message
    assert f"Message: {text}\n" in message
    assert "2025-01-06 09:00:00" in message
    # What the other side reads is what the line between them holds.
    assert interface.messages[-1].content == text


def test_an_answer_without_words_still_is_one(held: FullPhone) -> None:
    held.app("PAREAgentUserInterface").accept_proposal()
    ((_, message),) = taken(held, FOR_AGENT)
    assert "[ACCEPT]: " in message


def test_waiting_and_reading_messages_reach_nobody(held: FullPhone) -> None:
    interface = held.app("PAREAgentUserInterface")
    interface.wait()
    interface.get_all_messages()
    assert both(held) == ([], [])


# -- in a run


class WholePhone(Stage):
    """A phone with all apps and their content but the reminders, on which one thing happens.

    Attributes:
        key: App class and function of what happens.
        at: When, in seconds after the start.
    """

    key: tuple[str, str] = ("", "")
    at: float = 0.0

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.phone = FullPhone(self.world)
        self.apps = [app for app in self.phone.apps.values() if not isinstance(app, StatefulReminderApp)]
        self.phone.app("StatefulCabApp").order_ride(**RIDE)

    def build_events_flow(self) -> None:
        app_class, function = self.key
        with EventRegisterer.capture_mode():
            event = getattr(self.phone.app(app_class), function)(**TEXTS[self.key][0])
        self.events = [event.delayed(self.at)]


@pytest.mark.parametrize("key", KEYS, ids=".".join)
@pytest.mark.parametrize("at", [3.0, 7.0])
def test_what_happens_in_a_turn_reaches_both_sides_before_the_run_ends(key: tuple[str, str], at: float) -> None:
    """Both sides do nothing; a turn takes 12 s, of which the first half is the user's."""
    engines = scripted()
    config = {"skip_idle_time": True, "generation_seconds": 6}
    run = play_scripted(engines, scenario=WholePhone, config=config, key=key, at=at)
    (event,) = [event for event in run.trace.events if event.kind == "ENV"]
    assert (event.time, event.error) == (at, None)
    _, for_user, for_agent = TEXTS[key]
    assert for_user in engines.told("user")
    assert for_agent.replace("{result}", str(event.result)) in engines.told("observe")


# -- time


def pass_time(held: FullPhone, seconds: float) -> None:
    held.world.clock.advance(seconds)
    held.env.tick()


@pytest.mark.parametrize("verbosity", [LOW, MEDIUM, HIGH], ids=lambda level: level.name)
def test_a_reminder_that_falls_due_is_told_once_to_both(held: FullPhone, verbosity: VerbosityLevel) -> None:
    system(held).verbosity_level = verbosity
    before = len(held.log())
    pass_time(held, 3 * 3600 - 1)
    assert both(held) == ([], [])
    pass_time(held, 1)
    text = "Reminders: due now\nReminder: Pills\nDescription: Two of them\nDue Date: 2025-01-06 12:00:00+00:00"
    assert both(held) == ([("ENVIRONMENT_NOTIFICATION_USER", text)], [("ENVIRONMENT_NOTIFICATION_AGENT", text)])
    pass_time(held, 1)
    assert both(held) == ([], [])
    assert len(held.log()) == before
    (reminder,) = held.app("StatefulReminderApp").reminders.values()
    assert reminder.time_notified == held.env.start_time + 3 * 3600


def test_reminders_that_fall_due_together_are_one_message(held: FullPhone) -> None:
    with EventRegisterer.disable():
        held.app("StatefulReminderApp").add_reminder("Walk", "2025-01-06 11:00:00", "Round the block")
    pass_time(held, 4 * 3600)
    ((_, text),) = taken(held, FOR_USER)
    assert [line for line in text.splitlines() if line.startswith("Reminder: ")] == [
        "Reminder: Pills",
        "Reminder: Walk",
    ]


def test_a_reminder_that_is_put_off_is_told_again(held: FullPhone) -> None:
    pass_time(held, 3 * 3600)
    assert len(taken(held, FOR_AGENT)) == 1
    arguments = held.filled(
        {
            "reminder_id": REMINDER,
            "title": "Pills",
            "description": "Two",
            "due_datetime": "2025-01-06 13:00:00",
            "repetition_unit": None,
            "repetition_value": None,
        }
    )
    held.app("StatefulReminderApp").update_reminder(**arguments)
    pass_time(held, 3600)
    assert [text.splitlines()[1] for _, text in taken(held, FOR_AGENT)] == ["Reminder: Pills"]


def test_a_wait_that_is_over_is_told(held: FullPhone) -> None:
    home = held.app("HomeScreenSystemApp")
    home.wait_for_next_notification = None
    home.wait_for_notification(timeout=30)
    pass_time(held, 29)
    assert both(held) == ([], [])
    pass_time(held, 1)
    text = "System: nothing happened within 30 seconds"
    assert both(held) == ([("ENVIRONMENT_NOTIFICATION_USER", text)], [("ENVIRONMENT_NOTIFICATION_AGENT", text)])
    pass_time(held, 30)
    assert both(held) == ([], [])


def test_a_wait_that_something_ends_is_over(held: FullPhone) -> None:
    home = held.app("HomeScreenSystemApp")
    home.wait_for_next_notification = None
    home.wait_for_notification(timeout=30)
    happen(held, ("StatefulCabApp", "end_ride"), {})
    pass_time(held, 5)
    assert home.wait_for_notification_timeout is None
    pass_time(held, 60)
    assert taken(held, FOR_USER) == [("ENVIRONMENT_NOTIFICATION_USER", "Cab: The ride has ended")]


def test_the_agent_waits_until_something_happens(held: FullPhone) -> None:
    """The tool as an agent calls it: time moves on to what comes next."""
    with EventRegisterer.capture_mode():
        later = held.app("StatefulCabApp").end_ride().delayed(12)
    held.env.schedule(later)
    held.env.start()
    held.agent_tools(held.app("HomeScreenSystemApp"))["wait_for_notification"](timeout=100)
    assert held.world.clock.time_passed() == 12
    assert [text for _, text in taken(held, FOR_AGENT)] == ["Cab: The ride has ended"]


def test_a_world_without_reminders_and_home_screen_is_silent() -> None:
    world = World("bare")
    with world.active():
        notifications = PARENotificationSystem()
        notifications.initialize(world.clock)
        notifications.handle_time_based_notifications()
        notifications.handle_timeout_after_events()
        assert notifications.take(FOR_USER | FOR_AGENT) == []


# -- the end


def test_the_end_is_news_for_both_and_stays(held: FullPhone) -> None:
    held.env.stop()
    for _ in range(2):
        assert both(held) == ([("ENVIRONMENT_STOP", "The simulation has ended (stopped).")],) * 2
    # What ARE's agents ask before each step.
    assert system(held).message_queue.has_environment_stop_message()


def test_nothing_has_ended_before(held: FullPhone) -> None:
    happen(held, ("StatefulCabApp", "end_ride"), {})
    assert not system(held).message_queue.has_environment_stop_message()


# -- one queue for both


def test_each_side_takes_its_own_and_leaves_the_rest_in_order(held: FullPhone) -> None:
    app = held.app("StatefulMessagingApp")
    for number in range(3):
        app.create_and_add_message(conversation_id="trip", sender_id="ada", content=str(number))
        held.app("PAREAgentUserInterface").send_message_to_agent(content=f"answer {number}")
        # All at one time, as in a burst; then later.
        held.world.clock.advance(float(number == 1))
    words = ["0", "1", "2"]
    assert [text[-1] for _, text in taken(held, FOR_USER)] == words
    assert taken(held, FOR_USER) == []
    kinds = ["ENVIRONMENT_NOTIFICATION_AGENT", "USER_MESSAGE"]
    to_agent = taken(held, FOR_AGENT)
    assert [kind for kind, _ in to_agent] == kinds * 3
    assert [text[-1] for kind, text in to_agent if kind == kinds[0]] == words
    assert [re.search(r"answer (\d)", text)[1] for kind, text in to_agent if kind == kinds[1]] == words  # type: ignore[index]
    assert taken(held, FOR_AGENT) == []


def test_news_of_a_later_time_waits(held: FullPhone) -> None:
    happen(held, ("StatefulCabApp", "end_ride"), {})
    message = system(held).message_queue.list_view()[0]
    message.timestamp = message.timestamp.replace(hour=10)
    assert taken(held, FOR_USER) == []
    held.world.clock.advance(3600)
    assert len(taken(held, FOR_USER)) == 1


def test_the_sides_share_only_the_end() -> None:
    assert {PAREMessageType.ENVIRONMENT_STOP} == FOR_USER & FOR_AGENT
    assert set(PAREMessageType) == FOR_USER | FOR_AGENT
