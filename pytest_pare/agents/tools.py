"""Tools as agents use them: calls, JSON definitions, Python functions and lines of a prompt."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from functools import cache, cached_property, lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from are.simulation.tool_utils import AppTool, AppToolArg

from pytest_pare.agents.argument_schemas import choices_of, fitted, is_unknown, schema_of
from pytest_pare.agents.errors import UnknownToolError
from pytest_pare.apps.agent_interface import PAREAgentUserInterface
from pytest_pare.base.serialization import to_builtins_or_name
from pytest_pare.scenarios.errors import ScenarioDefect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 64
_EMPTY = inspect.Parameter.empty
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@lru_cache(maxsize=4096)
def tool_name(name: str) -> str:
    """Return a name for function calling: at most 64 letters, digits, `_` and `-`."""
    short = _NOT_IN_A_NAME.sub("_", name)
    if len(short) <= _LONGEST_NAME:
        return short
    return f"{short[: _LONGEST_NAME - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class Tool:
    """Something that an agent can call.

    Args:
        app_tool: ARE's description of it.
        call: Carries a call out; it gets the arguments by name. Without one, the tool is only a description.

    Attributes:
        name: The name of the tool: app and function, or another one by noise.
        app: Name of the app.
        app_class: Name of the app's class.
        function: Name of the function.
        operation: `read` or `write`.
        is_interface: Whether it belongs to the channel between the agent and the user.
        description: The description.
        arguments: ARE's descriptions of the arguments.
    """

    def __init__(self, app_tool: AppTool, call: Callable[[dict[str, Any]], Any]) -> None:
        self.name = tool_name(app_tool._public_name or app_tool.name)
        self.app: str = app_tool.app_name
        self.app_class: str = app_tool.class_name
        self.function: str = app_tool.func_name or app_tool.name
        self.operation = "write" if app_tool.write_operation else "read"
        self.is_interface = isinstance(app_tool.class_instance, PAREAgentUserInterface)
        self.description: str = (app_tool._public_description or "").strip()
        self.arguments = _named_arguments(app_tool)
        self._call = call
        self._returns: str | None = app_tool.return_description

    @classmethod
    def apart(
        cls, name: str, description: str, arguments: list[AppToolArg], call: Callable[[dict[str, Any]], Any]
    ) -> Tool:
        """Return a tool that belongs to no app."""
        return cls(
            AppTool(class_name="", app_name="", name=name, function_description=description, args=arguments), call
        )

    def __call__(self, **arguments: Any) -> Any:
        """Call the tool, and return its result as builtins, so that the agent holds no part of the phone."""
        return to_builtins_or_name(self.invoke(arguments))

    def invoke(self, arguments: dict[str, Any]) -> Any:
        """Call the tool, and return the app's own result, which may be a part of the phone."""
        types = {argument.name: argument.type_obj for argument in self.arguments}
        return self._call({name: fitted(value, types.get(name, Any)) for name, value in arguments.items()})

    def carried_out_by(self, call: Callable[[dict[str, Any]], Any]) -> Tool:
        """Return the same tool with another function that carries calls out; it gets the arguments by name."""
        # Faster than `copy.copy`.
        tool = object.__new__(type(self))
        attributes = tool.__dict__ = vars(self).copy()
        attributes["_call"] = call
        attributes["arguments"] = self.arguments.copy()
        return tool

    @property
    def definition(self) -> dict[str, Any]:
        """The tool's definition for OpenAI-style function calling."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}

    @property
    def annotated(self) -> dict[str, Any]:
        """The definition with `annotations`, which are not for models."""
        names = ("app", "function", "operation", "is_interface")
        return {**self.definition, "annotations": {name: getattr(self, name) for name in names}}

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        properties = {}
        definitions: dict[str, Any] = {}
        for argument in self.arguments:
            schema = schema_of(argument.type_obj)
            definitions |= schema.pop("$defs", {})
            if argument.description:
                schema["description"] = " ".join(argument.description.split())
            if argument.has_default and argument.default is not None:
                schema["default"] = to_builtins_or_name(argument.default)
            properties[argument.name] = schema
        required = [argument.name for argument in self.arguments if not argument.has_default]
        parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
        return {**parameters, "$defs": definitions} if definitions else parameters

    @cached_property
    def signature(self) -> inspect.Signature:
        """The signature of the tool as a Python function."""
        parameters = [
            inspect.Parameter(
                argument.name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=argument.default if argument.has_default else _EMPTY,
                annotation=Any if is_unknown(argument.type_obj) else argument.type_obj,
            )
            for argument in self.arguments
        ]
        return inspect.Signature(parameters, return_annotation=Any)

    def as_function(self, *, is_async: bool = False) -> Callable[..., Any]:
        """Return the tool as a plain Python function, with a name, a docstring in Google style and annotations."""
        signature = self.signature

        def function(*args: Any, **kwargs: Any) -> Any:
            # The tool itself checks the names, so that the trace has the call.
            return self(**signature.bind_partial(*args).arguments, **kwargs)

        async def async_function(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        made: Callable[..., Any] = async_function if is_async else function
        made.__name__ = made.__qualname__ = self.name.replace("-", "_")
        made.__doc__ = self._docstring()
        annotations = {name: parameter.annotation for name, parameter in signature.parameters.items()}
        made.__annotations__ = {**annotations, "return": Any}
        vars(made)["__signature__"] = signature
        return made

    def to_text(self) -> str:
        """Return the tool as a prompt lists it."""
        facts = [self.name, self.description]
        for one in self.arguments:
            facts += one.name, one.arg_type, one.type_obj, one.has_default, one.default, one.description
        try:
            return _text(*facts)
        except TypeError:
            # One of the facts has no hash.
            return _text.__wrapped__(*facts)

    def _docstring(self) -> str:
        lines = [self.description]
        if self.arguments:
            described = [f"    {a.name}: {' '.join((a.description or '').split())}".rstrip() for a in self.arguments]
            lines += ["", "Args:", *described]
        if self._returns:
            lines += ["", "Returns:", f"    {' '.join(self._returns.split())}"]
        return "\n".join(lines)


class Toolbox(dict[str, Tool]):
    """Tools by name.

    Args:
        tools: The tools.
        on_unknown: Called with a name that no tool has.

    Attributes:
        on_unknown: Called with a name that no tool has.

    Raises:
        ScenarioDefect: If two tools have one name; only one of them could ever be called.
    """

    def __init__(self, tools: Iterable[Tool], on_unknown: Callable[[str], None]) -> None:
        given = list(tools)
        super().__init__({tool.name: tool for tool in given})
        self.on_unknown = on_unknown
        if len(self) < len(given):
            for first, tool in combinations(given, 2):
                if first.name == tool.name:
                    raise ScenarioDefect(f"two tools are named {tool.name}, of {first.app!r} and of {tool.app!r}")

    def __missing__(self, name: object) -> Tool:
        self.on_unknown(str(name))
        raise UnknownToolError(f"there is no tool {name} now; there are {', '.join(self) or 'none'}")

    def of(self, app: str, function: str) -> Tool:
        """Return the tool of an app's function, whatever its name is.

        Raises:
            UnknownToolError: If there is none.
        """
        found = (tool for tool in self.values() if (tool.app, tool.function) == (app, function))
        return next(found, None) or self[f"{app}__{function}"]

    def only(self, wanted: Callable[[Tool], bool]) -> Toolbox:
        """Return the tools for which `wanted` is true."""
        return Toolbox(filter(wanted, self.values()), self.on_unknown)


NO_TOOLS = Toolbox([], lambda _name: None)
"""A box that is replaced before anyone uses it."""


def _named_arguments(app_tool: AppTool) -> list[AppToolArg]:
    """Return the arguments without `*args` and `**kwargs`, which ARE lists as required."""
    variadic = frozenset() if app_tool.function is None else _variadic(app_tool.function)
    if not variadic:
        return list(app_tool.args)
    return [argument for argument in app_tool.args if argument.name not in variadic]


@cache
def _variadic(function: Callable[..., Any]) -> frozenset[str]:
    parameters = inspect.signature(function).parameters.values()
    return frozenset(parameter.name for parameter in parameters if parameter.kind in _VARIADIC)


# An agent may change its tools. So the text is known by all that it is made of.
@lru_cache(maxsize=1024, typed=True)
def _text(name: str, description: str, *facts: Any) -> str:
    lines = [f"- {name}: {' '.join(description.split())}"]
    for place in range(0, len(facts), 6):
        argument, kind, type_, has_default, default, about = facts[place : place + 6]
        optional = f", default {_json(default)}" if has_default else ""
        described = " ".join((about or "").split())
        lines.append(f"    {argument} ({choices_of(type_) or kind}{optional}): {described}".rstrip(": "))
    return "\n".join(lines)


def _json(value: Any) -> str:
    return json.dumps(to_builtins_or_name(value), ensure_ascii=False)
