"""The intervals of a group's figures, in which the rows of one scenario belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.inference.intervals import Interval, rate_interval, ratio_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def scenario_intervals(scenarios: Sequence[Mapping[str, Any]]) -> dict[str, Interval | None]:
    """Return the 95 % intervals of figures, in the unit of each; None for those without one.

    Args:
        scenarios: The sums of each scenario's rows, by the names of columns; `rows`, `scores` and `successes` are the
            numbers of rows, of those with a score, and of successes.
    """
    sums = {name: [one[name] for one in scenarios] for name in scenarios[0]}
    one_each = [1] * len(scenarios)
    passes = {
        "pass_at_k": [hits > 0 for hits in sums["successes"]],
        "pass_k": [0 < scores == hits for hits, scores in zip(sums["successes"], sums["scores"], strict=True)],
    }
    return {
        "success_rate": _percent(rate_interval(sums["successes"], sums["scores"])),
        **{name: _percent(rate_interval(passed, one_each)) for name, passed in passes.items()},
        "aggregate_proposal_rate": _of_ratio(sums["proposal_count"], sums["number_of_turns"]),
        "aggregate_acceptance_rate": _acceptance_interval(sums["acceptance_count"], sums["proposal_count"]),
        "avg_read_only_actions": _of_ratio(sums["read_only_actions"], sums["rows"]),
        "avg_write_actions": _of_ratio(sums["write_actions"], sums["rows"]),
    }


def _of_ratio(parts: list[int], wholes: list[int]) -> Interval | None:
    # Proposals without a turn are in the figure, and not in the interval.
    if any(part and not whole for part, whole in zip(parts, wholes, strict=True)):
        return None
    interval = ratio_interval(parts, wholes)
    # Equal ratios in all scenarios do not show how exact the common one is.
    return None if interval is None or interval.low == interval.high else interval


def _acceptance_interval(accepted: list[int], proposed: list[int]) -> Interval | None:
    # A table that was made by hand can have more acceptances than proposals.
    is_share = all(part <= whole for part, whole in zip(accepted, proposed, strict=True))
    return rate_interval(accepted, proposed) if is_share else None


def _percent(interval: Interval | None) -> Interval | None:
    return None if interval is None else Interval(100 * interval.low, 100 * interval.high)
