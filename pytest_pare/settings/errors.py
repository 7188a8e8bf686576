"""What is wrong with a suite, in words."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import reduce

from pydantic_core import ErrorDetails

from pytest_pare.base.documents import DocumentError, Location, dotted, is_number, shown
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.settings.models import KEYS

# Pydantic's type of error -> what it means to someone who writes YAML. Others speak for themselves.
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
}


def _base_60(text: str) -> int:
    return reduce(lambda total, digits: total * 60 + int(digits), text.split(":"), 0)


# What some version of YAML reads as a number, without its sign -> the number, and why it is not read as one here.
_NUMBERS: tuple[tuple[str, Callable[[str], Decimal | int], str], ...] = (
    (r"0[0-9_]+", Decimal, "a leading zero means octal in YAML 1.1"),
    (r"0o[0-7]+|0x[0-9a-f]+|0b[01]+", lambda text: int(text, 0), "numbers are decimal here"),
    (r"[0-9]+(?::[0-5]?[0-9])+", _base_60, "colons mean base 60 in YAML 1.1"),
    (r"[0-9][0-9_]*(?:\.[0-9_]*)?", Decimal, "a number has no underscores and no leading zeros here"),
    (r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)e[-+]?1?[0-9]", Decimal, "YAML 1.1 reads it as text"),
)


class SettingsError(DocumentError):
    """A suite that cannot be used. Its text has one line for each problem."""


def number_hint(value: object) -> str:
    """Return what to write for a text that some version of YAML reads as a number; nothing for any other value."""
    if not isinstance(value, str) or is_number(value):
        return ""
    text = value.removeprefix("+").removeprefix("-")
    for pattern, number, why in _NUMBERS:
        if re.fullmatch(pattern, text, re.IGNORECASE):
            return f"; write {'-' * value.startswith('-')}{Decimal(number(text)):f}: {why}"
    return ""


def unknown_key(key: str, keys: Iterable[str] = KEYS) -> str:
    """Say that no such key exists, and which one of `keys` may be meant."""
    section, _, name = key.rpartition(".")
    siblings = sorted(known.rpartition(".")[2] for known in keys if known.rpartition(".")[0] == section)
    longer = [known for known in siblings if name in known.split("_")]
    namesakes = sorted(known for known in keys if known.rpartition(".")[2] == name)
    if len(namesakes) > 2:
        namesakes = []  # A name that is everywhere, such as `seed`, tells nothing.
    return f"unknown key{did_you_mean(name, siblings, otherwise=longer or namesakes, show=str)}"


def unknown_run_key(location: Location) -> str:
    """Say that a run takes no such setting, as `unknown_key` does: only what a run takes may be meant.

    Args:
        location: Where it stands in the settings of a run: in the section `runner`, with `noise` in it.
    """
    key = dotted(location if location[0] == "noise" else ("runner", *location))
    return unknown_key(key, [known for known in KEYS if known.startswith(("runner.", "noise."))])


def location_of(error: ErrorDetails) -> Location:
    """Return where pydantic found something; what is wrong with keys together says which of them is to be changed."""
    return (*error["loc"], *error.get("ctx", {}).get("keys", ()))


def describe(error: ErrorDetails) -> str:
    """Say in plain words what pydantic found."""
    if error["type"] == "extra_forbidden":
        return unknown_key(dotted(location_of(error)))
    if error["type"] in _WORDS:
        words = _WORDS[error["type"]].format(got=shown(error["input"]), **error.get("ctx", {}))
        return words + number_hint(error["input"]) if error["type"] in ("float_type", "int_type") else words
    # The key is named in front of the message; our own errors begin with it again.
    return error["msg"].removeprefix(f"{error['loc'][-1]} ") if error["loc"] else error["msg"]
