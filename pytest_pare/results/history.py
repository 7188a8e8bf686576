"""Success over sessions: of a suite, and of each of its scenarios with its flip rate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_pare.inference.intervals import Interval
    from pytest_pare.results.run_set import ComparedRun, RunSet


@dataclass(frozen=True)
class Tally:
    """Successes among runs.

    Attributes:
        successes: Runs that succeeded.
        runs: Runs that say something about the agent.
        interval: The 95 % interval of the success rate; None without runs.
    """

    successes: int
    runs: int
    interval: Interval | None

    @property
    def rate(self) -> float | None:
        """The share of runs that succeeded, 0 to 1; None without runs."""
        return self.successes / self.runs if self.runs else None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as builtins for JSON."""
        interval = None if self.interval is None else [self.interval.low, self.interval.high]
        return {"successes": self.successes, "runs": self.runs, "success_rate": self.rate, "interval": interval}


@dataclass(frozen=True)
class SessionEntry:
    """A session in the history of a suite.

    Attributes:
        session: Its id.
        started: When it began, as ISO 8601.
        commit: The commit of the project, with a plus sign if files had changed; None if unknown.
        verdict: PASS, FAIL or INCONCLUSIVE; UNFINISHED if the session did not end.
        runs: Its runs.
    """

    session: str
    started: str
    commit: str | None
    verdict: str
    runs: RunSet

    def tally(self) -> Tally:
        """Return the successes of its runs, with an interval that respects which runs are of one scenario."""
        from pytest_pare.inference.intervals import rate_interval

        counted = [one for one in self.runs.runs if one.counts]
        sizes = Counter(one.scenario_id for one in counted)
        hits = Counter(one.scenario_id for one in counted if one.score)
        return Tally(hits.total(), sizes.total(), rate_interval([hits[name] for name in sizes], list(sizes.values())))


@dataclass(frozen=True)
class ScenarioHistory:
    """A scenario over sessions.

    Attributes:
        scenario_id: The scenario.
        tallies: Its successes by session, in the order of the sessions.
        flips: Runs whose outcome differs from that of the same run in the session before.
        pairs: Runs that have such a run before.
    """

    scenario_id: str
    tallies: tuple[Tally, ...]
    flips: int
    pairs: int

    @property
    def flip_rate(self) -> float | None:
        """The share of runs that flipped, 0 to 1; None if there is nothing to compare."""
        return self.flips / self.pairs if self.pairs else None

    @property
    def total(self) -> Tally:
        """The successes of all sessions together, which may be of several agents, so without an interval."""
        return Tally(sum(one.successes for one in self.tallies), sum(one.runs for one in self.tallies), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as builtins for JSON."""
        total = self.total
        return {
            "id": self.scenario_id,
            "successes": total.successes,
            "runs": total.runs,
            "success_rate": total.rate,
            "flips": self.flips,
            "pairs": self.pairs,
            "flip_rate": self.flip_rate,
        }


def scenario_histories(sessions: Sequence[SessionEntry]) -> list[ScenarioHistory]:
    """Return the history of each scenario, those with the highest flip rate first.

    The flip rate is that of Kowalczyk et al. 2020, "Modeling and ranking flaky tests at Apple", between sessions: the
    share of runs with another outcome than the run of the same scenario, variant and number in the session before. Runs
    are not compared across a change of the scenario.

    Args:
        sessions: The sessions, the oldest first.
    """
    ids = sorted({run.scenario_id for entry in sessions for run in entry.runs.runs})
    by_scenario = [_by_scenario(entry.runs.runs) for entry in sessions]
    found = []
    for scenario_id in ids:
        runs = [one.get(scenario_id, []) for one in by_scenario]
        flips = pairs = 0
        for (before, old), (now, new) in pairwise(zip(sessions, runs, strict=True)):
            if before.runs.scenarios.get(scenario_id) == now.runs.scenarios.get(scenario_id):
                earlier = _scores(old)
                compared = [score != earlier[key] for key, score in _scores(new).items() if key in earlier]
                flips, pairs = flips + sum(compared), pairs + len(compared)
        found.append(ScenarioHistory(scenario_id, tuple(map(_tally, runs)), flips, pairs))
    return sorted(found, key=lambda one: (-(one.flip_rate or 0.0), one.scenario_id))


def _tally(runs: Iterable[ComparedRun]) -> Tally:
    """Return the successes of one scenario, of whose rate each run is a draw of its own."""
    from pytest_pare.inference.intervals import rate_interval

    scores = [int(run.score) for run in runs if run.counts]
    return Tally(sum(scores), len(scores), rate_interval(scores, [1] * len(scores)))


def _by_scenario(runs: Iterable[ComparedRun]) -> dict[str, list[ComparedRun]]:
    found: dict[str, list[ComparedRun]] = {}
    for run in runs:
        found.setdefault(run.scenario_id, []).append(run)
    return found


def _scores(runs: Iterable[ComparedRun]) -> dict[tuple[str, int], float]:
    """Return the outcome of each run that counts, by variant and number."""
    return {(run.variant, run.number): run.score for run in runs if run.counts}
