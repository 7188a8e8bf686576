"""Calls that the apps reject: a rejected call does not change their content."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from are.simulation.apps.app import App
from are.simulation.utils import EnumEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_pare.apps import (
    PAREAgentUserInterface,
    StatefulCalendarApp,
    StatefulContactsApp,
    StatefulEmailApp,
    StatefulMessagingApp,
)
from pytest_pare.are.world import World


class Phone:
    """A phone with some content, the same each time."""

    def __init__(self) -> None:
        self.email = StatefulEmailApp(name="email")
        self.email.send_email_to_user_with_id("m1", "ann@b.c", "Lunch")
        self.email.send_email_to_user_with_id("m2", "bob@b.c", "Dinner")
        self.sent = self.email.send_email(["ann@b.c"], "Breakfast")
        self.calendar = StatefulCalendarApp(name="calendar")
        self.meeting = self.calendar.add_calendar_event(
            "Meeting", "2025-01-06 10:00:00", "2025-01-06 11:00:00", attendees=["Ann"]
        )
        self.contacts = StatefulContactsApp(name="contacts")
        self.ann = self.contacts.add_new_contact("Ann", "Lee")
        self.messaging = StatefulMessagingApp(name="messaging")
        self.messaging.add_users(["Ann", "Bob"])
        self.users = [self.messaging.name_to_id[name] for name in ("Ann", "Bob")]
        self.chat = self.messaging.send_message(self.users[0], "hi")
        self.group = self.messaging.create_group_conversation(self.users)
        self.agent_ui = PAREAgentUserInterface()

    def apps(self) -> list[App]:
        return [self.email, self.calendar, self.contacts, self.messaging, self.agent_ui]

    def state(self) -> str:
        return json.dumps([app.get_state() for app in self.apps()], cls=EnumEncoder, default=str)


DAY = "2025-01-06"

# App, method, arguments, error. A name in angle brackets is an attribute of the phone.
REFUSED: list[tuple[str, str, dict[str, Any], type[Exception]]] = [
    ("email", "send_email", {"recipients": ["ann"]}, ValueError),
    ("email", "send_email", {"recipients": ["ann@b.c"], "cc": ["bob"]}, ValueError),
    ("email", "send_email", {"recipients": ["ann@b.c"], "attachment_paths": ["/no/file"]}, ValueError),
    ("email", "send_email", {"recipients": "ann@b.c"}, TypeError),
    ("email", "reply_to_email", {"email_id": "nope"}, ValueError),
    ("email", "reply_to_email", {"email_id": "m1", "folder_name": "SENT"}, ValueError),
    ("email", "reply_to_email", {"email_id": "m1", "folder_name": "NOPE"}, ValueError),
    ("email", "reply_to_email", {"email_id": "m1", "attachment_paths": ["/no/file"]}, ValueError),
    ("email", "forward_email", {"email_id": "nope", "recipients": ["ann@b.c"]}, ValueError),
    ("email", "forward_email", {"email_id": "m1", "recipients": ["ann"]}, ValueError),
    ("email", "forward_email", {"email_id": "m1", "folder_name": "NOPE"}, ValueError),
    ("email", "move_email", {"email_id": "nope"}, ValueError),
    ("email", "move_email", {"email_id": "m1", "dest_folder_name": "NOPE"}, ValueError),
    ("email", "delete_email", {"email_id": "nope"}, ValueError),
    ("email", "delete_email", {"email_id": "m1", "folder_name": "SENT"}, ValueError),
    ("email", "get_email_by_id", {"email_id": "nope"}, ValueError),
    ("email", "get_email_by_id", {"email_id": 1}, TypeError),
    ("email", "get_email_by_index", {"idx": 2}, ValueError),
    ("email", "get_email_by_index", {"idx": 3}, ValueError),
    ("email", "list_emails", {"offset": -1}, ValueError),
    ("email", "list_emails", {"offset": 3}, ValueError),
    ("email", "list_emails", {"folder_name": "NOPE"}, ValueError),
    ("email", "search_emails", {"query": "a", "folder_name": "NOPE"}, ValueError),
    ("email", "download_attachments", {"email_id": "nope"}, ValueError),
    ("email", "send_email_to_user_with_id", {"email_id": "m3", "sender": "ann"}, ValueError),
    (
        "email",
        "send_email_to_user_with_id",
        {"email_id": "m3", "sender": "ann@b.c", "attachment_paths": ["/no/file"]},
        ValueError,
    ),
    ("email", "send_email_to_user_with_id", {"email_id": 3, "sender": "ann@b.c"}, TypeError),
    ("email", "send_email_to_user_only", {"sender": "ann"}, ValueError),
    ("email", "reply_to_email_from_user", {"sender": "bob@b.c", "email_id": "<sent>"}, ValueError),
    ("email", "reply_to_email_from_user", {"sender": "ann@b.c", "email_id": "m1"}, ValueError),
    ("email", "create_and_add_email", {"sender": "ann@b.c", "folder_name": "NOPE"}, ValueError),
    ("email", "create_and_add_email", {"sender": "ann"}, ValueError),
    ("email", "create_and_add_email_with_time", {"sender": "ann@b.c", "email_time": "noon"}, ValueError),
    ("email", "create_and_add_email_with_time", {"sender": "ann@b.c", "folder_name": "NOPE"}, ValueError),
    ("email", "create_and_add_email_with_time", {"sender": "ann"}, ValueError),
    ("email", "add_email", {"email": "m1"}, AssertionError),
    ("email", "send_email_to_user", {"email": "m1"}, AssertionError),
    ("calendar", "add_calendar_event", {"start_datetime": "noon"}, ValueError),
    (
        "calendar",
        "add_calendar_event",
        {"start_datetime": f"{DAY} 12:00:00", "end_datetime": f"{DAY} 11:00:00"},
        ValueError,
    ),
    ("calendar", "add_calendar_event", {"title": 1}, TypeError),
    ("calendar", "add_calendar_event_by_attendee", {"who_add": "Ann", "end_datetime": "noon"}, ValueError),
    ("calendar", "edit_calendar_event", {"event_id": "nope"}, IndexError),
    ("calendar", "edit_calendar_event", {"event_id": "<meeting>", "tag": "x", "end_datetime": "noon"}, ValueError),
    ("calendar", "edit_calendar_event", {"event_id": "<meeting>", "attendees": "Ann"}, TypeError),
    ("calendar", "delete_calendar_event", {"event_id": "nope"}, ValueError),
    ("calendar", "delete_calendar_event_by_attendee", {"event_id": "nope", "who_delete": "Ann"}, ValueError),
    ("calendar", "delete_calendar_event_by_attendee", {"event_id": "<meeting>", "who_delete": "Bob"}, ValueError),
    ("calendar", "get_calendar_event", {"event_id": "nope"}, ValueError),
    ("calendar", "get_calendar_events_by_tag", {"tag": ""}, ValueError),
    (
        "calendar",
        "get_calendar_events_from_to",
        {"start_datetime": f"{DAY} 12:00:00", "end_datetime": f"{DAY} 11:00:00"},
        ValueError,
    ),
    ("calendar", "set_calendar_event", {"event": {"title": "x", "start_datetime": 2, "end_datetime": 1}}, ValueError),
    ("contacts", "add_new_contact", {"first_name": "ANN", "last_name": "lee"}, ValueError),
    ("contacts", "add_new_contact", {"first_name": "Bob", "last_name": "Lee", "gender": "so-so"}, ValueError),
    ("contacts", "add_new_contact", {"first_name": "Bob", "last_name": "Lee", "age": 0}, ValueError),
    ("contacts", "add_contact", {"contact": "Ann"}, TypeError),
    ("contacts", "edit_contact", {"contact_id": "nope", "updates": {}}, KeyError),
    ("contacts", "edit_contact", {"contact_id": "<ann>", "updates": {"phone": "1", "hat": "red"}}, AttributeError),
    ("contacts", "edit_contact", {"contact_id": "<ann>", "updates": {"phone": "1", "age": -1}}, ValueError),
    ("contacts", "edit_contact", {"contact_id": "<ann>", "updates": "phone"}, TypeError),
    ("contacts", "delete_contact", {"contact_id": "nope"}, KeyError),
    ("contacts", "get_contact", {"contact_id": "nope"}, KeyError),
    ("messaging", "send_message", {"user_id": "nope"}, ValueError),
    ("messaging", "send_message", {"user_id": "<chat>", "attachment_path": "/no/file"}, ValueError),
    ("messaging", "send_message_to_group_conversation", {"conversation_id": "nope"}, ValueError),
    ("messaging", "send_message_to_group_conversation", {"conversation_id": "<chat>"}, ValueError),
    (
        "messaging",
        "send_message_to_group_conversation",
        {"conversation_id": "<group>", "attachment_path": "/no/file"},
        ValueError,
    ),
    ("messaging", "create_group_conversation", {"user_ids": ["a"]}, Exception),
    ("messaging", "create_group_conversation", {"user_ids": ["a", "b"]}, ValueError),
    ("messaging", "create_and_add_message", {"conversation_id": "nope", "sender_id": "a", "content": ""}, Exception),
    ("messaging", "create_and_add_message", {"conversation_id": "<chat>", "sender_id": "a", "content": ""}, Exception),
    ("messaging", "add_message", {"conversation_id": "<chat>", "sender_id": "a", "content": ""}, Exception),
    ("messaging", "add_conversation", {"conversation": "c"}, AssertionError),
    ("messaging", "add_participant_to_conversation", {"conversation_id": "nope", "user_id": "a"}, Exception),
    ("messaging", "remove_participant_from_conversation", {"conversation_id": "<chat>", "user_id": "a"}, Exception),
    ("messaging", "change_conversation_title", {"conversation_id": "nope", "title": "a"}, Exception),
    ("messaging", "read_conversation", {"conversation_id": "nope"}, ValueError),
    ("messaging", "read_conversation", {"conversation_id": "<chat>", "offset": -1}, ValueError),
    ("messaging", "read_conversation", {"conversation_id": "<chat>", "offset": 2}, ValueError),
    ("messaging", "list_recent_conversations", {"limit": 6}, ValueError),
    ("messaging", "list_recent_conversations", {"offset": 3}, ValueError),
    ("messaging", "list_recent_conversations", {"limit_recent_messages_per_conversation": 11}, ValueError),
    ("messaging", "list_conversations_by_participant", {"user_id": "a", "offset": -1}, ValueError),
    ("messaging", "download_attachment", {"conversation_id": "nope", "message_id": "a"}, Exception),
    ("messaging", "download_attachment", {"conversation_id": "<chat>", "message_id": "a"}, Exception),
    ("messaging", "regex_search", {"query": "("}, Exception),
    ("agent_ui", "send_message_to_user", {"content": 1}, TypeError),
    ("agent_ui", "send_message_to_agent", {"attachments": "a"}, TypeError),
    ("agent_ui", "accept_proposal", {"content": 1}, TypeError),
]


@pytest.mark.parametrize(("app", "method", "arguments", "error"), REFUSED)
def test_what_is_refused_changes_nothing(
    app: str, method: str, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with World("phone").active():
        phone = Phone()
        before = phone.state()
        given = {
            name: getattr(phone, value[1:-1]) if isinstance(value, str) and value.startswith("<") else value
            for name, value in arguments.items()
        }
        with pytest.raises(error):
            getattr(getattr(phone, app), method)(**given)
        assert phone.state() == before


TOOLS = [
    (number, tool.func_name)
    for number, app in enumerate(Phone().apps())
    for tools in (app.get_tools(), app.get_env_tools(), app.get_data_tools())
    for tool in tools
]


@settings(max_examples=300, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), tool=st.sampled_from(TOOLS))
def test_a_call_with_any_arguments_succeeds_or_changes_nothing(data: st.DataObject, tool: tuple[int, str]) -> None:
    with World("phone").active():
        phone = Phone()
        words = ["m1", "nope", "", "INBOX", "SENT", "a@b.c", f"{DAY} 10:30:00", f"{DAY} 12:00:00", "Ann", "female"]
        words += [phone.sent, phone.meeting, phone.ann, phone.chat, phone.group, *phone.users]
        texts = st.sampled_from(words)
        fields = ["phone", "age", "gender", "first_name", "hat"]
        updates = st.dictionaries(st.sampled_from(fields), texts | st.integers() | st.none())
        values = st.one_of(texts, st.lists(texts, max_size=3), st.none(), st.integers(-2, 12), updates)
        function = getattr(phone.apps()[tool[0]], tool[1])
        parameters = inspect.signature(function).parameters.values()
        # Without a path: a download is not content of an app.
        arguments = {
            p.name: data.draw(values, label=p.name)
            for p in parameters
            if "path" not in p.name and (p.default is p.empty or data.draw(st.booleans()))
        }
        before = phone.state()
        try:
            function(**arguments)
        except Exception:  # noqa: BLE001 - whatever it raises
            assert phone.state() == before


def test_failures_by_chance_are_the_same_with_the_same_seed() -> None:
    def failures(seed: str) -> list[bool]:
        with World(seed).active():
            app = StatefulEmailApp(name="Emails")
            app.set_failure_probability(0.5)
            (tool,) = (tool for tool in app.get_tools() if tool.name == "Emails__list_emails")
            (other,) = (tool for tool in app.get_tools() if tool.name == "Emails__search_emails")
            return [fails(one, arguments) for _ in range(40) for one, arguments in ((tool, {}), (other, {"query": ""}))]

    def fails(tool: Any, arguments: dict[str, Any]) -> bool:
        try:
            tool(**arguments)
        except Exception as error:  # noqa: BLE001 - ARE raises no other
            return "Internal error - Retry again later" in str(error)
        return False

    drawn = failures("a")
    assert drawn == failures("a")
    # Each tool has its own draws.
    assert drawn[0::2] != drawn[1::2]
    assert {True, False} == set(drawn)
