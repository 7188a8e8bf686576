"""A tool as agents know it: JSON schema, Python function, line of a prompt."""

from __future__ import annotations

import enum
import inspect
import json
import re
import types
import typing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema
import pytest
from are.simulation.apps.app import App
from are.simulation.tool_utils import AppToolArg, OperationType, app_tool
from are.simulation.types import event_registered
from are.simulation.utils import check_type, type_check
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.agents.errors import UnknownToolError
from pytest_pare.agents.protocols import ProactiveAgentMode, Turn
from pytest_pare.agents.tools import Tool, Toolbox, tool_name
from pytest_pare.apps import PAREAgentUserInterface
from pytest_pare.scenarios.errors import ScenarioDefect
from tests.apps.full_phone import full_phone
from tests.scripted import WAIT, accept, play_scripted, scripted, tell

if typing.TYPE_CHECKING:
    from are.simulation.tool_utils import AppTool

with full_phone() as _phone:
    AGENT_TOOLS: list[AppTool] = [tool for app in _phone.apps.values() for tool in app.get_tools()]
    USER_TOOLS: list[AppTool] = [tool for app in _phone.apps.values() for tool in app.get_user_tools()]
# Two of the user's have the names of two of the agent's: each side has its own.
ALL_TOOLS = [pytest.param(tool, id=f"{side}-{tool.name}") for side, tools in
             (("agent", AGENT_TOOLS), ("user", USER_TOOLS)) for tool in tools]  # fmt: skip

JSON_TYPES = {
    str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", type(None): "null"
}  # fmt: skip


def tool_of(app_tool: AppTool, returns: Any = None) -> tuple[Tool, list[dict[str, Any]]]:
    """Return a tool that notes its calls."""
    calls: list[dict[str, Any]] = []

    def call(arguments: dict[str, Any]) -> Any:
        calls.append(arguments)
        return returns

    return Tool(app_tool, call), calls


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Size:
    width: int


class Odd:
    """Nothing that JSON knows."""


class Workshop(App):
    """An app with all the types that the phone's own do without."""

    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    @type_check
    def paint(
        self,
        colour: Colour,
        litres: float,
        coats: int,
        places: tuple[str, int] = ("hall", 1),
        other: Colour | None = None,
        sizes: list[Size] | None = None,
    ) -> str:
        """Paint something.

        It takes a day.

        :param colour: The colour:
            one of two.
        :param litres: How much.
        :param places: Where.
        :returns: What was
            painted.
        """
        return f"{colour!r} {litres!r} {coats!r} {places!r} {other!r} {sizes!r}"

    @app_tool()
    def tinker(self, thing: Odd, things: list[Odd], what, *rest: Any, later: str = "", **more: Any) -> Odd:  # type: ignore[no-untyped-def]
        """Tinker with something."""
        return thing


@cache
def workshop(function: str, name: str = "Workshop") -> AppTool:
    return next(tool for tool in Workshop(name).get_tools() if tool.func_name == function)


def painting() -> Tool:
    app_tool = workshop("paint")
    return Tool(app_tool, lambda arguments: app_tool(**arguments))


@pytest.mark.parametrize("app_tool", ALL_TOOLS)
def test_the_parameters_are_a_json_schema_of_the_arguments(app_tool: AppTool) -> None:
    tool, _ = tool_of(app_tool)
    schema = tool.parameters
    jsonschema.Draft202012Validator.check_schema(schema)
    signature = inspect.signature(app_tool.function)
    real = {
        name: parameter
        for name, parameter in signature.parameters.items()
        if name != "self" and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }
    assert list(schema["properties"]) == list(real)
    assert schema["required"] == [name for name, one in real.items() if one.default is one.empty]
    assert schema["additionalProperties"] is False
    for name, parameter in real.items():
        given_default = parameter.default not in (parameter.empty, None)
        assert ("default" in schema["properties"][name]) is given_default
        if given_default:
            assert schema["properties"][name]["default"] == parameter.default
            jsonschema.validate(parameter.default, schema["properties"][name])


