"""A budget for the runs of a session: it reserves the expected use of a run before the run is started."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from pytest_pare.results.text import plural
from pytest_pare.results.usage import cost_of_runs, dollars, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from pytest_pare.results.validation_result import PAREScenarioValidationResult

Unit = Literal["usd", "tokens", "seconds"]

_UNITS: Final[dict[str, tuple[Unit, float]]] = {
    "usd": ("usd", 1),
    "tok": ("tokens", 1),
    "ktok": ("tokens", 1_000),
    "mtok": ("tokens", 1_000_000),
    "s": ("seconds", 1),
    "min": ("seconds", 60),
    "h": ("seconds", 3_600),
}
_LIMIT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_EXAMPLES: Final = "5usd, 200ktok or 10min"
_NOUN: Final[dict[Unit, str]] = {"usd": "cost", "tokens": "number of tokens", "seconds": "duration"}

# The share of earlier runs that used no more than is reserved for the next one.
_QUANTILE: Final = 0.9


class Limit(NamedTuple):
    """The limit of a budget.

    Attributes:
        unit: What is limited: US dollars, tokens of requests and answers, or seconds of real time.
        amount: The largest amount, more than 0.
    """

    unit: Unit
    amount: float

    def __str__(self) -> str:
        return _shown(self.unit, self.amount)


def parse_limit(text: str) -> Limit:
    """Return the limit that a text such as `5usd`, `200ktok` or `10min` sets.

    The units are usd, tok, ktok (1,000), mtok (1,000,000), s, min and h.

    Raises:
        ValueError: If the text is no such limit.
    """
    match = _LIMIT.fullmatch(text.strip())
    if match is None or match[2].lower() not in _UNITS:
        raise ValueError(f"must be a number and one of {', '.join(_UNITS)}, such as {_EXAMPLES}, got {text!r}")
    unit, factor = _UNITS[match[2].lower()]
    amount = float(match[1]) * factor
    if not 0 < amount < math.inf:
        raise ValueError(f"must be more than 0, such as {_EXAMPLES}, got {text!r}")
    return Limit(unit, amount)


def parse_limits(texts: Iterable[str]) -> list[Limit]:
    """Return the limits that several texts set, one for each unit.

    Raises:
        ValueError: If one of them is no limit, or two have the same unit.
    """
    limits: dict[Unit, Limit] = {}
    for text in texts:
        limit = parse_limit(text)
        if limit.unit in limits:
            raise ValueError(f"limits {limit.unit} twice: {limits[limit.unit]} and {limit}; leave one out")
        limits[limit.unit] = limit
    return list(limits.values())


def use_of(results: Sequence[PAREScenarioValidationResult]) -> dict[Unit, float | None]:
    """Return what the attempts at a run have used, by unit; `None` for a figure that an engine does not report.

    A run without a model uses no dollars and no tokens.
    """
    cost = cost_of_runs(results)
    with_models = [result for result in results if any(usage["live"] for usage in result.usage.values())]
    tokens = [tokens_of(result) for result in with_models]
    return {
        "usd": (cost.total or 0.0) if cost.known == cost.runs else None,
        "tokens": None if None in tokens else sum(count for count in tokens if count is not None),
        "seconds": sum(result.duration or 0.0 for result in results),
    }


@dataclass
class Budget:
    """The budget of a session.

    The expected use of a run is the 90 % quantile of the runs so far. It is reserved when the run is started, and
    replaced by the real use at its end. A run that would exceed a limit is not started, and neither is any later one.

    Args:
        limits: The limits, at most one for each unit.
        elapsed: Returns the seconds of real time since the session began.

    Attributes:
        reached: Why no run is started any more; `None` as long as runs may be.
        started: The number of runs that were started.
    """

    limits: Sequence[Limit]
    elapsed: Callable[[], float]
    reached: str | None = None
    started: int = 0
    _used: dict[Unit, list[float]] = field(default_factory=dict, init=False)
    _running: set[Hashable] = field(default_factory=set, init=False)
    _lost: dict[Unit, float] = field(default_factory=dict, init=False)

    def reserve(self, run: Hashable, *, behind: int = 0) -> bool:
        """Reserve the expected use of a run, and return whether it may be started now.

        If not, either a limit is reached, or a first run must end before the use of others can be expected. Until then
        a run is only started behind another one, because a worker of pytest-xdist begins a run when it has the next.

        Args:
            run: The run.
            behind: The number of runs that its worker plays before it.
        """
        if self.reached is not None:
            return False
        is_unknown = any(limit.unit != "seconds" and not self._used.get(limit.unit) for limit in self.limits)
        if is_unknown and self._running and not behind:
            return False
        for limit in self.limits:
            # Time passes for all workers alike, and each plays one run after the other.
            ahead = behind if limit.unit == "seconds" else len(self._running)
            if self._spent(limit.unit) + (ahead + 1) * self._expected(limit.unit) > limit.amount:
                self.reached = f"budget of {limit} reached"
                return False
        self.started += 1
        self._running.add(run)
        return True

    def release(self, run: Hashable) -> None:
        """Forget a run that was reserved and is not played, because it is skipped or its worker has died."""
        if run in self._running:
            self._running.remove(run)
            self.started -= 1

    def settle(self, run: Hashable, used: dict[Unit, float | None] | None) -> None:
        """Replace the expected use of a run by the real one.

        Args:
            run: The run.
            used: The use by unit, `None` for an unknown figure; `None` for a run without a result, whose expected use
                counts as spent.
        """
        self._running.discard(run)
        for limit in self.limits:
            amount = None if used is None else used[limit.unit]
            if amount is not None:
                self._used.setdefault(limit.unit, []).append(amount)
                continue
            self._lost[limit.unit] = self._lost.get(limit.unit, 0.0) + self._expected(limit.unit)
            if used is not None and self.reached is None:
                self.reached = f"budget of {limit} cannot be kept: the {_NOUN[limit.unit]} of a run is unknown"

    def lines(self) -> list[str]:
        """Return what was spent of each limit, and by how much it is exceeded, as lines for a terminal."""
        lines = []
        for limit in self.limits:
            spent = self._spent(limit.unit)
            line = f"budget: {_shown(limit.unit, spent)} of {limit} used by {plural(self.started, 'run')}"
            if lost := self._lost.get(limit.unit):
                line += f", {_shown(limit.unit, lost)} of it estimated"
            if spent > limit.amount:
                line += f"; overshoot {_shown(limit.unit, spent - limit.amount)}"
            lines.append(line)
        return lines

    def _expected(self, unit: Unit) -> float:
        used = sorted(self._used.get(unit, ()))
        # The nearest rank, as in Hyndman and Fan (1996), definition 1.
        return used[math.ceil(_QUANTILE * len(used)) - 1] if used else 0.0

    def _spent(self, unit: Unit) -> float:
        return (
            self.elapsed() if unit == "seconds" else math.fsum((*self._used.get(unit, ()), self._lost.get(unit, 0.0)))
        )


def _shown(unit: Unit, amount: float) -> str:
    if unit == "usd":
        return dollars(amount)
    if unit == "tokens":
        return f"{amount:,.0f} tokens"
    return f"{amount / 60:.4g} min" if amount >= 60 else f"{amount:.4g} s"
