"""Values of the same kind that exist in a world, such as the ids of other contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DEPTH = 6
# Attributes of ARE's apps that are not part of their content.
_FRAMEWORK = frozenset(
    {
        *("_initial_args", "_initial_kwargs", "_tool_registries", "add_event_callbacks", "rng", "time_manager"),
        *("navigation_stack", "internal_fs"),
    }
)


def others_like(value: Any, apps: Iterable[Any]) -> list[Any]:
    """Return the values in the apps' content that stand where `value` stands: keys, attributes or members beside it.

    Args:
        value: A value that occurs in the content, such as an id.
        apps: The apps, those to be searched first at the beginning.
    """
    found: dict[Any, None] = {}
    for app in apps:
        places = list(_places(app))
        for siblings in places:
            if any(type(one) is type(value) and one == value for one in siblings):
                found |= dict.fromkeys(one for one in siblings if type(one) is type(value) and one != value)
    return list(found)


def named_values(name: str, app: Any) -> list[Any]:
    """Return the values of the attributes called `name` of all objects in the content of an app."""
    found: dict[Any, None] = {}
    for one in objects_in(app):
        value = vars(one).get(name) if hasattr(one, "__dict__") else None
        if isinstance(value, str | int):
            found[value] = None
    return list(found)


def _places(app: Any) -> Iterator[list[Any]]:
    """Yield groups of values of one kind: keys of a dictionary, members of a list, equal attributes of a class."""
    by_attribute: dict[tuple[str, str], list[Any]] = {}
    for one in objects_in(app):
        if isinstance(one, dict):
            yield list(one)
            yield [value for value in one.values() if isinstance(value, str | int)]
        elif isinstance(one, list | tuple | set):
            yield [value for value in one if isinstance(value, str | int)]
        else:
            for name, value in vars(one).items():
                values = by_attribute.setdefault((type(one).__name__, name), [])
                if isinstance(value, str | int | float):
                    values.append(value)
                elif isinstance(value, list):
                    values += [item for item in value if isinstance(item, str)]
    yield from by_attribute.values()


def objects_in(app: Any) -> Iterator[Any]:
    """Yield the containers and objects in the content of an app."""
    seen: set[int] = set()
    left: list[tuple[Any, int]] = [
        (value, 0) for name, value in vars(app).items() if name not in _FRAMEWORK and not callable(value)
    ]
    left.reverse()
    while left:
        one, depth = left.pop()
        if id(one) in seen or depth > _DEPTH or isinstance(one, str | bytes | int | float | bool | type(None) | type):
            continue
        seen.add(id(one))
        if isinstance(one, dict):
            yield one
            left += [(value, depth + 1) for value in reversed(list(one.values()))]
        elif isinstance(one, list | tuple | set):
            yield one
            left += [(value, depth + 1) for value in reversed(list(one))]
        elif hasattr(one, "__dict__") and one is not app:
            yield one
            left += [(value, depth + 1) for value in reversed(list(vars(one).values()))]
