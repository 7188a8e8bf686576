"""What a page shows of a suite: its report, its session, and the sessions before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_pare.ledger.earlier_sessions import earlier_sessions, session_entry
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.kept_runs import KeptRun, run_in
from pytest_pare.ledger.reader import read_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.ledger.reader import Ledger
    from pytest_pare.results.history import SessionEntry
    from pytest_pare.results.suite_report import SuiteReport

_MOST_SESSIONS: Final = 20
# To read a megabyte takes 0.05 s.
_MOST_BYTES: Final = 20_000_000


class PageSuite(NamedTuple):
    """A suite on a page.

    Attributes:
        report: The results.
        ledger: The session; `None` without a ledger.
        history: The last sessions up to this one, the oldest first; empty without a ledger.
        earlier: The ledgers of these, without this one, the last one first.
        runs: The runs of the session by name, with their traces; empty without a ledger.
        problem: Why the ledger cannot be read; `None` if it can, and without one.
    """

    report: SuiteReport
    ledger: Ledger | None = None
    history: Sequence[SessionEntry] = ()
    earlier: Sequence[Ledger] = ()
    runs: dict[str, KeptRun] = {}  # noqa: RUF012 - a NamedTuple is not changed
    problem: str | None = None


def suite_of(report: SuiteReport, ledger: Ledger | None = None) -> PageSuite:
    """Return a suite for a page.

    Args:
        report: The results.
        ledger: The session; `None` reads the ledger that the report names.
    """
    if ledger is None:
        if report.ledger is None:
            return PageSuite(report)
        try:
            ledger = read_ledger(report.ledger)
        except LedgerError as error:
            return PageSuite(report, problem=str(error))
    runs = {str(ledger.results.run_id(nodeid)): run_in(ledger, nodeid) for nodeid in ledger.results.outcomes}
    earlier = list(earlier_sessions(ledger, _MOST_SESSIONS - 1, _MOST_BYTES))
    history = [session_entry(one) for one in (*reversed(earlier), ledger)]
    return PageSuite(report, ledger, history, earlier, runs)
