"""The gate's verdict on the runs of a suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.results.gate import GateInput, Verdict, evaluate_gate
from pytest_pare.results.robustness import least_area

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.ledger.suite_results import SuiteResults

_KINDS = ("success", "failed", "exception", "no_validation", "no_result", "skipped", "xfailed")


def judge(results: SuiteResults, *, partial: Sequence[str] = (), interrupted: bool = False) -> Verdict:
    """Return the gate's verdict on the runs of a suite.

    Args:
        results: The runs.
        partial: Why they are not the whole suite; empty if they are.
        interrupted: Whether the session was ended early.
    """
    counts: dict[str, Any] = {kind: results.count(kind) for kind in _KINDS}
    gate = results.plan.gate
    return evaluate_gate(
        GateInput(
            **counts,
            min_success_rate=gate.min_success_rate,
            robustness=least_area(results.curves()),
            min_robustness=gate.robustness,
            attempts=results.times_played(),
            results=[one.result for one in results.outcomes.values() if one.result is not None],
            partial=tuple(partial),
            criteria=gate.values,
            deselected=results.deselected,
            interrupted=interrupted,
        )
    )
