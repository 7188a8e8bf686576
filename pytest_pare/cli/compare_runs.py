"""`pytest-pare compare`: the runs of a session or a baseline, compared with those of another."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from pytest_pare.base.documents import DocumentError
from pytest_pare.cli.group import FAILED
from pytest_pare.cli.options import json_option, rootdir_option
from pytest_pare.cli.output import print_json, print_lines, redacted_lines
from pytest_pare.cli.sessions import is_ledger, sessions_of, state_of, suite_option
from pytest_pare.ledger.baseline import read
from pytest_pare.ledger.baseline_source import baseline_runs
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.results.comparison_lines import comparison_lines
from pytest_pare.results.pairing import compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.cli.sessions import Sessions
    from pytest_pare.results.comparison import Comparison
    from pytest_pare.results.run_set import RunSet


class Side(NamedTuple):
    """One side of a comparison.

    Attributes:
        suite: The suite file, relative to the rootdir.
        runs: The runs.
        max_regression: What the suite says; `None` if it says nothing.
        note: Why the runs may not be all of the suite; `None` if they are.
    """

    suite: str
    runs: RunSet
    max_regression: float | None = None
    note: str | None = None


def _a_number(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    # A range of click takes it.
    if value is not None and math.isnan(value):
        raise click.BadParameter("nan is not in the range 0<x<=1.", context, option)
    return value


@click.command("compare")
@click.argument("before")
@click.argument("now", default="last")
@click.option(
    "--max-regression",
    type=click.FloatRange(0, 1, min_open=True),
    callback=_a_number,
    metavar="SHARE",
    help="The drop of the success rate to exclude.  [default: that of the suite, 0.10]",
)
@suite_option
@rootdir_option
@json_option
def compare_runs(
    before: str,
    now: str,
    max_regression: float | None,
    suite_file: Path | None,
    rootdir: Path | None,
    as_json: bool,
) -> int:
    """Compare two sessions or baselines of a suite.

    BEFORE and NOW are each the name of a session, the begin of one, last (the default of NOW), last~1 for the one
    before it, the path of a ledger or of a baseline, or git:REF, the baseline of the suite in another commit.
    """
    sessions = sessions_of(rootdir, suite_file)
    # A reference to another commit has the suite of the other side.
    if before.startswith(_GIT) and sessions.suite is None:
        new = _side(now, sessions)
        old = _side(before, sessions._replace(suite=new.suite))
    else:
        old = _side(before, sessions)
        new = _side(now, sessions._replace(suite=sessions.suite or old.suite))
    if old.suite != new.suite:
        raise click.UsageError(f"{before} is of the suite {old.suite}, and {now} of {new.suite}; compare runs of one")
    comparison = _whole(compare(old.runs, new.runs, max_regression or new.max_regression or 0.10), new.runs)
    if as_json:
        notes = [note for side in (old, new) if (note := side.note) is not None]
        print_json("compare", {"suite": new.suite, "now": new.runs.name, **comparison.to_dict(), "notes": notes})
    else:
        print_lines(_lines(comparison, old, new))
    return FAILED if comparison.verdict == "FAIL" else 0


_GIT = "git:"


def _side(name: str, sessions: Sessions) -> Side:
    """Return the runs that an argument names.

    Raises:
        click.ClickException: If there are no such runs, or they cannot be read.
    """
    try:
        if name.startswith(_GIT):
            if sessions.suite is None:
                raise click.UsageError(f"{name}: the baseline of which suite? add --suite FILE")
            return Side(sessions.suite, baseline_runs(name, sessions.suite, sessions.rootdir, sessions.directory))
        if Path(name).is_file() and not is_ledger(name):
            baseline = read(Path(name))
            return Side(baseline.suite, baseline.runs)
    except (DocumentError, LedgerError) as error:
        raise click.ClickException(str(error)) from error
    ledger = sessions.read(name.removeprefix("session:"))
    state = state_of(ledger)
    note = None if state is None else f"session {ledger.header.session} {state}"
    return Side(ledger.header.plan.name, ledger.run_set(), ledger.header.plan.gate.max_regression, note)


def _whole(comparison: Comparison, runs: RunSet) -> Comparison:
    """Return the comparison without a PASS if some runs have no result, with which no gate passes."""
    missing = sum(run.outcome == "no_result" for run in runs.runs)
    if comparison.verdict != "PASS" or not missing:
        return comparison
    have = "run has" if missing == 1 else "runs have"
    return replace(comparison, verdict="INCONCLUSIVE", reasons=(f"{missing} {have} no result",))


def _lines(comparison: Comparison, old: Side, new: Side) -> Iterator[str]:
    yield from redacted_lines(f"{new.suite}: {new.runs.name}")
    for side in (old, new):
        if side.note is not None:
            yield from redacted_lines(f"warning: {side.note}")
    for line in comparison_lines(comparison):
        yield from redacted_lines(line)
    yield from redacted_lines(f"{comparison.verdict}{': ' * bool(comparison.reasons)}{'; '.join(comparison.reasons)}")
