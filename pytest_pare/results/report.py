"""The report of a table of results, as JSON and as text.

The text fits a CI log: at most 80 columns, one figure per line. Reports of equal results differ only in the lines with
real time (`Time`, `Run duration`, `Job duration`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.results.groups import TOTALS, GroupStatistics, Spread
from pytest_pare.results.text import interval_text, plural, printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars as pl

REPORT_VERSION: Final = "1.0"

_NAME_WIDTH: Final = 24
_HALF: Final = (_NAME_WIDTH - 3) // 2


def generate_json_stats_report(
    df: pl.DataFrame,
    split: str = "full",
    weight_per_app_class: dict[str, float] | None = None,
    timestamp: str | None = None,
) -> dict[str, Any]:
    """Return the statistics of a table of results as builtins for JSON.

    Args:
        df: The table; its columns are those of `RESULT_SCHEMA`, at least.
        split: Name of the set of scenarios that was run.
        weight_per_app_class: The weights of environment events, if there were any.
        timestamp: When the results were made. Equal results have equal reports if it is left out.
    """
    from pytest_pare.results.statistics import group_statistics

    return json_of_groups(group_statistics(df), split, weight_per_app_class, timestamp)


def json_of_groups(
    groups: list[GroupStatistics],
    split: str,
    weight_per_app_class: Mapping[str, float] | None,
    timestamp: str | None,
) -> dict[str, Any]:
    """Return the statistics of groups, as `generate_json_stats_report` does."""
    metadata = {
        "split": split,
        "timestamp": timestamp,
        "report_version": REPORT_VERSION,
        "weight_per_app_class": weight_per_app_class,
    }
    return {"metadata": metadata, "per_config_results": [group.to_dict() for group in groups]}


def generate_validation_report(
    df: pl.DataFrame,
    split: str = "full",
    weight_per_app_class: dict[str, float] | None = None,
    timestamp: str | None = None,
    heading: str | None = None,
    *,
    agents: bool = True,
    most_groups: int | None = None,
) -> str:
    """Return the statistics of a table of results as text, without a line feed at its end.

    Args:
        df: The table; its columns are those of `RESULT_SCHEMA`, at least.
        split: Name of the set of scenarios that was run.
        weight_per_app_class: The weights of environment events, if there were any.
        timestamp: When the results were made; without it, there is no line with the time.
        heading: A line below the title, such as the mode of the runs.
        agents: Whether agents took part; without them, the figures of agents are left out.
        most_groups: More groups than this number are shown as a table, a line each; `None` is no limit.
    """
    from pytest_pare.results.statistics import group_statistics

    lines = title_lines(split, weight_per_app_class, timestamp, heading)
    return "\n".join([*lines, *lines_of_groups(group_statistics(df), agents=agents, most_groups=most_groups)])


def title_lines(
    split: str,
    weight_per_app_class: Mapping[str, float] | None = None,
    timestamp: str | None = None,
    heading: str | None = None,
) -> list[str]:
    """Return the first lines of the report, as `generate_validation_report` has them."""
    lines = ["PARE validation report"]
    if heading is not None:
        lines += wrapped(heading)
    lines += ["", *wrapped(f"Split: {split}")]
    if weight_per_app_class:
        weights = ", ".join(f"{name} {weight}" for name, weight in sorted(weight_per_app_class.items()))
        lines += wrapped(f"Weights: {weights}")
    if timestamp is not None:
        lines += wrapped(f"Time: {timestamp}")
    return lines


def lines_of_groups(groups: list[GroupStatistics], *, agents: bool = True, most_groups: int | None = None) -> list[str]:
    """Return the lines on groups, as `generate_validation_report` has them, each group with an empty line before it."""
    if not groups:
        return ["", "No results: there is nothing to report."]
    if most_groups is not None and len(groups) > most_groups:
        return ["", *_table(groups)]
    lines = []
    for group in groups:
        lines += ["", *_header(group), "  Metadata", *_metadata(group), "  Metrics", *_metrics(group)]
        has_agents = agents and group.mode != "oracle"
        lines += _agent_metrics(group) if has_agents else [_line("Agent metrics", "n/a", "no agent took part")]
    return lines


def _table(groups: list[GroupStatistics]) -> Iterator[str]:
    k = max(group.k for group in groups)
    yield f"  {'Variant':<25}{'Runs':>6}{'Failed':>8}{'Not judged':>12}{'Success':>9}{'95 % CI':>10}{f'Pass^{k}':>8}"
    for group, short_name in zip(groups, names_of(groups), strict=True):
        name = printable(short_name)
        # A long name is cut in the middle: cells of a matrix differ at the beginning, levels of a sweep at the end.
        shown = name if len(name) <= _NAME_WIDTH else f"{name[: _HALF + 1]}...{name[-_HALF:]}"
        not_judged = group.exception_runs + group.no_validation_runs
        rate = "n/a" if group.success_rate.value is None else f"{group.success_rate.value:.1f} %"
        counts = f"{group.total_runs:>6}{group.failed_runs:>8}{not_judged:>12}"
        interval = group.success_rate.interval
        # Rounded to the outside.
        ends = "" if interval is None else f"{math.floor(interval.low)} to {math.ceil(interval.high)}"
        yield f"  {shown:<25}{counts}{rate:>9}{ends:>10}{f'{group.pass_k_percent:.1f} %':>8}"


def names_of(groups: Sequence[GroupStatistics]) -> list[str]:
    """Return the name of each group: its variant, or else its models, and the settings that differ within it."""
    return [_short_name(group, [other for other in groups if other.variant == group.variant]) for group in groups]


def _short_name(group: GroupStatistics, of_variant: list[GroupStatistics]) -> str:
    """Return a group's variant, or else its models, and the settings that differ within the variant."""
    begin = [group.variant] if group.variant else [f"{group.user_model}, {group.proactive_model}"]
    models = () if group.variant else ("user_model", "proactive_model")
    settings = {name: text for name, text in _settings(group).items() if name not in models}
    differing = (name for name in settings if len({getattr(other, name) for other in of_variant}) > 1)
    return ", ".join([*begin, *(settings[name] for name in differing)])


