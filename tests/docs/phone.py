"""The phone's apps as the manual lists them: tools, screens and the way between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from are.simulation.tool_utils import OperationType, ToolAttributeName

from pytest_pare import apps
from pytest_pare.apps import StatefulApp
from pytest_pare.simulation.app_tools import screens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def app_classes() -> dict[str, type]:
    """Return the apps of the phone by class name."""
    found = {name: getattr(apps, name) for name in apps.__all__ if isinstance(getattr(apps, name), type)}
    return {name: cls for name, cls in found.items() if name not in ("App", "StatefulApp")}


def app_section(name: str) -> Iterator[str]:
    """Yield the section of an app: its tools, its screens and the transitions between them."""
    cls = app_classes()[name]
    app = cls()
    agent = tools_of(cls, ToolAttributeName.APP)
    world = tools_of(cls, ToolAttributeName.ENV)
    setup = [tool for tool in tools_of(cls, ToolAttributeName.DATA) if tool not in [*agent, *world]]
    yield f"- Agent tools: {listed(agent)}"
    yield f"- Environment tools: {listed(world)}"
    if setup:
        yield f"- While the scenario is populated, also: {listed(setup)}"
    if not isinstance(app, StatefulApp):
        yield f"- User tools: {listed(tools_of(cls, ToolAttributeName.USER))}"
        return
    yield ""
    yield "| screen | shows | user tools |"
    yield "|---|---|---|"
    for screen in screens_of(type(app)):
        about = (screen.__doc__ or "").strip().splitlines()[0]
        yield f"| `{screen.__name__}` | {about} | {listed(tools_of(screen, ToolAttributeName.USER))} |"
    yield ""
    yield "```mermaid"
    yield from type(app).get_state_diagram().splitlines()
    yield "```"


def tools_of(owner: type, kind: ToolAttributeName) -> list[str]:
    """Return the tools of a kind; those that write are in bold."""
    methods = {name: getattr(owner, name) for name in dir(owner) if name != "go_back"}
    return [marked(name, method) for name, method in sorted(methods.items()) if getattr(method, kind.value, False)]


def marked(name: str, method: Any) -> str:
    """Return a tool's name, in bold if it writes."""
    writes = getattr(method, "__operation_type__", OperationType.READ) is OperationType.WRITE
    return f"**`{name}`**" if writes else f"`{name}`"


def listed(tools: Iterable[str]) -> str:
    """Return the tools, separated by commas."""
    return ", ".join(tools) or "none"
