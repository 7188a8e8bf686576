"""How often the verdict on a regression is wrong, simulated with the code of the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.figures import Figure
from benchmarks.rates import MEAN, SEED, draw_rates, draw_rounds, share
from pytest_pare.inference.baseline_size import RED_SHARE
from pytest_pare.inference.decision import ALPHA, MAX_REGRESSION, Look, ScenarioPair
from pytest_pare.inference.paired import Differences
from pytest_pare.inference.prediction import Spread, further_rounds, smallest_drop
from pytest_pare.inference.sequential import level

if TYPE_CHECKING:
    from pytest_pare.inference.paired import Booleans, Floats, Integers

HEADING = "verdicts of simulated sessions, in percent with 95 % intervals"

DROP = 0.10
_BLOCK = 10_000
_ROUNDS = 3


class Verdicts(NamedTuple):
    """The verdicts of many sessions.

    Attributes:
        fail: Which are FAIL.
        passed: Which are PASS.
        rounds: Runs of each scenario when the session ended.
    """

    fail: Booleans
    passed: Booleans
    rounds: Integers


def measure(*, quick: bool = False) -> list[Figure]:
    """Simulate sessions of suites of three sizes, unchanged and worse, with a new baseline and an old one."""
    random = np.random.default_rng(SEED)
    sessions = 100 if quick else _BLOCK
    return [
        *_false_alarms(random, sessions if quick else 2 * sessions),
        *_drops(random, sessions),
        *_smallest(random, sessions),
        *_further(random, sessions),
        *_nights(random, sessions),
        *_baselines(random, *((50, 20) if quick else (8000, 100))),
    ]


def _false_alarms(random: np.random.Generator, sessions: int) -> list[Figure]:
    figures = []
    for scenarios in (20, 60, 143):
        suite = f"unchanged, {scenarios} x"
        fixed = play(random, sessions, scenarios)
        early = play(random, sessions, scenarios, early=True)
        long = play(random, sessions, scenarios, baseline_runs=10)
        saved = Figure(
            f"{suite} (1 to 3): runs saved",
            100 * (1 - float(early.rounds.mean()) / _ROUNDS),
            "%",
            at_least=40 if scenarios == 143 else None,
        )
        figures += [
            share(f"{suite} 3: FAIL", fixed.fail, at_most=5),
            share(f"{suite} 3: PASS", fixed.passed),
            share(f"{suite} (1 to 3): FAIL", early.fail, at_most=5),
            share(f"{suite} (1 to 3): PASS", early.passed),
            saved,
            share(f"{suite} 3, baseline of 10: FAIL", long.fail, at_most=5),
            share(f"{suite} 3, baseline of 10: PASS", long.passed),
        ]
    return figures


def _drops(random: np.random.Generator, sessions: int) -> list[Figure]:
    figures = []
    for scenarios, least, least_long in ((20, None, None), (60, 80, 90), (143, 95, 95)):
        suite = f"10 points lower, {scenarios} x"
        fixed = play(random, sessions, scenarios, drop=DROP)
        early = play(random, sessions, scenarios, drop=DROP, early=True)
        long = play(random, sessions, scenarios, drop=DROP, baseline_runs=10)
        figures += [
            share(f"{suite} 3: FAIL", fixed.fail, **_at_least(least)),
            share(f"{suite} 3: PASS", fixed.passed),
            share(f"{suite} (1 to 3): FAIL", early.fail),
            share(f"{suite} (1 to 3): PASS", early.passed),
            share(f"{suite} 3, baseline of 10: FAIL", long.fail, **_at_least(least_long)),
            share(f"{suite} 3, baseline of 10: PASS", long.passed),
        ]
    for early_stop in (False, True):
        worst = play(random, sessions, 20, drop=DROP, early=early_stop, mean=0.95)
        runs = "(1 to 3)" if early_stop else "3"
        figures.append(share(f"from 95 % to 85 %, 20 x {runs}: PASS", worst.passed))
    return figures


def _at_least(bound: float | None) -> dict[str, float]:
    return {} if bound is None else {"at_least": bound}


def play(
    random: np.random.Generator,
    sessions: int,
    scenarios: int,
    *,
    baseline_runs: int = 3,
    drop: float = 0.0,
    early: bool = False,
    mean: float = MEAN,
) -> Verdicts:
    """Return the verdicts of sessions of three runs a scenario, or up to three, each with a baseline of its own."""
    blocks = []
    for start in range(0, sessions, _BLOCK):
        rates = draw_rates(random, min(_BLOCK, sessions - start), scenarios, mean)
        baseline = draw_rounds(random, rates, baseline_runs)[-1]
        candidate = draw_rounds(random, rates * (1 - drop / mean), _ROUNDS)
        blocks.append(verdicts(baseline, candidate, baseline_runs, early=early))
    return Verdicts(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def verdicts(baseline: Integers, candidate: Integers, baseline_runs: int, *, early: bool) -> Verdicts:
    """Return the verdicts of `decide`, of many sessions at once.

    Args:
        baseline: Successes in the baseline: sessions x scenarios.
        candidate: Successes of the candidate after each round: rounds x sessions x scenarios.
        baseline_runs: Runs of a scenario in the baseline.
        early: Whether a session ends with the first round that has PASS or FAIL.
    """
    last = len(candidate)
    fail, passed, ended = (np.zeros(len(baseline), dtype=bool) for _ in range(3))
    rounds = np.zeros(len(baseline), dtype=np.int64)
    for number in range(1 if early else last, last + 1):
        alpha = level(Look(number, last), ALPHA) if early else ALPHA
        drops, holds = tests(baseline / baseline_runs, candidate[number - 1] / number, baseline_runs, number, alpha)
        fail |= drops & ~ended
        passed |= holds & ~drops & ~ended
        rounds[~ended] = number
        ended |= drops | holds
    return Verdicts(fail, passed, rounds)


def tests(
    baseline: Floats, candidate: Floats, baseline_runs: int, runs: int, alpha: float
) -> tuple[Booleans, Booleans]:
    """Return which comparisons reject "no drop", and which "a drop of the margin or more"."""
    scenarios = baseline.shape[1]
    differences = Differences.of(
        baseline,
        candidate,
        baseline_runs=[baseline_runs] * scenarios,
        runs=[runs] * scenarios,
        margin=MAX_REGRESSION,
    )
    return differences.p_drop() <= alpha, differences.p_margin() <= alpha


def _smallest(random: np.random.Generator, sessions: int) -> list[Figure]:
    """Play a drop as small as each session prints, against another baseline."""
    figures = []
    for scenarios in (20, 60, 143):
        rates = draw_rates(random, sessions, scenarios)
        old, new = draw_rounds(random, rates, _ROUNDS), draw_rounds(random, rates, _ROUNDS)
        printed = [smallest_drop(Spread.of(pairs_of(old[:, one], new[:, one])), alpha=ALPHA) for one in range(sessions)]
        drops = np.array([MEAN if one is None else one for one in printed])
        baseline = draw_rounds(random, rates, _ROUNDS)[-1]
        candidate = draw_rounds(random, rates * (1 - drops[:, None] / MEAN), _ROUNDS)
        found = verdicts(baseline, candidate, _ROUNDS, early=False).fail
        figures += [
            Figure(f"{scenarios} x 3: smallest drop printed, median", 100 * float(np.median(drops)), "pts"),
            share(f"{scenarios} x 3: FAIL at a drop as small", found),
        ]
    return figures


def _further(random: np.random.Generator, sessions: int) -> list[Figure]:
    """Play the printed number of further runs after each verdict of INCONCLUSIVE, at 20 x 3."""
    figures = []
    for drop in (0.0, DROP / 2, DROP):
        agent = f"{100 * drop:.0f} points lower" if drop else "unchanged"
        for baseline_runs, of_both in ((3, False), (3, True), (10, False)):
            rates = draw_rates(random, sessions, 20)
            changed = rates * (1 - drop / MEAN)
            baseline, candidate = draw_rounds(random, rates, baseline_runs), draw_rounds(random, changed, _ROUNDS)
            first = verdicts(baseline[-1], candidate, baseline_runs, early=False)
            printed, fail, passed = (np.zeros(sessions, dtype=bool) for _ in range(3))
            undecided = ~first.fail & ~first.passed
            for session in np.flatnonzero(undecided):
                spread = Spread.of(pairs_of(baseline[:, session], candidate[:, session]))
                rounds = further_rounds(spread, margin=MAX_REGRESSION, alpha=ALPHA, of_both=of_both)
                if rounds is None:
                    continue
                printed[session] = True
                more = rounds if of_both else 0
                sizes = baseline_runs + more, _ROUNDS + rounds
                old = baseline[-1, session] + random.binomial(more, rates[session])
                new = candidate[-1, session] + random.binomial(rounds, changed[session])
                drops, holds = tests((old / sizes[0])[None], (new / sizes[1])[None], *sizes, ALPHA)
                fail[session], passed[session] = drops[0], holds[0]
            suite = f"{agent}, 20 x 3, baseline of {baseline_runs}:"
            number = "number of both" if of_both else "candidate's number"
            if of_both:
                figures.append(share(f"{suite} INCONCLUSIVE", undecided))
            figures.append(share(f"{suite} {number}", printed[undecided]))
            if of_both or baseline_runs == 10:
                settled = (fail | passed)[printed]
                figures.append(share(f"{suite} verdict after it", settled, at_least=80))
            if of_both and not drop:
                figures.append(share(f"{suite} FAIL, then or at once", first.fail | fail, at_most=5))
    return figures


def pairs_of(baseline: Integers, candidate: Integers) -> list[ScenarioPair]:
    """Return the outcomes of one session from the successes after each round: rounds x scenarios."""
    old, new = (np.diff(side, axis=0, prepend=0).T.astype(float).tolist() for side in (baseline, candidate))
    return [ScenarioPair(f"s{number}", tuple(old[number]), tuple(new[number])) for number in range(len(new))]


def _nights(random: np.random.Generator, sessions: int) -> list[Figure]:
    """Compare an unchanged agent with the same baseline night after night."""
    figures = []
    for baseline_runs in (3, 10):
        rates = draw_rates(random, sessions, 60)
        baseline = draw_rounds(random, rates, baseline_runs)[-1]
        alarm = np.zeros(sessions, dtype=bool)
        for night in range(1, 31):
            alarm |= _night(random, rates, baseline, baseline_runs)
            if night in (1, 5, 10, 30):
                label = f"60 x 3, one baseline of {baseline_runs}: FAIL by night {night}"
                figures.append(share(label, alarm.copy()))
    return figures


def _night(random: np.random.Generator, rates: Floats, baseline: Integers, baseline_runs: int) -> Booleans:
    candidate = random.binomial(_ROUNDS, rates)
    return tests(baseline / baseline_runs, candidate / _ROUNDS, baseline_runs, _ROUNDS, ALPHA)[0]


def _baselines(random: np.random.Generator, baselines: int, nights: int) -> list[Figure]:
    """Measure the share of red nights of each baseline."""
    figures = []
    for baseline_runs, expected in RED_SHARE.items():
        rates = draw_rates(random, baselines, 60)
        baseline = draw_rounds(random, rates, baseline_runs)[-1]
        red = np.sort(sum(_night(random, rates, baseline, baseline_runs).astype(float) for _ in range(nights)) / nights)
        worst = 100 * float(red[-baselines // 10 :].mean())
        around: dict[str, Any] = {"at_least": 100 * expected - 3, "at_most": 100 * expected + 3}
        of = f"60 x 3, baseline of {baseline_runs}:"
        figures += [
            Figure(f"{of} red nights of the worst tenth", worst, "%", **around),
            Figure(f"{of} red nights of nine in ten, at most", 100 * float(np.quantile(red, 0.9)), "%"),
        ]
    return figures
