"""The selection of drawn values: seeded by world and draw, and different from the written ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.source_location import authors_place

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
C = TypeVar("C")

# How many candidates are tried for a value that no other draw of the kind has.
_MOST_TRIES = 50


class Others(Sequence[int]):
    """The whole numbers from one to another, without one of them. A list of them may not fit into memory.

    Args:
        low: The smallest number.
        high: The largest number.
        without: The number that is left out, one of them.
    """

    def __init__(self, low: int, high: int, without: int) -> None:
        self._parts = range(low, without), range(without + 1, high + 1)

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __getitem__(self, index: Any) -> Any:
        first, second = self._parts
        return first[index] if index < len(first) else second[index - len(first)]


class Selection:
    """Selects the values of a world.

    Args:
        scenario_id: The scenario.
        seed: Its seed.
        run_number: The number of the run; `None` is the world of run 1.
        variation: Whether values are redrawn.
    """

    def __init__(self, scenario_id: str, seed: int | None, run_number: int | None, *, variation: bool) -> None:
        self.variation = variation
        self.world = f"draw/{1 if run_number is None else run_number}"
        self.values: dict[str, str] = {}
        self._id = scenario_id
        self._seed = f"{self.world}/{scenario_id}/{seed}"
        self._times: Counter[str] = Counter()
        # The drawn values by kind, each with the written value.
        self._taken: dict[str, dict[str, str]] = {}

    def _select(
        self,
        kind: str,
        about: str,
        written: tuple[T, ...],
        candidates: Sequence[C],
        values_of: Callable[[C], tuple[T, ...]],
        why: str,
        *,
        is_distinct: bool = True,
    ) -> tuple[T, ...]:
        """Return the written values, or with variation those of a candidate, all of which differ from them."""
        if not candidates:
            raise self._defect(about, why)
        key, chance = self._next(kind, ", ".join(map(str, written)))
        drawn = written
        if self.variation:
            taken = self._taken.setdefault(kind, {}) if is_distinct else {}
            others = {value for value, before in taken.items() if before not in map(str, written)}
            tried = [values_of(one) for one in chance.sample(candidates, min(len(candidates), _MOST_TRIES))]
            drawn = next((values for values in tried if others.isdisjoint(map(str, values))), tried[0])
            taken.update({str(new): str(old) for old, new in zip(written, drawn, strict=True)})
        self._made(key, drawn, ", ".join(map(str, drawn)))
        return drawn

    def _next(self, kind: str, written: str) -> tuple[str, Random]:
        """Return the name of a draw and its random generator."""
        key = f"{kind} {written}"
        self._times[key] += 1
        number = self._times[key]
        key = key if number == 1 else f"{key} ({number})"
        return key, Random(f"{self._seed}/{key}")  # noqa: S311 - reproducible on purpose

    def _made(self, key: str, value: T, text: str | None = None) -> T:
        self.values[key] = str(value) if text is None else text
        return value

    def _defect(self, about: str, problem: str) -> ScenarioDefect:
        return ScenarioDefect(f"{self._id}: {authors_place()}: {about}: {problem}")
