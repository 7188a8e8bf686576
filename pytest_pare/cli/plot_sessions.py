"""`pytest-pare plot`: rates, noise, history, comparison and cost as SVG files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pytest_pare.base.user_frames import shown
from pytest_pare.cli.baselines import baseline_of, baseline_option
from pytest_pare.cli.options import rootdir_option
from pytest_pare.cli.output import clean
from pytest_pare.cli.sessions import sessions_of, suite_option
from pytest_pare.ledger.directory import traces_dir
from pytest_pare.ledger.earlier_sessions import history_of, session_entry
from pytest_pare.plots.suite_plots import KINDS, suite_plots
from pytest_pare.results.history import SessionEntry
from pytest_pare.results.rounds import compare_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.ledger.reader import Ledger
    from pytest_pare.plots.suite_plots import Plot
    from pytest_pare.results.run_set import RunSet

_MOST_SESSIONS: Final = 20
_MOST_BYTES: Final = 100_000_000
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_NOTHING: Final = {
    "rates": "no run has a result",
    "noise": "the suite has no sweep",
    "history": "only one session is recorded; run the suite again, or name several sessions",
    "comparison": "no baseline is compared; set gate.baseline in the suite, or add --baseline FILE",
    "cost": "the cost of models is known of fewer than two variants or sessions",
}


@click.command("plot")
@click.argument("names", metavar="[SESSION]...", nargs=-1)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Draw only this plot; may be repeated.")
@click.option(
    "--output",
    metavar="FILE|DIR",
    type=click.Path(path_type=Path),
    help="The directory of the files, or the file of one plot (*.svg).  [default: beside the ledger]",
)
@baseline_option
@suite_option
@rootdir_option
def plot_sessions(
    names: tuple[str, ...],
    kinds: tuple[str, ...],
    output: Path | None,
    reference: str | None,
    suite_file: Path | None,
    rootdir: Path | None,
) -> None:
    """Write plots of sessions as SVG files.

    SESSION is the name of a session, the begin of one, last (the default), last~1 for the one before it, or the path of
    a ledger. Several sessions are shown in one plot. The history is that of the suite up to the session, or of the
    sessions if they are several; the comparison is that of the latest of them. The paths of the files are printed.
    """
    sessions = sessions_of(rootdir, suite_file)
    ledgers = [sessions.read(name) for name in dict.fromkeys(names or ("last",))]
    latest = max(ledgers, key=lambda one: one.header.began)
    wanted = kinds or KINDS
    runs, problem = None, ""
    try:
        runs = baseline_of(latest, reference, sessions.rootdir, sessions.directory)
    except click.ClickException as error:
        # A missing baseline does not keep the other plots from being drawn.
        if reference is not None or "comparison" in kinds:
            raise
        problem = error.message
    plots = [plot for plot in _plots(ledgers, latest, runs) if plot.kind in wanted]
    drawn = {plot.kind for plot in plots}
    reasons = {**_NOTHING, **({"comparison": problem} if problem else {})}
    missing = [f"{kind}: nothing to plot: {reasons[kind]}" for kind in wanted if kind not in drawn]
    if not plots or (kinds and missing):
        raise click.ClickException("; ".join(missing))
    for path, text in _files(plots, output, traces_dir(latest.path) / "plots").items():
        _write(path, text)
        click.echo(clean(str(shown(path))))
    for line in missing:
        click.echo(clean(line), err=True)


def _plots(ledgers: Sequence[Ledger], latest: Ledger, runs: RunSet | None) -> list[Plot]:
    several = len(ledgers) > 1
    reports = [(_name(one) if several else "", one.results.report(one.duration)) for one in ledgers]
    in_order = sorted(ledgers, key=lambda one: one.header.began)
    entries = list(map(session_entry, in_order)) if several else history_of(latest, _MOST_SESSIONS, _MOST_BYTES)
    if runs is None:
        return suite_plots(reports, entries, standalone=True)
    plan = latest.results.plan
    compared = compare_session(runs, latest.run_set(), plan.rounds, plan.gate.max_regression)
    baseline = SessionEntry("baseline", "", None, "", runs).tally().rate
    return suite_plots(reports, entries, compared, baseline=baseline, standalone=True)


def _name(ledger: Ledger) -> str:
    # The time in it names a session as well as the whole name does, which ends with the suite's.
    time, agent = ledger.header.session.partition("-")[0], ledger.header.agent_version
    return f"{time} ({agent})" if agent else time


def _files(plots: Sequence[Plot], output: Path | None, beside: Path) -> dict[Path, str]:
    """Return the file of each plot with its text.

    Raises:
        click.UsageError: If `--output` names one file for several plots.
    """
    if output is not None and output.suffix == ".svg" and not output.is_dir():
        if len(plots) > 1:
            drawn = ", ".join(dict.fromkeys(plot.kind for plot in plots))
            raise click.UsageError(f"--output: {output} is one file for {len(plots)} plots ({drawn}); add --kind")
        return {output: plots[0].text}
    directory = output or beside
    return {directory / f"{'-'.join(filter(None, (one.kind, _slug(one.subject))))}.svg": one.text for one in plots}


def _slug(subject: str) -> str:
    return _UNSAFE.sub("-", subject).strip("-")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path}: the plot cannot be written: {error.strerror}") from error
