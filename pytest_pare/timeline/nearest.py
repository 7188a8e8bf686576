"""The nearest run that passed, for a run that did not."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pytest_pare.ledger.directory import ledgers
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.kept_runs import run_in
from pytest_pare.ledger.reader import read_ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_pare.ledger.kept_runs import KeptRun
    from pytest_pare.ledger.reader import Ledger


def nearest(run: KeptRun, ledger: Ledger, earlier: Iterable[Ledger] = ()) -> KeptRun | None:
    """Return the nearest run that passed and whose trace was kept; `None` if there is none.

    It is another run of the same scenario and variant in the same session, the next number first; or else the same run,
    or another number of it, in the last earlier session that has one.

    Args:
        run: The run.
        ledger: The ledger of its session.
        earlier: The ledgers of earlier sessions, the last one first; they are read only as far as needed.
    """
    for one in chain((ledger,), earlier):
        found = [other for other in _passed(run, one) if other.nodeid != run.nodeid or one is not ledger]
        if found:
            return min(found, key=lambda other: _distance(run, other))
    return None


def _passed(run: KeptRun, ledger: Ledger) -> Iterator[KeptRun]:
    wanted = run.run_id
    for nodeid, outcome in ledger.results.outcomes.items():
        if outcome.kind != "success":
            continue
        one = ledger.results.run_id(nodeid)
        if (one.scenario_id, one.variant) == (wanted.scenario_id, wanted.variant):
            kept = run_in(ledger, nodeid)
            if kept.trace_path is not None:
                yield kept


def _distance(run: KeptRun, other: KeptRun) -> tuple[int, int]:
    number, own = other.run_id.run_number or 0, run.run_id.run_number or 0
    return abs(number - own), number


def earlier_ledgers(ledger: Ledger) -> Iterator[Ledger]:
    """Yield the earlier sessions of the suite of a ledger, the last one first; those that cannot be read are left out.

    They are read when they are asked for.
    """
    paths = ledgers(ledger.path.parent, ledger.header.plan.name)
    before = paths[: paths.index(ledger.path)] if ledger.path in paths else []
    for path in reversed(before):
        try:
            yield read_ledger(path)
        except LedgerError:
            continue
