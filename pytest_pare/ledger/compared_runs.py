"""The runs of a suite as `RunSet`, for comparisons and baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.results.run_set import USER_FAULTS, ComparedRun, RunSet, category_of
from pytest_pare.results.usage import cost_of, tokens_of
from pytest_pare.results.validation_result import exception_type_name

if TYPE_CHECKING:
    from pytest_pare.ledger.header import Header
    from pytest_pare.ledger.outcomes import Outcome
    from pytest_pare.ledger.run_id import RunId
    from pytest_pare.ledger.suite_results import SuiteResults


def run_set(header: Header, results: SuiteResults) -> RunSet:
    """Return the attempts that count of the runs of a session, named `session:ID`.

    Args:
        header: The session.
        results: The runs.
    """
    runs = [
        (results.run_id(nodeid), outcome)
        for nodeid, outcome in results.outcomes.items()
        # A module that could not be collected is no run.
        if nodeid in results.attempts or not outcome.reported
    ]
    hashes = {scenario_id: source.digest for scenario_id, source in results.plan.sources.items()}
    # A class that is in no file has no hash.
    hashes |= {run.scenario_id: "" for run, _ in runs if run.scenario_id not in hashes}
    compared = [_compared(run, outcome) for run, outcome in runs]
    # Only a suite that leaves runs out says so, because it alone differs from earlier baselines.
    left_out = {} if results.plan.gate.user_faults == "count" else {USER_FAULTS: results.plan.gate.user_faults}
    settings = {**results.plan.settings, **left_out}
    return RunSet(f"session:{header.session}", compared, hashes, header.agent, header.versions, settings)


def _compared(run: RunId, outcome: Outcome) -> ComparedRun:
    result = outcome.result
    exception = None if result is None or result.exception is None else exception_type_name(result.exception)
    return ComparedRun(
        scenario_id=run.scenario_id,
        variant=run.variant,
        run_number=run.run_number,
        outcome=outcome.kind,
        category=category_of(outcome.kind, exception, None if result is None else result.rationale),
        cost=None if result is None else cost_of(result),
        tokens=None if result is None else tokens_of(result),
        turns=0 if result is None else result.number_of_turns,
        infrastructure=outcome.is_infrastructure,
        duration=None if result is None else result.duration,
    )