@pytest.mark.parametrize("app_tool", ALL_TOOLS)
def test_the_types_of_the_schema_are_those_of_the_annotations(app_tool: AppTool) -> None:
    tool, _ = tool_of(app_tool)
    hints = typing.get_type_hints(app_tool.function)
    for name, schema in tool.parameters["properties"].items():
        assert schema_fits(schema, hints[name]), (name, schema)


def schema_fits(schema: dict[str, Any], hint: Any) -> bool:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return len(schema["anyOf"]) == len(parts) and all(map(schema_fits, schema["anyOf"], parts))
    if origin is list:
        return schema["type"] == "array" and schema_fits(schema["items"], parts[0])
    return bool(schema["type"] == JSON_TYPES[origin or hint])


@pytest.mark.parametrize("app_tool", ALL_TOOLS)
def test_every_argument_is_described(app_tool: AppTool) -> None:
    tool, _ = tool_of(app_tool)
    assert tool.definition["type"] == "function"
    function = tool.definition["function"]
    assert function["name"] == tool.name
    assert function["description"]
    assert all(schema.get("description", "x").strip() for schema in function["parameters"]["properties"].values())
    assert "\n" not in "".join(schema.get("description", "") for schema in tool.parameters["properties"].values())


@pytest.mark.parametrize("tools", [AGENT_TOOLS, USER_TOOLS], ids=["agent", "user"])
def test_every_name_is_one_for_function_calling_and_no_two_are_equal(tools: list[AppTool]) -> None:
    names = [tool_of(tool)[0].name for tool in tools]
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    assert len(set(names)) == len(names) > 50


@given(st.text(min_size=1) | st.text(min_size=65, max_size=80))
def test_any_name_becomes_one_for_function_calling(name: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", tool_name(name))


def test_a_name_that_is_right_stays_as_it_is() -> None:
    assert tool_name("Calendar__add-event_2") == "Calendar__add-event_2"
    assert tool_name("My Calendar__add") == "My_Calendar__add"
    assert tool_name("x" * 64) == "x" * 64


def test_two_long_names_stay_apart_by_what_was_cut_off() -> None:
    long = "The family's calendar of the year two thousand and twenty-five__"
    names = [tool_name(f"{long}{function}") for function in ("add", "delete")]
    assert names[0] != names[1]
    assert [len(name) for name in names] == [64, 64]
    assert all(name.startswith("The_family_s_calendar_of_the_year_two_thousand_and_twen_") for name in names)


def test_two_tools_of_one_name_are_a_defect_of_the_scenario() -> None:
    tools = [tool_of(workshop("paint", name))[0] for name in ("My shop", "My_shop")]
    with pytest.raises(ScenarioDefect, match=r"two tools are named My_shop__paint, of 'My shop' and of 'My_shop'"):
        Toolbox(tools, lambda name: None)


# -- values


# No larger than a number in JSON can be without a loss.
INTEGERS = st.integers(-(2**53), 2**53)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "integer": INTEGERS,
    "number": INTEGERS | st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "null": st.none(),
    "string": st.text(),
}


