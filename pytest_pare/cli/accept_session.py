"""`pytest-pare accept`: adds the runs of a session to the baseline of its suite."""

from __future__ import annotations

import shlex
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_pare.base.documents import DocumentError, display
from pytest_pare.base.redaction import redacted
from pytest_pare.cli.options import json_option, rootdir_option
from pytest_pare.cli.output import print_json, print_lines, redacted_lines
from pytest_pare.cli.sessions import sessions_of, state_of, suite_option
from pytest_pare.ledger import baseline as files
from pytest_pare.ledger.acceptance import AcceptError, accept
from pytest_pare.results.text import plural
from pytest_pare.settings.gate import REFERENCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_pare.ledger.acceptance import Accepted
    from pytest_pare.ledger.baseline import Baseline
    from pytest_pare.ledger.reader import Ledger
    from pytest_pare.results.run_set import ComparedRun


@click.command("accept")
@click.argument("session", default="last")
@click.option("--reason", required=True, metavar="TEXT", help="Why these runs are what is expected; it is kept.")
@click.option("--replace", is_flag=True, help="Write a new baseline instead of adding runs to the present one.")
@click.option(
    "--baseline",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file.  [default: gate.baseline of the suite, or baselines/SUITE.json in the rootdir]",
)
@suite_option
@rootdir_option
@json_option
def accept_session(
    session: str,
    reason: str,
    replace: bool,
    file: Path | None,
    suite_file: Path | None,
    rootdir: Path | None,
    as_json: bool,
) -> None:
    """Add the runs of a session to its baseline.

    SESSION is the name of a session, the begin of one, last (the default), last~1 for the one before it, or the path of
    a ledger. It must be a whole session of the suite. Its verdict may be FAIL: a baseline holds what the agent does.
    """
    if not reason.strip():
        raise click.UsageError("--reason: expected a text, got an empty one")
    sessions = sessions_of(rootdir, suite_file)
    ledger = sessions.read(session)
    _require_whole(ledger)
    path = file or _default_file(ledger, sessions.rootdir)
    existing = _existing(path, replace=replace)
    header = ledger.header
    commit = None if header.commit is None else header.commit.id + "+" * header.commit.dirty
    acceptance = files.Acceptance(
        datetime.now(UTC).date().isoformat(), header.session, redacted(reason.strip()), commit, 0
    )
    try:
        accepted = accept(existing, header.plan.name, ledger.run_set(), acceptance, replace_all=replace)
        files.write(path, accepted.baseline)
    except AcceptError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{display(path)}: cannot be written: {error.strerror}") from error
    warnings = [*accepted.warnings, *_notes(ledger)]
    if as_json:
        runs = accepted.baseline.runs
        print_json(
            "accept",
            {
                "session": header.session,
                "baseline": display(path),
                "suite": header.plan.name,
                "added_runs": accepted.baseline.accepted[-1].runs,
                "runs": len(runs.runs),
                "scenarios": len({run.scenario_id for run in runs.runs}),
                "runs_per_scenario": list(_per_scenario(runs.runs)),
                "agent_version": runs.agent_version,
                "warnings": warnings,
            },
        )
    else:
        print_lines(_lines(accepted, path, warnings))


def _require_whole(ledger: Ledger) -> None:
    """Refuse a session that cannot be a baseline.

    Raises:
        click.ClickException: If it is a shard, has not ended, or is not the whole suite.
    """
    session, state = ledger.header.session, state_of(ledger)
    if ledger.header.shard is not None:
        number, of = ledger.header.shard
        raise click.ClickException(
            f"session {session} is shard {number} of {of}; merge all shards by pytest-pare merge, and accept the result"
        )
    if state is not None and ledger.end.get("partial") and not ledger.end.get("interrupted"):
        raise click.ClickException(f"session {session} {state}; a baseline needs the whole suite; run it without that")
    if state is not None:
        raise click.ClickException(f"session {session} {state}; complete it by pytest --pare-resume={session}")


def _default_file(ledger: Ledger, rootdir: Path) -> Path:
    named = ledger.header.plan.gate.baseline
    if named is not None and not named.startswith(REFERENCES):
        return rootdir / named
    return rootdir / files.baseline_file(ledger.header.plan.name)


def _existing(path: Path, *, replace: bool) -> Baseline | None:
    """Return the present baseline, `None` without one; one that is broken can be replaced only.

    Raises:
        click.ClickException: If it cannot be read.
    """
    if not path.exists():
        return None
    try:
        return files.read(path)
    except DocumentError as error:
        if replace:
            return None
        raise click.ClickException(str(error)) from error


def _per_scenario(runs: Iterable[ComparedRun]) -> tuple[int, int]:
    """Return the least and the greatest number of runs of a scenario in a variant."""
    counts = Counter((run.scenario_id, run.variant) for run in runs).values()
    return min(counts), max(counts)


def _notes(ledger: Ledger) -> Iterator[str]:
    if (verdict := ledger.end.get("verdict")) != "PASS":
        yield f"the verdict of this session was {verdict}: see pytest-pare report {ledger.header.session}"
    if ledger.header.commit is not None and ledger.header.commit.dirty:
        yield "files of the project differed from the commit when the session began"
    if set(+ledger.results.report(ledger.duration).modes) <= {"oracle", "reference"}:
        yield "no agent was tested in this session: the runs are the scenarios' own reference steps"


def _lines(accepted: Accepted, path: Path, warnings: Iterable[str]) -> Iterator[str]:
    baseline = accepted.baseline
    last = baseline.accepted[-1]
    runs = baseline.runs.runs
    yield from redacted_lines(f"accepted {plural(last.runs, 'run')} of session {last.session}")
    least, most = _per_scenario(runs)
    each = f"{least}" if least == most else f"{least} to {most}"
    scenarios = plural(len({run.scenario_id for run in runs}), "scenario")
    yield from redacted_lines(
        f"{display(path)}: {plural(len(runs), 'run')} of {scenarios} from {plural(len(baseline.accepted), 'session')}, "
        f"{each} of each, agent {baseline.runs.agent_version or 'unknown'}"
    )
    for warning in warnings:
        yield from redacted_lines(f"warning: {warning}")
    # Not wrapped, so that it can be copied.
    yield f"commit it: git add {shlex.quote(display(path))} && git commit -m {shlex.quote(last.reason)}"
