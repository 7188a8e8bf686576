"""Resuming a session: the runs that it has finished, and what has changed since."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_pare.ledger.differences import differences, digests
from pytest_pare.ledger.directory import session_of
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.reader import read_ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.ledger.header import Header
    from pytest_pare.ledger.outcomes import Outcome
    from pytest_pare.ledger.plan import ScenarioSource, SuitePlan
    from pytest_pare.ledger.reader import Ledger
    from pytest_pare.ledger.shards import Shard

# More differences than that are counted.
_MOST = 10


@dataclass(frozen=True)
class Attempt:
    """An attempt at a run that an earlier session has made.

    Attributes:
        outcome: Its outcome.
        record: Its record, as the report of pytest carried it.
    """

    outcome: Outcome
    record: dict[str, Any]


@dataclass(frozen=True)
class FinishedRun:
    """A run that needs not be played again.

    Attributes:
        session: The session that has played it.
        attempts: All attempts at it, in their order; the last one has a result.
    """

    session: str
    attempts: tuple[Attempt, ...]

    @property
    def record(self) -> dict[str, Any]:
        """The record of the last attempt."""
        return self.attempts[-1].record

    def taken_over(self, reported: Outcome) -> list[Attempt]:
        """Return the attempts as those of the session that resumes.

        Args:
            reported: The outcome that pytest reports now. It replaces the last one if it is of another kind, because
                marks such as xfail have changed.
        """
        *earlier, last = (Attempt(replace(one.outcome, resumed_from=self.session), one.record) for one in self.attempts)
        if reported.kind != last.outcome.kind:
            last = Attempt(replace(reported, resumed_from=self.session, replaced=False), last.record)
        return [*earlier, last]


def finished_runs(ledger: Ledger) -> dict[str, FinishedRun]:
    """Return the finished runs of a session, by node id.

    A run is finished if its last attempt has a result, which infrastructure has not caused. If the session itself has
    resumed another one and has not taken over a run of it, because it was killed or did not select it, the run is that
    of the other one.
    """
    found: dict[str, FinishedRun] = {}
    for one in reversed(_chain(ledger)):
        found = _with_runs_of(one, found)
    return found


def _chain(ledger: Ledger) -> list[Ledger]:
    """Return a ledger and those of the sessions that it resumes, one after the other, as far as they can be read."""
    chain = [ledger]
    while (name := chain[-1].header.resumed_from) is not None:
        path = ledger.path.with_name(f"{name}{ledger.path.suffix}")
        # The name of a removed ledger may be given again within a second.
        if path in [one.path for one in chain]:
            break
        try:
            chain.append(read_ledger(path))
        except LedgerError:
            break
    return chain


def _with_runs_of(ledger: Ledger, earlier: Mapping[str, FinishedRun]) -> dict[str, FinishedRun]:
    found = dict(earlier)
    for nodeid, records in ledger.records.items():
        outcomes = ledger.results.attempts[nodeid]
        attempts = tuple(Attempt(one, record) for one, record in zip(outcomes, records, strict=True))
        if _is_final(attempts[-1]):
            session = attempts[-1].outcome.resumed_from or session_of(ledger.path)
            found[nodeid] = FinishedRun(session, attempts)
    return found


def _is_final(attempt: Attempt) -> bool:
    outcome = attempt.outcome
    return attempt.record["result"] is not None and not outcome.replaced and not outcome.is_infrastructure


def refuse_changes(header: Header, plan: SuitePlan, versions: Mapping[str, str], shard: Shard | None = None) -> None:
    """Refuse to resume a session of another suite, of other settings or of other versions.

    Args:
        header: The header of the session.
        plan: What the suite runs now.
        versions: The versions of what the result of a run may depend on, now.
        shard: The shard of the suite that is run now; `None` for all of it.

    Raises:
        LedgerError: If something differs. The message names each key with both values.
    """
    found = [*differences(header.plan.settings, plan.settings), *differences(header.versions, versions)]
    if header.plan.name != plan.name:
        found.insert(0, f"suite: {header.plan.name} there, {plan.name} here")
    if header.shard != shard:
        old, new = ("none" if one is None else "/".join(map(str, one)) for one in (header.shard, shard))
        found.append(f"shard: {old} there, {new} here")
    runs, now = header.plan.runs, plan.runs
    if now < runs or (runs == 1 and now > 1):
        why = "a resumed session can only add runs" if runs > 1 else "a scenario's only run has no number"
        found.append(f"runs: {runs} there, {now} here; {why}")
    _refuse(header.session, plan.name, found)


def refuse_edited(header: Header, sources: Mapping[str, ScenarioSource]) -> None:
    """Refuse to resume a session whose scenarios were edited, added or removed since.

    Args:
        header: The header of the session.
        sources: The sources of the scenarios that are collected now.

    Raises:
        LedgerError: If some were. The message names each.
    """
    hashes = [digests(one) for one in (header.plan.sources, sources)]
    # Without sources, as on another machine, nothing can be compared.
    _refuse(header.session, header.plan.name, list(differences(*hashes)) if all(hashes) else [])


def _refuse(session: str, suite: str, found: list[str]) -> None:
    if not found:
        return
    more = [f"{len(found) - _MOST} more"] if len(found) > _MOST else []
    listed = "".join(f"\n  {line}" for line in [*found[:_MOST], *more])
    raise LedgerError(
        f"{suite} has changed since the session {session}, which cannot be resumed: undo the change, or run the suite "
        f"without --pare-resume{listed}"
    )
