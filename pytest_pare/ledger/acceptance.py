"""Accepts the runs of a session into a baseline."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_pare.ledger.baseline import Baseline
from pytest_pare.results.pairing import small_baseline
from pytest_pare.results.run_set import RunSet, simulation_changes
from pytest_pare.results.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_pare.ledger.baseline import Acceptance
    from pytest_pare.results.run_set import ComparedRun

# The most ids in a message.
_MOST_NAMES: Final = 5


class AcceptError(ValueError):
    """A session cannot be accepted; the message says why, and what to do."""


class Accepted(NamedTuple):
    """The result of `accept`.

    Attributes:
        baseline: The new baseline.
        warnings: What makes it less reliable, a sentence each.
    """

    baseline: Baseline
    warnings: tuple[str, ...]


def accept(
    existing: Baseline | None, suite: str, session: RunSet, acceptance: Acceptance, *, replace_all: bool = False
) -> Accepted:
    """Return a baseline with the runs of a session.

    They are added to an existing baseline if its scenarios and the version of the agent are the same. Their numbers
    then follow the highest one of the scenario, so that no run replaces another: they are further draws of the same
    rate. Runs that say nothing about the agent, and those without a result, are left out.

    Args:
        existing: The present baseline; None if there is none.
        suite: The suite file of the session, relative to the rootdir.
        session: The runs of the session.
        acceptance: The session and the reason; its number of runs is set here.
        replace_all: Whether the runs of the existing baseline are removed.

    Raises:
        AcceptError: If the existing baseline is of another suite, of another agent, of edited scenarios or has this
            session already, or if the session has no run to accept.
    """
    if existing is not None and existing.suite != suite:
        raise AcceptError(
            f"{existing.runs.name}: is the baseline of the suite {existing.suite}, and session {acceptance.session} is "
            f"of {suite}; name another file"
        )
    runs = [run for run in session.runs if run.counts]
    if not runs:
        raise AcceptError(f"session {acceptance.session} has no run with a result, so there is nothing to accept")
    acceptance = replace(acceptance, runs=len(runs))
    if existing is None or replace_all:
        numbered = [replace(run, run_number=run.number) for run in runs]
        baseline = Baseline(suite, replace(session, runs=numbered), (acceptance,))
    else:
        _require_the_same(existing, session, acceptance)
        together = RunSet(
            existing.runs.name,
            [*existing.runs.runs, *_after(existing.runs.runs, runs)],
            {**existing.runs.scenarios, **session.scenarios},
            session.agent_version,
            session.versions,
            session.settings,
        )
        baseline = Baseline(suite, together, (*existing.accepted, acceptance))
    return Accepted(baseline, tuple(_warnings(existing if not replace_all else None, session, baseline)))


def _require_the_same(existing: Baseline, session: RunSet, acceptance: Acceptance) -> None:
    old = existing.runs
    if any(one.session == acceptance.session for one in existing.accepted):
        raise AcceptError(f"{old.name}: has the runs of session {acceptance.session} already")
    differences = []
    if old.agent_version != session.agent_version:
        versions = (old.agent_version or "unknown", session.agent_version or "unknown")
        differences.append("the agent's version differs (baseline {}, session {})".format(*versions))
    edited = sorted(name for name, digest in session.scenarios.items() if old.scenarios.get(name, digest) != digest)
    if edited:
        more = len(edited) - _MOST_NAMES
        names = ", ".join([*edited[:_MOST_NAMES], *([f"{more} more"] if more > 0 else [])])
        differences.append(f"{plural(len(edited), 'scenario')} differ{'s' * (len(edited) == 1)} ({names})")
    if differences:
        raise AcceptError(
            f"{old.name}: session {acceptance.session} cannot be added: {'; '.join(differences)}. All runs of a "
            "baseline must be of one agent and the same scenarios; write a new baseline with --replace"
        )


def _after(before: Sequence[ComparedRun], runs: Sequence[ComparedRun]) -> Iterator[ComparedRun]:
    """Yield runs with numbers after the highest one of their scenario and variant."""
    highest: Counter[tuple[str, str]] = Counter()
    for run in before:
        key = (run.scenario_id, run.variant)
        highest[key] = max(highest[key], run.number)
    for run in sorted(runs, key=lambda run: run.number):
        highest[run.scenario_id, run.variant] += 1
        yield replace(run, run_number=highest[run.scenario_id, run.variant])


def _warnings(existing: Baseline | None, session: RunSet, baseline: Baseline) -> Iterator[str]:
    if without := sum(run.outcome == "no_result" or run.infrastructure for run in session.runs):
        yield (
            f"{plural(without, 'run')} left out that infrastructure ended or that have no result; play them with "
            "--pare-resume"
        )
    if existing is not None:
        if session.agent_version is None:
            yield "the version of the agent is unknown, so these runs may be of another agent than the earlier ones"
        if changes := simulation_changes(existing.runs, session):
            yield f"the simulation differs from that of the earlier runs: {changes}"
    counts = Counter((run.scenario_id, run.variant) for run in baseline.runs.runs)
    if (warning := small_baseline(min(counts.values()))) is not None:
        yield warning
