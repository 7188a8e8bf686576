"""Documents of the runs that a session has kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.timeline.document import run_document

if TYPE_CHECKING:
    from pytest_pare.ledger.kept_runs import KeptRun


def document_of(run: KeptRun) -> dict[str, Any]:
    """Return the document of a run.

    Raises:
        LedgerError: If its trace was not kept, or cannot be read.
    """
    return run_document(run.trace(), run.outcome.result, run=str(run.run_id), variant=run.run_id.variant)
