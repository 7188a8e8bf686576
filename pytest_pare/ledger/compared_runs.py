"""The runs of a suite as `RunSet`, for comparisons and baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.results.run_set import ComparedRun, RunSet, category_of
from pytest_pare.results.usage import cost_of_runs, tokens_of
from pytest_pare.results.validation_result import exception_type_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.ledger.outcomes import Outcome
    from pytest_pare.ledger.run_id import RunId
    from pytest_pare.ledger.suite_results import SuiteResults


def run_set(
    name: str,
    results: SuiteResults,
    scenarios: Mapping[str, str],
    agent_version: str | None,
    versions: Mapping[str, str],
) -> RunSet:
    """Return the attempts that count of a suite's runs.

    Args:
        name: What messages call them, such as the name of the session.
        results: The runs.
        scenarios: Id of each scenario to the hash of its source.
        agent_version: Version of the agent; None if unknown.
        versions: Distribution to its version.
    """
    # What could not be collected has no scenario.
    runs = [
        _compared(run, outcome)
        for nodeid, outcome in results.outcomes.items()
        if (run := results.run_id(nodeid)).scenario_id in scenarios
    ]
    return RunSet(name, runs, scenarios, agent_version, versions)


def _compared(run: RunId, outcome: Outcome) -> ComparedRun:
    result = outcome.result
    exception = None if result is None or result.exception is None else exception_type_name(result.exception)
    return ComparedRun(
        scenario_id=run.scenario_id,
        variant=run.variant,
        run_number=run.run_number,
        outcome=outcome.kind,
        category=category_of(outcome.kind, exception, None if result is None else result.rationale),
        cost=None if result is None else cost_of_runs([result]).total,
        tokens=None if result is None else tokens_of(result),
        turns=0 if result is None else result.number_of_turns,
        infrastructure=outcome.is_infrastructure,
        duration=None if result is None else result.duration,
    )
