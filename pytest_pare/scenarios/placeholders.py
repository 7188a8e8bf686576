"""Placeholders in arguments of events: `{{id}}` is the result of the event with that id.

A path leads into the result: `{{id.name}}` is an entry of a dictionary or an attribute of an object,
`{{id.0}}` an item of a list. A placeholder may stand anywhere: it may be the whole argument or a part of a text, in a
list or a dictionary, at any depth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.scenarios.errors import ScenarioDefect

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from are.simulation.types import Action, EventMetadata

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")

_WITHOUT = (type(None), bool, int, float)


class Placeholder(NamedTuple):
    """A placeholder in an argument.

    Attributes:
        path: The text between the braces.
        is_whole: Whether the text is only the placeholder, which then stands for the object itself.
    """

    path: str
    is_whole: bool

    def event_id(self, known: Collection[str]) -> str | None:
        """Return the shortest of the known ids that the path begins with, or `None`."""
        parts = self.path.split(".")
        ids = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
        return next((one for one in ids if one in known), None)


def placeholders(value: Any) -> Iterator[Placeholder]:
    """Yield the placeholders in an argument."""
    if isinstance(value, str):
        if "{{" not in value:
            return
        is_whole = _PLACEHOLDER.fullmatch(value.strip()) is not None
        yield from (Placeholder(match[1], is_whole) for match in _PLACEHOLDER.finditer(value))
    elif isinstance(value, list | tuple | dict):
        for item in value.items() if isinstance(value, dict) else value:
            yield from placeholders(item)


def placeholders_of(action: Action) -> list[Placeholder]:
    """Return the placeholders in all arguments of an event's action."""
    found: list[Placeholder] = []
    for name, value in action.args.items():
        # Most arguments are texts without one.
        if name != "self" and ("{{" in value if type(value) is str else type(value) not in _WITHOUT):
            found += placeholders(value)
    return found


def results_of(past_events: Iterable[Any]) -> dict[str, EventMetadata]:
    """Return what holds the results of events, by their ids; of several with one id, of the first that has not failed.

    Args:
        past_events: The events, each with its `event_id` and `metadata`.
    """
    results: dict[str, EventMetadata] = {}
    for event in past_events:
        if event.metadata.exception is None:
            results.setdefault(event.event_id, event.metadata)
    return results


def resolve(
    action: Action, results: Callable[[], Mapping[str, EventMetadata]], script_ids: Collection[str]
) -> list[str]:
    """Set the `resolved_args` of an event's action: its arguments with the values of their placeholders.

    An argument stays as it is if its placeholder names an event that has failed or has not happened. So does a part of
    a text that only looks like a placeholder, because no event of the script has that id.

    Args:
        action: The action.
        results: Returns the results of the events that have happened, by their ids; called if there is a placeholder.
        script_ids: The ids of all events of the script.

    Returns:
        A sentence for each argument with a placeholder for an event that has not happened.

    Raises:
        ScenarioDefect: If a placeholder names a part that the result of its event does not have.
    """
    if not placeholders_of(action):
        action.resolved_args.update(action.args)
        return []
    look_up = partial(_look_up, returned=results(), script_ids=script_ids)
    unknown: list[str] = []
    for name, value in action.args.items():
        try:
            action.resolved_args[name] = value if name == "self" else _with_values(value, look_up)
        except _NotHappenedError as error:
            action.resolved_args[name] = value
            unknown.append(f"argument {name}: {error}")
        except ScenarioDefect as defect:
            raise ScenarioDefect(f"argument {name}: {defect}") from None
    return unknown


def _look_up(one: Placeholder, returned: Mapping[str, EventMetadata], script_ids: Collection[str]) -> Any:
    event_id = one.event_id(returned)
    if event_id is None:
        if not one.is_whole and one.event_id(script_ids) is None:
            raise _NoPlaceholderError
        raise _NotHappenedError(
            f"{{{{{one.path}}}}} names no event that has happened; set the event's id with with_id() and depend on it"
        )
    found = returned[event_id].return_value
    for part in filter(None, one.path[len(event_id) + 1 :].split(".")):
        found = _part(found, part, one)
    if found is None and not one.is_whole:
        raise ScenarioDefect(f"{{{{{one.path}}}}} is part of a text, but the result of {event_id} is None there")
    return found


class _NotHappenedError(Exception):
    """A placeholder names an event that has not happened, or has failed."""


class _NoPlaceholderError(Exception):
    """A part of a text only looks like a placeholder."""


def _with_values(value: Any, look_up: Callable[[Placeholder], Any]) -> Any:
    if isinstance(value, str):
        if whole := _PLACEHOLDER.fullmatch(value.strip()):
            return look_up(Placeholder(whole[1], is_whole=True))

        def put_in(match: re.Match[str]) -> str:
            try:
                return str(look_up(Placeholder(match[1], is_whole=False)))
            except _NoPlaceholderError:
                return match[0]

        return _PLACEHOLDER.sub(put_in, value)
    if type(value) in (list, tuple):
        return type(value)(_with_values(item, look_up) for item in value)
    if type(value) is dict:
        return {_with_values(key, look_up): _with_values(item, look_up) for key, item in value.items()}
    return value


def _part(value: Any, name: str, one: Placeholder) -> Any:
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
    elif isinstance(value, list | tuple) and name.isdecimal():
        if int(name) < len(value):
            return value[int(name)]
    elif not name.startswith("_") and hasattr(value, name) and not callable(getattr(value, name)):
        return getattr(value, name)
    raise ScenarioDefect(f"{{{{{one.path}}}}}: no {name!r} in the result, {_contents(value)}")


def _contents(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"a dictionary with {', '.join(map(str, value)) or 'nothing in it'}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    names = [name for name in getattr(value, "__dict__", {}) if not name.startswith("_")]
    return f"of type {type(value).__name__}" + (f" with {', '.join(names)}" if names else "")
