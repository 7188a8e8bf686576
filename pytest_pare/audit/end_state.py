"""The state of the apps after a run, in a form that does not depend on the order of independent calls."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GENERATED_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Epoch seconds. Every simulation is later than 2001.
_LEAST_TIMESTAMP = 1e9


def end_state(apps: Iterable[Any]) -> Counter[tuple[str, str]]:
    """Return the values in the content of apps with their places, and how often each occurs.

    Positions in lists, generated ids and times are left out: they depend on the order of calls.
    """
    return Counter((path, value) for app in apps for path, value in _leaves(app.get_state(), app.name))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{_masked(key)}")
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from _leaves(item, path)
    else:
        yield path, _masked(value)


def _masked(value: Any) -> str:
    if isinstance(value, int | float) and value > _LEAST_TIMESTAMP:
        return "a time"
    return _GENERATED_ID.sub("an id", str(value))
