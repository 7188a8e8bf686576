"""How agents whose results are known do on the scenarios of a suite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, NamedTuple

from pytest_pare.results.text import wrapped

Kind = Literal["stay silent", "others"]


class Share(NamedTuple):
    """The scenarios of one kind in which an agent succeeds.

    Attributes:
        succeeded: The ids of these.
        failed: The ids of the others.
    """

    succeeded: tuple[str, ...]
    failed: tuple[str, ...]

    @property
    def total(self) -> int:
        """The number of scenarios."""
        return len(self.succeeded) + len(self.failed)

    @property
    def percent(self) -> float | None:
        """The success rate in percent; `None` without scenarios."""
        return 100 * len(self.succeeded) / self.total if self.total else None

    def text(self) -> str:
        """Return the rate with its numbers; `-` without scenarios."""
        return "-" if self.percent is None else f"{len(self.succeeded)}/{self.total} {self.percent:3.0f} %"

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as builtins for JSON."""
        return {"scenarios": self.total, "succeeded": len(self.succeeded), "success_percent": self.percent}


# Whether an agent must succeed, by the kind of scenarios; kinds that are not named may be either.
_EXPECTED: Final[dict[str, dict[Kind, bool]]] = {
    "null": {"stay silent": True, "others": False},
    "eager": {"stay silent": False, "others": False},
    "spam": {"stay silent": False, "others": False},
    "reckless": {"stay silent": False, "others": False},
    "random": {"others": False},
    "replay": {"stay silent": True, "others": True},
    "replay, redrawn": {"others": False},
}


@dataclass(frozen=True)
class KnownAgent:
    """The results of one agent.

    Attributes:
        name: The agent type, with the kind of its worlds.
        silent: Its results where the solution neither proposes nor writes.
        others: Its results elsewhere.
    """

    name: str
    silent: Share
    others: Share

    def findings(self) -> list[str]:
        """Return a line for each kind of scenarios with results that question their validators."""
        expected = _EXPECTED.get(self.name, {})
        shares: dict[Kind, Share] = {"stay silent": self.silent, "others": self.others}
        return [
            f"{self.name} {'fails' if must else 'succeeds'} ({kind}): {', '.join(wrong)}"
            for kind, must in expected.items()
            if (wrong := shares[kind].failed if must else shares[kind].succeeded)
        ]


@dataclass(frozen=True)
class KnownAgents:
    """The table of known agents of a suite.

    Attributes:
        agents: The rows.
        unplayable: The scenarios whose solution does not succeed, which are left out.
    """

    agents: tuple[KnownAgent, ...]
    unplayable: tuple[str, ...] = ()

    columns: ClassVar[tuple[str, ...]] = ("Agent", "Stay silent", "Others")

    def cells(self) -> list[list[str]]:
        """Return the cells of the table, in the order of `columns`."""
        return [[one.name, one.silent.text(), one.others.text()] for one in self.agents]

    def findings(self) -> list[str]:
        """Return a line for each result that questions a validator, and one on the scenarios that are left out."""
        left_out = [f"left out, the solution fails: {', '.join(self.unplayable)}"] if self.unplayable else []
        return [*(line for one in self.agents for line in one.findings()), *left_out]

    def lines(self) -> list[str]:
        """Return the table as lines for a terminal."""
        rows = [["Known agents", *(name.lower() for name in self.columns[1:])], *self.cells()]
        table = [
            f"  {'  ' * (number > 0) + name:<28}{silent:>16}{others:>16}"
            for number, (name, silent, others) in enumerate(rows)
        ]
        return [*table, *(part for line in self.findings() for part in wrapped(line, "    "))]

    def to_dict(self) -> dict[str, Any]:
        """Return the table as builtins for JSON."""
        return {
            "agents": [
                {"agent": one.name, "stay_silent": one.silent.to_dict(), "others": one.others.to_dict()}
                for one in self.agents
            ],
            "findings": self.findings(),
        }
