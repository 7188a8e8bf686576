"""How many scenarios of a suite have redrawn worlds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_pare.results.text import plural, wrapped


@dataclass(frozen=True)
class Variation:
    """The scenarios of a suite with `runner.variation`.

    Attributes:
        scenarios: The number of scenarios.
        undrawn: Those that declare no draws, and were played as written.
    """

    scenarios: int
    undrawn: tuple[str, ...]

    def line(self) -> str:
        """Return the sentence on the scenarios without draws."""
        if not self.undrawn:
            return f"variation: worlds redrawn in all of {plural(self.scenarios, 'scenario')}"
        verb = "declares" if len(self.undrawn) == 1 else "declare"
        names = ", ".join(self.undrawn)
        return f"variation: {len(self.undrawn)} of {plural(self.scenarios, 'scenario')} {verb} no draws: {names}"

    def lines(self) -> list[str]:
        """Return the lines for a terminal."""
        return wrapped(self.line(), "  ")

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as builtins for JSON."""
        return {"scenarios": self.scenarios, "without_draws": list(self.undrawn)}
