"""Parts of the manual come from the code: `python -m tests.docs.generate` writes them between their marks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from are.simulation.tool_utils import OperationType, ToolAttributeName

from pytest_pare import apps, compat
from pytest_pare.apps import StatefulApp
from pytest_pare.results.columns import COLUMNS, DETAILS, Column
from pytest_pare.simulation.notification_templates import ANNOUNCEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PAGES = [Path(__file__).parents[2] / "docs" / name for name in ("apps.md", "compatibility.md", "reports.md")]
SECTION = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", flags=re.DOTALL)


def app_classes() -> dict[str, type]:
    """Return the apps of the phone by class name."""
    found = {name: getattr(apps, name) for name in apps.__all__ if isinstance(getattr(apps, name), type)}
    return {name: cls for name, cls in found.items() if name not in ("App", "StatefulApp")}


def app_section(name: str) -> Iterator[str]:
    """Yield what is said of an app: its tools, its screens, the way between them."""
    cls = app_classes()[name]
    app = cls()
    agent = tools_of(cls, ToolAttributeName.APP)
    world = tools_of(cls, ToolAttributeName.ENV)
    setup = [tool for tool in tools_of(cls, ToolAttributeName.DATA) if tool not in [*agent, *world]]
    yield f"- Agent tools: {told(agent)}"
    yield f"- Environment tools: {told(world)}"
    if setup:
        yield f"- While the scenario is populated, also: {told(setup)}"
    if not isinstance(app, StatefulApp):
        yield f"- User tools: {told(tools_of(cls, ToolAttributeName.USER))}"
        return
    yield ""
    yield "| screen | what it shows | user tools |"
    yield "|---|---|---|"
    for screen in screens_of(type(app)):
        about = (screen.__doc__ or "").strip().splitlines()[0]
        yield f"| `{screen.__name__}` | {about} | {told(tools_of(screen, ToolAttributeName.USER))} |"
    yield ""
    yield "```mermaid"
    yield from type(app).get_state_diagram().splitlines()
    yield "```"


def screens_of(cls: type[StatefulApp]) -> list[type]:
    """Return the screens of an app, the root first."""
    pushed = {t.target for actions in cls.transitions.values() for t in actions.values() if t.target is not None}
    others = {*cls.transitions, *pushed} - {cls.root}
    return [cls.root, *sorted(others, key=lambda screen: screen.__name__)]


def tools_of(owner: type, kind: ToolAttributeName) -> list[str]:
    """Return the tools of a kind; those that write are in bold."""
    methods = {name: getattr(owner, name) for name in dir(owner) if name != "go_back"}
    return [marked(name, method) for name, method in sorted(methods.items()) if getattr(method, kind.value, False)]


def marked(name: str, method: Any) -> str:
    """Return a tool's name, in bold if it writes."""
    writes = getattr(method, "__operation_type__", OperationType.READ) is OperationType.WRITE
    return f"**`{name}`**" if writes else f"`{name}`"


def told(tools: Iterable[str]) -> str:
    """Return the tools, separated by commas."""
    return ", ".join(tools) or "none"


def announcements() -> Iterator[str]:
    """Yield the table of what is announced."""
    yield "| app | function | from | who learns of it |"
    yield "|---|---|---|---|"
    for (app, function), announcement in sorted(ANNOUNCEMENTS.items()):
        agent_can = getattr(getattr(app_classes()[app], function), ToolAttributeName.APP.value, False)
        who = "the user; the agent, unless it did it itself" if agent_can else "both"
        yield f"| `{app}` | `{function}` | {announcement.verbosity.name} | {who} |"


def modules() -> Iterator[str]:
    """Yield the table of PARE's modules that have a counterpart."""
    yield "| module | names |"
    yield "|---|---|"
    for module, names in sorted(compat.MODULES.items()):
        yield f"| `{module}` | {', '.join(f'`{name}`' for name in sorted(names))} |"


def columns(declared: Iterable[Column]) -> Iterator[str]:
    """Yield the table of columns of a table of results."""
    yield "| column | type | what it holds |"
    yield "|---|---|---|"
    for one in declared:
        yield f"| `{one.name}` | {one.dtype} | {one.about} |"


def section(name: str) -> str:
    """Return the text of a generated section."""
    tables: dict[str, Callable[[], Iterator[str]]] = {
        "announcements": announcements,
        "modules": modules,
        "columns": lambda: columns(COLUMNS),
        "metrics": lambda: columns(DETAILS),
    }
    lines = tables[name]() if name in tables else app_section(name)
    return "\n".join(lines) + "\n"


def generated(text: str) -> str:
    """Return the text of the page with its generated sections as the code says."""
    return SECTION.sub(lambda match: f"{match[1]}{section(match[2])}{match[4]}", text)


def names_of_sections(text: str) -> list[str]:
    """Return the names of the generated sections of a page."""
    return [match[2] for match in SECTION.finditer(text)]


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(generated(page.read_text(encoding="utf-8")), encoding="utf-8")
