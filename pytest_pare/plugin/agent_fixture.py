"""Finds the file that overrides the fixture `proactive_agent`, for the header.

The header is printed before pytest loads the `conftest.py` files of deeper directories, so their text is searched.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from pytest_pare.base.user_frames import shown
from pytest_pare.plugin import fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

_NAME = "proactive_agent"
_DEFINITION = re.compile(rf"^def {_NAME}\b|^@pytest\.fixture\(.*\bname=[\"']{_NAME}[\"']", re.MULTILINE)


def overriding_file(config: pytest.Config, suite_path: Path) -> Path | None:
    """Return the file with the fixture that replaces `runner.agent_type` for a suite; `None` if there is none.

    Args:
        config: The session's configuration, before the collection.
        suite_path: The suite file.
    """
    found = list(_plugins(config, suite_path))
    if not config.getoption("noconftest"):
        loaded = {path for path, _ in found}
        directories = [one for one in suite_path.parents if one.is_relative_to(config.rootpath)]
        # Pytest loads the conftest.py of a directory that no argument names only when it collects the directory.
        waiting = [path for one in directories if (path := one / "conftest.py") not in loaded]
        found += [(path, _defines(path)) for path in waiting if path.is_file()]
    overriding = [path for path, overrides in found if overrides]
    # A conftest.py wins over plugins, and the nearest one over those above it.
    nearest = max(overriding, key=lambda one: (one.name == "conftest.py", len(one.parts)), default=None)
    return None if nearest is None else shown(nearest)


def _plugins(config: pytest.Config, suite_path: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the files of the loaded plugins that apply to a suite, and whether each overrides the fixture."""
    own = getattr(fixtures, _NAME)
    for plugin in config.pluginmanager.get_plugins():
        file = getattr(plugin, "__file__", None)
        if not isinstance(plugin, ModuleType) or file is None:
            continue
        path = Path(file)
        if path.name != "conftest.py" or suite_path.is_relative_to(path.parent):
            yield path, any(_is_named(one) and one is not own for one in list(vars(plugin).values()))


def _is_named(value: object) -> bool:
    # Pytest does not export the class.
    return type(value).__name__ == "FixtureFunctionDefinition" and getattr(value, "name", None) == _NAME


def _defines(path: Path) -> bool:
    return bool(_DEFINITION.search(path.read_text(encoding="utf-8", errors="replace")))
