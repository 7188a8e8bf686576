"""The source of a scenario: its module, and the hash of that and of the user's modules that it imports.

Imports are searched in the text, also those inside of functions, so the hash is the same in each process. A syntax tree
would take as long as a run.
"""

from __future__ import annotations

import hashlib
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_pare.base.user_frames import is_users

if TYPE_CHECKING:
    from collections.abc import Iterator

# A statement begins a line, or follows another one on it.
_IMPORT = re.compile(r"(?:^|[;:])[ \t]*import[ \t]+(?P<names>[^\n#;]+)", re.MULTILINE)
_FROM = re.compile(
    r"(?:^|[;:])[ \t]*from[ \t]+(?P<dots>\.*)(?P<base>[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#;]+)",
    re.MULTILINE,
)
_CALL = re.compile(r"\b(?:import_module|__import__)\(\s*[\"'](?P<name>[\w.]+)[\"']")
_CONTINUED = re.compile(r"\\\r?\n")
# Possessive, so that brackets that are not closed take linear time. Another import in them is a statement of its own.
_BRACKETS = re.compile(r"import(?:_module|__)?[ \t]*\((?:(?!\bimport\b)[^)#]|#[^\n]*+)*+\)")
_COMMENT = re.compile(r"#[^\n]*")
_WORD = re.compile(r"[\w.]+")
_CLASS = re.compile(r"\nclass[ \t]+(\w+)")

# Nothing of Python's own, or of this package, is the user's. pytest-xdist copies pytest into other checkouts.
_NOT_USERS = sys.stdlib_module_names | {"pytest_pare", "are", "pare", "pytest", "_pytest"}


@cache
def source_hash(path: Path, library: Path) -> str:
    """Return 16 hex digits that are equal for equal sources, wherever the library is.

    Args:
        path: The module of a scenario.
        library: The directory of its library.
    """
    digest = hashlib.sha256()
    for name, content in source_hashes(path, library).items():
        digest.update(f"{name}:{content}\n".encode())
    return digest.hexdigest()[:16]


@cache
def source_hashes(path: Path, library: Path) -> dict[str, str]:
    """Return the hash of a scenario's module, under an empty name, and of each of the user's modules that it imports.

    Modules of installed packages other than the library are left out: a session records their versions.

    Args:
        path: The module of a scenario.
        library: The directory of its library.
    """
    found = {"": path, **modules_of(path, library)}
    return {name: _content_hash(found[name]) for name in sorted(found)}


def modules_of(path: Path, library: Path) -> dict[str, Path]:
    """Return the user's modules that a module imports, and those that they import, by name.

    Args:
        path: The module.
        library: The directory of its library.
    """
    found: dict[str, Path] = {}
    pending = [("", path)]
    for name, file in pending:
        for imported in _imported(file, name):
            where = module_file(imported, library)
            if where is not None and imported not in found and where != path:
                found[imported] = where
                pending.append((imported, where))
    return found


def forget_files() -> None:
    """Forget what was read: files may have changed since, in a process with several sessions."""
    for cached in (source_hash, source_hashes, _text, _content_hash, _imported, module_file):
        cached.cache_clear()


def class_line(cls: type, path: Path) -> int:
    """Return the line of a class in its module; 1 if its name does not stand there."""
    text = "\n" + _text(path)
    return next((1 + text.count("\n", 0, f.start()) for f in _CLASS.finditer(text) if f[1] == cls.__name__), 1)


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


@cache
def _content_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _imported(path: Path, name: str) -> tuple[str, ...]:
    """Return the names of the user's modules that a module may import, each with the packages around it."""
    package = (name if path.name == "__init__.py" else name.rpartition(".")[0]).split(".")
    names = [full for full in _names(_text(path), package) if full.partition(".")[0] not in _NOT_USERS]
    return tuple(dict.fromkeys(part for full in names for part in _with_packages(full)))


def _names(text: str, package: list[str]) -> Iterator[str]:
    text = _imports(text)
    for call in _CALL.finditer(text):
        yield call["name"]
    for statement in _IMPORT.finditer(text):
        for one in statement["names"].split(","):
            if word := _WORD.search(one):
                yield word[0]
    for statement in _FROM.finditer(text):
        dots = len(statement["dots"])
        above = package[: len(package) - dots + 1] if dots else []
        base = ".".join(filter(None, (*above, statement["base"])))
        yield base
        for one in statement["names"].strip("()").split(","):
            if word := _WORD.search(one):
                yield f"{base}.{word[0]}"


def _imports(text: str) -> str:
    """Return the lines that may import something, with each statement on one line."""
    text = _BRACKETS.sub(lambda found: _COMMENT.sub("", found[0]).replace("\n", " "), _CONTINUED.sub(" ", text))
    return "\n".join(line for line in text.split("\n") if "import" in line)


def _with_packages(name: str) -> Iterator[str]:
    # A package's `__init__` is imported before its modules.
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        if all(parts[:end]):
            yield ".".join(parts[:end])


@cache
def module_file(name: str, library: Path) -> Path | None:
    """Return the file of a module that belongs to the library or is the user's; `None` for any other."""
    if name.partition(".")[0] in _NOT_USERS:
        return None
    # A module of the library is found first.
    for root in (library, library.parent, *map(Path, filter(None, sys.path))):
        base = root.joinpath(*name.split("."))
        for file in (base / "__init__.py", base.parent / f"{base.name}.py"):
            if file.is_file():
                return file if file.is_relative_to(library) or is_users(str(file)) else None
    return None
