"""Reads a library without importing it: directory, modules and registered ids."""

from __future__ import annotations

import re
from pathlib import Path

SCENARIO_ENTRY_POINT_GROUP = "pare.scenarios"
"""The group of the entry points that register scenarios of other distributions."""

BUNDLED_SPLITS = ("smoke", "core", "full")
"""The names of the splits of the bundled library."""

# It begins with a literal text, which is found faster than the begin of each line.
_REGISTERED = re.compile(r"""\n@(?:\w+\.)*register(?:_scenario)?\(\s*(?:scenario_id\s*=\s*)?(["'])(?P<id>.+?)\1""")


def bundled_library_dir() -> Path:
    """Return the directory of the bundled library.

    It is inside the installed package, or beside it in a source checkout and in an editable install.
    """
    package = Path(__file__).resolve().parents[1]
    installed = package / "bundled_scenarios"
    return installed if installed.is_dir() else package.parent / "scenarios"


def bundled_split(name: str) -> Path:
    """Return the file of a bundled split, one of `BUNDLED_SPLITS`."""
    return bundled_library_dir() / "splits" / f"{name}.txt"


def library_modules(directory: Path) -> list[Path]:
    """Return the scenario modules below `directory`, sorted.

    Files and directories whose names begin with `_`, `.` or `test_` are left out, and so is `conftest.py`.
    """
    return sorted(
        path
        for path in directory.rglob("*.py")
        if path.name != "conftest.py"
        and not any(part.startswith(("_", ".", "test_")) for part in path.relative_to(directory).parts)
    )


def taken_for_tests(directory: Path) -> list[Path]:
    """Return the modules below `directory` that are left out because a name begins with `test_`."""
    return sorted(
        path
        for path in directory.rglob("*.py")
        if any(part.startswith("test_") for part in path.relative_to(directory).parts)
        and not any(part.startswith(("_", ".")) for part in path.relative_to(directory).parts)
    )


def ids_in_source(directory: Path) -> list[str]:
    """Return the ids that the modules below `directory` register by a decorator with a literal id, in source order.

    It reads only the text, so that the xdist controller need not import ARE.
    """
    return [
        match["id"]
        for path in library_modules(directory)
        for match in _REGISTERED.finditer("\n" + path.read_text(encoding="utf-8", errors="replace"))
    ]