def values(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return what fits a schema, as JSON has it."""

    def parts(schemas: Any) -> list[st.SearchStrategy[Any]]:
        return [values(one, definitions) for one in schemas]

    if "$ref" in schema:
        return values(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return st.one_of(parts(schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "prefixItems" in schema:
        return st.tuples(*parts(schema["prefixItems"])).map(list)
    if "properties" in schema:
        return st.fixed_dictionaries(dict(zip(schema["properties"], parts(schema["properties"].values()), strict=True)))
    if schema["type"] == "array":
        return st.lists(values(schema["items"], definitions), max_size=3)
    if schema["type"] == "object":
        return st.dictionaries(st.text(), INTEGERS, max_size=3)
    return SCALARS[schema["type"]]


def arguments_of(tool: Tool) -> st.SearchStrategy[dict[str, Any]]:
    schema = tool.parameters
    definitions = schema.get("$defs", {})
    by_name = {name: values(one, definitions) for name, one in schema["properties"].items()}
    required = {name: by_name[name] for name in schema["required"]}
    optional = {name: one for name, one in by_name.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


@given(st.data())
def test_what_fits_the_schema_passes_the_type_check_of_the_tool(data: st.DataObject) -> None:
    app_tool = data.draw(st.sampled_from(AGENT_TOOLS + USER_TOOLS))
    tool, calls = tool_of(app_tool)
    arguments = data.draw(arguments_of(tool))
    jsonschema.Draft202012Validator(tool.parameters).validate(arguments)
    tool(**arguments)
    assert calls == [arguments]
    types_of = {one.name: one.type_obj for one in app_tool.args}
    assert all(check_type(value, types_of[name]) for name, value in arguments.items())


@given(st.data())
def test_what_fits_the_schema_is_accepted_also_where_json_has_no_such_type(data: st.DataObject) -> None:
    tool = painting()
    arguments = data.draw(arguments_of(tool))
    jsonschema.Draft202012Validator(tool.parameters).validate(arguments)
    told = tool(**arguments)
    assert told.startswith(f"{Colour(arguments['colour'])!r} {float(arguments['litres'])!r} {arguments['coats']!r} ")
    assert told.count("Size(") == len(arguments.get("sizes") or ())


def test_json_values_become_what_the_tool_takes() -> None:
    told = painting()(colour="red", litres=5, coats=2, places=["attic", 3], other="blue", sizes=[{"width": 4}])
    assert told == ("<Colour.RED: 'red'> 5.0 2 ('attic', 3) <Colour.BLUE: 'blue'> [Size(width=4)]")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"colour": "green", "litres": 1.0, "coats": 1}, "Argument 'colour' must be of type"),
        ({"colour": "red", "litres": "much", "coats": 1}, "Argument 'litres' must be of type"),
        ({"colour": "red", "litres": 1.0, "coats": 1.5}, "Argument 'coats' must be of type"),
        ({"colour": "red", "litres": "1.0", "coats": 1}, "Argument 'litres' must be of type"),
        ({"colour": "red", "litres": 1.0}, "missing a required argument: 'coats'"),
        ({"colour": "red", "litres": 1.0, "coats": 1, "brush": "big"}, "unexpected keyword argument 'brush'"),
    ],
)
def test_what_does_not_fit_is_for_the_tool_to_refuse(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        painting()(**arguments)


def test_a_type_that_json_does_not_know_is_left_open() -> None:
    tool, calls = tool_of(workshop("tinker"))
    schema = tool.parameters
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"] == {"thing": {}, "things": {}, "what": {}, "later": {"type": "string", "default": ""}}
    assert schema["required"] == ["thing", "things", "what"]
    thing = Odd()
    tool(thing=thing, things=[1], what={"a": 1})
    assert calls == [{"thing": thing, "things": [1], "what": {"a": 1}}]


def test_the_schema_of_types_of_ones_own_is_whole() -> None:
    jsonschema.Draft202012Validator.check_schema(painting().parameters)
    assert sorted(painting().parameters["$defs"]) == ["Colour", "Size"]


def test_the_schema_of_an_enum_tells_its_values() -> None:
    schema = painting().parameters
    assert schema["properties"]["colour"] == {
        "enum": ["red", "blue"], "type": "string", "description": "The colour: one of two."
    }  # fmt: skip
    assert schema["properties"]["other"]["anyOf"] == [{"$ref": "#/$defs/Colour"}, {"type": "null"}]
    assert schema["$defs"]["Colour"]["enum"] == ["red", "blue"]
    assert '    other ("red" | "blue", default null)' in painting().to_text().splitlines()


def test_a_schema_that_an_agent_changes_is_only_that_agents() -> None:
    tool = painting()
    tool.parameters["properties"]["colour"]["enum"].append("green")
    tool.definition["function"]["parameters"]["required"].clear()
    assert tool.parameters["properties"]["colour"]["enum"] == ["red", "blue"]
    assert tool.parameters["required"] == ["colour", "litres", "coats"]


# -- the Python function


@pytest.mark.parametrize("app_tool", ALL_TOOLS)
def test_the_function_has_the_annotations_and_defaults_of_the_tool(app_tool: AppTool) -> None:
    tool, _ = tool_of(app_tool)
    function = tool.as_function()
    assert function.__name__ == tool.name
    hints = typing.get_type_hints(function)
    assert {name: hint for name, hint in hints.items() if name != "return"} == {
        argument.name: argument.type_obj for argument in tool.arguments
    }
    parameters = inspect.signature(function).parameters
    assert list(parameters) == [argument.name for argument in tool.arguments]
    for argument in tool.arguments:
        parameter = parameters[argument.name]
        assert (parameter.default is parameter.empty) is not argument.has_default
        assert parameter.default == (argument.default if argument.has_default else parameter.empty)
        assert parameter.annotation == hints[argument.name]


@pytest.mark.parametrize("app_tool", ALL_TOOLS)
def test_the_docstring_is_in_google_style(app_tool: AppTool) -> None:
    tool, _ = tool_of(app_tool)
    lines = inspect.getdoc(tool.as_function()).splitlines()  # type: ignore[union-attr]
    assert lines[0] == tool.description.splitlines()[0]
    if tool.arguments:
        start = lines.index("Args:")
        told = lines[start + 1 : start + 1 + len(tool.arguments)]
        assert [line.partition(":")[0] for line in told] == [f"    {argument.name}" for argument in tool.arguments]
    assert ("Args:" in lines) is bool(tool.arguments)
    assert ("Returns:" in lines) is bool(app_tool.return_description)


def test_the_docstring_is_whole() -> None:
    assert inspect.getdoc(painting().as_function()) == inspect.cleandoc(
        """
        Paint something.
        It takes a day.

        Args:
            colour: The colour: one of two.
            litres: How much.
            coats:
            places: Where.
            other:
            sizes:

        Returns:
            What was painted.
        """
    )


def test_a_function_is_called_by_position_as_well_as_by_name() -> None:
    paint = painting().as_function()
    assert paint("red", 1.0, 2) == paint(coats=2, litres=1.0, colour="red") == paint("red", 1.0, coats=2)


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        (("red", 1.0), {}, "missing a required argument: 'coats'"),
        (("red", 1.0, 2), {"colour": "red"}, "multiple values for keyword argument 'colour'"),
        (tuple("abcdefgh"), {}, "too many positional arguments"),
        (("red", 1.0, 2), {"brush": 1}, "unexpected keyword argument 'brush'"),
    ],
)
def test_a_wrong_call_of_a_function_is_a_type_error(args: Any, kwargs: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        painting().as_function()(*args, **kwargs)


def test_a_name_with_a_hyphen_becomes_an_identifier() -> None:
    assert tool_of(workshop("paint", "Work-shop"))[0].as_function().__name__ == "Work_shop__paint"


def test_annotations_of_no_known_type_are_any() -> None:
    hints = typing.get_type_hints(tool_of(workshop("tinker"))[0].as_function())
    assert (hints["what"], hints["thing"]) == (Any, Odd)
    apart = Tool.apart("end", "End.", [AppToolArg("why", "str", None)], lambda arguments: None)
    assert typing.get_type_hints(apart.as_function()) == {"why": Any, "return": Any}
    assert apart.parameters["properties"] == {"why": {}}


# -- what an agent gets


def test_what_a_tool_returns_to_an_agent_is_no_part_of_the_phone() -> None:
    with full_phone() as phone:
        calls: dict[str, dict[str, Any]] = {
            "Apartment__list_all_apartments": {},
            "Calendar__get_calendar_event": {"event_id": "lunch"},
            "Contacts__get_contact": {"contact_id": "ada"},
            "Emails__get_email_by_id": {"email_id": "plain"},
            "Shopping__list_cart": {},
            "Shopping__get_product_details": {"product_id": "lamp"},
            "Messages__read_conversation": {"conversation_id": "trip"},
        }
        by_name = {tool.name: tool for app in phone.apps.values() for tool in app.get_tools()}
        for name, arguments in calls.items():
            app_tool = by_name[name]
            result = Tool(app_tool, lambda given, call=app_tool: call(**given))(**arguments)  # type: ignore[misc]
            before = phone.states()
            assert changed(result) > 0, name
            assert phone.states() == before, name


def changed(value: Any) -> int:
    """Empty all containers in a value and return how many there were; fail on what is no builtin."""
    if isinstance(value, dict | list):
        count = sum(map(changed, value.values() if isinstance(value, dict) else value))
        value.clear()
        return count + 1
    assert type(value) in (str, int, float, bool, type(None))
    return 0


def test_what_has_no_plain_form_is_named_by_its_type() -> None:
    tool, _ = tool_of(workshop("tinker"), returns=Odd())
    assert tool(thing=1) == "<Odd>"


# -- the prompt


@pytest.mark.parametrize("app_tool", ALL_TOOLS)
def test_the_prompt_has_a_line_for_the_tool_and_one_for_each_argument(app_tool: AppTool) -> None:
    tool, _ = tool_of(app_tool)
    first, *rest = tool.to_text().split("\n")
    assert first.startswith(f"- {tool.name}: {tool.description.split()[0]}")
    assert [line.split()[0] for line in rest] == [argument.name for argument in tool.arguments]


def test_a_default_is_written_as_the_action_has_to_write_it() -> None:
    text = painting().to_text()
    assert '    places (tuple[str, int], default ["hall", 1]): Where.' in text.splitlines()
    assert "    coats (int)" in text.splitlines()
    by_name = {tool.name: tool for tool in AGENT_TOOLS}
    assert 'default "INBOX"' in tool_of(by_name["Emails__list_emails"])[0].to_text()
    assert "pinned (bool, default false)" in tool_of(by_name["Notes__create_note"])[0].to_text()


# -- operations and the line to the user


def test_reads_and_writes_are_told_apart() -> None:
    operations = {tool.name: tool_of(tool)[0].operation for tool in AGENT_TOOLS}
    assert operations["Calendar__edit_calendar_event"] == "write"
    assert operations["Calendar__get_calendar_event"] == "read"
    assert set(operations.values()) == {"read", "write"}


def test_noise_gives_a_tool_another_name_and_description() -> None:
    app_tool = replace(workshop("paint"), _public_name="brush", _public_description=" Brushes it.\n")
    tool = tool_of(app_tool)[0]
    assert (tool.name, tool.description, tool.function) == ("brush", "Brushes it.", "paint")
    assert tool.to_text().startswith("- brush: Brushes it.\n")


def test_the_line_to_the_user_is_known_by_what_it_is_and_not_by_its_name() -> None:
    class OwnLine(PAREAgentUserInterface):
        pass

    def is_interface(app: App) -> set[bool]:
        return {tool_of(tool)[0].is_interface for tool in app.get_tools()}

    assert is_interface(OwnLine()) == is_interface(PAREAgentUserInterface()) == {True}
    assert is_interface(Workshop("PAREAgentUserInterface")) == {False}


def test_a_tool_apart_belongs_to_no_app() -> None:
    tool = Tool.apart("end_task", "End it.", [AppToolArg("why", "str", "Why.", True, "", type_obj=str)], lambda a: a)
    assert (tool.name, tool.function, tool.app, tool.is_interface, tool.operation) == (
        "end_task", "end_task", "", False, "read"
    )  # fmt: skip
    assert tool(why="so") == {"why": "so"}
    assert tool.to_text() == '- end_task: End it.\n    why (str, default ""): Why.'


# -- the toolbox


def toolbox() -> tuple[Toolbox, list[str]]:
    asked: list[str] = []
    return Toolbox([tool_of(workshop(name))[0] for name in ("paint", "tinker")], asked.append), asked


def test_a_tool_that_is_not_there_is_told_with_those_that_are() -> None:
    tools, asked = toolbox()
    with pytest.raises(UnknownToolError) as caught:
        tools["Workshop__sing"]
    assert str(caught.value) == "there is no tool Workshop__sing now; there are Workshop__paint, Workshop__tinker"
    assert asked == ["Workshop__sing"]


def test_a_toolbox_without_tools_says_so() -> None:
    with pytest.raises(UnknownToolError, match="there are none"):
        Toolbox([], lambda name: None)["x"]


def test_a_part_of_a_toolbox_is_a_toolbox() -> None:
    tools, asked = toolbox()
    writes = tools.only(lambda tool: tool.operation == "write")
    assert list(writes) == ["Workshop__paint"]
    with pytest.raises(UnknownToolError):
        writes["Workshop__tinker"]
    assert asked == ["Workshop__tinker"]


def test_a_tool_is_found_by_app_and_function_whatever_it_is_called() -> None:
    app_tool = replace(workshop("paint", "My shop"), _public_name="brushes")
    tools = Toolbox([tool_of(app_tool)[0]], lambda name: None)
    assert tools.of("My shop", "paint").name == "brushes"
    with pytest.raises(UnknownToolError, match="there is no tool My shop__sing now; there are brushes"):
        tools.of("My shop", "sing")


# -- in a turn


def test_a_turn_gives_its_tools_in_every_form_and_all_it_tells_as_builtins() -> None:
    told: list[dict[str, Any]] = []

    def agent(turn: Turn) -> None:
        assert [one["function"]["name"] for one in turn.definitions] == list(turn.tools)
        functions = {function.__name__: function for function in turn.functions}
        assert list(functions) == list(turn.tools)
        if turn.mode is ProactiveAgentMode.OBSERVE and turn.proposal is None:
            time = functions["System__get_current_time"]()
            assert time == turn.call("System__get_current_time")
            turn.propose(f"Shall I, on {time['current_weekday']}?")
        elif turn.mode is ProactiveAgentMode.EXECUTE:
            (turn.ask if turn.number == 1 else turn.give_up)("Really?")
        told.append(json.loads(json.dumps(turn.to_dict())))

    engines = scripted(user=[WAIT, accept("Yes."), tell("Really.")])
    run = play_scripted(engines, agent=agent, config={"max_turns": 4})
    assert run.result.status == "success", run.result
    assert [(turn["number"], turn["time"], turn["mode"]) for turn in told] == [
        (0, "2025-01-06T09:00:01+00:00", "observe"),
        (1, "2025-01-06T09:00:03+00:00", "execute"),
        (2, "2025-01-06T09:00:05+00:00", "execute"),
        (3, "2025-01-06T09:00:07+00:00", "observe"),
    ]
    assert told[0]["proposal"] is None
    assert told[2]["proposal"] == {
        "text": "Shall I, on Monday?", "turn": 0, "status": "accepted", "reply": "Yes."
    }  # fmt: skip
    assert told[2]["notifications"][-1]["kind"] == "user_message"
    assert "Really." in told[2]["notifications"][-1]["text"]
    assert len(told[0]["tools"]) > 30


def test_a_turn_without_the_line_says_what_is_missing() -> None:
    turn = Turn(0, datetime(2025, 1, 6, tzinfo=UTC), ProactiveAgentMode.OBSERVE, None, (), toolbox()[0], "x")
    with pytest.raises(UnknownToolError, match="this scenario has no tool ask_user; add a PAREAgentUserInterface"):
        turn.ask("When?")
