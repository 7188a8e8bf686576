"""Other names and descriptions for the tools of an agent."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.apps.system import SystemApp

from pytest_pare.scenarios.errors import NoiseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from are.simulation.apps.app import App
    from are.simulation.tool_utils import AppTool


def rename_tools(apps: Sequence[App], names: Mapping[str, str], descriptions: Mapping[str, str]) -> None:
    """Set other names and descriptions of the agent's tools.

    The keys of the mappings are `app__function`. The name of the app takes precedence over the names of its class and
    of the base classes; a name that is found under a class replaces only the function. The system app and the channel
    to the user keep their names and descriptions.

    Raises:
        NoiseError: If two tools would have the same name.
    """
    tools = [(app, tool) for app in apps for tool in app.get_tools()]
    for app, tool in tools:
        if not isinstance(app, SystemApp | AgentUserInterface):
            keys = list(_keys(app, tool))
            tool._public_name = _name(app, tool, keys, names)
            tool._public_description = next(
                (descriptions[k] for k in keys if k in descriptions), tool._public_description
            )
    twice = [name for name, count in Counter(tool._public_name or tool.name for _, tool in tools).items() if count > 1]
    if names and twice:
        raise NoiseError(f"noise.data: tool_names_mapping: two tools would have the name {twice[0]}")


def _keys(app: App, tool: AppTool) -> Iterable[str]:
    return (f"{name}__{tool.func_name}" for name in (app.name, *(cls.__name__ for cls in type(app).__mro__)))


def _name(app: App, tool: AppTool, keys: list[str], names: Mapping[str, str]) -> str:
    own, *of_classes = keys
    if own in names:
        return names[own]
    of_class = next((names[key] for key in of_classes if key in names), None)
    if of_class is None:
        return str(tool._public_name or tool.name)
    return f"{app.name}__{of_class.rpartition('__')[2]}"
