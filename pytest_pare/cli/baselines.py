"""The baseline that a command compares a session with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_pare.base.documents import DocumentError
from pytest_pare.ledger.baseline_source import baseline_runs
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.settings.gate import REFERENCES

if TYPE_CHECKING:
    from pytest_pare.ledger.reader import Ledger
    from pytest_pare.results.run_set import RunSet

baseline_option = click.option(
    "--baseline",
    "reference",
    metavar="FILE|git:REF|session:ID",
    help="Compare with this baseline.  [default: that of the suite]",
)


def baseline_of(ledger: Ledger, reference: str | None, rootdir: Path, directory: Path) -> RunSet | None:
    """Return the runs that a session is compared with; `None` without a baseline. A reference is set in its gate.

    Args:
        ledger: The session.
        reference: What `--baseline` names; `None` is the baseline of the suite.
        rootdir: The rootdir of the project.
        directory: The directory of ledgers.

    Raises:
        click.ClickException: If they cannot be read.
    """
    plan = ledger.results.plan
    if reference is not None and not reference.startswith(REFERENCES):
        reference = str(Path(reference).absolute())
    if reference is not None:
        # The gate of a suite without a baseline has no criterion for it.
        ledger.results.plan = replace(plan, gate=plan.gate.model_copy(update={"baseline": reference}))
    reference = reference or plan.gate.baseline
    # A shard is compared when it is merged with the others.
    if reference is None or ledger.header.shard is not None:
        return None
    try:
        return baseline_runs(reference, plan.name, rootdir, directory)
    except (DocumentError, LedgerError) as error:
        raise click.ClickException(f"{error}; or name the baseline by --baseline") from error
