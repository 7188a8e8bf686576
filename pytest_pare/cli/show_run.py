"""`pytest-pare show`: what happened in a run of an earlier session, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_pare.base.redaction import redacted_json
from pytest_pare.cli.options import json_option, rootdir_option
from pytest_pare.cli.output import clean, print_json
from pytest_pare.cli.sessions import sessions_of, suite_option
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.kept_runs import find_run
from pytest_pare.timeline.kept import document_of
from pytest_pare.timeline.text import run_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.timeline.lines import Line


@click.command("show")
@click.argument("run")
@click.option("--turn", type=int, metavar="N", help="Show one turn, with more of each text.")
@click.option("--step", type=int, metavar="N", help="Show one step, whole.")
@click.option("--state", is_flag=True, help="Show the apps that each turn changed.")
@click.option("--trace", is_flag=True, help="Print the trace as JSON lines.")
@suite_option
@rootdir_option
@json_option
def show_run(
    run: str,
    turn: int | None,
    step: int | None,
    state: bool,
    trace: bool,
    suite_file: Path | None,
    rootdir: Path | None,
    as_json: bool,
) -> None:
    """Show a run step by step.

    It begins with the reason why the run ended as it did; then come its turns with their steps, whose numbers other
    commands take.

    RUN is [SESSION:]SCENARIO[VARIANT-runN], as the report names it; without SESSION, it is in the last one. The name of
    the scenario alone stands for its first run that did not succeed.
    """
    if turn is not None and step is not None:
        raise click.UsageError("--turn and --step: show a turn, or one step; leave one out")
    try:
        kept = find_run(sessions_of(rootdir, suite_file).read, run)
        if trace:
            click.echo(redacted_json(kept.trace().to_jsonl(), (",", ":")), nl=False)
            return
        document = document_of(kept)
        lines = [] if as_json else run_lines(document, turn=turn, step=step, state=state)
    except (LedgerError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json("show", document)
    else:
        echo(lines)


def echo(lines: Iterable[Line]) -> None:
    """Print lines in their colours."""
    for line in lines:
        click.secho(clean(line.text), fg=line.colour)
