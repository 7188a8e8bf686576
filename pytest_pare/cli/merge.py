"""`pytest-pare merge`: the verdict on a session that ran in shards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_pare.base.extensions import ExtensionError, named, unknown
from pytest_pare.cli.baselines import baseline_of, baseline_option
from pytest_pare.cli.group import FAILED
from pytest_pare.cli.options import json_option, project_of, rootdir_option
from pytest_pare.cli.output import print_json, print_lines
from pytest_pare.ledger.directory import ledgers as ledgers_in
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.github import publish
from pytest_pare.ledger.lines import summary_lines
from pytest_pare.ledger.merging import merge, missing_shards
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.ledger.writer import write_ledger
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.ledger.reader import Ledger


@click.command("merge")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="LEDGER...")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the merged ledger to this file.")
@click.option(
    "--report", "reports", multiple=True, metavar="FORMAT=FILE", help="Write a report file, such as json=report.json."
)
@click.option("--github", is_flag=True, help="Write the step summary and annotations, in a job of GitHub Actions.")
@baseline_option
@rootdir_option
@json_option
def merge_shards(
    files: tuple[Path, ...],
    output: Path | None,
    reports: tuple[str, ...],
    github: bool,
    reference: str | None,
    rootdir: Path | None,
    as_json: bool,
) -> int:
    """Print report and verdict of a session that ran in shards.

    The arguments are the ledgers of all shards, or directories that hold nothing else. Runs of a shard that is not
    there have no result, so the session cannot pass.
    """
    wanted = [_wanted(text) for text in reports]
    try:
        ledgers = [read_ledger(path) for path in _ledgers(files)]
        merged = merge(ledgers)
    except LedgerError as error:
        raise click.UsageError(str(error)) from error
    root, directory = project_of(rootdir).rootdir, ledgers[0].path.parent
    verdict = merged.judge(baseline_of(merged, reference, root, directory))
    missing = missing_shards(ledgers)
    if merged.end:
        merged.end["verdict"] = verdict.word
    _write(merged, output, wanted)
    if as_json:
        print_json("merge", {"suite": merged.header.plan.name, "missing_shards": missing, "gate": verdict.to_dict()})
    else:
        print_lines(summary_lines(merged.results, merged.duration))
        if missing:
            listed = ", ".join(map(str, missing))
            print_lines([f"missing: {plural(len(missing), 'shard')} of {len(ledgers) + len(missing)} ({listed})"])
    if github:
        lines, problems = publish([merged.results], merged.duration, root, os.environ)
        for line in lines:
            click.echo(line)
        if problems:
            raise click.ClickException("; ".join(problems))
    return FAILED if verdict.fails or missing else 0


def _ledgers(files: tuple[Path, ...]) -> Iterator[Path]:
    for path in files:
        if path.is_dir() and not (found := ledgers_in(path)):
            raise click.UsageError(f"{path}: no ledger is in that directory")
        yield from found if path.is_dir() else [path]


def _wanted(text: str) -> tuple[str, Path]:
    name, equals, file = text.partition("=")
    if not equals or not name or not file:
        raise click.UsageError(f"--report: expected FORMAT=FILE, such as json=report.json; got {text!r}")
    if name not in named("report"):
        raise click.UsageError(f"--report: {unknown('report', name)}")
    return name, Path(file)


def _write(merged: Ledger, output: Path | None, wanted: list[tuple[str, Path]]) -> None:
    try:
        if output is not None:
            write_ledger(output, merged)
        for name, path in wanted:
            named("report")[name].load()(path, merged.results.report(merged.duration))
    except (OSError, ExtensionError) as error:
        raise click.UsageError(f"cannot write: {error}") from error
