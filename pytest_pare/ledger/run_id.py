"""`RunId`, the identity of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_pare.settings.variants import RUN_NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.settings import Suite


def without_group(nodeid: str) -> str:
    """Return a node id without `@group`, which pytest-xdist adds to it with `--dist loadgroup`."""
    path, colons, name = nodeid.rpartition("::")
    end = name.rfind("@")
    return path + colons + (name[:end] if end > name.rfind("]") else name)


@dataclass(frozen=True)
class RunId:
    """The identity of a run.

    Attributes:
        scenario_id: The scenario.
        variant: Ids of the parametrised fixtures and name of the suite's variant, empty without any.
        run_number: 1 and up; `None` where each scenario is run once.
        parameters: Ids of the parametrised fixtures alone.
        cell: Name of the matrix's cell, empty without a matrix.
        level: The key of the suite's sweep and its value in this run; `None` without a sweep.
    """

    scenario_id: str
    variant: str = ""
    run_number: int | None = None
    parameters: str = ""
    cell: str = ""
    level: tuple[str, float] | None = None

    @classmethod
    def of_item(cls, item: Any, suite: Suite) -> RunId:
        """Return the run that an item of a suite stands for, from the item's own parameters."""
        callspec = getattr(item, "callspec", None)
        if callspec is None:
            return cls(item.originalname)
        number = callspec.params.get("pare_run_number") if suite.settings.most_runs > 1 else None
        variants = {one.name: one for one in suite.variants if one.name}
        variant = variants.get(callspec.params.get("pare_variant"))
        # Both end the id: they are the last parameters that a scenario gets.
        text = callspec.id if number is None else without_end(callspec.id, f"run{number}")
        if variant is None:
            return cls(item.originalname, text, number, text)
        return cls(item.originalname, text, number, without_end(text, variant.name), variant.cell, variant.level)

    @classmethod
    def of(cls, nodeid: str, *, repeated: bool) -> RunId:
        """Read a node id such as `pare.yaml::airport_cab[gpt-5-run2]`, which names no cell and no level.

        Args:
            nodeid: The node id.
            repeated: Whether its suite has several runs of each scenario; if not, what looks like a run number belongs
                to the variant.
        """
        scenario_id, _, parameters = without_group(nodeid).partition("::")[2].partition("[")
        parameters = parameters.rpartition("]")[0]
        run = RUN_NUMBER.search(parameters) if repeated else None
        if run is None:
            return cls(scenario_id, parameters)
        return cls(scenario_id, parameters[: run.start()], int(run[1]))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunId:
        """Return the identity from the values of `to_dict`."""
        level = values["level"]
        return cls(**{**values, "level": None if level is None else (level[0], level[1])})

    def to_dict(self) -> dict[str, Any]:
        """Return the identity as builtins, for a report."""
        return {**vars(self), "level": None if self.level is None else list(self.level)}

    def __str__(self) -> str:
        parts = [self.variant, *([f"run{self.run_number}"] if self.run_number is not None else [])]
        parameters = "-".join(filter(None, parts))
        return f"{self.scenario_id}[{parameters}]" if parameters else self.scenario_id


def without_end(text: str, end: str) -> str:
    """Return the text without its last part and the hyphen before it."""
    return text.removesuffix(end).removesuffix("-")
