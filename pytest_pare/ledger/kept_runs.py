"""Finds a run of an earlier session by name, and reads its trace, if the session has kept it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.simulation.trace_files import read_trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_pare.ledger.outcomes import Outcome
    from pytest_pare.ledger.reader import Ledger
    from pytest_pare.ledger.run_id import RunId
    from pytest_pare.simulation.trace import Trace

_MOST_LISTED = 5


class KeptRun(NamedTuple):
    """A run of an earlier session.

    Attributes:
        ledger: The ledger of the session.
        nodeid: The node id of the run.
        trace_path: The file of its trace; `None` if the session has kept none.
    """

    ledger: Ledger
    nodeid: str
    trace_path: Path | None

    @property
    def run_id(self) -> RunId:
        """The identity of the run."""
        return self.ledger.results.run_id(self.nodeid)

    @property
    def outcome(self) -> Outcome:
        """The outcome that counts."""
        return self.ledger.results.outcomes[self.nodeid]

    @property
    def name(self) -> str:
        """The name by which commands find it: `SESSION:SCENARIO[VARIANT-runN]`."""
        return f"{self.ledger.header.session}:{self.run_id}"

    def trace(self) -> Trace:
        """Return the trace.

        Raises:
            LedgerError: If there is none, or it cannot be read.
        """
        if self.trace_path is None and self.outcome.result is None:
            raise LedgerError(f"{self.name}: no result, so no trace: {self.outcome.reason or self.outcome.kind}")
        if self.trace_path is None:
            raise LedgerError(
                f"{self.name}: its trace was not kept (status {self.outcome.kind}); set ledger.traces: all in the "
                "suite, and run it again"
            )
        try:
            return read_trace(self.trace_path)
        except ValueError as error:
            raise LedgerError(str(error)) from error


def run_in(ledger: Ledger, nodeid: str) -> KeptRun:
    """Return a run of a session by its node id."""
    # The last attempt has written the file.
    names = [record["trace"] for record in ledger.records.get(nodeid, []) if record.get("trace")]
    path = ledger.path.parent / names[-1] if names else None
    return KeptRun(ledger, nodeid, path if path is not None and path.is_file() else None)


def find_run(read: Callable[[str], Ledger], name: str) -> KeptRun:
    """Return the run that a name stands for.

    Args:
        read: Returns the ledger of a session by its name, and raises an error if there is none.
        name: `[SESSION:]SCENARIO[VARIANT-runN]`. The default session is the last one. If the session has several runs
            of a scenario, and the name is that of the scenario alone, it stands for the first one that did not succeed.

    Raises:
        LedgerError: If there is no such run, or several begin like that.
    """
    begin, _, parameters = name.partition("[")
    session, colon, scenario = begin.rpartition(":")
    ledger = read(session if colon else "last")
    wanted = scenario + (f"[{parameters}" if parameters else "")
    names = {nodeid: str(ledger.results.run_id(nodeid)) for nodeid in ledger.results.outcomes}
    found = [nodeid for nodeid, one in names.items() if one == wanted]
    if not found and not parameters:
        found = [nodeid for nodeid in names if ledger.results.run_id(nodeid).scenario_id == wanted]
        outcomes = ledger.results.outcomes
        found.sort(key=lambda nodeid: outcomes[nodeid].kind in ("success", "not_needed", "skipped"))
    if not found:
        scenarios = dict.fromkeys(ledger.results.run_id(nodeid).scenario_id for nodeid in names)
        like = did_you_mean(wanted, [*scenarios, *names.values()])
        listed = ", ".join(list(names.values())[:_MOST_LISTED]) + (", ..." if len(names) > _MOST_LISTED else "")
        known = like or f"; it has {listed or 'none'}"
        raise LedgerError(f"{wanted}: session {ledger.header.session} has no such run{known}")
    return run_in(ledger, found[0])
