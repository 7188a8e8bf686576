"""`SuitePlan`: what a suite runs, and how its results are judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from pytest_pare.settings.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.settings import Suite


@dataclass(frozen=True)
class VariantKey:
    """A variant of a suite, without its settings.

    Attributes:
        name: Its name; empty where the suite names no variants.
        cell: Name of the matrix's cell; empty without a matrix.
        level: The key of the sweep and its value in this variant; `None` without a sweep.
    """

    name: str = ""
    cell: str = ""
    level: tuple[str, float] | None = None


@dataclass(frozen=True)
class SuitePlan:
    """The part of a suite that its results depend on. A ledger holds it, so that results can be read without the suite.

    Attributes:
        name: The suite file, relative to the rootdir.
        split: Name of the set of scenarios that it runs.
        runs: How often each scenario is run.
        variants: Its variants.
        sweep: The key of its sweep to the levels; empty without a sweep.
        gate: The conditions that the session must meet.
        selected: The number of scenarios that it selects before its limit; `None` if it is unknown.
    """

    name: str
    split: str = "full"
    runs: int = 1
    variants: tuple[VariantKey, ...] = (VariantKey(),)
    sweep: dict[str, list[float]] = field(default_factory=dict)
    gate: Gate = field(default_factory=Gate)
    selected: int | None = None

    @classmethod
    def of(cls, name: str, suite: Suite, selected: int | None = None) -> SuitePlan:
        """Return the plan of a suite.

        Args:
            name: The suite file, relative to the rootdir.
            suite: The file, read.
            selected: As in `SuitePlan`.
        """
        settings = suite.settings
        variants = tuple(VariantKey(one.name, one.cell, one.level) for one in suite.variants)
        return cls(name, split_name(suite), settings.most_runs, variants, settings.sweep, settings.gate, selected)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SuitePlan:
        """Return the plan from the values of `to_dict`.

        Raises:
            ValueError: If a value is not as this version writes it.
        """
        return _PLAN.validate_python(values)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as builtins for JSON."""
        values: dict[str, Any] = _PLAN.dump_python(self, mode="json", by_alias=True)
        return values


_PLAN: TypeAdapter[SuitePlan] = TypeAdapter(SuitePlan)


def split_name(suite: Suite) -> str:
    """Return the name of the set of scenarios that a suite runs, for its report."""
    selection = suite.settings.scenarios
    if selection.split is not None:
        return PurePath(selection.split).stem
    return "custom" if selection.include or selection.exclude or selection.limit else "full"
