"""The class of scenario classes makes dataclasses, by the shortest way."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from are.simulation.scenarios.scenario import Scenario, ScenarioStatus
from are.simulation.types import Hint, HintType

from pytest_pare.scenarios import PAREScenario, scenario_class

if TYPE_CHECKING:
    from collections.abc import Mapping

HINT = Hint(HintType.TASK_HINT, "look", "agent")


def test_repr_and_equality_are_those_of_a_dataclass() -> None:
    class Garden(PAREScenario):
        """A scenario that adds no field."""

        start_time = 5.0
        hints = [HINT]  # noqa: RUF012 - what an author would write

    class Pond(Garden):
        """A scenario that adds one."""

        depth: int = 3

    class Shed(Garden):
        """A scenario that hides one."""

        comment: str | None = dataclasses.field(default="a key", repr=False, compare=False)

    class Den(Shed):
        """A scenario that shows it again."""

        comment: str | None = "no key"

    class Told(PAREScenario):  # noqa: PLW1641 - nothing is looked up by it
        """A scenario with methods of its own."""

        def __repr__(self) -> str:
            return "told"

        def __eq__(self, other: object) -> bool:
            return False

    class Retold(Told):
        """A scenario that does not inherit them, as a dataclass."""

    class Fence(PAREScenario):
        """A scenario that adds another one."""

        height: int = 1

    class Gate(Garden, Fence):
        """A scenario with the fields of two bases."""

    for made in (PAREScenario, Garden, Pond, Shed, Den, Retold, Fence, Gate):
        compared = [one for one in dataclasses.fields(made) if one.compare]
        shown = ", ".join(f"{one.name}={getattr(made(), one.name)!r}" for one in dataclasses.fields(made) if one.repr)
        assert repr(made()) == f"{made.__qualname__}({shown})"
        for one in compared:
            assert made() != made(**{one.name: "another"})
        assert made() == made()
        assert made.__hash__ is None
    assert Garden() != PAREScenario(start_time=5.0)
    assert Shed() == Shed(comment="another")
    assert "depth=3" in repr(Pond())
    assert "height=1" in repr(Gate())
    assert "a key" not in repr(Shed())
    assert "no key" in repr(Den())
    assert repr(Told()) == "told"
    assert Told() != Told()
    # A subclass could show a field that PAREScenario hides.
    assert all(one.repr and one.compare for one in dataclasses.fields(PAREScenario))


def _init(self: Any) -> None:
    Scenario.__init__(self, seed=9, start_time=1.0)


@pytest.mark.parametrize(
    ("body", "is_short"),
    [
        ({}, True),
        ({"start_time": 5.0, "status": ScenarioStatus.Valid, "user_goal": "Rest."}, True),
        ({"start_time": None, "__annotations__": {"start_time": "float | None"}}, True),
        ({"tags": ("app:email",), "__init__": _init}, True),
        ({"hints": [HINT]}, False),
        ({"events": None}, False),
        ({"depth": 3, "__annotations__": {"depth": "int"}}, False),
        ({"start_time": 5.0, "__annotations__": {"start_time": ClassVar[float]}}, False),
        ({"seed": dataclasses.field(default=3, init=False), "__annotations__": {"seed": "int"}}, False),
    ],
)
def test_a_class_is_the_same_dataclass_by_either_way(
    monkeypatch: pytest.MonkeyPatch, body: Mapping[str, Any], is_short: bool
) -> None:
    def make() -> Any:
        copied = {name: dict(value) if isinstance(value, dict) else value for name, value in body.items()}
        return scenario_class.ScenarioClass(
            "Garden", (PAREScenario,), {"__doc__": "A garden.", "scenario_id": "g", **copied}
        )

    def described(cls: Any) -> list[Any]:
        own = {one.name: (one.type, one.default, one.init, one.repr, one.compare) for one in dataclasses.fields(cls)}
        other = cls()
        other.comment = "another"
        return [
            inspect.signature(cls),
            own,
            cls.__init__.__qualname__,
            cls.__init__.__annotations__,
            cls.__match_args__,
            cls.__doc__,
            vars(cls()),
            repr(cls()),
            [cls() == cls(), cls() == other],
            cls.__hash__,
        ]

    made = make()
    assert ("__repr__" in vars(made)) != is_short
    monkeypatch.setattr(scenario_class, "_sets_only_defaults", lambda *_: False)
    full = make()
    assert "__repr__" in vars(full)
    assert described(made) == described(full)
