"""Documents and comparisons of the runs that a session has kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.ledger.plan import flattened
from pytest_pare.scenarios.config_hash import NOT_HASHED
from pytest_pare.timeline.causes import Context
from pytest_pare.timeline.diff import compare_traces
from pytest_pare.timeline.document import run_document

if TYPE_CHECKING:
    from pytest_pare.ledger.kept_runs import KeptRun
    from pytest_pare.timeline.diff import TraceDiff


def document_of(run: KeptRun) -> dict[str, Any]:
    """Return the document of a run.

    Raises:
        LedgerError: If its trace was not kept, or cannot be read.
    """
    return run_document(run.trace(), run.outcome.result, run=str(run.run_id), variant=run.run_id.variant)


def compare_runs(a: KeptRun, b: KeptRun) -> TraceDiff:
    """Return the comparison of two runs.

    Raises:
        LedgerError: If a trace was not kept, or cannot be read.
    """
    names = (str(a.run_id), str(b.run_id))
    if names[0] == names[1]:
        names = (a.name, b.name)
    return compare_traces(a.trace(), b.trace(), names=names, contexts=(context_of(a), context_of(b)))


def context_of(run: KeptRun) -> Context:
    """Return what the ledger says of a run, for the cause of a difference."""
    source = run.ledger.header.plan.sources.get(run.run_id.scenario_id)
    # The engines are left out of the hash of a configuration, and decide on what models answer.
    settings = {
        name: value
        for name, value in (run.outcome.config or {}).items()
        if name not in NOT_HASHED or name.endswith("_engine_config") or name == "agent"
    }
    digest = None if source is None else source.digest
    return Context(digest, run.ledger.header.versions, dict(flattened(settings)), run.outcome.kind)
