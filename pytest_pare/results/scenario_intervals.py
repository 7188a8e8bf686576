"""The intervals of a group's figures, in which the rows of one scenario belong together.

Importing this module imports polars and numpy.
"""

from __future__ import annotations

import polars as pl

from pytest_pare.inference.intervals import Interval, rate_interval, ratio_interval


def per_scenario_sums(group: pl.DataFrame) -> pl.DataFrame:
    """Return a row with sums for each scenario, in the order of the rows of the group."""
    names = ("proposal_count", "acceptance_count", "number_of_turns", "read_only_actions", "write_actions")
    score = pl.col("success_numeric")
    return group.group_by("base_scenario_id", maintain_order=True).agg(
        rows=pl.len(),
        scores=score.count(),
        successes=score.sum(),
        score=score.mean(),
        **{x: pl.col(x).sum() for x in names},
    )


def scenario_intervals(per_scenario: pl.DataFrame) -> dict[str, Interval | None]:
    """Return the 95 % intervals of figures, in the unit of each; None for those without one.

    Args:
        per_scenario: As `per_scenario_sums` returns it.
    """
    sums = {name: per_scenario[name].to_list() for name in per_scenario.columns}
    one_each = [1] * len(per_scenario)
    passes = {
        "pass_at_k": [bool(score) for score in sums["score"]],
        "pass_k": [score == 1 for score in sums["score"]],
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
