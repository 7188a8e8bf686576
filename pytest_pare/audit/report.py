"""The report of an audit as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.audit.playing import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_pare.audit.playing import Trial
    from pytest_pare.audit.score import Score


def case_lines(scenario_id: str, trials: Iterable[Trial], *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines on the cases of a scenario that its validator judged wrongly; on every case, if `verbose`."""
    for trial in trials:
        if not verbose and (trial.is_right or not trial.case.counts):
            continue
        yield f"{scenario_id}[{trial.case.case_id}] {verdict_of(trial)}"
        yield f"    {trial.case.change}"
        if trial.said:
            yield f"    {trial.said}"


def verdict_of(trial: Trial) -> str:
    """Return what a trial shows, in a word or two."""
    if trial.outcome is Outcome.VOID:
        return "has no effect"
    if trial.outcome is Outcome.RAISED:
        return "has no verdict"
    if trial.is_right:
        return str(trial.outcome)
    return "is a right run, and was rejected" if trial.case.is_right else "survived"


def score_lines(score: Score) -> Iterator[str]:
    """Yield the lines of a score."""
    for name, tally in score.groups.items():
        yield f"  {name}: {tally} rejected"
    for name, tally in score.kinds.items():
        yield f"  alternative {name}: {tally} accepted"
    yield f"mutants: {score.mutants} rejected; alternatives: {score.alternatives} accepted"
    for name, tally in score.apart.items():
        yield f"  not counted: {name}: {tally} rejected"
    yield f"  without effect: {sum(score.void.values())}"
