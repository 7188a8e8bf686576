"""Write the parts of the manual that come from the code: `python -m tests.docs.generate`.

A page marks such a part by `<!-- table: NAME -->` or `<!-- generated: NAME -->` before it and `<!-- end -->` behind it.
A table may have more columns, which are written by hand; they stay in the row of the same first cell.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from are.simulation.tool_utils import ToolAttributeName

from pytest_pare import compat
from pytest_pare.results.columns import COLUMNS, DETAILS, OPTIONAL, Column
from pytest_pare.simulation.notification_templates import ANNOUNCEMENTS
from tests.docs.layout import layout
from tests.docs.phone import app_classes, app_section
from tests.docs.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PAGES = sorted((Path(__file__).parents[2] / "docs").glob("*.md"))
PART = re.compile(r"(<!-- (generated|table): (\w+) -->\n)(.*?)(<!-- end -->)", flags=re.DOTALL)


def announcements() -> Iterator[str]:
    """Yield the table of what is announced."""
    yield "| app | function | from | recipient |"
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


SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "announcements": announcements,
    "columns": lambda: columns(COLUMNS),
    "layout": layout,
    "metrics": lambda: columns((*DETAILS, *OPTIONAL)),
    "modules": modules,
}


def section(name: str) -> str:
    """Return the text of a generated section."""
    lines = SECTIONS[name]() if name in SECTIONS else app_section(name)
    return "\n".join(lines) + "\n"


def table(name: str, written: str) -> str:
    """Return a table with the columns from the code, and those of the page behind them."""
    rows = list(TABLES[name]())
    old = dict(zip((line.split("|")[1] for line in written.splitlines()), written.splitlines(), strict=True))
    return "".join(f"{row}{own_columns(row, old.get(row.split('|')[1], ''))}\n" for row in rows)


def own_columns(row: str, old: str) -> str:
    """Return the cells of the page's row that are behind those of the code's row."""
    cells = re.split(r"(?<!\\)\|", old)[len(re.split(r"(?<!\\)\|", row)) - 1 :]
    return "|".join(cells)


def generated(text: str) -> str:
    """Return the text of a page with its generated parts as the code says."""

    def part(match: re.Match[str]) -> str:
        begin, kind, name, old, end = match.groups()
        return f"{begin}{section(name) if kind == 'generated' else table(name, old)}{end}"

    return PART.sub(part, text)


def names_of_parts(text: str, kind: str) -> list[str]:
    """Return the names of the parts of a page that are `generated`, or those that are a `table`."""
    return [match[3] for match in PART.finditer(text) if match[2] == kind]


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(generated(page.read_text(encoding="utf-8")), encoding="utf-8")
