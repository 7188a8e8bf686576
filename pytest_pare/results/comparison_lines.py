"""The comparison with a baseline as lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_pare.results.text import plural
from pytest_pare.results.usage import dollars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_pare.results.comparison import Comparison, FigureChange, ScenarioChange, VariantComparison

# The most names in a line; the others are counted.
_MOST_NAMES: Final = 4
# More variants than that get one line each; the report files have all figures.
_MOST_VARIANTS: Final = 3
# A category whose share changed less is not shown.
_LEAST_DRIFT: Final = 0.05
_MOST_CATEGORIES: Final = 3


def comparison_lines(compared: Comparison) -> Iterator[str]:
    """Yield the lines on a comparison: its variants, what was left out of it, and its warnings."""
    names = any(one.variant for one in compared.variants)
    yield f"compared with {compared.baseline}{_agents(compared)}"
    for one in compared.variants:
        begin = f"variant {one.variant}: " if names else ""
        yield begin + difference_line(one, compared.max_regression)
        if len(compared.variants) <= _MOST_VARIANTS:
            yield from (f"  {line}" for line in _details(one))
    for variant, reason in compared.not_compared.items():
        yield f"not compared: {f'variant {variant}' if variant else 'the runs of this session'}: {reason}"
    if texts := left_out(compared):
        yield f"left out of the comparison: {'; '.join(texts)}"
    yield from (f"warning: {warning}" for warning in compared.warnings)


def left_out(compared: Comparison) -> list[str]:
    """Return what was left out of a comparison, an entry for each reason."""
    parts = [
        _listed("new", compared.added),
        _listed("edited", compared.edited),
        _listed("in the baseline only", compared.removed),
        _listed("variants in the baseline only", [name or "the one without a name" for name in compared.absent]),
        [f"{plural(compared.infrastructure, 'run')} ended by infrastructure"] * bool(compared.infrastructure),
        [f"{plural(compared.no_result, 'run')} without a result"] * bool(compared.no_result),
    ]
    return [text for part in parts for text in part]


def _agents(compared: Comparison) -> str:
    before, now = compared.baseline_agent, compared.agent
    return f" (agent {before or 'unknown'}, now {now or 'unknown'})" if before or now else ""


def difference_line(one: VariantComparison, margin: float) -> str:
    """Return the verdict on a variant, with both rates, the difference and its interval.

    Args:
        one: The comparison of the variant.
        margin: The drop that the session must exclude, 0 to 1.
    """
    decision = one.decision
    verdict = {
        "FAIL": "fewer runs succeed than in the baseline",
        "PASS": f"no drop of {_points(margin)} or more",
        "INCONCLUSIVE": f"too few runs to exclude a drop of {_points(margin)}",
    }[decision.verdict]
    interval = f"{100 * decision.interval.low:+.1f} to {100 * decision.interval.high:+.1f}"
    line = (
        f"{verdict}: {100 * decision.baseline_rate:.1f} % before, {100 * decision.candidate_rate:.1f} % now, "
        f"{100 * decision.difference:+.1f} points (90 % interval {interval})"
    )
    if decision.verdict != "INCONCLUSIVE":
        return line
    if decision.further_runs is not None:
        return f"{line}; {plural(decision.further_runs, 'further run')} would probably settle it"
    if decision.further_runs_of_both is not None:
        more = plural(decision.further_runs_of_both, "further run")
        return f"{line}; {more} of this agent and as many of the baseline would probably settle it"
    return f"{line}; more runs would not settle it: the suite needs more scenarios"


def _details(one: VariantComparison) -> Iterator[str]:
    decision = one.decision
    yield (
        f"{decision.method} of {plural(decision.scenarios, 'scenario')}, {one.runs_before} and "
        f"{plural(one.runs_now, 'run')}: p {_p_value(decision.p_drop)} for no drop, "
        f"p {_p_value(decision.p_margin)} for a drop of the margin"
    )
    if decision.smallest_drop is not None:
        yield f"smallest drop that these runs find in 80 % of cases: {_points(decision.smallest_drop)}"
    yield from _changed("significantly worse", one.worse)
    yield from _changed("significantly better", one.better)
    if one.verdict != "PASS":
        yield from _changed("lower, but not significantly", [it for it in one.not_significant if it.difference < 0])
    if one.flaky:
        flaky = _names(one.flaky, lambda it: f"{it.scenario_id} ({it.successes_now} of {it.runs_now})")
        yield f"{plural(len(one.flaky), 'flaky scenario')}: {flaky}"
    flips = one.flips
    if flips.total():
        yield f"same run number, other outcome: {flips['lost']} now fail, {flips['gained']} now succeed"
    drift = [share for share in one.drift if abs(share.now - share.before) >= _LEAST_DRIFT]
    for share in drift[:_MOST_CATEGORIES]:
        yield f"reason: {share.category}: {share.before:.1%} of runs before, {share.now:.1%} now".replace("%", " %")
    yield from _figure("cost", one.cost, dollars)
    yield from _figure("tokens", one.tokens, lambda value: f"{value:,.0f}")
    yield from _figure("turns", one.turns, lambda value: f"{value:.1f}")


def _changed(what: str, changes: Iterable[ScenarioChange]) -> Iterator[str]:
    def shown(it: ScenarioChange) -> str:
        return f"{it.scenario_id} ({it.successes_before} of {it.runs_before}, now {it.successes_now} of {it.runs_now})"

    if changes := list(changes):
        yield f"{what}: {_names(changes, shown)}"


def _names(changes: Iterable[ScenarioChange], shown: Callable[[ScenarioChange], str]) -> str:
    return _first([shown(change) for change in changes])


def _first(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join([*names[:_MOST_NAMES], *([f"{more} more"] if more > 0 else [])])


def _figure(name: str, change: FigureChange, shown: Callable[[float], str]) -> Iterator[str]:
    before, now = ("unknown" if value is None else shown(value) for value in (change.before, change.now))
    if before != now:
        yield f"{name} a run: {before} before, {now} now"


def _listed(what: str, names: Sequence[str]) -> list[str]:
    return [f"{what}: {_first(names)}"] if names else []


def _points(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0") + " points"


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
