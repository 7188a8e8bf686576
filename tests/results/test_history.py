"""Success over sessions, and flip rates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.inference.intervals import rate_interval
from pytest_pare.results.history import SessionEntry, scenario_histories
from pytest_pare.results.run_set import ComparedRun, RunSet

OUTCOMES = {"s": "success", "f": "failed", "x": "exception", "n": "no_result", "k": "skipped"}


def runs(text: str) -> list[ComparedRun]:
    """Return runs from a text: `a:sf b:s` has two runs of `a`, one of `b`; `i` is one that infrastructure ended."""
    return [
        ComparedRun(scenario_id, "", number, OUTCOMES.get(sign, "exception"), infrastructure=sign == "i")
        for part in text.split()
        for scenario_id, _, signs in [part.partition(":")]
        for number, sign in enumerate(signs, start=1)
    ]


def entry(text: str, **hashes: str) -> SessionEntry:
    return SessionEntry("s", "2026-12-01T09:00:00+00:00", None, "PASS", RunSet("s", runs(text), hashes))


def test_runs_count_that_say_something_about_the_agent() -> None:
    counted = entry("a:sfxn b:ski").tally()
    assert (counted.successes, counted.runs, counted.rate) == (2, 4, 0.5)
    assert counted.interval == rate_interval([1, 1], [3, 1])
    nothing = entry("a:ki").tally()
    assert nothing.to_dict() == {"successes": 0, "runs": 0, "success_rate": None, "interval": None}


def test_the_runs_of_one_scenario_are_draws_of_its_rate() -> None:
    (one,) = scenario_histories([entry("a:sfsi"), entry("a:")])
    first, second = one.tallies
    assert (first.successes, first.runs) == (2, 3)
    # Wilson's interval of 2 in 3.
    assert first.interval is not None
    assert (first.interval.low, first.interval.high) == pytest.approx((0.2077, 0.9385), abs=1e-4)
    assert (second.runs, second.interval) == (0, None)


@pytest.mark.parametrize(
    ("sessions", "flips", "pairs"),
    [
        (["a:ss"], 0, 0),
        (["a:ss", "a:ss"], 0, 2),
        (["a:ss", "a:sf", "a:fs"], 3, 4),
        # A number that only one of them has, and a run that says nothing, have no pair.
        (["a:s", "a:fs"], 1, 1),
        (["a:s", "a:i", "a:f"], 0, 0),
        # A failure and an exception are the same: no success.
        (["a:f", "a:x", "a:f"], 0, 2),
        # A run that has not begun has not failed.
        (["a:ss", "a:sn", "a:nn"], 0, 1),
        # A session without the scenario.
        (["a:s", "b:s", "a:f"], 0, 0),
    ],
)
def test_flips_are_between_runs_of_the_same_number(sessions: list[str], flips: int, pairs: int) -> None:
    found = {one.scenario_id: one for one in scenario_histories([entry(text) for text in sessions])}
    assert (found["a"].flips, found["a"].pairs) == (flips, pairs)
    assert found["a"].flip_rate == (flips / pairs if pairs else None)
    assert len(found["a"].tallies) == len(sessions)


def test_runs_are_not_compared_across_a_change_of_their_scenario() -> None:
    (one,) = scenario_histories([entry("a:s", a="1"), entry("a:f", a="2"), entry("a:s", a="2")])
    assert (one.flips, one.pairs) == (1, 1)


def test_the_highest_flip_rate_comes_first() -> None:
    found = scenario_histories([entry("a:ss b:ss c:ss d:ss"), entry("a:ss b:sf c:ff d:sf")])
    assert [one.scenario_id for one in found] == ["c", "b", "d", "a"]
    assert found[0].to_dict() == {
        "id": "c",
        "successes": 2,
        "runs": 4,
        "success_rate": 0.5,
        "flips": 2,
        "pairs": 2,
        "flip_rate": 1.0,
    }


@given(st.lists(st.lists(st.text("sfxnki", max_size=4), min_size=2, max_size=2), max_size=5))
def test_flips_are_at_most_the_pairs_and_the_same_backwards(sessions: list[list[str]]) -> None:
    entries = [entry(f"a:{one} b:{other}") for one, other in sessions]
    found = scenario_histories(entries)
    for one in found:
        assert 0 <= one.flips <= one.pairs
        assert one.pairs <= sum(min(old.runs, new.runs) for old, new in zip(one.tallies, one.tallies[1:], strict=False))
    backwards = {one.scenario_id: one.flips for one in scenario_histories(entries[::-1])}
    assert backwards == {one.scenario_id: one.flips for one in found}
