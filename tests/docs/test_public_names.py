"""The page of public names: each can be imported, and the manual's examples import no others."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ROW = re.compile(r"^\| `(pytest_pare[\w.]*)` \| (.*) \|$", re.MULTILINE)
PUBLIC = {
    (module, name)
    for module, names in ROW.findall((ROOT / "docs/public-names.md").read_text(encoding="utf-8"))
    for name in re.findall(r"`(\w+)`", names)
}


def imported_by(text: str) -> set[tuple[str, str]]:
    """Return module and name of what the Python blocks of a page import from the package."""
    code = [ast.parse(block) for block in re.findall(r"^```python.*?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]
    nodes = [node for tree in code for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {
        (node.module, alias.name)
        for node in nodes
        if node.module and node.module.partition(".")[0] == "pytest_pare"
        for alias in node.names
    }


@pytest.mark.parametrize(("module", "name"), sorted(PUBLIC))
def test_a_public_name_can_be_imported(module: str, name: str) -> None:
    assert hasattr(import_module(module), name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_an_example_imports_public_names_only(page: Path) -> None:
    assert imported_by(page.read_text(encoding="utf-8")) - PUBLIC == set()


def test_an_import_of_an_example_is_seen() -> None:
    page = "```python file=x.py\nfrom pytest_pare.base.redaction import (\n    redact,\n)\n```\n"
    assert imported_by(page) == {("pytest_pare.base.redaction", "redact")}
