"""`pytest-pare report`: the report of a session, as it printed it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_pare.base.extensions import ExtensionError
from pytest_pare.base.redaction import redacted
from pytest_pare.cli.baselines import baseline_of, baseline_option
from pytest_pare.cli.group import FAILED
from pytest_pare.cli.options import json_option, rootdir_option
from pytest_pare.cli.output import clean
from pytest_pare.cli.sessions import sessions_of, state_of, suite_option
from pytest_pare.ledger.lines import open_runs, report_lines, verdict_lines
from pytest_pare.results.text import WIDTH

if TYPE_CHECKING:
    from pytest_pare.ledger.reader import Ledger


@click.command("report")
@click.argument("session", default="last")
@baseline_option
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
    try:
        verdict = ledger.judge(baseline_of(ledger, reference, sessions.rootdir, sessions.directory))
    except ExtensionError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        from pytest_pare.results.files import json_text

        click.echo(json_text(ledger.results.report(ledger.duration), ledger.header.began), nl=False)
    else:
        _print(ledger)
    return FAILED if verdict.fails else 0


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
        colour = "yellow" if kind in ("skipped", "xfailed", "user_fault", "rerun") else "red"
        click.secho(clean(line), fg=colour if kind else None)
    for colour, line in verdict_lines(verdict):
        click.secho(clean(line), fg=colour or None, bold=bool(colour))
