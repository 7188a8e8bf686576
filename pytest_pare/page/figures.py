"""The figures of a suite on a page: groups with their rates, totals, models, judge and user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_pare.page.rows import label_of, name_of
from pytest_pare.results.details import AGGREGATIONS
from pytest_pare.results.judgements import judgement_lines, totals_of
from pytest_pare.results.text import interval_text, plural
from pytest_pare.results.usage import cost_line, cost_of_runs, dollars, usage_of_roles
from pytest_pare.results.validation_result import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.results.groups import GroupStatistics, Spread
    from pytest_pare.results.suite_report import SuiteReport
    from pytest_pare.results.usage import Known
    from pytest_pare.results.validation_result import PAREScenarioValidationResult

_MOST_USER_FAULTS: Final = 200
# They have a table of their own.
_ELSEWHERE: Final = ("usage", "judgements")


def groups_of(report: SuiteReport) -> list[dict[str, Any]]:
    """Return the groups of runs with equal settings, with their rates and 95 % intervals, as builtins for JSON."""
    return [_group(group) for group in report.groups]


def _group(group: GroupStatistics) -> dict[str, Any]:
    names = ("user_model", "proactive_model", "tool_failure_probability", "num_env_events_per_minute", "fault_rates")
    settings = {name: getattr(group, name) for name in names}
    rates = [
        _rate("Success", group.success_rate, 1, 1),
        _percent(f"Pass@{group.k}", group.pass_at_k_percent, group.pass_at_k_percent_interval),
        _percent(f"Pass^{group.k}", group.pass_k_percent, group.pass_k_percent_interval),
        _rate("Acceptance", group.aggregate_acceptance_rate, 100, 1),
    ]
    means = [
        _rate("Proposals per turn", group.aggregate_proposal_rate, 1, 3),
        _rate("Reads per run", group.avg_read_only_actions, 1, 1),
        _rate("Writes per run", group.avg_write_actions, 1, 1),
    ]
    return {
        "variant": group.variant or "",
        "mode": group.mode or "",
        "settings": {label_of(name): value for name, value in settings.items() if value not in (None, "", 0, 0.0)},
        "runs": group.total_runs,
        "succeeded": group.success_runs,
        "failed": group.failed_runs,
        "not_judged": group.exception_runs + group.no_validation_runs,
        # With one run of each scenario, they say the same as the success rate.
        "rates": rates if group.k > 1 else [rates[0], rates[3]],
        "means": means,
    }


def _rate(label: str, figure: Spread, factor: float, decimals: int) -> dict[str, Any]:
    value = None if figure.value is None else factor * figure.value
    interval = None if figure.interval is None else (factor * figure.interval.low, factor * figure.interval.high)
    return _figure(label, value, interval, decimals)


def _percent(label: str, value: float, interval: Any) -> dict[str, Any]:
    return _figure(label, value, None if interval is None else (interval.low, interval.high), 1)


def _figure(label: str, value: float | None, interval: tuple[float, float] | None, decimals: int) -> dict[str, Any]:
    return {
        "label": label,
        "value": value,
        "interval": None if interval is None else list(interval),
        "text": "n/a" if value is None else f"{value:.{decimals}f}",
        "note": "" if interval is None else interval_text(*interval, decimals),
    }


def figures_of(report: SuiteReport) -> dict[str, Any]:
    """Return the totals of a suite as builtins for JSON."""
    runs, played = report.runs, [*report.runs, *report.other_attempts]
    return {
        "totals": _totals(runs),
        "counts": _counts(runs),
        "models": _models(played, "attempt" if report.other_attempts else "run"),
        "judge": _judge(runs),
        "user": _user(report),
    }


def _totals(runs: Sequence[PAREScenarioValidationResult]) -> list[dict[str, Any]]:
    """Return the sum of each figure, and its mean, where a run has it."""
    found = []
    for one in METRICS:
        if one.kind == "count" and one.aggregation == "sum":
            total = AGGREGATIONS[one.aggregation](runs, one.name)
            if total:
                mean = f"{total / len(runs):,.2f}"
                found.append({"label": label_of(one.name), "about": one.about, "total": total, "mean": mean})
    return found


def _counts(runs: Sequence[PAREScenarioValidationResult]) -> list[dict[str, Any]]:
    """Return how often runs have each value of the figures that are no numbers, such as what ended them."""
    found = []
    for one in METRICS:
        if one.kind == "count" or one.aggregation in (None, *_ELSEWHERE):
            continue
        counts = AGGREGATIONS[one.aggregation](runs, one.name)
        if isinstance(counts, dict) and counts:
            found.append({"label": label_of(one.name), "about": one.about, "counts": counts})
    return found


def _models(played: Sequence[PAREScenarioValidationResult], noun: str) -> dict[str, Any] | None:
    roles = usage_of_roles(played)
    if not roles:
        return None
    rows = [
        {
            "role": role,
            "calls": usage.calls,
            "prompt_tokens": _known(usage.prompt_tokens),
            "completion_tokens": _known(usage.completion_tokens),
            "cost": _known(usage.cost, money=True),
            "finish_reasons": usage.finish_reasons,
        }
        for role, usage in roles.items()
    ]
    return {"roles": rows, "cost": cost_line(cost_of_runs(played), noun)}


def _known(figure: Known, *, money: bool = False) -> str:
    if figure.total is None:
        return "unknown"
    text = dollars(figure.total) if money else f"{figure.total:,.0f}"
    return text if figure.known == figure.runs else f"at least {text}"


def _judge(runs: Sequence[PAREScenarioValidationResult]) -> dict[str, Any] | None:
    totals = totals_of(runs)
    if not totals["claims"]:
        return None
    return {"lines": [line.strip() for line in judgement_lines(runs)], "totals": totals}


def _user(report: SuiteReport) -> dict[str, Any] | None:
    """Return the failures of the simulated user, with their runs."""
    found = [
        {"run": name_of(entry), "kind": fault["kind"], "turn": fault.get("turn"), "text": str(fault["text"])}
        for entry in report.entries
        if entry.result is not None
        for fault in entry.result.user_faults
    ]
    if not found:
        return None
    runs = {one["run"] for one in found}
    sentence = f"the simulated user failed {plural(len(found), 'time')} in {plural(len(runs), 'run')}"
    return {"sentence": sentence, "faults": found[:_MOST_USER_FAULTS]}
