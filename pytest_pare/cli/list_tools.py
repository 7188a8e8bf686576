"""`pytest-pare tools`: the tools of the agent and the user, by app."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """List the tools of the agent and the user, by app.

    APP is the name of an app's class, its short name, such as calendar, or a class of your own as module:Class. Without
    it, all apps of the package are listed, without the descriptions of their tools.
    """
    from pytest_pare import apps

    classes = {name: getattr(apps, name) for name in apps.__all__ if isinstance(getattr(apps, name), type)}
    bundled = {name: cls for name, cls in classes.items() if name not in ("App", "StatefulApp")}
    chosen = bundled if app is None else dict([_chosen(app, bundled, rootdir)])
    phones = {name: _tools_of(name, cls) for name, cls in chosen.items()}
    if as_json:
        print_json("tools", {"apps": [_plain(name, *tools) for name, tools in phones.items()]})
    elif app is None:
        print_lines(_overview(phones))
    else:
        print_lines(line for name, tools in phones.items() for line in _details(name, *tools))


# The tools of the agent, and those of the user by screen.
_Tools = tuple["list[Tool]", "dict[str, list[Tool]]"]


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
    """Return the tools of the agent, and those of the user by screen.

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
        return sorted(map(shown, agent_tools(app)), key=lambda tool: tool.function), screens
    except (Exception, SystemExit) as error:
        raise click.UsageError(f"{name}: cannot be made without arguments: {error_text(error)}") from error


def _overview(phones: dict[str, _Tools]) -> Iterator[str]:
    for number, (name, (agent, screens)) in enumerate(phones.items()):
        if number:
            yield ""
        yield _title(name, agent, screens)
        yield from _names("agent", agent)
        for screen, tools in screens.items():
            yield from _names(_who(screen), tools)


def _title(name: str, agent: list[Tool], screens: dict[str, list[Tool]]) -> str:
    of_user = len({tool.function for tools in screens.values() for tool in tools})
    where = f" on {plural(len(screens), 'screen')}" if any(screens) else ""
    return f"{name}: {plural(len(agent), 'tool')} of the agent, {of_user} of the user{where}"


def _who(screen: str) -> str:
    return f"user, {screen}" if screen else "user"


def _names(who: str, tools: list[Tool]) -> list[str]:
    calls = [f"{tool.function}({', '.join(argument.name for argument in tool.arguments)})" for tool in tools]
    return redacted_lines(f"{who}: {', '.join(calls) or 'none'}", "  ")


def _details(name: str, agent: list[Tool], screens: dict[str, list[Tool]]) -> Iterator[str]:
    yield _title(name, agent, screens)
    for who, tools in {"agent": agent, **{_who(screen): tools for screen, tools in screens.items()}}.items():
        yield ""
        yield who if tools else f"{who}: none"
        for tool in tools:
            _, *arguments = tool.to_text().splitlines()
            description = " ".join(tool.description.split())
            yield from redacted_lines(f"{tool.function} ({tool.operation}): {description}", "  ")
            for argument in arguments:
                yield from redacted_lines(argument.strip(), "      ")


def _plain(name: str, agent: list[Tool], screens: dict[str, list[Tool]]) -> dict[str, Any]:
    return {
        "class": name,
        "agent": [_plain_tool(tool) for tool in agent],
        "user": [
            {"screen": screen or None, "tools": [_plain_tool(tool) for tool in tools]}
            for screen, tools in screens.items()
        ],
    }


def _plain_tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.function,
        "operation": tool.operation,
        "description": tool.description,
        "parameters": tool.parameters,
    }
