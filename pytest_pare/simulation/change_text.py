"""The text of a change of plain values, as `state_change` makes them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    Entry = tuple[str, str | None, str | None]

# What people recognize an object by, the best first.
_NAMES = (("title",), ("subject",), ("name",), ("folder_name",), ("first_name", "last_name"), ("content",))
_TIME = re.compile(r"time|date|_at$")
# Numbers between 1990 and 2100 are times in epoch seconds.
_TIMES = (631_152_000, 4_102_444_800)
_LABEL_WIDTH = 60
_TEXT_WIDTH = 1000


def entries_of(change: Any) -> list[Entry]:
    """Return the entries of a change: the path, and the texts before and after, `None` for none.

    An object in the path has its title, or what else people recognize it by, and an item of a list its position, from
    1 on. The texts have no secrets, and are cut after 1,000 characters.

    Args:
        change: A change as `change_of` returns it.
    """
    return list(_entries(change, ()))


def label_of(value: Any) -> str | None:
    """Return what people recognize an object by, such as its title; `None` if it is no object, or has none."""
    if not isinstance(value, dict):
        return None
    names = ([value.get(key) for key in keys] for keys in _NAMES)
    texts = (" ".join(" ".join(part for part in parts if isinstance(part, str)).split()) for parts in names)
    return _cut(next(filter(None, texts), ""), _LABEL_WIDTH) or None


def _entries(change: Any, path: tuple[str, ...]) -> Iterator[Entry]:
    if change is None:
        return
    kind = change[0]
    if kind == "{":
        for key, one in change[2].items():
            label = one[1] if one[0] == "{" else label_of(one[1]) if one[0] in "+-" else None
            yield from _entries(one, (*path, label or key))
    elif kind == "[":
        yield from _entries_of_list(change[1], path)
    elif kind == "=":
        yield _path(path), _text(path, change[1]), _text(path, change[2])
    else:
        yield _added(path, change[1]) if kind == "+" else _removed(path, change[1])


def _entries_of_list(steps: list[Any], path: tuple[str, ...]) -> Iterator[Entry]:
    at = 1
    for step in steps:
        if isinstance(step, int):
            at += step
        elif step[0] == "~":
            label = step[1][1] if step[1][0] == "{" else None
            yield from _entries(step[1], (*path, label or str(at)))
            at += 1
        elif step[0] == "+":
            yield from (_added(path, item) for item in step[1])
            at += len(step[1])
        else:
            yield from (_removed(path, item) for item in step[1])


def _added(path: tuple[str, ...], value: Any) -> Entry:
    return _path(path), None, _text(path, value)


def _removed(path: tuple[str, ...], value: Any) -> Entry:
    return _path(path), _text(path, value), None


def _path(path: tuple[str, ...]) -> str:
    return redacted("/".join(path))


def _text(path: tuple[str, ...], value: Any) -> str:
    if not isinstance(value, dict):
        return _cut(_value(path[-1] if path else "", value), _TEXT_WIDTH)
    # The ids of an object say nothing to people.
    shown = {key: one for key, one in value.items() if one not in (None, "", [], {}) and not key.endswith("_id")}
    return _cut(", ".join(f"{key}: {_value(key, one)}" for key, one in (shown or value).items()), _TEXT_WIDTH)


def _value(key: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and _TIME.search(key) and _TIMES[0] <= value < _TIMES[1]:
        return datetime.fromtimestamp(value, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
    return json.dumps(value, ensure_ascii=False)


def _cut(text: str, width: int) -> str:
    # Redacted before the cut: half of a secret would not be recognized later.
    text = redacted(text)
    return text if len(text) <= width else f"{text[: width - 3]}..."
