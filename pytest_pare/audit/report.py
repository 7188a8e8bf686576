"""The report of an audit as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_pare.audit.score import MOST_EXCUSED, score_of
from pytest_pare.audit.trial import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_pare.audit.score import Tally
    from pytest_pare.audit.trial import Trial

_WIDTH: Final = 300

_SAYS: Final = {
    Status.SURVIVED: "survived: the validator accepted a wrong run",
    Status.REFUSED: "refused: the validator rejected a right run",
    Status.RAISED: "no verdict: the validator must accept or reject the run",
}


def trial_lines(trial: Trial) -> list[str]:
    """Return the lines about a trial that is not as it must be."""
    lines = [f"{trial.scenario_id}[{trial.case_id}] {_headline(trial)}", f"  {_cut(trial.change)}"]
    if trial.said and trial.outcome != Outcome.VOID:
        lines.append(f"  {_cut(trial.said)}")
    return lines


def report_lines(trials: Sequence[Trial], most: int | None = None) -> Iterator[str]:
    """Yield the lines of the report of some scenarios: scores, excused cases, and what must be mended.

    Args:
        trials: The cases that were played.
        most: The number of cases that must be mended to print; `None` prints all.
    """
    score = score_of(trials)
    yield f"mutants rejected:      {score.mutants}"
    yield from _table(score.groups)
    yield f"alternatives accepted: {score.alternatives}"
    yield from _table(score.kinds)
    if score.apart:
        parts = [f"{name} {tally.right} of {tally.total}" for name, tally in score.apart.items()]
        yield f"not counted:           {', '.join(parts)} rejected"
    yield from _unplayable(trials)
    if score.void.total():
        yield f"without effect:        {score.void.total()} (the changed call fails, or nothing differs)"
    if score.proves_nothing:
        yield "no case had an effect: nothing is known of the validators"
    yield from _scenarios(trials)
    excused = [trial for trial in trials if trial.status is Status.EXCUSED]
    if excused:
        yield f"equivalent, as their scenarios say: {len(excused)}"
        for trial in excused:
            yield f"  {trial.scenario_id}[{trial.case_id}]: {_cut(trial.excuse)}"
    if score.has_too_many_excuses:
        yield f"more than {MOST_EXCUSED:.0%} of the cases are taken out of the count; mend validators instead"
    failing = [trial for trial in trials if trial.fails]
    for trial in failing[:most]:
        yield from trial_lines(trial)
    if len(failing) > len(failing[:most]):
        yield f"and {len(failing) - len(failing[:most])} more"


def _unplayable(trials: Iterable[Trial]) -> Iterator[str]:
    found = [trial for trial in trials if trial.status is Status.UNPLAYABLE]
    if found:
        yield f"cannot be played:      {len(found)}, so that nothing is known of these changes"
    for trial in found:
        yield f"  {trial.scenario_id}[{trial.case_id}]: {_cut(trial.said)}"


def _headline(trial: Trial) -> str:
    if trial.status is Status.BAD_EXCUSE:
        why = f"is {trial.outcome}" if trial.counts else "does not count"
        return f"{why} anyway; take its entry out of equivalent_mutants"
    return _SAYS[trial.status]


def _table(parts: dict[str, Tally]) -> Iterator[str]:
    for name, tally in sorted(parts.items()):
        yield f"  {name}: {tally}"


def _scenarios(trials: Iterable[Trial]) -> Iterator[str]:
    """Yield a line for each scenario that is below 100 %."""
    by_scenario: dict[str, list[Trial]] = {}
    for trial in trials:
        by_scenario.setdefault(trial.scenario_id, []).append(trial)
    below = {name: score for name, some in by_scenario.items() if (score := score_of(some)).share < 1}
    if below:
        yield "below 100 %:"
    for name, score in below.items():
        yield f"  {name}: mutants {score.mutants}, alternatives {score.alternatives}"


def _cut(text: str) -> str:
    text = text.replace("\n", " ")
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
