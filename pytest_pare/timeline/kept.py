"""Documents and comparisons of the runs that a session has kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.timeline.causes import Context
from pytest_pare.timeline.diff import compare_traces, diff_document
from pytest_pare.timeline.document import run_document
from pytest_pare.timeline.nearest import nearest
from pytest_pare.timeline.reference import REFERENCE, compare_with_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.ledger.kept_runs import KeptRun
    from pytest_pare.ledger.reader import Ledger
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


def nearest_of(run: KeptRun, earlier: Iterable[Ledger] = ()) -> dict[str, Any] | None:
    """Return the nearest run that passed, with the comparison, for a run that did not; `None` if there is none.

    Its `kind` is `sibling` for a run of the same session, `baseline` for one of an earlier session, and `reference` for
    the reference steps, which are no run.

    Args:
        run: The run.
        earlier: The ledgers of earlier sessions, the last one first; read only if needed.

    Raises:
        LedgerError: If a trace cannot be read.
    """
    if run.trace_path is None or run.outcome.kind == "success":
        return None
    other = nearest(run, run.ledger, earlier)
    if other is None:
        trace = run.trace()
        if not trace.reference:
            return None
        diff = compare_with_reference(trace, name=str(run.run_id))
        return {"run": REFERENCE, "kind": REFERENCE, "diff": diff_document(diff)}
    diff = compare_runs(run, other)
    kind = "sibling" if other.ledger is run.ledger else "baseline"
    return {"run": diff.names[1], "kind": kind, "diff": diff_document(diff)}


def context_of(run: KeptRun) -> Context:
    """Return what the ledger says of a run, for the cause of a difference."""
    source = run.ledger.header.plan.sources.get(run.run_id.scenario_id)
    return Context(None if source is None else source.digest, run.ledger.header.versions)
