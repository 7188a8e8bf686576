"""The types of what PARE's classes have and return, one by one: attributes, results, fields, defaults.

Names, parameters and kinds of tools are compared in `tests/apps`, the units of the result classes in
`tests/results/test_validation_result.py`.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from are.simulation.time_manager import TimeManager
from are.simulation.tool_utils import format_type_name

from pytest_pare import apps as package
from pytest_pare import compat
from pytest_pare.are.world import World

TYPES: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "pare_types.json").read_text())

# What a method returns that returns another type here, and why a script for PARE does not notice.
OTHER_RESULTS = {
    ("StatefulReminderApp", "get_state"): "dict[str, Any]",  # never None
    ("StatefulCalendarApp", "read_today_calendar_events"): "CalendarEventsResult",  # there too: the annotation is wrong
    ("StatefulMessagingApp", "read_conversation"): "dict[str, Any]",  # said more exactly
    ("VariantDetail", "add_to_cart"): "str",  # the first of two types
    ("CartView", "checkout"): "str",
    ("CartView", "remove_item"): "str",
}
OTHER_FIELDS = {"run_config": "RunConfig"}  # a Protocol: the part of MultiScenarioRunnerConfig that results read
EVERY_APP = {"get_meta_are_user_tools": "list[AppToolAdapter]"}  # which are tools
NOT_THERE = {  # see tests/apps/test_all_apps.py
    ("StatefulContactsApp", "clear_contact_transition"),
    ("StatefulContactsApp", "queue_contact_transition"),
    ("NoteList", "go_back"),
    ("NoteDetail", "go_back"),
}


def counterpart(name: str) -> Any:
    """Return what stands for a name of PARE's."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(compat.MODULES[module][attribute]), attribute)


def returned(function: Any) -> str | None:
    hint = get_type_hints(function).get("return", inspect.Parameter.empty)
    return None if hint is inspect.Parameter.empty else format_type_name(hint).replace("NoneType", "None")


@pytest.mark.parametrize("app_name", sorted(TYPES["attributes"]))
def test_the_type_of_every_attribute_of_an_app(app_name: str) -> None:
    with World("types").active():
        app = getattr(package, app_name)()
    types = {name: type(getattr(app, name)).__name__ for name in TYPES["attributes"][app_name]}
    assert isinstance(app.time_manager, TimeManager)
    assert types | {"time_manager": "TimeManager"} == TYPES["attributes"][app_name]


@pytest.mark.parametrize("app_name", sorted(TYPES["returns"]))
def test_the_type_of_what_every_method_of_an_app_returns(app_name: str) -> None:
    app_class = getattr(package, app_name)
    for name, expected in TYPES["returns"][app_name].items():
        if (app_name, name) in NOT_THERE:
            continue
        method = getattr(app_class, name)
        if name == "create_root_state":
            with World("types").active():
                assert type(app_class().create_root_state()).__name__ == expected
        elif name != "set_callbacks":  # Its hints are for type checkers alone.
            agreed = OTHER_RESULTS.get((app_name, name), EVERY_APP.get(name, expected))
            assert returned(method) in (agreed, None), name


@pytest.mark.parametrize("screen", sorted(TYPES["screens"]))
def test_the_types_of_every_screen(screen: str) -> None:
    agreed = TYPES["screens"][screen]
    screen_class = counterpart(f"{agreed['module']}.{screen}")
    parameters = inspect.signature(screen_class).parameters
    for name, (_, default) in agreed["constructor"].items():
        empty = parameters[name].default is inspect.Parameter.empty
        assert ("<required>" if empty else parameters[name].default) == default, name
    for tool, expected in agreed["returns"].items():
        if (screen, tool) not in NOT_THERE:
            assert returned(getattr(screen_class, tool)) == OTHER_RESULTS.get((screen, tool), expected), tool


def test_a_folder_of_notes_has_its_notes_by_id() -> None:
    with World("notes").active():
        app = package.StatefulNotesApp(name="Notes")
        note_id = app.create_note(folder="Work", title="Keys", content="under the pot")
    notes = app.folders["Work"].notes
    assert (type(notes), list(notes), notes[note_id].title) == (dict, [note_id], "Keys")


@pytest.mark.parametrize("name", sorted(TYPES["types"]))
def test_the_fields_of_every_dataclass(name: str) -> None:
    fields = {field.name: field for field in dataclasses.fields(counterpart(name))}
    agreed = TYPES["types"][name]
    # In the same order: they may be given by place.
    assert list(fields)[: len(agreed)] == list(agreed)
    for field_name, (type_, default) in agreed.items():
        field = fields[field_name]
        assert field.type == OTHER_FIELDS.get(field_name, type_), field_name
        if field.default_factory is not dataclasses.MISSING:
            assert str(default).startswith("<"), field_name
        else:
            assert ("<required>" if field.default is dataclasses.MISSING else field.default) == default, field_name
    # What is there beyond them has a default.
    own = [fields[one] for one in list(fields)[len(agreed) :]]
    assert [f.name for f in own if f.default is f.default_factory is dataclasses.MISSING] == []


@pytest.mark.parametrize("name", sorted(TYPES["enums"]))
def test_the_members_of_every_enum(name: str) -> None:
    assert {member.name: member.value for member in counterpart(name)} == TYPES["enums"][name]


@pytest.mark.parametrize("name", sorted(TYPES["config"]))
def test_the_defaults_of_every_configuration(name: str) -> None:
    config = counterpart(name)()
    models = {"user": "gpt-5-mini", "observe": "gpt-5", "execute": "gpt-5"}
    for field, default in TYPES["config"][name].items():
        role, _, what = field.partition("_")
        if what == "engine_config" and role in models:
            engine = getattr(config, field)
            assert (engine.model_name, engine.provider, engine.endpoint) == (models[role], "openai", None)
        elif what == "model_alias":
            # Filled with the engine's model, there too.
            assert getattr(config, field) == models[role]
        else:
            assert repr(getattr(config, field)) == default, field
