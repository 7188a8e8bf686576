"""Every method of the apps: there, with its arguments, the tools it is, its mark, and whose event it makes."""

from __future__ import annotations

import inspect
import json
import typing
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from are.simulation.apps.app import App
from are.simulation.apps.calendar import CalendarEvent
from are.simulation.apps.contacts import Contact
from are.simulation.apps.email_client import Email, EmailFolder, EmailFolderName
from are.simulation.apps.messaging_v2 import ConversationV2, MessagingAppMode
from are.simulation.apps.virtual_file_system import VirtualFileSystem
from are.simulation.tool_utils import AppTool
from are.simulation.types import CompletedEvent

import pytest_pare.apps
from pytest_pare.apps import StatefulApp

INTERFACE = json.loads((Path(__file__).parents[1] / "data" / "app_interface.json").read_text(encoding="utf-8"))
METHODS = [(app, name) for app, entry in INTERFACE.items() for name in entry["methods"]]
EVENTS = [(app, name) for app, name in METHODS if "event" in INTERFACE[app]["methods"][name]]

# Where the interface is wrong, and ours differs on purpose.
OPERATION = {("StatefulCalendarApp", "edit_calendar_event"): "WRITE"}  # marked READ, and it changes the calendar
# The interface's default is the wall-clock time at which its module was imported; ours stands for the simulated time.
DEFAULT = {("StatefulEmailApp", "create_and_add_email_with_time", "email_time"): None}

# An argument of each type that a method asks for.
ARGUMENTS = {
    str: "a@b.c",
    int: 1,
    list[str]: ["a@b.c"],
    dict[str, Any]: {},
    Contact: Contact(first_name="Ann", last_name="Lee"),
    Email: Email(),
    ConversationV2: ConversationV2(participant_ids=["ann"]),
    CalendarEvent | dict[str, Any]: CalendarEvent(),
}


def new(app: str) -> App:
    made = getattr(pytest_pare.apps, app)()
    assert isinstance(made, App)
    return made


def tools_of(app: App) -> dict[str, list[AppTool]]:
    return {
        "app": app.get_tools(),
        "data": app.get_data_tools(),
        "env": app.get_env_tools(),
        "user": app.get_user_tools(),
    }


@pytest.mark.parametrize("app", INTERFACE)
def test_the_app_extends_ares(app: str) -> None:
    cls = getattr(pytest_pare.apps, app)
    assert INTERFACE[app]["base"] in [f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__]
    assert issubclass(cls, StatefulApp) == app.startswith("Stateful")


@pytest.mark.parametrize(("app", "method"), METHODS)
def test_a_method_has_its_parameters(app: str, method: str) -> None:
    found = {
        parameter.name: str(parameter.default) if isinstance(parameter.default, Enum) else parameter.default
        for parameter in inspect.signature(getattr(new(app), method)).parameters.values()
    }
    wanted = {p["name"]: p.get("default", inspect.Parameter.empty) for p in INTERFACE[app]["methods"][method]["params"]}
    wanted |= {name: value for (*call, name), value in DEFAULT.items() if call == [app, method]}
    assert found == wanted


@pytest.mark.parametrize(("app", "method"), METHODS)
def test_a_method_is_the_tools_that_it_should_be(app: str, method: str) -> None:
    made = new(app)
    entry = INTERFACE[app]["methods"][method]
    operation = OPERATION.get((app, method), entry.get("operation"))
    tools = {kind: tool for kind, all_ in tools_of(made).items() for tool in all_ if tool.name == f"{app}__{method}"}
    assert sorted(tools) == entry.get("tools", [])
    assert {tool.write_operation for tool in tools.values()} <= {operation == "WRITE"}


@pytest.mark.parametrize("app", INTERFACE)
def test_the_app_has_no_tool_that_the_interface_has_not(app: str) -> None:
    names = {tool.name.removeprefix(f"{app}__") for tools in tools_of(new(app)).values() for tool in tools}
    assert names == {name for name, entry in INTERFACE[app]["methods"].items() if "tools" in entry}


@pytest.mark.parametrize(("app", "method"), EVENTS)
def test_a_call_makes_the_event_that_it_should(app: str, method: str) -> None:
    made = new(app)
    events: list[CompletedEvent] = []
    made.register_to_env("test", events.append)
    function = getattr(made, method)
    hints = typing.get_type_hints(function)
    required = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    with suppress(Exception):
        # A call that fails makes an event too.
        function(**{name: ARGUMENTS[hints[name]] for name in required})
    event = next(event for event in events if event.function_name() == method)
    entry = INTERFACE[app]["methods"][method]
    assert event.event_type.value == entry["event"]
    assert event.action.operation_type.name == OPERATION.get((app, method), entry["operation"])
    assert (event.app_class_name(), event.app_name()) == (app, app)


# -- constructors

GIVEN: dict[str, Any] = {
    "name": "Mine",
    "view_limit": 3,
    "user_email": "alex.morgan@company.com",
    "folders": {EmailFolderName.SENT: EmailFolder(EmailFolderName.SENT)},
    "events": {"e": CalendarEvent(event_id="e")},
    "contacts": {"me": Contact(first_name="Ann", last_name="Lee", contact_id="me", is_user=True)},
    "current_user_id": "+1",
    "current_user_name": "Ann Lee",
    "mode": MessagingAppMode.PHONE_NUMBER,
    "id_to_name": {"b": "Bob"},
    "name_to_id": {"Bob": "b"},
    "conversations": {"c": ConversationV2(participant_ids=["b"], conversation_id="c")},
    "messages_view_limit": 4,
    "conversation_view_limit": 6,
    "internal_fs": VirtualFileSystem(),
    "user_proxy": None,
}


@pytest.mark.parametrize(
    ("app", "argument"), [(app, argument) for app, entry in INTERFACE.items() for argument in entry["constructor"]]
)
def test_a_constructor_argument_is_honoured(app: str, argument: str) -> None:
    value = GIVEN[argument]
    made = getattr(pytest_pare.apps, app)(**{argument: value})
    kept = getattr(made, argument)
    if isinstance(value, dict):
        assert {key: kept[key] for key in value} == value
    else:
        assert kept == value


@pytest.mark.parametrize("app", [app for app in INTERFACE if "name" in INTERFACE[app]["constructor"]])
def test_the_name_may_be_the_first_argument_and_is_the_class_name_by_default(app: str) -> None:
    cls = getattr(pytest_pare.apps, app)
    assert cls("Mine").name == "Mine"
    assert cls().name == cls(name=None).name == app
    assert all(tool.name.startswith("Mine__") for tool in cls("Mine").get_tools())
