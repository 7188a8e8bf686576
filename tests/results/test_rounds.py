"""The comparison of a session that may stop early."""

from __future__ import annotations

import pytest

from pytest_pare.results.pairing import compare
from pytest_pare.results.rounds import Rounds, compare_round, compare_session
from pytest_pare.results.run_set import ComparedRun, RunSet

ROUNDS = Rounds(1, 3)


def runs(name: str, outcomes: dict[int, str], scenarios: int = 12) -> RunSet:
    """Return runs with an outcome for each run number."""
    ids = [f"s{number}" for number in range(scenarios)]
    return RunSet(
        name,
        [ComparedRun(one, "", number, outcome) for one in ids for number, outcome in outcomes.items()],
        dict.fromkeys(ids, "hash"),
    )


BASELINE = runs("baseline", {1: "success", 2: "success", 3: "success"})


@pytest.mark.parametrize("later", ["success", "not_needed", "no_result"])
def test_the_first_decided_round_is_the_one_that_counts(later: str) -> None:
    session = runs("session", {1: "failed", 2: later, 3: later})
    found = compare_session(BASELINE, session, ROUNDS)
    assert found.verdict == "FAIL"
    assert found == compare_round(BASELINE, session, 1, ROUNDS)
    (variant,) = found.variants
    assert variant.runs_now == 12


def test_without_a_decision_it_is_the_last_round() -> None:
    # Four scenarios decide nothing.
    session = runs("session", {1: "success", 2: "success", 3: "success"}, scenarios=4)
    found = compare_session(BASELINE, session, ROUNDS)
    assert found.verdict == "INCONCLUSIVE"
    assert found == compare_round(BASELINE, session, 3, ROUNDS)


def test_rounds_with_runs_that_were_not_needed_are_not_looked_at() -> None:
    session = runs("session", {1: "success", 2: "not_needed", 3: "not_needed"})
    assert compare_session(BASELINE, session, ROUNDS) == compare_round(BASELINE, session, 1, ROUNDS)


def test_a_round_in_which_nothing_could_be_compared_decides_nothing() -> None:
    session = runs("session", {2: "failed", 3: "failed"})
    assert compare_round(BASELINE, session, 1, ROUNDS).variants == ()
    found = compare_session(BASELINE, session, ROUNDS)
    assert found == compare_round(BASELINE, session, 2, ROUNDS)
    assert found.variants[0].verdict == "FAIL"


def test_a_suite_that_may_not_stop_early_is_compared_once() -> None:
    session = runs("session", {1: "failed", 2: "failed", 3: "failed"})
    assert compare_session(BASELINE, session) == compare(BASELINE, session)
    # The same runs weigh less as one of several looks.
    at_look = compare_round(BASELINE, session, 1, ROUNDS).variants[0].decision.p_drop
    assert at_look > compare(BASELINE, runs("session", {1: "failed"})).variants[0].decision.p_drop
