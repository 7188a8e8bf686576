"""What the requests of a run depend on, so that a replay can name what has changed."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import metadata
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from are.simulation.tool_utils import ToolAttributeName

from pytest_pare.agents import prompts
from pytest_pare.agents.tools import Tool
from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.tool_descriptions import build_tool
from pytest_pare.base.serialization import to_builtins_or_name
from pytest_pare.engines.cassette import RequestInputs
from pytest_pare.judge import prompt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from are.simulation.apps.app import App
    from are.simulation.tool_utils import AppTool
    from are.simulation.types import AbstractEvent

    from pytest_pare.engines.reference import Role
    from pytest_pare.scenarios.config import LLMEngineConfig
    from pytest_pare.scenarios.scenario import PAREScenario


def request_inputs(
    scenario: PAREScenario, apps: Iterable[App], engines: Mapping[Role, LLMEngineConfig]
) -> RequestInputs:
    """Return what the requests of a run depend on.

    Args:
        scenario: The scenario, initialized.
        apps: All apps, before the first event.
        engines: The configurations of the recorded engines, by role.
    """
    untyped: Any = scenario
    return RequestInputs(
        package=_version(),
        prompts=prompts.version(),
        engines=_engines(engines),
        tools=dict(tool for app in apps for tool in _tools(app)),
        apps={name: _short(app["serialized_state"]) for name, app in (scenario._initial_apps or {}).items()},
        events=_short(json.dumps([_event(event) for event in scenario.events], ensure_ascii=False)),
        goal=_short(untyped.user_goal or untyped.additional_system_prompt or ""),
    )


# The description of a screen's tool does not depend on the app object.
_NO_APP: Any = SimpleNamespace(name="")


@cache
def _version() -> str:
    return metadata.version("pytest-pare")


def inputs_of_engines(engines: Mapping[Role, LLMEngineConfig]) -> RequestInputs:
    """Return what requests depend on that belong to no scenario.

    Args:
        engines: The configurations of the recorded engines, by role.
    """
    return RequestInputs(_version(), prompts.version(), _engines(engines), {}, {}, "", "")


def _engines(engines: Mapping[Role, LLMEngineConfig]) -> dict[str, dict[str, Any]]:
    return {
        role: {"model": engine.model_name, "provider": engine.provider, "options": _options(role, engine)}
        for role, engine in engines.items()
    }


def _options(role: str, engine: LLMEngineConfig) -> dict[str, Any]:
    return {**engine.options, "prompt": prompt.version()} if role == "judge" else engine.options


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:8]


def _tools(app: App) -> Iterator[tuple[str, str]]:
    for app_tool in app.get_tools():
        yield app_tool._public_name or app_tool.name, _described(app_tool)
    if isinstance(app, StatefulApp):
        app_class: Any = type(app)
        for name, described in _screen_tools(app_class):
            yield f"{app.name}, {name}", described


@cache
def _screen_tools(app_class: Any) -> list[tuple[str, str]]:
    """Return the user's tools on the screens of an app: the name of screen and action, and a hash of the tool."""
    pushed = {one.target for actions in app_class.transitions.values() for one in actions.values()}
    screens = {app_class.root, *app_class.transitions, *pushed} - {None}
    return [
        (f"{screen.__name__}.{name}", _described(build_tool(_NO_APP, method)))
        for screen in sorted(filter(None, screens), key=lambda screen: screen.__name__)
        for name in sorted(dir(screen))
        if getattr(method := getattr(screen, name), ToolAttributeName.USER.value, False)
    ]


def _described(app_tool: AppTool) -> str:
    return _short(Tool(app_tool, lambda arguments: arguments).to_text())


def _event(event: AbstractEvent) -> list[Any]:
    """Return the kind, time, dependencies and call of an event as plain values."""
    untyped: Any = event
    action = getattr(untyped, "action", None) or getattr(untyped, "action_desc", None)
    arguments = getattr(action, "args", {})
    if isinstance(arguments, dict):
        arguments = {name: value for name, value in arguments.items() if name != "self"}
    function = getattr(action, "function_name", None) or getattr(action, "function", None)
    return [
        type(event).__name__,
        event.event_id,
        untyped.event_time,
        untyped.event_relative_time,
        [before.event_id for before in event.dependencies],
        function if isinstance(function, str) else getattr(function, "__name__", ""),
        to_builtins_or_name(arguments),
    ]
