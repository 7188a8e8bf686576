"""Compares what two sides do and say: whether two writes are the same work, and two texts have the same words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

SIMILAR: Final = 0.5
"""The least similarity of two texts about the same matter."""

Write = tuple[str, str, Mapping[str, Any]]
"""App, function and arguments of a write."""

# The sort of a write, by the words in the name of its function; others add something.
_SORTS: Final = {
    "remove": ("delete", "remove", "unsave", "cancel", "discard"),
    "change": ("edit", "update", "set", "move", "rename"),
    "send": ("send", "reply", "forward"),
}
_ADD: Final = "add"
# The user saves what is new and what has changed with the same button.
_SAVES: Final = "save"
_WORD: Final = re.compile(r"[^\W_]+(?:[.:]\d+)*")
_SHORTEST: Final = 4


def is_same_work(one: Write, other: Write) -> bool:
    """Return whether two writes are in one app and of one sort, and share a word if both have words."""
    (app, function, arguments), (other_app, other_function, other_arguments) = one, other
    if app != other_app or not _sorts(function) & _sorts(other_function):
        return False
    mine, others = words(arguments), words(other_arguments)
    return not mine or not others or bool(mine & others)


def _sorts(function: str) -> frozenset[str]:
    parts = function.split("_")
    for sort, names in _SORTS.items():
        if any(name in parts for name in names):
            return frozenset({sort})
    return frozenset({_ADD, "change"} if _SAVES in parts else {_ADD})


def words(value: object) -> set[str]:
    """Return the words of all texts in a value: those of at least four letters, and those with a digit."""
    if isinstance(value, Mapping):
        return {word for one in value.values() for word in words(one)}
    if isinstance(value, list | tuple):
        return {word for one in value for word in words(one)}
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return set()
    found = _WORD.findall(str(value).casefold())
    return {word for word in found if len(word) >= _SHORTEST or any(char.isdigit() for char in word)}


def similarity(text: str, other: str) -> float:
    """Return the share of the words of a text that another text has, 0.0 to 1.0.

    It is 0.0 if both texts have numbers, and none in common: a table at 7 is not one at 8.
    """
    mine, others = words(text), words(other)
    if not mine:
        return float(text.strip().casefold() == other.strip().casefold())
    numbers, other_numbers = ({word for word in found if word[0].isdigit()} for found in (mine, others))
    if numbers and other_numbers and not numbers & other_numbers:
        return 0.0
    return len(mine & others) / len(mine)
