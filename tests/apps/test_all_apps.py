"""Rules for all apps, checked through the tools of the agent and the user.

A new tool or screen fails here until the tables below have a call of it.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from are.simulation.tool_utils import OperationType

from pytest_pare import apps as package
from pytest_pare.apps import StatefulApp
from pytest_pare.are.world import World
from pytest_pare.scenarios.noise_config import APP_CLASSES
from tests.apps.full_phone import ALL_APPS, NOTE, REMINDER, FullPhone, full_phone, screen_of
from tests.apps.phone import described, kinds_of

CONTRACT: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "pare_interface_apps.json").read_text())
Call = tuple[str, dict[str, Any]]

TRIP = {"start_location": "Home", "end_location": "Station"}
ORDER: Call = ("order_ride", {**TRIP, "service_type": "Default"})
TEA = {"title": "Tea", "start_datetime": "2025-01-06 16:00:00", "end_datetime": "2025-01-06 17:00:00"}
DAY = {"start_datetime": "2025-01-06 00:00:00", "end_datetime": "2025-01-07 00:00:00"}
DAN = {"first_name": "Dan", "last_name": "Wood"}

# -- the agent's tools

AGENT: dict[str, dict[str, dict[str, Any]]] = {
    "HomeScreenSystemApp": {"get_current_time": {}, "wait_for_notification": {"timeout": 5}},
    "PAREAgentUserInterface": {
        "ask_user": {"content": "Which one?"},
        "get_all_messages": {},
        "get_last_message_from_agent": {},
        "get_last_message_from_user": {},
        "get_last_unread_messages": {},
        "send_message_to_user": {"content": "Shall I?"},
        "wait": {},
    },
    "StatefulApartmentApp": {
        "get_apartment_details": {"apartment_id": "loft"},
        "list_all_apartments": {},
        "list_saved_apartments": {},
        "remove_saved_apartment": {"apartment_id": "attic"},
        "save_apartment": {"apartment_id": "loft"},
        "search_apartments": {"location": "Harbour", "max_price": 800.0},
    },
    "StatefulCabApp": {
        "get_current_ride_status": {},
        "get_quotation": {**TRIP, "service_type": "Van"},
        "get_ride": {"idx": 0},
        "get_ride_history": {},
        "get_ride_history_length": {},
        "list_rides": TRIP,
        "order_ride": {**TRIP, "service_type": "Default"},
        "user_cancel_ride": {},
    },
    "StatefulCalendarApp": {
        "add_calendar_event": TEA,
        "delete_calendar_event": {"event_id": "lunch"},
        "edit_calendar_event": {"event_id": "lunch", "title": "Late lunch"},
        "get_all_tags": {},
        "get_calendar_event": {"event_id": "lunch"},
        "get_calendar_events_by_tag": {"tag": "work"},
        "get_calendar_events_from_to": DAY,
        "read_today_calendar_events": {},
        "search_events": {"query": "lunch"},
    },
    "StatefulContactsApp": {
        "add_new_contact": DAN,
        "delete_contact": {"contact_id": "ada"},
        "edit_contact": {"contact_id": "ada", "updates": {"age": 37}},
        "get_contact": {"contact_id": "ada"},
        "get_contacts": {},
        "get_current_user_details": {},
        "search_contacts": {"query": "Ada"},
    },
    "StatefulEmailApp": {
        "delete_email": {"email_id": "plain"},
        "download_attachments": {"email_id": "menu"},
        "forward_email": {"email_id": "plain", "recipients": ["bob@example.com"]},
        "get_email_by_id": {"email_id": "plain"},
        "get_email_by_index": {"idx": 0},
        "list_emails": {},
        "move_email": {"email_id": "plain", "dest_folder_name": "TRASH"},
        "reply_to_email": {"email_id": "plain", "content": "Yes"},
        "search_emails": {"query": "lunch"},
        "send_email": {"recipients": ["bob@example.com"], "subject": "Tea", "attachment_paths": ["menu.txt"]},
    },
    "StatefulMessagingApp": {
        "add_participant_to_conversation": {"conversation_id": "trip", "user_id": "cy"},
        "change_conversation_title": {"conversation_id": "trip", "title": "Tour"},
        "create_group_conversation": {"user_ids": ["ada", "cy"], "title": "Tea"},
        "download_attachment": {"conversation_id": "trip", "message_id": "map"},
        "get_existing_conversation_ids": {"user_ids": ["ada", "bob"]},
        "get_user_id": {"user_name": "Ada Byron"},
        "get_user_name_from_id": {"user_id": "ada"},
        "list_conversations_by_participant": {"user_id": "ada"},
        "list_recent_conversations": {},
        "lookup_user_id": {"user_name": "Ada Byron"},
        "read_conversation": {"conversation_id": "trip"},
        "regex_search": {"query": "wh.re"},
        "remove_participant_from_conversation": {"conversation_id": "trip", "user_id": "bob"},
        "search": {"query": "where"},
        "send_message": {"user_id": "ada", "content": "Hello"},
        "send_message_to_group_conversation": {"conversation_id": "trip", "content": "Hello"},
    },
    "StatefulNotesApp": {
        "add_attachment_to_note": {"note_id": NOTE, "attachment_path": "menu.txt"},
        "create_note": {"title": "Tea"},
        "delete_folder": {"folder_name": "Ideas"},
        "delete_note": {"note_id": NOTE},
        "duplicate_note": {"folder_name": "Inbox", "note_id": NOTE},
        "get_note_by_id": {"note_id": NOTE},
        "list_attachments": {"note_id": NOTE},
        "list_folders": {},
        "list_notes": {"folder": "Inbox"},
        "move_note": {"note_id": NOTE},
        "new_folder": {"folder_name": "Plans"},
        "remove_attachment": {"note_id": NOTE, "attachment": "old.txt"},
        "rename_folder": {"folder": "Ideas", "new_folder": "Plans"},
        "search_notes": {"query": "milk"},
        "search_notes_in_folder": {"query": "milk", "folder_name": "Inbox"},
        "update_note": {"note_id": NOTE, "title": "Oat milk"},
    },
    "StatefulReminderApp": {
        "add_reminder": {"title": "Walk", "due_datetime": "2025-01-06 18:00:00", "description": "Round the block"},
        "delete_all_reminders": {},
        "delete_reminder": {"reminder_id": REMINDER},
        "get_all_reminders": {},
        "get_due_reminders": {},
        "update_reminder": {
            "reminder_id": REMINDER,
            "title": "Pills",
            "description": "Three",
            "due_datetime": "2025-01-06 13:00:00",
            "repetition_unit": None,
            "repetition_value": None,
        },
    },
    "StatefulShoppingApp": {
        "add_to_cart": {"item_id": "brass"},
        "cancel_order": {"order_id": "new"},
        "checkout": {},
        "get_all_discount_codes": {},
        "get_discount_code_info": {"discount_code": "TEN"},
        "get_order_details": {"order_id": "new"},
        "get_product_details": {"product_id": "lamp"},
        "list_all_products": {},
        "list_cart": {},
        "list_orders": {},
        "remove_from_cart": {"item_id": "steel"},
        "search_product": {"product_name": "lamp"},
    },
}
# Calls that must precede the agent's call.
AGENT_BEFORE: dict[tuple[str, str], list[Call]] = {
    ("StatefulCabApp", "get_current_ride_status"): [ORDER],
    ("StatefulCabApp", "user_cancel_ride"): [ORDER],
}
# Reads that change the state: a quotation is kept, a message from the user is marked as read.
AGENT_READS_THAT_LEAVE_A_TRACE = {
    ("StatefulCabApp", "get_quotation"),
    ("StatefulCabApp", "list_rides"),
    ("PAREAgentUserInterface", "get_all_messages"),
    ("PAREAgentUserInterface", "get_last_message_from_user"),
    ("PAREAgentUserInterface", "get_last_unread_messages"),
}
# They write files, on the phone's disk.
AGENT_WRITES_ELSEWHERE = {
    ("StatefulEmailApp", "download_attachments"): "SandboxLocalFileSystem",
    ("StatefulMessagingApp", "download_attachment"): "SandboxLocalFileSystem",
}

# -- the user's: by screen, the way to it from the first one, and the arguments of its tools

Screen = tuple[list[Call], dict[str, dict[str, Any]]]
LUNCH: list[Call] = [("open_event_by_id", {"event_id": "lunch"})]
QUOTED: list[Call] = [("list_rides", TRIP), ("get_quotation", {"service_type": "Default"})]

USER: dict[str, dict[str, Screen]] = {
    "StatefulApartmentApp": {
        "ApartmentHome": (
            [],
            {
                "list_apartments": {},
                "view_apartment": {"apartment_id": "loft"},
                "open_search": {},
                "open_favorites": {},
            },
        ),
        "ApartmentSearch": (
            [("open_search", {})],
            {"search": {"max_price": 800}, "view_apartment": {"apartment_id": "loft"}},
        ),
        "ApartmentFavorites": ([("open_favorites", {})], {"view_apartment": {"apartment_id": "attic"}}),
        "ApartmentDetail": ([("view_apartment", {"apartment_id": "loft"})], {"save": {}, "unsave": {}}),
    },
    "StatefulCabApp": {
        "CabHome": ([], {"list_rides": TRIP, "open_current_ride": {}, "get_ride_history": {}}),
        "CabServiceOptions": (QUOTED[:1], {"list_service_types": {}, "get_quotation": {"service_type": "Van"}}),
        "CabQuotationDetail": (QUOTED, {"show_quotation": {}, "order_ride": {}}),
        "CabRideDetail": ([*QUOTED, ("order_ride", {})], {"cancel_ride": {}}),
    },
    "StatefulCalendarApp": {
        "AgendaView": (
            [],
            {
                "add_calendar_event_by_attendee": {"who_add": "Ada Byron", **TEA},
                "filter_by_attendee": {"attendee": "Ada Byron"},
                "filter_by_tag": {"tag": "work"},
                "get_all_tags": {},
                "get_calendar_events_by_tag": {"tag": "work"},
                "list_events": {},
                "open_event_by_id": {"event_id": "lunch"},
                "open_event_by_index": {"index": 1},
                "read_today_calendar_events": {},
                "search_events": {"query": "lunch"},
                "set_day": {"date": "2025-01-07"},
                "start_create_event": {},
            },
        ),
        "EventDetail": (
            LUNCH,
            {
                "delete": {},
                "delete_by_attendee": {"who_delete": "Ada Byron"},
                "edit_event": {},
                "list_attendees": {},
                "refresh": {},
            },
        ),
        "EditEvent": (
            [*LUNCH, ("edit_event", {})],
            {
                "add_attendee": {"attendee": "Bob Stone"},
                "discard": {},
                "remove_attendee": {"attendee": "Ada Byron"},
                "save": {},
                "set_attendees": {"attendees": ["Bob Stone"]},
                "set_description": {"description": "Soup"},
                "set_location": {"location": "Roof"},
                "set_tag": {"tag": "fun"},
                "set_time_range": {key: TEA[key] for key in ("start_datetime", "end_datetime")},
                "set_title": {"title": "Late lunch"},
            },
        ),
    },
    "StatefulContactsApp": {
        "ContactsList": (
            [],
            {
                "create_contact": DAN,
                "list_contacts": {},
                "open_contact": {"contact_id": "ada"},
                "search_contacts": {"query": "Ada"},
                "view_current_user": {},
            },
        ),
        "ContactDetail": (
            [("open_contact", {"contact_id": "ada"})],
            {"delete_contact": {}, "start_edit_contact": {}, "view_contact": {}},
        ),
        "ContactEdit": (
            [("open_contact", {"contact_id": "ada"}), ("start_edit_contact", {})],
            {"update_contact": {"updates": {"age": 37}}, "view_contact": {}},
        ),
    },
    "StatefulEmailApp": {
        "MailboxView": (
            [],
            {
                "list_emails": {},
                "open_email_by_id": {"email_id": "plain"},
                "open_email_by_index": {"index": 0},
                "search_emails": {"query": "lunch"},
                "start_compose": {},
                "switch_folder": {"folder_name": "SENT"},
            },
        ),
        "EmailDetail": (
            [("open_email_by_id", {"email_id": "menu"})],
            {
                "delete": {},
                "download_attachments": {"path_to_save": "Downloads/"},
                "forward": {"recipients": ["bob@example.com"]},
                "move": {"destination_folder": "TRASH"},
                "refresh": {},
                "reply": {"content": "Yes"},
                "start_compose_reply": {},
            },
        ),
        "ComposeEmail": (
            [("start_compose", {}), ("set_recipients", {"recipients": ["bob@example.com"]})],
            {
                "add_recipient": {"recipient": "cy@example.com"},
                "attach_file": {"attachment_path": "menu.txt"},
                "discard_draft": {},
                "save_draft": {},
                "send_composed_email": {},
                "set_body": {"body": "Soup?"},
                "set_cc": {"cc": ["cy@example.com"]},
                "set_recipients": {"recipients": ["cy@example.com"]},
                "set_subject": {"subject": "Lunch"},
            },
        ),
    },
    "StatefulMessagingApp": {
        "ConversationList": (
            [],
            {
                "list_recent_conversations": {},
                "open_conversation": {"conversation_id": "trip"},
                "search_conversations": {"query": "where"},
            },
        ),
        "ConversationOpened": (
            [("open_conversation", {"conversation_id": "trip"})],
            {"read_messages": {}, "send_message": {"content": "Hello"}},
        ),
    },
    "StatefulNotesApp": {
        "NoteList": (
            [],
            {
                "list_folders": {},
                "list_notes": {},
                "new_note": {},
                "open": {"note_id": NOTE},
                "search": {"keyword": "milk"},
            },
        ),
        "NoteDetail": (
            [("open", {"note_id": NOTE})],
            {
                "add_attachment": {"attachment_path": "menu.txt"},
                "delete": {},
                "duplicate": {},
                "edit": {},
                "list_attachments": {},
                "move": {"dest_folder_name": "Work"},
                "refresh": {},
                "remove_attachment": {"attachment": "old.txt"},
            },
        ),
        "EditNote": ([("open", {"note_id": NOTE}), ("edit", {})], {"update": {"title": "Oat milk", "content": "One"}}),
        "FolderList": ([("list_folders", {})], {"list_folders": {}, "open": {"folder": "Work"}}),
    },
    "StatefulReminderApp": {
        "ReminderList": (
            [],
            {
                "create_new": {},
                "list_all_reminders": {},
                "list_due_reminders": {},
                "list_upcoming_reminders": {},
                "open_reminder": {"reminder_id": REMINDER},
            },
        ),
        "ReminderDetail": ([("open_reminder", {"reminder_id": REMINDER})], {"delete": {}, "edit": {}}),
        "EditReminder": (
            [("open_reminder", {"reminder_id": REMINDER}), ("edit", {})],
            {
                "cancel": {},
                "save": {},
                "set_description": {"description": "Three"},
                "set_due_datetime": {"due_datetime": "2025-01-06 13:00:00"},
                "set_repetition": {"unit": "day"},
                "set_title": {"title": "Drops"},
            },
        ),
    },
    "StatefulShoppingApp": {
        "ShoppingHome": (
            [],
            {
                "list_orders": {},
                "list_products": {},
                "search_products": {"product_name": "lamp"},
                "view_cart": {},
                "view_product": {"product_id": "lamp"},
            },
        ),
        "ProductDetail": ([("view_product", {"product_id": "lamp"})], {"view_variant": {"item_id": "brass"}}),
        "VariantDetail": (
            [("view_product", {"product_id": "lamp"}), ("view_variant", {"item_id": "brass"})],
            {"add_to_cart": {"quantity": 2}},
        ),
        "CartView": ([("view_cart", {})], {"checkout": {"discount_code": "TEN"}, "remove_item": {"item_id": "steel"}}),
        "OrderListView": ([("list_orders", {})], {"view_order": {"order_id": "new"}}),
        "OrderDetailView": ([("list_orders", {}), ("view_order", {"order_id": "new"})], {"view_order": {}}),
    },
}
# Calls on the same screen that must precede the user's call, and calls of the agent.
USER_BEFORE: dict[tuple[str, str], list[Call]] = {
    ("ApartmentDetail", "unsave"): [("save", {})],
    ("EditEvent", "save"): [("set_title", {"title": "Late lunch"})],
    ("EditReminder", "save"): [("set_title", {"title": "Drops"})],
}
AGENT_BEFORE_USER: dict[tuple[str, str], Call] = {("CabHome", "open_current_ride"): ORDER}
# Reads that change the state: an opened mail is marked as read, and a quotation is kept.
USER_READS_THAT_LEAVE_A_TRACE = {
    ("MailboxView", "open_email_by_id"),
    ("MailboxView", "open_email_by_index"),
    # The quotations that it asks for are kept; to open one of them adds nothing.
    ("CabHome", "list_rides"),
}
# It writes files, on the phone's disk.
USER_WRITES_ELSEWHERE = {("EmailDetail", "download_attachments"): "SandboxLocalFileSystem"}

AGENT_CALLS = [(app, tool) for app, tools in AGENT.items() for tool in tools]
SCREENS = [(app, screen) for app, screens in USER.items() for screen in screens]
USER_CALLS = [(app, screen, tool) for app, screen in SCREENS for tool in USER[app][screen][1]]


@pytest.fixture
def held() -> Iterator[FullPhone]:
    with full_phone() as it:
        yield it


def shown(held: FullPhone, app_name: str, screen: str, tool: str = "") -> Any:
    """Open an app, go to a screen, and make everything ready for a tool on it."""
    app = held.app(app_name)
    held.open(app)
    if (screen, tool) in AGENT_BEFORE_USER:
        first, arguments = AGENT_BEFORE_USER[screen, tool]
        held.agent_tools(app)[first](**arguments)
    for step, arguments in [*USER[app_name][screen][0], *USER_BEFORE.get((screen, tool), [])]:
        held.act(app, step, arguments)
    assert screen_of(app) == screen
    return app


def own_tools(held: FullPhone, app: StatefulApp) -> set[str]:
    prefix = f"{app.name}__"
    return {name.removeprefix(prefix) for name in held.user_tools() if name.startswith(prefix)}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


# -- every tool of the agent's


def test_the_tables_know_every_tool_of_the_agents(held: FullPhone) -> None:
    names = {cls.__name__ for cls in ALL_APPS} | {"HomeScreenSystemApp", "PAREAgentUserInterface"}
    assert {name: set(held.agent_tools(held.app(name))) for name in names} == {
        name: set(tools) for name, tools in AGENT.items()
    }


@pytest.mark.parametrize(("app_name", "tool"), AGENT_CALLS)
def test_a_tool_of_the_agents_does_what_its_mark_says(held: FullPhone, app_name: str, tool: str) -> None:
    app = held.app(app_name)
    # A message for the tools that read messages of the user.
    held.user_tools()["PAREAgentUserInterface__accept_proposal"](content="Yes")
    for first, arguments in AGENT_BEFORE.get((app_name, tool), []):
        held.agent_tools(app)[first](**arguments)
    before, logged, screens = held.states(), len(held.log()), [screen_of(held.app(cls)) for cls in ALL_APPS]
    held.agent_tools(app)[tool](**held.filled(AGENT[app_name][tool]))
    expected = set()
    if (app_name, tool) in AGENT_READS_THAT_LEAVE_A_TRACE or mark(type(app), tool) is OperationType.WRITE:
        expected = {AGENT_WRITES_ELSEWHERE.get((app_name, tool), app_name)}
    assert changed(before, held.states()) == expected
    assert described(held.log()[logged:]) == [("AGENT", tool, False)]
    assert [screen_of(held.app(cls)) for cls in ALL_APPS] == screens


def mark(owner: type, tool: str) -> Any:
    return getattr(owner, tool).__operation_type__


def test_exceptions_are_reads_and_writes_elsewhere_are_writes() -> None:
    marks = {(app, tool): mark(getattr(package, app), tool) for app, tool in AGENT_CALLS}
    assert {marks[key] for key in AGENT_READS_THAT_LEAVE_A_TRACE} == {OperationType.READ}
    assert {marks[key] for key in AGENT_WRITES_ELSEWHERE} == {OperationType.WRITE}


# -- every tool of the user's


@pytest.mark.parametrize(("app_name", "screen"), SCREENS)
def test_the_tables_know_every_tool_of_a_screen(held: FullPhone, app_name: str, screen: str) -> None:
    app = shown(held, app_name, screen)
    assert own_tools(held, app) - {"go_back"} == set(USER[app_name][screen][1])


@pytest.mark.parametrize(("app_name", "screen", "tool"), USER_CALLS)
def test_a_tool_of_the_users_does_what_its_mark_says(held: FullPhone, app_name: str, screen: str, tool: str) -> None:
    app = shown(held, app_name, screen, tool)
    before, logged, left = held.states(), len(held.log()), app.current_state
    held.act(app, tool, USER[app_name][screen][1][tool])
    key = (screen, tool)
    expected = set()
    if key in USER_WRITES_ELSEWHERE:
        expected = {USER_WRITES_ELSEWHERE[key]}
    elif key in USER_READS_THAT_LEAVE_A_TRACE or mark(type(left), tool) is OperationType.WRITE:
        expected = {app_name}
    assert changed(before, held.states()) == expected
    assert described(held.log()[logged:]) == [("USER", tool, False)]


@pytest.mark.parametrize(("app_name", "screen", "tool"), USER_CALLS)
def test_a_tool_of_the_users_leads_where_the_app_declares(
    held: FullPhone, app_name: str, screen: str, tool: str
) -> None:
    app = shown(held, app_name, screen, tool)
    left, below = app.current_state, list(app.navigation_stack)
    transition = app.transitions.get(type(left), {}).get(tool)
    held.act(app, tool, USER[app_name][screen][1][tool])
    if transition is None:
        assert (app.current_state, app.navigation_stack) == (left, below)
    elif transition.op == "push":
        assert type(app.current_state) is transition.target
        assert app.navigation_stack == [*below, left]
    elif transition.op == "pop":
        # Further down if the screen below is no longer valid.
        assert app.current_state in below
        assert app.navigation_stack == below[: below.index(app.current_state)]
    else:
        assert (type(app.current_state), app.navigation_stack) == (app.root, [])
    assert app.current_state.is_valid()
    assert screen_of(app) in {screen, *app.get_state_graph()[screen]}


def test_exceptions_of_the_users_are_reads() -> None:
    screens = {screen: cls for app in ALL_APPS for screen, cls in screens_of(app).items()}
    for screen, tool in [*USER_READS_THAT_LEAVE_A_TRACE, *USER_WRITES_ELSEWHERE]:
        assert mark(screens[screen], tool) is OperationType.READ


def screens_of(app_class: type[StatefulApp]) -> dict[str, type]:
    targets = {t.target for actions in app_class.transitions.values() for t in actions.values() if t.target is not None}
    return {screen.__name__: screen for screen in {app_class.root, *app_class.transitions, *targets}}


# -- every screen


@pytest.mark.parametrize("app_class", ALL_APPS)
def test_the_tables_know_every_screen(app_class: type[StatefulApp]) -> None:
    table = USER[app_class.__name__]
    assert set(table) == set(app_class.get_state_graph()) == set(screens_of(app_class))
    declared = {(screen.__name__, action) for screen, actions in app_class.transitions.items() for action in actions}
    assert declared <= {(screen, tool) for screen, (_, tools) in table.items() for tool in tools}


@pytest.mark.parametrize("app_class", ALL_APPS)
def test_every_arrow_of_the_graph_is_walked(app_class: type[StatefulApp]) -> None:
    """The tools above and the way back reach exactly the arrows of the declared graph."""
    walked: dict[str, set[str]] = {screen: set() for screen in app_class.get_state_graph()}
    for screen, (_, tools) in USER[app_class.__name__].items():
        for tool in tools:
            with full_phone() as held:
                app = shown(held, app_class.__name__, screen, tool)
                left = app.current_state
                held.act(app, tool, tools[tool])
                if app.current_state is not left:
                    walked[screen].add(screen_of(app))
    declared = {screen: set(targets) for screen, targets in app_class.get_state_graph().items()}
    assert {screen: walked[screen] - declared[screen] for screen in declared} == {screen: set() for screen in declared}
    missed = {(screen, target) for screen in declared for target in declared[screen] - walked[screen]}
    assert missed == {arrow for arrow in ARROWS_OF_OTHER_WAYS if arrow[0] in declared}


# `pop` leads back to whatever was below; the tables come to these screens by one way only.
ARROWS_OF_OTHER_WAYS = {
    ("ComposeEmail", "EmailDetail"),
    ("EditEvent", "AgendaView"),
    ("EditReminder", "ReminderList"),
}


@pytest.mark.parametrize(("app_name", "screen"), SCREENS)
def test_go_back_leads_home_from_every_screen(held: FullPhone, app_name: str, screen: str) -> None:
    app = shown(held, app_name, screen)
    screens = [*app.navigation_stack]
    while app.navigation_stack:
        logged, before = len(held.log()), held.states()
        held.act(app, "go_back", {})
        assert described(held.log()[logged:]) == [("USER", "go_back", False)]
        assert changed(before, held.states()) == set()
        assert app.current_state in screens
        # Invalid screens are skipped.
        assert app.current_state.is_valid()
        del screens[screens.index(app.current_state) :]
    assert screen_of(app) == app.root.__name__
    assert "go_back" not in own_tools(held, app)


@pytest.mark.parametrize(("app_name", "screen"), SCREENS)
def test_an_app_comes_back_as_it_was_left(held: FullPhone, app_name: str, screen: str) -> None:
    app = shown(held, app_name, screen)
    left = (app.current_state, list(app.navigation_stack))
    other = "Messages" if app.name != "Messages" else "Notes"
    held.user_tools()["System__go_home"]()
    held.user_tools()["System__open_app"](app_name=other)
    assert own_tools(held, app) == set()
    held.user_tools()["System__go_home"]()
    held.user_tools()["System__open_app"](app_name=app.name)
    assert (app.current_state, app.navigation_stack) == left
    assert set(USER[app_name][screen][1]) <= own_tools(held, app)


# -- the home screen and the channel to the agent

HOME: list[tuple[str, str, dict[str, Any], list[Call], set[str]]] = [
    ("System", "open_app", {"app_name": "Notes"}, [], set()),
    ("System", "go_home", {}, [("System__open_app", {"app_name": "Notes"})], set()),
    (
        "System",
        "switch_app",
        {"app_name": "Cab"},
        [(f"System__{tool}", arguments) for tool, arguments in [("open_app", {"app_name": "Cab"}), ("go_home", {})]],
        set(),
    ),
    ("PAREAgentUserInterface", "accept_proposal", {}, [], {"PAREAgentUserInterface"}),
    ("PAREAgentUserInterface", "reject_proposal", {"content": "No"}, [], {"PAREAgentUserInterface"}),
    ("PAREAgentUserInterface", "send_message_to_agent", {"content": "Hi"}, [], {"PAREAgentUserInterface"}),
]


@pytest.mark.parametrize(("app", "tool", "arguments", "steps", "writes"), HOME)
def test_what_is_on_every_screen(
    held: FullPhone, app: str, tool: str, arguments: dict[str, Any], steps: list[Call], writes: set[str]
) -> None:
    for step, step_arguments in steps:
        held.user_tools()[step](**step_arguments)
    before, logged = held.states(), len(held.log())
    held.user_tools()[f"{app}__{tool}"](**arguments)
    assert changed(before, held.states()) == writes
    assert described(held.log()[logged:]) == [("USER", tool, False)]


def test_nothing_else_is_on_the_home_screen(held: FullPhone) -> None:
    assert set(held.user_tools()) == {f"{app}__{tool}" for app, tool, *_ in HOME}


# -- where the package names an app

# Besides the app's own module: where it is exported, and its notifications, if it has any. The others are for PARE's
# apps and for the three kinds of apps that get noise.
PLACES = {"apps/__init__.py", "simulation/notification_templates.py"}
OF_PARE = {"compat.py"}
OF_NOISE = {"scenarios/noise_config.py", "scenarios/noise/event_faults.py"}


@pytest.mark.parametrize("cls", ALL_APPS)
def test_an_app_is_named_in_few_places(cls: type[StatefulApp]) -> None:
    root, home = Path(package.__file__).parents[1], Path(inspect.getfile(cls)).parent
    named = re.compile(rf"""["'\s]{cls.__name__}["',\n]""")
    files = [path for path in root.rglob("*.py") if home not in path.parents and named.search(path.read_text())]
    gets_noise = cls.__name__ in APP_CLASSES.values()
    assert {str(path.relative_to(root)) for path in files} <= PLACES | OF_PARE | (OF_NOISE if gets_noise else set())


# -- the documented interface

# Members of theirs that are not here, or that are of another kind here.
DIFFERENT: dict[str, dict[str, str]] = {
    "methods": {
        "StatefulContactsApp.queue_contact_transition": "declared transitions carry no wish from one event to the next",
        "StatefulContactsApp.clear_contact_transition": "as above",
        "StatefulReminderApp.update_reminder": "a tool of the agent's is the agent's event, as any other",
        "StatefulShoppingApp.get_all_discount_codes": "a look of the agent's is an event, as any other",
    },
    "tools": {
        "NoteList.go_back": "it did nothing, under the name of the app's way back",
        "NoteDetail.go_back": "as above",
    },
}


def event_type_of(method: Any) -> Any:
    """Return the type of event that a call is, as the decorators keep it."""
    while method is not None:
        variables = inspect.getclosurevars(method).nonlocals if hasattr(method, "__code__") else {}
        if "event_type" in variables:
            return variables["event_type"].value
        method = getattr(method, "__wrapped__", None)
    return None


@pytest.mark.parametrize("app_name", sorted(CONTRACT["apps"]))
def test_every_method_and_its_kinds(app_name: str) -> None:
    cls = getattr(package, app_name)
    agreed = CONTRACT["apps"][app_name]["methods"]
    here = {
        name: sorted(filter(None, [*kinds_of(getattr(cls, name)), event_type_of(getattr(cls, name))]))
        for name in agreed
        if hasattr(cls, name)
    }
    different = {f"{app_name}.{name}" for name in agreed if here.get(name) != sorted(agreed[name])}
    assert different == {name for name in DIFFERENT["methods"] if name.startswith(f"{app_name}.")}


@pytest.mark.parametrize("app_name", sorted(CONTRACT["apps"]))
def test_every_class_field_and_argument(app_name: str) -> None:
    agreed = CONTRACT["apps"][app_name]
    cls = getattr(package, app_name)
    module, _, name = agreed["extends"].rpartition(".")
    assert issubclass(cls, getattr(importlib.import_module(module), name))
    with World("fields").active():
        app = cls()
        assert app.name == agreed["name"]
        assert [field for field in agreed["attributes"] if not hasattr(app, field)] == []
        # The constructor's arguments can make another app.
        given = {field: getattr(app, field) for field in agreed["constructor"]}
        assert {field: getattr(cls(**given), field) for field in given} == given
        if agreed["root"] is not None:
            assert screen_of(app) == agreed["root"].partition("(")[0]


@pytest.mark.parametrize("screen", sorted(CONTRACT["screens"]))
def test_every_screen_and_its_tools(screen: str) -> None:
    agreed = CONTRACT["screens"][screen]
    home = agreed["module"].replace("pare.", "pytest_pare.", 1)
    cls = getattr(importlib.import_module(home), screen)
    constructor = [
        p for p in inspect.signature(cls).parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    assert [parameter.name for parameter in constructor] == agreed["constructor"]
    assert [member for member in agreed["members"] if not hasattr(cls, member)] == []
    for tool, parameters in agreed["tools"].items():
        if f"{screen}.{tool}" in DIFFERENT["tools"]:
            assert not hasattr(cls, tool)
            continue
        method = getattr(cls, tool)
        assert kinds_of(method) == ["user_tool"]
        assert list(inspect.signature(method).parameters)[1:] == parameters
