"""The gate's verdict on the runs of a suite."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_pare.base.garbage import without_garbage_collection
from pytest_pare.ledger.run_id import RunId
from pytest_pare.results.gate import KINDS, GateInput, Verdict, evaluate_gate
from pytest_pare.results.robustness import least_area
from pytest_pare.results.usage import cost_of_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.results.comparison import Comparison


@without_garbage_collection()
def judge(
    results: SuiteResults,
    *,
    partial: Sequence[str] = (),
    interrupted: bool = False,
    comparison: Comparison | None = None,
    shard: str | None = None,
) -> Verdict:
    """Return the gate's verdict on the runs of a suite.

    Args:
        results: The runs.
        partial: Why they are not the whole suite; empty if they are.
        interrupted: Whether the session was ended early.
        comparison: The comparison with the suite's baseline; None without one.
        shard: The shard that was run, such as `2/5`; None for the whole suite.
    """
    kinds = Counter(outcome.kind for outcome in results.outcomes.values())
    counts: dict[str, Any] = {kind: kinds[kind] for kind in KINDS}
    gate = results.plan.gate
    attempts = (one.result for attempts in results.attempts.values() for one in attempts)
    return evaluate_gate(
        GateInput(
            **counts,
            robustness=least_area(results.curves()),
            comparison=comparison,
            cost=cost_of_runs(one for one in attempts if one is not None),
            attempts=results.times_played(),
            results=[one.result for one in results.outcomes.values() if one.result is not None],
            outcomes=_by_scenario(results),
            partial=tuple(partial),
            criteria=gate.values,
            inconclusive=gate.inconclusive,
            deselected=results.deselected,
            interrupted=interrupted,
            shard=shard,
        )
    )


def _by_scenario(results: SuiteResults) -> dict[str, list[str]]:
    """Return the outcomes of each scenario, by its id and variant."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for nodeid, outcome in results.outcomes.items():
        run = results.run_id(nodeid)
        kinds.setdefault((run.scenario_id, run.variant), []).append(outcome.kind)
    return {str(RunId(*key)): of_key for key, of_key in kinds.items()}
