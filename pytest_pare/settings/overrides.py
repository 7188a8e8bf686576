"""Values that the command line sets over a suite file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_pare.base.documents import Document, Location, Problem, dotted, parse_yaml, shown
from pytest_pare.engines.answers import left_empty
from pytest_pare.settings.errors import SettingsError, unknown_key
from pytest_pare.settings.keys import FLAG_KEYS, is_key, key_of
from pytest_pare.settings.paths import absolute_paths

# The keys that take a mapping, or a number or false in its place, which a key of the mapping replaces.
_OR_MAPPING = ("runs", "ledger")


@dataclass(frozen=True)
class Override:
    """A value that replaces the suite file's.

    Attributes:
        key: Dotted key, such as `runner.oracle`.
        value: The value, as it would stand in the file.
        source: Where it was set, such as `--pare-runs`.
        base_dir: The directory that paths in the value are relative to; `None` is that of the suite file.

    Raises:
        SettingsError: If there is no such key.
    """

    key: str
    value: object = field(repr=False)
    source: str
    base_dir: Path | None = None

    def __post_init__(self) -> None:
        parts = self.key.split(".")
        for length in range(1, len(parts) + 1):
            key = ".".join(parts[:length])
            if not is_key(key):
                raise SettingsError([Problem(self.source, None, key, unknown_key(key))])

    @property
    def location(self) -> Location:
        """The key in its parts."""
        return tuple(self.key.split("."))


def parse_assignment(assignment: str, source: str, base_dir: Path | None = None) -> Override:
    """Return the override of `KEY=VALUE`, where the value is YAML.

    Args:
        assignment: The text.
        source: The option whose value it is.
        base_dir: The directory that paths in the value are relative to; `None` is that of the suite file.

    Raises:
        SettingsError: If it is no assignment, the key does not exist, or the value is not YAML.
    """
    key, equals, text = assignment.partition("=")
    key = key.strip()
    if not key or not equals:
        message = f"must be KEY=VALUE, such as runner.max_scenario_duration=30, got {shown(assignment)}"
        raise SettingsError([Problem(source, None, "", message)])
    override = Override(key, None, source, base_dir)  # An unknown key is reported before errors in the value.
    document = parse_settings(text, source, override.location)
    if document.problems:
        # Without a line number: the value of an option has a single line.
        raise SettingsError(replace(problem, line=None) for problem in document.problems)
    return replace(override, value=document.data)


def parse_sweep(assignments: Sequence[str], source: str) -> Override:
    """Return the override of `KEY=L1,L2,...`, which may be given several times.

    Raises:
        SettingsError: If one of them has no key.
    """
    sweep: dict[str, list[object]] = {}
    for assignment in assignments:
        key, equals, levels = assignment.partition("=")
        key = key.strip()
        if not key or not equals:
            message = f"must be KEY=L1,L2,..., such as noise.tool_failure_probability=0,0.2, got {shown(assignment)}"
            raise SettingsError([Problem(source, None, "", message)])
        sweep[key] = [_level(text.strip()) for text in levels.split(",")] if levels.strip() else []
    return Override("sweep", sweep, source)


def _level(text: str) -> object:
    if not re.match(r"[-+]?0[0-9]|.*_", text):  # Python reads these differently from YAML.
        for kind in (int, float):
            with suppress(ValueError):
                return kind(text)
    return text


def parse_settings(text: str, source: str, at: Location = ()) -> Document:
    """Return the YAML of a suite, or of a part of one, with its problems.

    Args:
        text: The text.
        source: Its name in messages.
        at: The location of that part in the suite.
    """
    document = parse_yaml(text, source, at, lambda location: key_of(location) in FLAG_KEYS)
    return replace(document, problems=(*document.problems, *_left_empty(document, source)))


def _left_empty(document: Document, source: str) -> Iterator[Problem]:
    """Yield a problem for each empty value where `null` has a meaning: an agent, an argument of a scripted answer."""
    in_answers = dict(left_empty(document))
    for line, location in document.empty:
        key = key_of(location)
        if key == "runner.agent_type":
            yield Problem(source, line, dotted(location), "must be text, got nothing")
        elif key == "runner.agent":
            yield Problem(source, line, dotted(location), "must be a mapping with a command, got nothing")
        elif ".answers." in key.replace("[", ".") and location in in_answers:
            yield Problem(source, line, dotted(location), in_answers[location])


def overridden(data: dict[object, object], overrides: Sequence[Override]) -> dict[object, object]:
    """Return the data of a suite file with overrides in their places; later ones win."""
    for override in overrides:
        value = override.value
        if override.base_dir is not None:
            value = absolute_paths(value, override.base_dir, override.location)
        data = _updated(data, override.location, value)
    return data


def _updated(data: Mapping[object, object], location: Location, value: object) -> dict[object, object]:
    """Return data with another value at a location."""
    first, *rest = location
    if rest:
        inner = data.get(first)
        if first in _OR_MAPPING and not isinstance(inner, dict):
            inner = {}
        if inner is not None and not isinstance(inner, dict):
            return dict(data)  # Validation reports the value of the file as wrong.
        value = _updated(inner or {}, tuple(rest), value)
    return {**data, first: value}
