"""The class of scenario classes: each of them is a dataclass, as in ARE."""

from __future__ import annotations

from dataclasses import Field, dataclass
from typing import Any

from are.simulation.scenarios.scenario import AutoDataclass

FIELDS = "__dataclass_fields__"
"""The attribute of a dataclass with its fields, by name."""


class ScenarioClass(AutoDataclass):
    """Makes each scenario class a dataclass, as ARE does.

    A direct subclass of `PAREScenario` without new fields inherits `__repr__` and `__eq__`. Its own would do the same,
    and making them takes half of the time of making the class.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        """Create a scenario class, with the arguments of `type`."""
        made = type.__new__(cls, name, bases, namespace)
        own = vars(made)
        adds = own.get("__annotations__", {}).keys() - vars(bases[0]).get(FIELDS, {}).keys()
        hides = [one for one in own.values() if isinstance(one, Field) and not (one.repr and one.compare)]
        # A class in between may have methods of its own, which a dataclass does not inherit.
        is_direct = len(bases) == 1 and isinstance(bases[0], cls) and not isinstance(bases[0].__base__, cls)
        differs = bool(adds or hides or not is_direct)
        return dataclass(repr=differs, eq=differs)(made)
