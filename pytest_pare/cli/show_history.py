"""`pytest-pare history`: success over sessions, and flip rates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.cli.options import json_option, rootdir_option
from pytest_pare.cli.output import print_json, print_lines, redacted_lines
from pytest_pare.cli.sessions import sessions_of, suite_option
from pytest_pare.ledger.directory import first_line, ledgers
from pytest_pare.ledger.earlier_sessions import session_entry
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.results.history import scenario_histories
from pytest_pare.results.text import WIDTH, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.cli.sessions import Sessions
    from pytest_pare.results.history import ScenarioHistory, SessionEntry, Tally

_SIGNS: Final = {"success": ".", "failed": "F", "exception": "E", "no_validation": "N"}
_LONGEST_ID: Final = 31
_LEGEND: Final = "runs: . success, F failed, E exception, N no verdict, - no result"


@click.command("history")
@click.argument("scenario", required=False)
@click.option("-n", "--last", "most", type=click.IntRange(min=1), default=20, show_default=True, help="Sessions shown.")
@suite_option
@rootdir_option
@json_option
def show_history(scenario: str | None, most: int, suite_file: Path | None, rootdir: Path | None, as_json: bool) -> None:
    """Show success over sessions, and flip rates.

    With SCENARIO, the sessions are those of this scenario. The flip rate is the share of runs with another outcome than
    the run of the same scenario, variant and number in the session before.
    """
    sessions = sessions_of(rootdir, suite_file)
    suite, entries, problems = _entries(sessions, most)
    histories = scenario_histories(entries)
    if scenario is not None:
        known = {one.scenario_id: one for one in histories}
        if scenario not in known:
            hint = did_you_mean(scenario, known)
            raise click.UsageError(f"no session of {suite} has a scenario {scenario!r}{hint}")
        histories = [known[scenario]]
    if as_json:
        print_json("history", _plain(suite, entries, histories, problems))
    else:
        lines = _overview(suite, entries, histories) if scenario is None else _of_one(suite, entries, histories[0])
        print_lines([*lines, *(f"warning: {problem}" for problem in problems)])


def _entries(sessions: Sessions, most: int) -> tuple[str, list[SessionEntry], list[str]]:
    """Return the suite, its last sessions, the oldest first, and why some cannot be read.

    Raises:
        click.ClickException: If there is no session, or there are several suites.
    """
    paths = ledgers(sessions.directory, sessions.suite)
    suites = sorted({str((first_line(path) or {}).get("plan", {}).get("name")) for path in paths})
    of_suite = "" if sessions.suite is None else f" of {sessions.suite}"
    if not paths:
        raise click.ClickException(f"{sessions.directory}: no session{of_suite} is recorded there; run the suite first")
    if len(suites) > 1:
        raise click.UsageError(f"there are sessions of {len(suites)} suites, {', '.join(suites)}; add --suite FILE")
    entries, problems = [], []
    for path in paths[-most:]:
        try:
            entries.append(session_entry(read_ledger(path)))
        except LedgerError as error:
            problems.append(str(error))
    if not entries:
        raise click.ClickException(problems[0])
    return suites[0], entries, problems


def _overview(suite: str, entries: Sequence[SessionEntry], histories: Sequence[ScenarioHistory]) -> Iterator[str]:
    yield f"{suite}: {plural(len(entries), 'session')}"
    yield ""
    yield _row("session", "commit", "agent", "runs", "success", "95 % interval", "verdict")
    for entry in entries:
        yield _session_row(entry, entry.tally(), entry.verdict)
    shown = [one for one in histories if one.flips or one.total.successes < one.total.runs]
    if shown:
        longest = max(len("scenario"), *(len(one.scenario_id) for one in shown))
        width = min(longest, _LONGEST_ID)
        yield ""
        yield f"{'scenario':<{width}}  {'flip rate':>9}  {'success':>7}  by session, the latest last"
        for one in shown:
            begin = f"{_cut(one.scenario_id, width)}  {_percent(one.flip_rate):>9}  {_percent(one.total.rate):>7}"
            yield f"{begin}  {_by_session(one.tallies, WIDTH - len(begin) - 2)}"
    if others := len(histories) - len(shown):
        yield ""
        yield f"{plural(others, 'other scenario')} succeeded in every run"


def _of_one(suite: str, entries: Sequence[SessionEntry], history: ScenarioHistory) -> Iterator[str]:
    total = history.total
    flips = f"flip rate {_percent(history.flip_rate)} ({history.flips} of {plural(history.pairs, 'run')})"
    yield from redacted_lines(
        f"{history.scenario_id} in {suite}: {total.successes} of {plural(total.runs, 'run')} succeeded in "
        f"{plural(len(entries), 'session')}, {flips}"
    )
    yield ""
    yield _row("session", "commit", "agent", "runs", "success", "95 % interval", "by run")
    for entry, tally in zip(entries, history.tallies, strict=True):
        yield _session_row(entry, tally, _signs(entry, history.scenario_id))
    yield ""
    yield _LEGEND


def _session_row(entry: SessionEntry, tally: Tally, last: str) -> str:
    # The time in it names a session as well as the whole name does, which ends with the suite's.
    session = entry.session.partition("-")[0]
    low_to_high = "" if tally.interval is None else f"{100 * tally.interval.low:.1f} to {100 * tally.interval.high:.1f}"
    agent = entry.runs.agent_version or "-"
    runs, rate = str(tally.runs), _percent(tally.rate)
    return _row(session, entry.commit or "-", agent, runs, rate, low_to_high, last)


def _row(session: str, commit: str, agent: str, runs: str, rate: str, interval: str, last: str) -> str:
    begin = f"{session:<16}  {commit:<8}  {_cut(agent, 8)}  {runs:>4}  {rate:>7}  {interval:<13}"
    return f"{begin}  {last}".rstrip()[:WIDTH]


def _signs(entry: SessionEntry, scenario_id: str) -> str:
    """Return a sign for each run of a scenario, by number, the variants apart."""
    variants: dict[str, str] = {}
    for run in sorted(entry.runs.runs, key=lambda one: one.number):
        if run.scenario_id == scenario_id:
            variants[run.variant] = variants.get(run.variant, "") + _SIGNS.get(run.outcome, "-")
    return " ".join(variants.values())


def _by_session(tallies: Sequence[Tally], width: int) -> str:
    """Return the successes of as many of the last sessions as there is room for."""
    texts = [f"{one.successes}/{one.runs}" if one.runs else "-" for one in tallies]
    while len(" ".join(texts)) > width:
        del texts[0]
    return " ".join(texts)


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.1f} %"


def _cut(text: str, width: int) -> str:
    return f"{text if len(text) <= width else text[: width - 1] + '~':<{width}}"


def _plain(
    suite: str,
    entries: Sequence[SessionEntry],
    histories: Sequence[ScenarioHistory],
    problems: Sequence[str],
) -> dict[str, Any]:
    return {
        "suite": suite,
        "sessions": [
            {
                "session": entry.session,
                "began": entry.started,
                "commit": entry.commit,
                "agent_version": entry.runs.agent_version,
                "verdict": entry.verdict,
                **entry.tally().to_dict(),
            }
            for entry in entries
        ],
        "scenarios": [{**one.to_dict(), "sessions": [tally.to_dict() for tally in one.tallies]} for one in histories],
        "problems": list(problems),
    }
