"""The sessions of a suite before one, for its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.ledger.directory import ledgers
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.results.history import SessionEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.ledger.reader import Ledger


def session_entry(ledger: Ledger) -> SessionEntry:
    """Return a session as an entry of the history of its suite."""
    header = ledger.header
    commit = None if header.commit is None else header.commit.id[:7] + "+" * header.commit.dirty
    verdict = str(ledger.end.get("verdict", "UNFINISHED"))
    return SessionEntry(header.session, header.began, commit, verdict, ledger.run_set())


def earlier_sessions(ledger: Ledger, most: int, most_bytes: int) -> Iterator[Ledger]:
    """Yield the sessions of a suite before a session, the last one first; ledgers that are damaged are left out.

    Args:
        ledger: The session.
        most: The largest number of sessions.
        most_bytes: The largest size of their ledgers together, which take time to read.
    """
    others = ledgers(ledger.path.parent, ledger.header.plan.name)
    # A ledger that was moved has no others around it.
    before = others[: others.index(ledger.path)] if ledger.path in others else []
    for path in reversed(before):
        most_bytes -= path.stat().st_size
        if most == 0 or most_bytes < 0:
            return
        try:
            yield read_ledger(path)
        except LedgerError:
            continue
        most -= 1


def history_of(ledger: Ledger, most: int, most_bytes: int) -> list[SessionEntry]:
    """Return the history of a suite up to a session, the oldest session first.

    Args:
        ledger: The session.
        most: The largest number of sessions.
        most_bytes: The largest size of the ledgers of the others together.
    """
    before = [session_entry(one) for one in earlier_sessions(ledger, most - 1, most_bytes)]
    return [*reversed(before), session_entry(ledger)]
