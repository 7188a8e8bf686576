"""The class of scenario classes: each of them is a dataclass, as in ARE."""

from __future__ import annotations

from dataclasses import Field, dataclass
from typing import Any

from are.simulation.scenarios.scenario import AutoDataclass

FIELDS = "__dataclass_fields__"
"""The attribute of a dataclass with its fields, by name."""


class ScenarioClass(AutoDataclass):
    """Makes a scenario class a dataclass, with a `repr` and an `==` of its own only if they differ from its base's.

    ARE makes both for each class, which takes half of the time of loading a scenario.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        """Create a scenario class, with the arguments of `type`."""
        made = type.__new__(cls, name, bases, namespace)
        inherited = [vars(base)[FIELDS] for base in made.__mro__[1:] if FIELDS in vars(base)]
        adds = set(vars(made).get("__annotations__", ())).union(*inherited) - set(inherited[0])
        hides = [one for one in vars(made).values() if isinstance(one, Field) and not (one.repr and one.compare)]
        differs = bool(adds or hides)
        return dataclass(repr=differs, eq=differs)(made)
