"""What is wrong with a suite, in words."""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic_core import ErrorDetails

from pytest_pare.settings.models import KEYS

# Where a value stands in a suite: keys, and positions in lists.
Location = tuple[str | int, ...]

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
    "string_pattern_mismatch": "must be a path, got {got}",
    "string_too_short": "must not be empty",
    "string_type": "must be text, got {got}",
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        source: A file, or the command-line option that set the value.
        line: Line of the file, from 1.
        key: The dotted key, or nothing if no key is to blame.
        message: What is wrong with it.
    """

    source: str
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        text = ": ".join(part for part in (place, self.key, self.message) if part)
        return "\\n".join(text.splitlines())


class SettingsError(ValueError):
    """A suite that cannot be used. Its text has one line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        # What comes from a file comes first, in the order of its lines.
        self.problems = sorted(problems, key=lambda problem: (problem.line is None, problem.line or 0))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def dotted(location: Location) -> str:
    """Return a location as it is written in messages: `scenarios.paths[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def shown(value: object) -> str:
    """Return a value as it is written in messages: short, on one line, text in quotes."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    if not text.isprintable():
        # JSON leaves some of the signs as they are that break a line.
        text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def unknown_key(key: str, keys: Iterable[str] = KEYS) -> str:
    """Say that no such key exists, and which one of `keys` may be meant."""
    section, _, name = key.rpartition(".")
    siblings = sorted(known.rpartition(".")[2] for known in keys if known.rpartition(".")[0] == section)
    longer = [known for known in siblings if name in known.split("_")]
    namesakes = sorted(known for known in keys if known.rpartition(".")[2] == name)
    if len(namesakes) > 2:
        namesakes = []  # A name that is everywhere, such as `seed`, tells nothing.
    meant = difflib.get_close_matches(name, siblings, n=1) or longer or namesakes
    return f"unknown key; did you mean {meant[0]}?" if meant else "unknown key"


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
        return _WORDS[error["type"]].format(got=shown(error["input"]), **error.get("ctx", {}))
    # The key is named in front of the message; our own errors begin with it again.
    return error["msg"].removeprefix(f"{error['loc'][-1]} ") if error["loc"] else error["msg"]
