"""The usage of models in runs: calls, tokens and cost; unknown figures never count as zero."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from pytest_pare.results.text import plural, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_ROLES: Final = ("user", "observe", "execute", "agent", "judge")
_FIGURES: Final = ("prompt_tokens", "completion_tokens", "cost")
_MOST_DECIMALS: Final = 10


class HasUsage(Protocol):
    """The result of a run."""

    @property
    def usage(self) -> Mapping[str, Mapping[str, Any]]:
        """Role to the calls of its engine."""


@dataclass(frozen=True)
class Known:
    """The sum of a figure over the runs that report it.

    Attributes:
        total: The sum; None if no run reports the figure.
        known: The number of runs that report it.
        runs: The number of all runs.
    """

    total: float | None
    known: int
    runs: int

    @classmethod
    def of(cls, figures: Iterable[float | None]) -> Known:
        """Add up the figures of runs; None is a figure that is not reported."""
        every = list(figures)
        reported = [figure for figure in every if figure is not None]
        # Sorted: the order of runs differs with the number of workers, and that of summands changes the last digit.
        total = sum(sorted(reported)) if reported else None
        return cls(total, len(reported), len(every))

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as builtins for JSON."""
        return {"total": self.total, "known_runs": self.known, "runs": self.runs}


@dataclass(frozen=True)
class RoleUsage:
    """The usage of the models of one role.

    Attributes:
        calls: Requests to them.
        prompt_tokens: Tokens of the requests.
        completion_tokens: Tokens of the answers.
        cost: In US dollars.
        finish_reasons: Reason that an answer ended, if it is reported, to the number of such answers.
    """

    calls: int
    prompt_tokens: Known
    completion_tokens: Known
    cost: Known
    finish_reasons: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as builtins for JSON."""
        figures = {name: getattr(self, name).to_dict() for name in _FIGURES}
        return {"calls": self.calls, **figures, "finish_reasons": self.finish_reasons}


def usage_of_roles(runs: Iterable[HasUsage]) -> dict[str, RoleUsage]:
    """Return the usage of each role that a model has played: user, observe, execute, agent, judge."""
    by_role: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        for role, usage in run.usage.items():
            if usage["live"]:
                by_role.setdefault(role, []).append(usage)
    return {role: _role_usage(by_role[role]) for role in _ROLES if role in by_role}


def cost_of_runs(runs: Iterable[HasUsage]) -> Known:
    """Return the cost in US dollars of the runs with a model; that of a run is known if that of each role is."""
    costs = [_live(run, "cost") for run in runs]
    return Known.of(_sum(one) for one in costs if one)


def cost_of(run: HasUsage) -> float | None:
    """Return the cost of a run in US dollars; None if no model took part, or one did not report it."""
    cost: float | None = _sum(_live(run, "cost"))
    return cost


def tokens_of(run: HasUsage) -> int | None:
    """Return the tokens of a run's requests and answers; None if no model took part, or one did not report them."""
    tokens: int | None = _sum(_live(run, "prompt_tokens", "completion_tokens"))
    return tokens


def _live(run: HasUsage, *figures: str) -> list[Any]:
    """Return figures of the models of a run."""
    return [usage[figure] for usage in run.usage.values() if usage["live"] for figure in figures]


def _sum(values: list[Any]) -> Any:
    return None if not values or None in values else sum(values)


def usage_lines(runs: Iterable[HasUsage], noun: str = "run") -> list[str]:
    """Return tokens and cost as lines for a terminal; no line if no model took part.

    Args:
        runs: The runs, or the attempts at them.
        noun: The noun for one of these.
    """
    runs = list(runs)
    roles = usage_of_roles(runs)
    if not roles:
        return []
    table = [("  Usage", "calls", "tokens in", "tokens out", "cost")]
    for role, usage in roles.items():
        sent, received = (_at_least(one, _whole) for one in (usage.prompt_tokens, usage.completion_tokens))
        table.append((f"    {role}", _whole(usage.calls), sent, received, _at_least(usage.cost, dollars)))
    rows = [f"{name:<14}{calls:>11}{sent:>17}{received:>17}{cost:>14}" for name, calls, sent, received, cost in table]
    return [*rows, *_cut_lines(roles), f"    {cost_line(cost_of_runs(runs), noun)}"]


def cost_line(cost: Known, noun: str = "run") -> str:
    """Return the cost of runs, with how many of them it is known for.

    Args:
        cost: As `cost_of_runs` returns it.
        noun: The noun for one of the runs.
    """
    of_runs = plural(cost.runs, noun)
    if cost.total is None:
        return f"Cost of {of_runs} unknown"
    known = f"Cost of {of_runs}" if cost.known == cost.runs else f"Cost of {cost.known} of {of_runs} known"
    return f"{known}: {dollars(cost.total)}"


def dollars(cost: float) -> str:
    """Return an amount of US dollars with cents, or with two significant digits if it is less than a cent."""
    decimals = 2 if not cost else max(2, 1 - math.floor(math.log10(cost)))
    return f"${cost:,.{decimals}f}" if decimals <= _MOST_DECIMALS else f"${cost:.1e}"


def _role_usage(usages: list[Mapping[str, Any]]) -> RoleUsage:
    figures = {name: Known.of([usage[name] for usage in usages]) for name in _FIGURES}
    reasons: Counter[str] = Counter()
    for usage in usages:
        # For so few entries, `Counter.update` takes five times as long.
        for reason, count in usage.get("finish_reasons", {}).items():
            reasons[reason] += count
    return RoleUsage(
        calls=sum(usage["calls"] for usage in usages), **figures, finish_reasons=dict(sorted(reasons.items()))
    )


def _cut_lines(roles: Mapping[str, RoleUsage]) -> list[str]:
    cut = {role: usage.finish_reasons.get("length", 0) for role, usage in roles.items()}
    by_role = ", ".join(f"{role} {count:,}" for role, count in cut.items() if count)
    return wrapped(f"{plural(sum(cut.values()), 'answer')} cut at max_tokens: {by_role}", "    ") if by_role else []


def _at_least(figure: Known, text: Callable[[float], str]) -> str:
    if figure.total is None:
        return "unknown"
    return text(figure.total) if figure.known == figure.runs else f">= {text(figure.total)}"


def _whole(number: float) -> str:
    return f"{number:,.0f}"