def _header(group: GroupStatistics) -> list[str]:
    begin = [f"variant {group.variant}: "] * bool(group.variant) + [f"mode {group.mode}: "] * bool(group.mode)
    settings = {name: text for name, text in _settings(group).items() if name != "mode"}
    return wrapped("".join(begin) + ", ".join(settings.values()))


def _settings(group: GroupStatistics) -> dict[str, str]:
    """Return the settings that make a group, by the name of its attribute."""
    return {
        **({"mode": group.mode} if group.mode else {}),
        "user_model": f"user={group.user_model}",
        "proactive_model": f"proactive={group.proactive_model}",
        "tool_failure_probability": f"tool_fail={group.tool_failure_probability}",
        "num_env_events_per_minute": f"env_events={group.num_env_events_per_minute}",
        **({"fault_rates": f"faults: {group.fault_rates}"} if group.fault_rates else {}),
    }


def _metadata(group: GroupStatistics) -> Iterator[str]:
    yield _line("Scenarios", f"{group.total_scenarios}")
    yield _line("Runs", f"{group.total_runs}")
    yield _line("Succeeded", f"{group.success_runs}")
    yield _line("Failed", f"{group.failed_runs}")
    if group.exception_runs:
        yield _line("Exceptions", f"{group.exception_runs}", "not in the success rate")
    if group.no_validation_runs:
        yield _line("No validation", f"{group.no_validation_runs}", "not in the success rate")


def _metrics(group: GroupStatistics) -> Iterator[str]:
    of_scenarios = f"of {plural(group.total_scenarios, 'scenario')}"
    yield _figure("Success rate", group.success_rate, unit=" %")
    for label, count, percent, interval in (
        (f"Pass@{group.k}", group.pass_at_k, group.pass_at_k_percent, group.pass_at_k_percent_interval),
        (f"Pass^{group.k}", group.pass_k, group.pass_k_percent, group.pass_k_percent_interval),
    ):
        # With one run of each scenario, the interval is that of the success rate.
        note = [interval_text(interval.low, interval.high)] if interval is not None and group.k > 1 else []
        yield _line(label, f"{percent:.1f}", ", ".join([*note, f"{count} {of_scenarios}"]), unit=" %")
    yield _figure("Run duration", group.avg_run_duration, unit=" s")
    yield _line("Job duration", f"{group.job_duration:.1f}", unit=" s")


def _agent_metrics(group: GroupStatistics) -> Iterator[str]:
    for metric in TOTALS:
        yield _line(metric.label or metric.name, f"{group.totals[metric.total]}")
    yield _figure("Proposal rate", group.aggregate_proposal_rate, decimals=3)
    yield _figure("Acceptance rate", group.aggregate_acceptance_rate, unit=" %", factor=100)
    yield _figure("Read-only per run", group.avg_read_only_actions)
    yield _figure("Writes per run", group.avg_write_actions)


def _figure(label: str, figure: Spread, *, unit: str = "", decimals: int = 1, factor: float = 1) -> str:
    if figure.value is None:
        return _line(label, "n/a")
    notes = []
    if figure.interval is not None:
        notes.append(interval_text(factor * figure.interval.low, factor * figure.interval.high, decimals))
    if figure.samples > 1:
        notes.append(f"std {factor * figure.std:.{decimals}f}")
        if figure.sem is not None:
            notes.append(f"sem {factor * figure.sem:.{decimals}f}")
    return _line(label, f"{factor * figure.value:.{decimals}f}", ", ".join(notes), unit=unit)


def _line(label: str, number: str, note: str = "", *, unit: str = "") -> str:
    return f"    {label:<20}{number:>7}{unit}" + (f" ({note})" if note else "")
