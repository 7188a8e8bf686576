"""Copies of scenarios, apps and events that share no mutable objects with the originals."""

from __future__ import annotations

import copy
import dataclasses
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from are.simulation.apps.app import App
from are.simulation.apps.sandbox_file_system import SandboxLocalFileSystem
from are.simulation.apps.virtual_file_system import VirtualFileSystem
from are.simulation.types import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# The types that need no copy. Most arguments have one of them, and this check is fast.
_ATOMS = frozenset({bool, bytes, float, int, str, type(None)})
# What a class may define to be copied in another way. Not all exist in each version of Python.
_HOOKS_OF_COPIES = (
    "__deepcopy__",
    "__getnewargs__",
    "__getnewargs_ex__",
    "__getstate__",
    "__new__",
    "__reduce__",
    "__reduce_ex__",
    "__setstate__",
)
_IS_PYTHON_CLASS = 1 << 9
# Attributes of ARE's apps that are not part of their content.
_FRAMEWORK = frozenset(
    {"_initial_args", "_initial_kwargs", "_tool_registries", "add_event_callbacks", "rng", "time_manager"}
)


def detached(value: Any, keep: Iterable[Any] = ()) -> Any:
    """Return a deep copy of `value`; `value` itself if it cannot be copied.

    Args:
        value: Anything.
        keep: Objects that are not copied, such as apps.
    """
    return value if type(value) in _ATOMS else _copied(value, {id(one): one for one in keep})


def with_own_arguments(action: Action, keep: Iterable[Any]) -> Action:
    """Return `action` with copies of its arguments; `keep` is as for `detached`."""
    memo = {id(one): one for one in keep}
    own = object.__new__(type(action))
    # Faster than `copy.copy`, and without `__post_init__`.
    vars(own).update(vars(action), args=_each_copied(action.args, memo))
    own.resolved_args = _each_copied(action.resolved_args, memo)
    return own


def fresh_containers(value: Any) -> Any:
    """Return a value with new lists, dictionaries and sets, also inside of each other, and the same other objects."""
    if type(value) is dict:
        return {key: fresh_containers(item) for key, item in value.items()}
    if type(value) in (list, set, tuple):
        return type(value)(map(fresh_containers, value))
    return value


def own_content(apps: Iterable[App], scenario: Any, names: Iterable[str], keep: Iterable[Any]) -> None:
    """Give apps copies of their content, so that no run changes objects of a module that later runs use.

    All content is copied at once, so that objects that two attributes share stay shared. If an object cannot be copied,
    nothing is.

    Args:
        apps: The apps. File systems keep their content.
        scenario: The scenario of the apps, which may refer to their content.
        names: The attributes of the scenario that do; they refer to the copies afterwards.
        keep: As for `detached`.
    """
    holders = [app for app in apps if not isinstance(app, SandboxLocalFileSystem | VirtualFileSystem)]
    contents = [{name: value for name, value in vars(app).items() if name not in _FRAMEWORK} for app in holders]
    references = {name: vars(scenario)[name] for name in names}
    used = [value for held in (*contents, references) for value in held.values() if isinstance(value, App)]
    memo = {id(one): one for one in (*apps, *used, *keep)}
    try:
        copied = _deepcopy(contents, memo)
    except Exception:  # noqa: BLE001 - an object may raise anything when it is copied
        return
    for app, content in zip(holders, copied, strict=True):
        vars(app).update(content)
    vars(scenario).update({name: _copied(value, memo) for name, value in references.items()})


def _deepcopy(value: Any, memo: dict[int, Any]) -> Any:
    """Return what `copy.deepcopy` returns, faster for the content of apps: lists, dictionaries and dataclasses."""
    cls: Any = type(value)
    if cls in _ATOMS:
        return value
    if (known := memo.get(id(value), memo)) is not memo:
        return known
    if cls is list:
        items: list[Any] = []
        memo[id(value)] = items
        items.extend(_deepcopy(item, memo) for item in value)
        return items
    if cls is dict:
        entries: dict[Any, Any] = {}
        memo[id(value)] = entries
        for key, item in value.items():
            entries[_deepcopy(key, memo)] = _deepcopy(item, memo)
        return entries
    if not _is_plain(cls):
        return copy.deepcopy(value, memo)
    own = memo[id(value)] = object.__new__(cls)
    own.__dict__.update({name: _deepcopy(item, memo) for name, item in value.__dict__.items()})
    return own


@lru_cache(maxsize=1024)
def _is_plain(cls: type) -> bool:
    """Tell whether a class is a dataclass whose instances are copied by copying their `__dict__`."""
    return (
        dataclasses.is_dataclass(cls)
        and all(getattr(cls, name, None) is getattr(object, name, None) for name in _HOOKS_OF_COPIES)
        and all(base.__flags__ & _IS_PYTHON_CLASS and not vars(base).get("__slots__") for base in cls.__mro__[:-1])
    )


def _each_copied(arguments: dict[str, Any], memo: dict[int, Any]) -> dict[str, Any]:
    return {name: value if type(value) in _ATOMS else _copied(value, memo) for name, value in arguments.items()}


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    try:
        return _deepcopy(value, memo)
    except Exception:  # noqa: BLE001 - an object may raise anything when it is copied
        return value


def install(in_world: Callable[[], bool]) -> None:
    """Make the event log hold copies of a call's arguments, unless `in_world()` is false.

    The call itself gets the originals, and may change them.
    """
    original = Action.__post_init__

    def note_copies(self: Action) -> None:
        original(self)
        # Without an environment, the calls of an app are not logged.
        if getattr(self.app, "add_event_callbacks", None) and in_world():
            self.args = _each_copied(self.args, {id(self.app): self.app})

    Action.__post_init__ = note_copies
