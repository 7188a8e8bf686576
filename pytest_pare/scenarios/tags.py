"""The tags of scenarios, by which suites and flags select them: `app:email`, `skill:timing`, `level:easy`."""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING
from enum import Enum
from typing import TYPE_CHECKING, Any

from pytest_pare.scenarios.library import library_modules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TAG = re.compile(r"\w+(?::[\w.+-]+)?", re.ASCII)


def tags_of(cls: type) -> tuple[str, ...]:
    """Return the tags of a scenario class as texts. ARE's `CapabilityTag` is the text of its value."""
    given: Any = _default(cls)
    return tuple(str(tag.value) if isinstance(tag, Enum) else str(tag) for tag in given)


def check_tags(cls: type) -> None:
    """Check the tags of a scenario class.

    Raises:
        TypeError: If they are not a tuple or list of texts such as `app:email`.
    """
    given = _default(cls)
    if not isinstance(given, tuple | list):
        raise TypeError(
            f"{cls.__name__}: tags must be a tuple of texts, got {type(given).__name__}: {given!r}; write "
            'tags = ("app:email", "level:easy")'
        )
    for tag in given:
        text = tag.value if isinstance(tag, Enum) else tag
        if not isinstance(text, str) or not _TAG.fullmatch(text):
            raise TypeError(
                f"{cls.__name__}: a tag must be a text such as 'app:email', of letters, digits and '_', and behind one "
                f"':' also of '.', '+' and '-'; got {text!r}"
            )


def mark_name(tag: str) -> str:
    """Return the name of a tag's mark if marks must be registered: `app_email` for `app:email`."""
    return re.sub(r"\W", "_", tag)


def tags_in_source(directory: Path) -> dict[str, tuple[str, ...] | None]:
    """Return the tags of the scenarios that the modules below `directory` register, by id, without an import.

    `None` stands for tags that are not literal, or that a base class may bring.
    """
    found: dict[str, tuple[str, ...] | None] = {}
    for path in library_modules(directory):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found |= dict.fromkeys(_ids(node), _literal_tags(node))
    return found


def _default(cls: Any) -> Any:
    field = cls.__dataclass_fields__["tags"]
    return field.default if field.default_factory is MISSING else field.default_factory()


def _ids(node: ast.ClassDef) -> Iterator[str]:
    for one in node.decorator_list:
        if isinstance(one, ast.Call) and ast.unparse(one.func).rpartition(".")[2] in ("register_scenario", "register"):
            given = [*one.args, *(keyword.value for keyword in one.keywords)]
            if given and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str):
                yield given[0].value


def _literal_tags(node: ast.ClassDef) -> tuple[str, ...] | None:
    for one in node.body:
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id == "tags" for target in targets):
            try:
                value = ast.literal_eval(one.value)  # type: ignore[attr-defined]
            except ValueError:
                return None
            is_texts = isinstance(value, tuple | list) and all(isinstance(tag, str) for tag in value)
            return tuple(value) if is_texts else None
    return () if [ast.unparse(base) for base in node.bases] == ["PAREScenario"] else None
