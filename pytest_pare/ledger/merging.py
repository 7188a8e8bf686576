"""Merges the ledgers of the shards of a session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_pare.ledger.differences import differences, digests
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.outcomes import MISSING_SHARD, Outcome
from pytest_pare.ledger.reader import Ledger
from pytest_pare.ledger.suite_results import SuiteResults

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_DIFFERENCES = 3
SHARD_FLAG = "--pare-shard"


def merge(ledgers: Sequence[Ledger]) -> Ledger:
    """Return the ledger of the session without shards. Runs of a missing shard have no result.

    Args:
        ledgers: The ledgers of the shards.

    Raises:
        LedgerError: If a ledger is of no shard, of another plan, suite, version or agent, or a run is there twice.
    """
    first = ledgers[0]
    for number, one in enumerate(ledgers):
        _refuse_others(first, one, ledgers[:number])
    merged = Ledger(first.path, replace(first.header, shard=None), SuiteResults(first.header.plan), end=_end(ledgers))
    # Modules that could not be collected come first, as in a session.
    results = [one.results for one in ledgers]
    broken = [
        node for one in results for node, run in one.outcomes.items() if run.reported and node not in one.attempts
    ]
    others = [node for one in ledgers for node in (*one.whole, *one.results.outcomes)]
    for node in dict.fromkeys([*broken, *others]):
        merged.results.outcomes[node] = Outcome("no_result", reason=MISSING_SHARD, reported=False)
    for one in ledgers:
        _add(merged, one)
    return merged


def _refuse_others(first: Ledger, one: Ledger, before: Sequence[Ledger]) -> None:
    """Refuse a ledger that is no other shard of the same session."""
    if one.header.shard is None:
        raise LedgerError(f"{one.path}: not a shard; merge the ledgers of sessions with {SHARD_FLAG}")
    if found := _differences(first, one):
        more = len(found) - _MOST_DIFFERENCES
        listed = "; ".join(found[:_MOST_DIFFERENCES]) + (f"; {more} more" if more > 0 else "")
        raise LedgerError(f"{one.path}: a shard of another session than {first.path}: {listed}")
    twice = next((other.path for other in before if other.header.shard == one.header.shard), None)
    if twice is not None:
        raise LedgerError(f"{one.path}: the same shard as {twice}; leave one out")


def _add(merged: Ledger, one: Ledger) -> None:
    """Add the runs of a shard."""
    results = merged.results
    results.setup_seconds += one.results.setup_seconds
    results.undrawn |= one.results.undrawn
    results.all_collected = results.all_collected and one.results.all_collected
    for node, outcome in one.results.outcomes.items():
        if not outcome.reported:
            results.outcomes[node] = outcome
            continue
        if results.outcomes[node].reported and node in results.attempts:
            raise LedgerError(f"{one.path}: the run {node} is in another shard, too; leave one out")
        results.identify(node, one.results.run_id(node))
        results.outcomes[node] = outcome
        if node in one.results.attempts:
            results.attempts[node] = one.results.attempts[node]
            merged.records[node] = one.records[node]


def missing_shards(ledgers: Sequence[Ledger]) -> list[int]:
    """Return the numbers of the shards that are not there."""
    shards = [one.header.shard for one in ledgers if one.header.shard is not None]
    return sorted(set(range(1, shards[0][1] + 1)) - {number for number, _ in shards}) if shards else []


def _differences(first: Ledger, other: Ledger) -> list[str]:
    """Return what differs in two ledgers that must be of one plan, a text each."""
    one, two = first.header, other.header
    if one.plan.name != two.plan.name:
        return list(differences({"suite": one.plan.name}, {"suite": two.plan.name}))
    there, here = (
        {
            **header.versions,
            **header.plan.settings,
            **digests(header.plan.sources),
            **{f"gate.{name}": value for name, value in header.plan.gate.model_dump(mode="json").items()},
            "runs": header.plan.runs,
            "agent": header.agent,
            # The version of an agent with changes is unknown, and its commit still says something.
            "commit": header.commit and header.commit.id,
            "shards": header.shard and header.shard[1],
        }
        for header in (one, two)
    )
    return list(differences(there, here))


def _end(ledgers: Sequence[Ledger]) -> dict[str, Any]:
    if not all(one.end for one in ledgers):
        return {}
    partial = dict.fromkeys(
        reason for one in ledgers for reason in one.end["partial"] if not reason.startswith(SHARD_FLAG)
    )
    return {
        "partial": list(partial),
        "interrupted": any(one.end["interrupted"] for one in ledgers),
        "duration": sum(one.duration for one in ledgers),
    }
