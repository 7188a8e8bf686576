"""The layout of the package: each package and module with the first line of its docstring."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
# From the top down.
PACKAGES = (
    "plugin", "cli", "ledger", "settings", "simulation", "engines", "agents", "apps", "scenarios", "results", "are",
    "inference", "base",
)  # fmt: skip
OTHERS = {
    "scenarios/": "The bundled library",
    "benchmarks/": "The measurements that the manual quotes",
    "tests/": "The tests; `tests/docs` tests and generates the manual",
    "docs/": "The manual",
}
_COLUMN = 28
_WIDTH = 88


def layout() -> Iterator[str]:
    """Yield the tree of the package as a code block."""
    yield "```text generated"
    yield "pytest_pare/"
    package = ROOT / "pytest_pare"
    known = [package / name for name in PACKAGES]
    for path in [*known, *sorted(set(package.iterdir()) - set(known))]:
        yield from entries(path, 1)
    yield line("data/agent-protocol-1.schema.json", "The messages to and from a program that is the agent", 1)
    yield line("data/noise.json", "Mails, conversations and products that are noise", 1)
    for name, about in OTHERS.items():
        yield line(name, about, 0)
    yield "```"


def entries(path: Path, depth: int) -> Iterator[str]:
    """Yield the lines of a package, with its modules, or of a module."""
    if path.is_dir() and (path / "__init__.py").exists():
        yield line(f"{path.name}/", summary(path / "__init__.py"), depth)
        for inner in sorted(path.iterdir(), key=lambda inner: (inner.is_dir(), inner.name)):
            yield from entries(inner, depth + 1)
    elif path.suffix == ".py" and path.name != "__init__.py":
        yield line(path.name, summary(path), depth)


def line(name: str, about: str, depth: int) -> str:
    """Return a line of the tree."""
    return f"{'  ' * depth + name:{_COLUMN}} {about}".rstrip()


def summary(path: Path) -> str:
    """Return the first sentence of a module's docstring; of a long one, the part before its colon or semicolon."""
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    sentence = doc.partition("\n")[0].partition(". ")[0].removesuffix(".")
    return re.split("[:;] ", sentence)[0] if len(sentence) > _WIDTH else sentence
