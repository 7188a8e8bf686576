"""Descriptions of tools, read from signatures and docstrings once per process."""

from __future__ import annotations

import importlib
from functools import cache, wraps
from random import Random
from typing import TYPE_CHECKING, Any

from are.simulation import tool_utils
from are.simulation.apps.app import ToolType
from are.simulation.tool_utils import AppTool

if TYPE_CHECKING:
    from collections.abc import Callable

    from are.simulation.apps.app import App
    from are.simulation.tool_utils import ToolAttributeName


def build_tool(app: App, function: Callable[..., Any], failure_probability: float | None = None) -> AppTool:
    """Return a new tool of an app, like ARE's function of this name.

    Args:
        app: The app.
        function: The function of the app's class, or of a screen's class.
        failure_probability: Share of its calls that fail; `None` for none.
    """
    tool = object.__new__(AppTool)
    name = f"{app.name}__{function.__name__}"
    # Faster than `copy.copy`.
    tool.__dict__.update(
        _description(function).__dict__,
        class_name=type(app).__name__,
        app_name=app.name,
        class_instance=app,
        name=name,
        _public_name=name,
        failure_probability=failure_probability,
    )
    if failure_probability is not None:
        # ARE draws failures from a generator without a seed.
        tool.rng = Random(f"{app.seed}/{tool.name}")  # noqa: S311 - reproducible on purpose
    return tool


@cache
def _description(function: Callable[..., Any]) -> AppTool:
    return tool_utils.build_tool(_Nobody(), function)


class _Nobody:
    name = ""


def _install() -> None:
    """Patch ARE, which reads signature and docstring again for each tool of each app: a third of the time of a run."""
    module = importlib.import_module("are.simulation.apps.app")
    module.__dict__["build_tool"] = build_tool
    original = module.App.get_tools_with_attribute

    @wraps(original)
    def get_tools(self: App, attribute: ToolAttributeName, tool_type: ToolType) -> list[AppTool]:
        mark, found = attribute.value, {}
        for members in (*map(vars, type(self).__mro__), vars(self)):
            for name, value in members.items():
                if name not in found and hasattr(value, mark):
                    found[name] = value
        if not all(method.__doc__ for method in found.values()):
            # It looks for the docstring of a base class.
            tools: list[AppTool] = original(self, attribute, tool_type)
            return tools
        probability = self.failure_probability if tool_type is ToolType.APP else None
        return [build_tool(self, method, probability) for method in found.values()]

    module.App.get_tools_with_attribute = get_tools


_install()
