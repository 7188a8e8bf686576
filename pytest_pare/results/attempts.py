"""How often the runs of a suite were played, where a plugin runs failed tests again or several workers play all."""

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
        replaced: What an attempt came to, to how many such attempts a plugin has replaced by running the test again.
        recovered: Runs that succeeded after an attempt that infrastructure had ended.
        after_death: Those of them in which a process had died.
        counts: Which attempt counts where one was replaced.
    """

    total: int = 0
    runs: int = 0
    replaced: Mapping[str, int] = field(default_factory=dict)
    recovered: int = 0
    after_death: int = 0
    counts: Literal["first", "last"] = "first"

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON has them."""
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
        """Return how many there were, in words; `None` where each run was attempted once."""
        if self.total <= self.runs:
            return None
        line = f"{plural(self.total, 'attempt')} at {plural(self.runs, 'run')}"
        replaced = sum(self.replaced.values())
        if others := self.total - self.runs - replaced:
            line += f", {others} of them by other workers"
        if not replaced:
            return line
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.replaced.items())
        # The first that says something of the agent.
        which = "first that infrastructure did not end" if self.counts == "first" and self.recovered else self.counts
        return f"{line}: {replaced} replaced by reruns ({kinds}); the {which} counts"

    def warning(self) -> str | None:
        """Return why a success is not a clean one; `None` if all are."""
        if not self.after_death:
            return None
        return f"not clean: {plural(self.after_death, 'run')} succeeded only after a process had died"
