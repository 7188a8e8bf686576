"""The number of attempts at the runs of a suite, with those that reruns replaced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Attempts:
    """The attempts at the runs of a suite.

    Attributes:
        total: Attempts that were reported.
        runs: Runs that were attempted.
        replaced: Outcome of an attempt to the number of such attempts that a rerun replaced.
        recovered: Runs that succeeded after an attempt that infrastructure had ended.
        after_death: Runs among these with an attempt whose process had died.
        counts: Which attempt counts if one was replaced.
    """

    total: int = 0
    runs: int = 0
    replaced: Mapping[str, int] = field(default_factory=dict)
    recovered: int = 0
    after_death: int = 0
    counts: Literal["first", "last"] = "first"

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as builtins for JSON."""
        return {
            "total": self.total,
            "runs": self.runs,
            "replaced": sum(self.replaced.values()),
            "replaced_by_kind": dict(self.replaced),
            "succeeded_after_infrastructure": self.recovered,
            "succeeded_after_a_process_died": self.after_death,
            "counts": self.counts,
        }

    def line(self) -> str | None:
        """Return the numbers as a line for a terminal; `None` if each run was attempted once."""
        if self.total <= self.runs:
            return None
        line = f"{plural(self.total, 'attempt')} at {plural(self.runs, 'run')}"
        replaced = sum(self.replaced.values())
        if others := self.total - self.runs - replaced:
            line += f", {others} of them by other workers"
        if not replaced:
            return line
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.replaced.items())
        # An attempt that infrastructure ended says nothing about the agent.
        which = "first that infrastructure did not end" if self.counts == "first" and self.recovered else self.counts
        return f"{line}: {replaced} replaced by reruns ({kinds}); the {which} counts"

    def warning(self) -> str | None:
        """Return a warning if runs succeeded only after a process had died; `None` if none did."""
        if not self.after_death:
            return None
        return f"not clean: {plural(self.after_death, 'run')} succeeded only after a process had died"
