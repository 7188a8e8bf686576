"""The class of scenario classes: each of them is a dataclass, as in ARE."""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

from are.simulation.scenarios.scenario import AutoDataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = "__dataclass_fields__"
"""The attribute of a dataclass with its fields, by name."""


class ScenarioClass(AutoDataclass):
    """Makes each scenario class a dataclass, as ARE does.

    Most scenarios extend `PAREScenario` and set other defaults of its fields, nothing more. Such a class inherits
    `__repr__` and `__eq__`, and its `__init__` is a copy with those defaults. They do the same as methods of its own,
    whose making takes most of the time of loading a library.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        """Create a scenario class, with the arguments of `type`."""
        made: Any = type.__new__(cls, name, bases, namespace)
        # A class in between may have methods of its own, which a dataclass does not inherit.
        is_direct = len(bases) == 1 and isinstance(bases[0], cls) and not isinstance(bases[0].__base__, cls)
        if not is_direct or not _sets_only_defaults(vars(made), vars(bases[0]).get(FIELDS, {})):
            return dataclass(made)
        if "__init__" not in namespace:
            made.__init__ = _with_defaults(vars(bases[0])["__init__"], made)
        return dataclass(init=False, repr=False, eq=False)(made)


def _sets_only_defaults(body: Mapping[str, Any], known: Mapping[str, Field[Any]]) -> bool:
    if any(isinstance(value, Field) for value in body.values()):
        return False
    types = body.get("__annotations__", {}).items()
    return all(n in known and known[n].type == kind and known[n].default is not MISSING for n, kind in types)


def _with_defaults(init: Any, cls: type) -> FunctionType:
    """Return a copy of a dataclass's `__init__` whose arguments have the attributes of `cls` as defaults."""
    code, defaults = init.__code__, init.__defaults__
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    own = vars(cls)
    changed = tuple(getattr(cls, n) if n in own else default for n, default in zip(names, defaults, strict=True))
    made = FunctionType(code, init.__globals__, init.__name__, changed, init.__closure__)
    made.__qualname__, made.__annotations__ = f"{cls.__qualname__}.{init.__name__}", dict(init.__annotations__)
    return made
