"""`pytest-pare diff`: two runs side by side, and the first step that differs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_pare.cli.options import json_option, rootdir_option
from pytest_pare.cli.output import print_json
from pytest_pare.cli.sessions import sessions_of, suite_option
from pytest_pare.cli.show_run import echo
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.kept_runs import find_run
from pytest_pare.timeline.diff import diff_document
from pytest_pare.timeline.diff_text import diff_lines
from pytest_pare.timeline.kept import compare_runs, document_of
from pytest_pare.timeline.nearest import earlier_ledgers, nearest
from pytest_pare.timeline.reference import compare_with_reference

if TYPE_CHECKING:
    from pytest_pare.cli.sessions import Sessions
    from pytest_pare.ledger.kept_runs import KeptRun


@click.command("diff")
@click.argument("a")
@click.argument("b", required=False)
@click.option("--reference", is_flag=True, help="Compare A with the reference steps of its scenario.")
@suite_option
@rootdir_option
@json_option
def diff_runs(
    a: str, b: str | None, reference: bool, suite_file: Path | None, rootdir: Path | None, as_json: bool
) -> None:
    """Compare two runs step by step.

    It names the first step that differs, with its cause, and shows what followed.

    A and B are [SESSION:]SCENARIO[VARIANT-runN]. Without B, the run A is compared with the nearest run that passed:
    another number of it, or one of an earlier session; if there is none, with the reference steps of its scenario. A
    fork is compared with the run that it comes from.
    """
    if b is not None and reference:
        raise click.UsageError("--reference: A is compared with the reference steps; leave out B")
    sessions = sessions_of(rootdir, suite_file)
    try:
        run = find_run(sessions.read, a)
        other = None if reference else _beside(run, b, sessions)
        if other is None:
            diff, beside = compare_with_reference(run.trace(), name=str(run.run_id)), None
        else:
            diff, beside = compare_runs(run, other), document_of(other)
        document = document_of(run)
    except (LedgerError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json("diff", diff_document(diff))
    else:
        echo(diff_lines(diff_document(diff), document, beside))


def _beside(run: KeptRun, name: str | None, sessions: Sessions) -> KeptRun | None:
    """Return the run that a run is compared with; `None` if there is none."""
    origin = name or run.trace().forked_from.get("run")
    if origin is not None:
        return find_run(sessions.read, origin)
    return nearest(run, run.ledger, earlier_ledgers(run.ledger))
