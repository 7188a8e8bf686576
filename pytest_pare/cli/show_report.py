"""`pytest-pare report`: the report of a session, as it printed it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_pare.base.documents import DocumentError
from pytest_pare.base.redaction import redacted
from pytest_pare.cli.group import FAILED
from pytest_pare.cli.options import json_option, rootdir_option
from pytest_pare.cli.output import clean
from pytest_pare.cli.sessions import sessions_of, state_of, suite_option
from pytest_pare.ledger.baseline_source import baseline_runs
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.lines import open_runs, report_lines, verdict_lines
from pytest_pare.results.text import WIDTH

if TYPE_CHECKING:
    from pytest_pare.cli.sessions import Sessions
    from pytest_pare.ledger.reader import Ledger
    from pytest_pare.results.run_set import RunSet


@click.command("report")
@click.argument("session", default="last")
@click.option(
    "--baseline",
    "reference",
    metavar="FILE|git:REF|session:ID",
    help="Compare with this baseline.  [default: that of the suite]",
)
@suite_option
@rootdir_option
@json_option
def show_report(
    session: str, reference: str | None, suite_file: Path | None, rootdir: Path | None, as_json: bool
) -> int:
    """Print the report and the verdict of a session.

    SESSION is the name of a session, the begin of one, last (the default), last~1 for the one before it, or the path of
    a ledger. The JSON is that of the suite's report file.
    """
    sessions = sessions_of(rootdir, suite_file)
    ledger = sessions.read(session)
    verdict = ledger.judge(_baseline(ledger, reference, sessions))
    if as_json:
        from pytest_pare.results.files import json_text

        click.echo(json_text(ledger.results.report(ledger.duration), ledger.header.began), nl=False)
    else:
        _print(ledger)
    return FAILED if verdict.fails else 0


def _baseline(ledger: Ledger, reference: str | None, sessions: Sessions) -> RunSet | None:
    """Return the runs that a session is compared with; `None` without a baseline. A reference is set in its gate.

    Raises:
        click.ClickException: If they cannot be read.
    """
    plan = ledger.results.plan
    if reference is not None:
        # The gate of a suite without a baseline has no criterion for it.
        ledger.results.plan = replace(plan, gate=plan.gate.model_copy(update={"baseline": reference}))
    reference = reference or plan.gate.baseline
    # A shard is compared when it is merged with the others.
    if reference is None or ledger.header.shard is not None:
        return None
    try:
        return baseline_runs(reference, plan.name, sessions.rootdir, sessions.directory)
    except (DocumentError, LedgerError) as error:
        raise click.ClickException(f"{error}; or name the baseline by --baseline") from error


def _print(ledger: Ledger) -> None:
    header, verdict = ledger.header, ledger.results.verdict
    assert verdict is not None
    title = redacted(f" pare: {ledger.results.name} ")
    click.echo(clean(f"session {header.session}, began {header.began}"))
    if (state := state_of(ledger)) is not None:
        click.secho(clean(f"This session {state}."), fg="yellow")
    if (printed := ledger.end.get("verdict", verdict.word)) != verdict.word:
        click.secho(clean(f"It printed {printed}, and is judged anew: {verdict.word}."), fg="yellow")
    click.echo(clean(title.center(WIDTH, "=")))
    for line in report_lines(ledger.results, ledger.duration):
        click.echo(clean(line))
    for kind, line in open_runs(ledger.results):
        colour = "yellow" if kind in ("skipped", "xfailed", "rerun") else "red"
        click.secho(clean(line), fg=colour if kind else None)
    for colour, line in verdict_lines(verdict):
        click.secho(clean(line), fg=colour or None, bold=bool(colour))
