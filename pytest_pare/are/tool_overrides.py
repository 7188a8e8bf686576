"""Adds the missing decorators of tools to the methods that override them.

ARE finds tools by their decorators, in a class and its bases. It skips an override without decorators, so that the
agent would get the method of the base class.
"""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, get_type_hints

from are.simulation.types import disable_events, event_registered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from are.simulation.tool_utils import AppTool

_DECORATORS = {
    "_is_app_tool": "@app_tool()",
    "_is_env_tool": "@env_tool()",
    "_is_data_tool": "@data_tool()",
    "_is_user_tool": "@user_tool()",
    "__event_registered__": "@event_registered()",
}
"""ARE's decorators, by the attribute that each sets on a method."""

EVENT_DECORATOR = "__event_decorator__"
"""Attribute of a method: the decorator that registers its calls as events, if that is not ARE's."""


OVERRIDDEN = "__overridden__"
"""Attribute of a method: the method that it replaces, whose place it has in the list of tools."""


def in_order(cls: type, tools: list[AppTool]) -> list[AppTool]:
    """Return the tools of an app in the order of its classes; a method that replaces another has its place."""
    methods = (method for base in cls.__mro__ for method in vars(base).values() if inspect.isfunction(method))
    places = {method: place for place, method in enumerate(methods)}

    def place(tool: AppTool) -> int:
        method = tool.function
        while hasattr(method, OVERRIDDEN):
            method = getattr(method, OVERRIDDEN)
        return places.get(method, len(places))

    return sorted(tools, key=place)


def inherit_decorators(cls: type) -> None:
    """Give each method of a class that overrides a tool the decorators that it lacks.

    Calls that the method makes itself, of `super()` for example, are no events of their own. An argument without a type
    and a method without a docstring get those of the overridden method; a method with `*args` or `**kwargs` gets the
    descriptions of the overridden method's arguments.
    """
    for name, missing in list(_undecorated(cls)):
        override = inspect.getattr_static(cls, name)
        if inspect.isfunction(override):
            setattr(cls, name, _decorated(override, missing))


def ignored_overrides(app: object) -> list[str]:
    """Return a sentence for each attribute of an app or its screens that hides a tool and cannot be one.

    An app that has only ARE's base classes inherits its decorators here.
    """
    cls = type(app)
    if cls not in _ignored:
        inherit_decorators(cls)
        names = {name for base in cls.__mro__ for name in vars(base) if _missing_marks(getattr(cls, name, None), None)}
        _ignored[cls] = (
            names,
            [
                f"{owner.__name__}.{name} overrides a tool without {_names(missing)}, so it would not be used; "
                "make it a method with these decorators"
                for owner in (cls, *getattr(cls, "transitions", ()))
                for name, missing in _undecorated(owner)
            ],
        )
    tools, of_class = _ignored[cls]
    on_instance = [
        f"{cls.__name__}.{name} is overridden on the instance without {_names(lost)}, so it would not be used; "
        "override it in a subclass"
        for name, value in vars(app).items()
        if name in tools and (lost := _missing_marks(getattr(cls, name), value))
    ]
    return of_class + on_instance


_ignored: dict[type, tuple[set[str], list[str]]] = {}
"""By class, kept for the next runs of a scenario: the names of its tools, and its ignored overrides."""


def _missing_marks(tool: object, override: object) -> list[str]:
    return [mark for mark in _DECORATORS if hasattr(tool, mark) and not hasattr(override, mark)]


def _names(marks: Iterable[str]) -> str:
    return " and ".join(_DECORATORS[mark] for mark in marks)


def _undecorated(cls: type) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each method that overrides a tool without all of its decorators: its name, and the tool by missing mark."""
    marked: dict[str, dict[str, Any]] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if name in marked or (inspect.isfunction(value) and not _DECORATORS.keys().isdisjoint(vars(value))):
                marks = {mark: value for mark in _DECORATORS if hasattr(value, mark)}
                marked[name] = marked.get(name, {}) | marks
    for name, tools in marked.items():
        missing = {mark: tool for mark, tool in tools.items() if not hasattr(getattr(cls, name), mark)}
        if missing:
            yield name, missing


def _decorated(override: Callable[..., Any], missing: dict[str, Any]) -> Callable[..., Any]:
    registered = missing.pop("__event_registered__", None)
    original = registered or next(iter(missing.values()))
    signature, kinds = (
        inspect.signature(override),
        {one.kind for one in inspect.signature(override).parameters.values()},
    )
    takes_any = not kinds.isdisjoint({inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD})
    if takes_any:
        # The description of the tool and the log use these arguments.
        signature = inspect.signature(original)

    @wraps(override)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if takes_any and inspect.Parameter.VAR_KEYWORD not in kinds:
            bound = signature.bind(self, *args, **kwargs)
            bound.apply_defaults()
            (_, *args), kwargs = bound.args, bound.kwargs  # type: ignore[assignment]
        # An override that registers its own calls also decides whether calls inside of it are events.
        with nullcontext() if registered is None else disable_events():
            return override(self, *args, **kwargs)

    vars(method).update({"__signature__": signature, OVERRIDDEN: original})
    typed = {name: hint for name, hint in _type_hints(original).items() if name in {*signature.parameters, "return"}}
    method.__annotations__ = {**typed, **override.__annotations__}
    # An example of a call may have arguments that the override does not take.
    is_alike = signature.parameters.keys() >= inspect.signature(original).parameters.keys()
    inherited = original.__doc__ if is_alike else (original.__doc__ or "").partition(":example:")[0]
    method.__doc__ = override.__doc__ or inherited
    decorated: Callable[..., Any] = method if registered is None else _event_decorator(registered)(method)
    for mark, tool in missing.items():
        setattr(decorated, mark, True)
        vars(decorated).setdefault("llm_formatter", getattr(tool, "llm_formatter", None))
    return decorated


def _type_hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except NameError:
        # A type that is imported only for type checkers.
        return {}


def _event_decorator(registered: Any) -> Callable[..., Any]:
    """Return the decorator that registers the calls of a method."""
    own: Callable[..., Any] | None = getattr(registered, EVENT_DECORATOR, None)
    if own is not None:
        return own
    decorator: Callable[..., Any] = event_registered(registered.__operation_type__, _event_type(registered))
    return decorator


def _event_type(registered: Any) -> Any:
    """Return the event type of a method's calls. ARE keeps it only in the decorator's closure."""
    while "event_type" not in (kept := inspect.getclosurevars(registered).nonlocals):
        registered = registered.__wrapped__
    return kept["event_type"]
