"""Changes of plain values: what differs between two states of an app, small and as plain values.

A change is `None` if nothing differs, else a list whose first item names its kind:

- `["=", before, after]`: another value
- `["{", label, {key: change}]`: changes in a dictionary; a new entry is `["+", value]`, one that is gone
  `["-", value]`
- `["[", [step, ...]]`: changes in a list, from its begin to its end: a number keeps as many items, `["+", items]` adds
  items, `["-", items]` removes them, and `["~", change]` changes one item

It has the values before as well, so that it can be shown without the state.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from typing import Any

from pytest_pare.base.redaction import redacted, redacted_plain
from pytest_pare.simulation.change_text import entries_of, label_of

__all__ = ["applied", "change_of", "entries_of", "without_secrets"]


def change_of(before: Any, after: Any) -> Any:
    """Return the change from one plain value to another; `None` if they are equal, as Python compares them.

    Args:
        before: A value as JSON holds it.
        after: Another one.
    """
    if before == after:
        return None
    if isinstance(before, dict) and isinstance(after, dict):
        return _of_dict(before, after)
    if isinstance(before, list) and isinstance(after, list):
        return _of_list(before, after)
    return ["=", before, after]


def applied(before: Any, change: Any) -> Any:
    """Return the value after a change.

    Args:
        before: The value before; it stays as it is.
        change: A change from that value, as `change_of` returns it.

    Raises:
        ValueError: If the change is not one of this value.
    """
    if change is None:
        return before
    try:
        return _applied(before, change)
    except (LookupError, TypeError, AttributeError):
        raise ValueError(f"no change of this value: {redacted(repr(change)):.200}") from None


def without_secrets(change: Any, key: str = "") -> Any:
    """Return a change with the secrets in its values redacted, also those that only their key names as such.

    Args:
        change: A change as `change_of` returns it.
        key: The key of the value that changes.
    """
    if change is None:
        return None
    kind = change[0]
    if kind == "{":
        changes = {redacted(name): without_secrets(one, name) for name, one in change[2].items()}
        return ["{", change[1], changes]
    if kind == "[":
        return ["[", [_step_without_secrets(step, key) for step in change[1]]]
    return [kind, *(_redacted(key, value) for value in change[1:])]


def _step_without_secrets(step: Any, key: str) -> Any:
    if isinstance(step, int):
        return step
    return ["~", without_secrets(step[1], key)] if step[0] == "~" else [step[0], _redacted(key, step[1])]


def _redacted(key: str, value: Any) -> Any:
    (found,) = redacted_plain({key: value}).values()
    return found


# -- dictionaries


def _of_dict(before: dict[str, Any], after: dict[str, Any]) -> Any:
    changes: dict[str, Any] = {}
    for key, value in before.items():
        if key not in after:
            changes[key] = ["-", value]
        elif (change := change_of(value, after[key])) is not None:
            changes[key] = change
    for key, value in after.items():
        if key not in before:
            changes[key] = ["+", value]
    return ["{", label_of(after), changes]


def _applied(before: Any, change: Any) -> Any:
    kind = change[0]
    if kind == "=":
        return change[2]
    if kind == "[":
        return _applied_to_list(before, change[1])
    after = {key: value for key, value in before.items() if change[2].get(key, "=")[0] != "-"}
    for key, one in change[2].items():
        if one[0] == "+":
            after[key] = one[1]
        elif one[0] != "-":
            after[key] = _applied(before[key], one)
    return after


# -- lists


def _of_list(before: list[Any], after: list[Any]) -> Any:
    begin = 0
    shorter = min(len(before), len(after))
    while begin < shorter and before[begin] == after[begin]:
        begin += 1
    end = 0
    while end < shorter - begin and before[-1 - end] == after[-1 - end]:
        end += 1
    steps: list[Any] = [begin] if begin else []
    old, new = before[begin : len(before) - end], after[begin : len(after) - end]
    at_old = at_new = 0
    for in_old, in_new in [*_pairs(old, new), (len(old), len(new))]:
        _add_gap(steps, old[at_old:in_old], new[at_new:in_new])
        if in_old < len(old):
            _add_item(steps, old[in_old], new[in_new])
        at_old, at_new = in_old + 1, in_new + 1
    if end:
        _keep(steps, end)
    return ["[", steps]


def _pairs(old: list[Any], new: list[Any]) -> list[tuple[int, int]]:
    """Return the positions of items that are the same object in both lists, in order in both."""
    keys_of_old, keys_of_new = _keys(old), _keys(new)
    position = {key: at for at, key in enumerate(keys_of_old) if key is not None}
    found = [(position[key], at) for at, key in enumerate(keys_of_new) if key in position]
    return _longest_rising(found)


def _keys(items: list[Any]) -> list[str | None]:
    """Return what an item is recognized by: its id, or else all of it; `None` if another item has it as well."""
    keys = [_key(item) for item in items]
    counts = Counter(keys)
    return [key if counts[key] == 1 else None for key in keys]


def _key(item: Any) -> str:
    if isinstance(item, dict):
        for name, value in item.items():
            if (name == "id" or name.endswith("_id")) and isinstance(value, str | int):
                return f"{name}={value!r}"
    return json.dumps(item, sort_keys=True)


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest part of pairs, sorted by their second number, whose first numbers rise as well."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for at, (first, _) in enumerate(pairs):
        place = bisect_left(ends, first)
        before.append(last[place - 1] if place else None)
        ends[place : place + 1], last[place : place + 1] = [first], [at]
    found, at_last = [], last[-1] if last else None
    while at_last is not None:
        found.append(pairs[at_last])
        at_last = before[at_last]
    return found[::-1]


def _add_gap(steps: list[Any], old: list[Any], new: list[Any]) -> None:
    """Add the steps between two items that are in both lists."""
    both = min(len(old), len(new)) if all(isinstance(item, dict | list) for item in [*old, *new]) else 0
    for one, other in zip(old[:both], new[:both], strict=True):
        _add_item(steps, one, other)
    for sign, items in (("-", old[both:]), ("+", new[both:])):
        if items:
            steps.append([sign, items])


def _add_item(steps: list[Any], old: Any, new: Any) -> None:
    change = change_of(old, new)
    if change is None:
        _keep(steps, 1)
    else:
        steps.append(["~", change])


def _keep(steps: list[Any], count: int) -> None:
    if steps and isinstance(steps[-1], int):
        steps[-1] += count
    else:
        steps.append(count)


def _applied_to_list(before: list[Any], steps: list[Any]) -> list[Any]:
    after: list[Any] = []
    at = 0
    for step in steps:
        if isinstance(step, int):
            after += before[at : at + step]
            at += step
        elif step[0] == "+":
            after += step[1]
        elif step[0] == "-":
            at += len(step[1])
        else:
            after.append(_applied(before[at], step[1]))
            at += 1
    return after
