"""`pytest-pare view`: the report page of a session."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import click

from pytest_pare.base.extensions import ExtensionError
from pytest_pare.base.user_frames import shown
from pytest_pare.cli.baselines import baseline_of, baseline_option
from pytest_pare.cli.options import rootdir_option
from pytest_pare.cli.output import clean
from pytest_pare.cli.sessions import is_ledger, sessions_of, suite_option
from pytest_pare.ledger.directory import EXTENSION, page_of


@click.command("view")
@click.argument("session", default="last")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="The file of the page.  [default: beside the ledger]",
    metavar="FILE",
)
@click.option("--no-open", is_flag=True, help="Do not open the page in a browser.")
@baseline_option
@suite_option
@rootdir_option
def view_session(
    session: str,
    output: Path | None,
    no_open: bool,
    reference: str | None,
    suite_file: Path | None,
    rootdir: Path | None,
) -> int:
    """Write the report page of a session, and print its path.

    SESSION is the name of a session, the begin of one, last (the default), last~1 for the one before it, or the path of
    a ledger. On a terminal the page is opened in a browser.
    """
    if Path(session).is_file() and not is_ledger(session):
        raise click.UsageError(
            f"{session}: expected the ledger of a session (*{EXTENSION}); report files hold no traces: name a session, "
            "or its ledger in .pare/runs"
        )
    sessions = sessions_of(rootdir, suite_file)
    ledger = sessions.read(session)
    try:
        ledger.judge(baseline_of(ledger, reference, sessions.rootdir, sessions.directory))
    except ExtensionError as error:
        raise click.ClickException(str(error)) from error
    from pytest_pare.page.files import write_page

    path = page_of(ledger.path) if output is None else output
    if path.is_dir():
        path /= page_of(ledger.path).name
    try:
        write_page(path, [ledger.results.report(ledger.duration)], ledger)
    except OSError as error:
        raise click.ClickException(f"{path}: the page cannot be written: {error.strerror}") from error
    click.echo(clean(str(shown(path))))
    if not no_open and sys.stdout.isatty():
        webbrowser.open(path.absolute().as_uri())
    return 0
