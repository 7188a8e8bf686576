"""Descriptions of tools, read from signatures and docstrings once per process."""

from __future__ import annotations

import copy
import importlib
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from are.simulation import tool_utils

if TYPE_CHECKING:
    from collections.abc import Callable

    from are.simulation.apps.app import App
    from are.simulation.tool_utils import AppTool


def build_tool(app: App, function: Callable[..., Any], failure_probability: float | None = None) -> AppTool:
    """Return a new tool of an app, like ARE's function of this name.

    Args:
        app: The app.
        function: The function of the app's class, or of a screen's class.
        failure_probability: Share of its calls that fail; `None` for none.
    """
    tool = copy.copy(_description(function))
    tool.class_name, tool.app_name, tool.class_instance = type(app).__name__, app.name, app
    tool.name = tool._public_name = f"{app.name}__{function.__name__}"
    tool.failure_probability = failure_probability
    if failure_probability is not None:
        # ARE draws failures from a generator without a seed.
        tool.rng = Random(f"{app.seed}/{tool.name}")  # noqa: S311 - reproducible on purpose
    return tool


@cache
def _description(function: Callable[..., Any]) -> AppTool:
    return tool_utils.build_tool(_Nobody(), function)


class _Nobody:
    name = ""


# ARE reads signature and docstring again for each tool of each app: a third of the time of a run.
importlib.import_module("are.simulation.apps.app").__dict__["build_tool"] = build_tool
