"""`pytest-pare tools`: the tools of the agent, the user and the world, by app."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pytest_pare.base.serialization import error_text
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.cli.libraries import prepare_imports
from pytest_pare.cli.options import json_option, project_of, rootdir_option
from pytest_pare.cli.output import print_json, print_lines, redacted_lines
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from are.simulation.tool_utils import AppTool

    from pytest_pare.agents.tools import Tool


@click.command("tools")
@click.argument("app", required=False)
@rootdir_option
@json_option
def list_tools(app: str | None, rootdir: Path | None, as_json: bool) -> None:
    """List the tools of the agent, the user and the world, by app.

    APP is the name of an app's class, its short name, such as calendar, or a class of your own as module:Class. Without
    it, all apps of the package are listed, without the descriptions of their tools. The tools of the world are called
    in the scripts of scenarios.
    """
    from pytest_pare import apps

    classes = {name: getattr(apps, name) for name in apps.__all__ if isinstance(getattr(apps, name), type)}
    bundled = {name: cls for name, cls in classes.items() if name not in ("App", "StatefulApp")}
    chosen = bundled if app is None else dict([_chosen(app, bundled, rootdir)])
    phones = {name: _tools_of(name, cls) for name, cls in chosen.items()}
    if as_json:
        print_json("tools", {"apps": [_plain(name, tools) for name, tools in phones.items()]})
    elif app is None:
        print_lines(_overview(phones))
    else:
        print_lines(line for name, tools in phones.items() for line in _details(name, tools))


class _Tools(NamedTuple):
    """The tools of an app.

    Attributes:
        agent: Those of the agent.
        user: Those of the user, by screen.
        world: Those of the world, called in the events of a scenario.
        populating: Those that only fill the app, before the scenario begins.
    """

    agent: list[Tool]
    user: dict[str, list[Tool]]
    world: list[Tool]
    populating: list[Tool]

    def by_caller(self) -> Iterator[tuple[str, list[Tool]]]:
        """Yield the callers with their tools. The world is left out where it has none."""
        yield "agent", self.agent
        for screen, tools in self.user.items():
            yield f"user, {screen}" if screen else "user", tools
        for who, tools in (("world", self.world), ("world, while the scenario is populated", self.populating)):
            if tools:
                yield who, tools


def _short_name(name: str) -> str:
    return name.lower().removeprefix("stateful").removesuffix("app")


def _chosen(name: str, bundled: dict[str, type], rootdir: Path | None) -> tuple[str, type]:
    """Return the name and the class of an app.

    Raises:
        click.UsageError: If there is no such app.
    """
    if ":" in name:
        prepare_imports(project_of(rootdir))
        return name.rpartition(":")[2], _imported(name)
    found = next((known for known in bundled if name == known or _short_name(name) == _short_name(known)), None)
    if found is None:
        hint = did_you_mean(name, [*bundled, *map(_short_name, bundled)], show=str)
        known = ", ".join(bundled)
        raise click.UsageError(f"there is no app {name!r}{hint}; expected module:Class, or one of {known}")
    return found, bundled[found]


def _imported(target: str) -> type:
    from are.simulation.apps.app import App

    module, _, name = target.partition(":")
    try:
        found: Any = getattr(import_module(module), name)
    except (Exception, SystemExit) as error:
        raise click.UsageError(f"{target}: cannot be imported: {error_text(error)}") from error
    if not (isinstance(found, type) and issubclass(found, App)):
        raise click.UsageError(f"{target}: expected a subclass of App, got {found!r}")
    return found


def _tools_of(name: str, cls: type) -> _Tools:
    """Return the tools of an app.

    Raises:
        click.UsageError: If the app cannot be made without arguments.
    """
    from pytest_pare.agents.tools import Tool
    from pytest_pare.simulation.app_tools import NOT_FOR_USER, agent_tools, user_tools

    def shown(app_tool: AppTool) -> Tool:
        return Tool(app_tool, lambda _arguments: None)

    def for_user(app_tool: AppTool) -> Tool:
        tool = shown(app_tool)
        tool.arguments = [one for one in tool.arguments if one.name not in NOT_FOR_USER]
        return tool

    try:
        app = cls()
        screens = {screen: list(map(for_user, tools)) for screen, tools in user_tools(app).items()}
        agent, world, populating = (
            {tool.function: tool for tool in sorted(map(shown, tools), key=lambda tool: tool.function)}
            for tools in (agent_tools(app), app.get_env_tools(), app.get_data_tools())
        )
        # Among the tools of the channel are those that read its messages, which the agent does not have.
        others = {*world, *(tool.func_name for tool in app.get_tools())}
        only_populating = [tool for name, tool in populating.items() if name not in others]
        return _Tools(list(agent.values()), screens, list(world.values()), only_populating)
    except (Exception, SystemExit) as error:
        raise click.UsageError(f"{name}: cannot be made without arguments: {error_text(error)}") from error


def _overview(phones: dict[str, _Tools]) -> Iterator[str]:
    for number, (name, tools) in enumerate(phones.items()):
        if number:
            yield ""
        yield _title(name, tools)
        for who, called in tools.by_caller():
            yield from _names(who, called)


def _title(name: str, tools: _Tools) -> str:
    of_user = len({tool.function for shown in tools.user.values() for tool in shown})
    where = f" on {plural(len(tools.user), 'screen')}" if any(tools.user) else ""
    return f"{name}: {plural(len(tools.agent), 'tool')} of the agent, {of_user} of the user{where}"


def _names(who: str, tools: list[Tool]) -> list[str]:
    calls = [f"{tool.function}({', '.join(argument.name for argument in tool.arguments)})" for tool in tools]
    return redacted_lines(f"{who}: {', '.join(calls) or 'none'}", "  ")


def _details(name: str, tools: _Tools) -> Iterator[str]:
    yield _title(name, tools)
    for who, called in tools.by_caller():
        yield ""
        yield who if called else f"{who}: none"
        for tool in called:
            _, *arguments = tool.to_text().splitlines()
            description = " ".join(tool.description.split())
            # What fills an app is not declared as a write: it is called before anything is logged.
            operation = "" if tool in tools.populating else f" ({tool.operation})"
            yield from redacted_lines(f"{tool.function}{operation}: {description}", "  ")
            for argument in arguments:
                yield from redacted_lines(argument.strip(), "      ")


def _plain(name: str, tools: _Tools) -> dict[str, Any]:
    return {
        "class": name,
        "agent": list(map(_plain_tool, tools.agent)),
        "user": [{"screen": screen or None, "tools": list(map(_plain_tool, of))} for screen, of in tools.user.items()],
        "world": list(map(_plain_tool, tools.world)),
        "populating": list(map(_plain_tool, tools.populating)),
    }


def _plain_tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.function,
        "operation": tool.operation,
        "description": tool.description,
        "parameters": tool.parameters,
    }
