"""The errors of a suite, and their messages."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import reduce

from pydantic_core import ErrorDetails

from pytest_pare.base.documents import DocumentError, Location, dotted, is_number, shown
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.settings.keys import KEYS

# Pydantic's type of error -> the message for someone who writes YAML. Other types keep pydantic's message.
_WORDS = {
    "answers_type": "must be a list, a mapping or the path of a file, got {got}",
    "bool_type": "must be true or false, got {got}",
    "dict_type": "must be a mapping, got {got}",
    "finite_number": "must be a finite number, got {got}",
    "float_type": "must be a number, got {got}",
    "greater_than": "must be more than {gt:g}, got {got}",
    "greater_than_equal": "must be at least {ge:g}, got {got}",
    "int_type": "must be a whole number, got {got}",
    "less_than_equal": "must be at most {le:g}, got {got}",
    "list_type": "must be a list, got {got}",
    "literal_error": "must be {expected}, got {got}",
    "missing": "is required",
    "model_type": "must be a mapping, got {got}",
    "reference": "has the reference {reference}, which is not replaced; write its value, or leave the key out and add "
    "--pare-set KEY=VALUE",
    "string_pattern_mismatch": "must be a path, got {got}",
    "string_too_short": "must not be empty",
    "string_type": "must be text, got {got}",
    "too_short": "must not be empty",
    "tuple_type": "must be a list, got {got}",
}


def _base_60(text: str) -> int:
    return reduce(lambda total, digits: total * 60 + int(digits), text.split(":"), 0)


# The text, without its sign, that some version of YAML reads as a number -> the number, why it is text here.
_NUMBERS: tuple[tuple[str, Callable[[str], Decimal | int], str], ...] = (
    (r"0[0-9_]+", Decimal, "a leading zero means octal in YAML 1.1"),
    (r"0o[0-7]+|0x[0-9a-f]+|0b[01]+", lambda text: int(text, 0), "numbers are decimal here"),
    (r"[0-9]+(?::[0-5]?[0-9])+", _base_60, "colons mean base 60 in YAML 1.1"),
    (r"[0-9][0-9_]*(?:\.[0-9_]*)?", Decimal, "a number has no underscores and no leading zeros here"),
    (r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)e[-+]?1?[0-9]", Decimal, "YAML 1.1 reads it as text"),
)


class SettingsError(DocumentError):
    """A suite that cannot be used. The error's text has one line for each problem."""


def number_hint(value: object) -> str:
    """Return a hint at the decimal number for a text that some version of YAML reads as one; else an empty text."""
    if not isinstance(value, str) or is_number(value):
        return ""
    text = value.removeprefix("+").removeprefix("-")
    for pattern, number, why in _NUMBERS:
        if re.fullmatch(pattern, text, re.IGNORECASE):
            return f"; write {'-' * value.startswith('-')}{Decimal(number(text)):f}: {why}"
    return ""


def unknown_key(key: str, keys: Iterable[str] = KEYS) -> str:
    """Return the message for an unknown key, with a suggestion out of `keys`."""
    section, _, name = key.rpartition(".")
    siblings = sorted(known.rpartition(".")[2] for known in keys if known.rpartition(".")[0] == section)
    longer = [known for known in siblings if name in known.split("_")]
    namesakes = sorted(known for known in keys if known.rpartition(".")[2] == name)
    if len(namesakes) > 2:
        namesakes = []  # A name that many sections have, such as `seed`, suggests none of them.
    return f"unknown key{did_you_mean(name, siblings, otherwise=longer or namesakes, show=str)}"


def unknown_run_key(location: Location) -> str:
    """Return the message for an unknown setting of a run, as `unknown_key` does; it suggests settings of runs only.

    Args:
        location: Its location in the settings of a run: those of the section `runner`, with `noise` in them.
    """
    key = dotted(location if location[0] == "noise" else ("runner", *location))
    return unknown_key(key, [known for known in KEYS if known.startswith(("runner.", "noise."))])


def location_of(error: ErrorDetails) -> Location:
    """Return the location of an error; an error of several keys names the one to change."""
    location, keys = error["loc"], error.get("ctx", {}).get("keys", ())
    # The second part of a location in `runs` is the tag of its union.
    return (*location[:1], *location[2:], *keys) if location[:1] == ("runs",) else (*location, *keys)


def describe(error: ErrorDetails) -> str:
    """Return the message of an error of pydantic."""
    if error["type"] == "extra_forbidden":
        return unknown_key(dotted(location_of(error)))
    if error["type"] in _WORDS:
        got = error["input"]
        words = _WORDS[error["type"]].format(got=shown(got), **error.get("ctx", {}))
        if error["type"] == "string_type" and type(got) in (int, float):
            return f"{words}; put it in quotes"
        return words + number_hint(got) if error["type"] in ("float_type", "int_type") else words
    # The key stands in front of the message, and our own errors begin with it.
    return error["msg"].removeprefix(f"{error['loc'][-1]} ") if error["loc"] else error["msg"]
