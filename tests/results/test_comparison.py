"""The comparison with a baseline: which runs are paired, what it reports, and its verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.results.comparison import CategoryShare, FigureChange, worst
from pytest_pare.results.comparison_lines import comparison_lines
from pytest_pare.results.pairing import compare, small_baseline
from pytest_pare.results.run_set import ComparedRun, RunSet, category_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_pare.inference.decision import Word
    from pytest_pare.results.comparison import Comparison

KINDS = {"S": "success", "f": "failed", "e": "exception", "v": "no_validation", "n": "no_result"}


def runs_of(outcomes: dict[str, str], variant: str = "", **values: Any) -> list[ComparedRun]:
    """Return the runs of scenarios, a letter for each: `{"mow": "Sf"}` are two runs of `mow`."""
    return [
        ComparedRun(scenario, variant, number, KINDS[letter], None if letter == "S" else KINDS[letter], **values)
        for scenario, letters in outcomes.items()
        for number, letter in enumerate(letters, start=1)
    ]


def run_set(*runs: Sequence[ComparedRun], name: str = "now", **values: Any) -> RunSet:
    every = [run for some in runs for run in some]
    return RunSet(name, every, {run.scenario_id: "1" for run in every}, **values)


def compared(before: dict[str, str], now: dict[str, str], max_regression: float = 0.1) -> Comparison:
    return compare(run_set(runs_of(before)), run_set(runs_of(now)), max_regression)


def many(count: int, letters: str) -> dict[str, str]:
    return {f"s{number:02}": letters for number in range(count)}


def test_the_same_runs_pass_and_a_lost_agent_fails() -> None:
    same = compared(many(20, "SSS"), many(20, "SSS"))
    assert (same.verdict, same.reasons) == ("PASS", ())
    assert same.variants[0].decision.difference == 0
    worse = compared(many(20, "SSS"), many(20, "fff"))
    assert (worse.verdict, worse.reasons) == ("FAIL", ("fewer runs succeed than in the baseline",))
    assert worse.variants[0].decision.difference == -1


def test_few_runs_are_inconclusive_and_tell_how_many_more_would_settle_it() -> None:
    before = {**many(16, "SSSSSSSSSS"), **{f"t{number}": "SSSSSfffff" for number in range(8)}}
    now = {**many(16, "SS"), **{f"t{number}": "Sf" if number % 2 else "ff" for number in range(8)}}
    found = compared(before, now)
    assert (found.verdict, found.reasons) == ("INCONCLUSIVE", ("too few runs to exclude a regression",))
    assert found.further_runs is not None
    assert found.further_runs == found.variants[0].decision.further_runs
    assert found.further_runs % 24 == 0
    text = " ".join(comparison_lines(found))
    assert f"{found.further_runs} further runs would probably settle it" in text


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        # The baseline has no more runs: the numbers of both.
        ("SSS", "fSS", (3, 3)),
        ("S", "Sff", (1, 1)),
        # It has more: all of them.
        ("SSSSS", "SS", (5, 2)),
    ],
)
def test_which_runs_are_paired(before: str, now: str, expected: tuple[int, int]) -> None:
    variant = compared({"mow": before}, {"mow": now}).variants[0]
    assert (variant.runs_before, variant.runs_now) == expected


def test_runs_of_the_same_number_are_compared_where_both_have_as_many() -> None:
    baseline = [ComparedRun("mow", "", number, "success") for number in (1, 2)]
    now = [ComparedRun("mow", "", 2, "success"), ComparedRun("mow", "", 3, "failed")]
    (change,) = compare(run_set(baseline), run_set(now)).variants[0].scenarios
    assert (change.runs_before, change.successes_before, change.runs_now, change.successes_now) == (1, 1, 1, 1)
    # Without a common number all are draws of one rate.
    (change,) = compare(run_set(baseline[:1]), run_set(now[1:])).variants[0].scenarios
    assert (change.runs_before, change.runs_now, change.lost) == (1, 1, 0)


def test_a_baseline_that_needs_runs_as_well() -> None:
    before = {**many(14, "SSS"), "t0": "SSf", "t1": "SSf", "t2": "fSS", "t3": "fSS", "t4": "Sff", "t5": "Sff"}
    lower = {"s00": "SSf", "s01": "SSf", "s02": "SSf", "s03": "SSf", "t0": "SSS", "t2": "Sff", "t4": "SSf"}
    found = compared(before, before | lower)
    (variant,) = found.variants
    assert (variant.verdict, variant.decision.further_runs) == ("INCONCLUSIVE", None)
    more = variant.decision.further_runs_of_both
    expected = f"; {more} further runs of this agent and as many of the baseline would probably settle it"
    assert next(line for line in comparison_lines(found) if "too few runs" in line).endswith(expected)
    # One scenario cannot show anything at 5 %.
    lost = compared({"mow": "S"}, {"mow": "f"})
    assert any(
        line.endswith("more runs would not settle it: the suite needs more scenarios")
        for line in comparison_lines(lost)
    )


def test_a_run_without_a_number_is_the_first() -> None:
    baseline = run_set(runs_of({"mow": "S"}))
    now = run_set([ComparedRun("mow", "", None, "failed")])
    (change,) = compare(baseline, now).variants[0].scenarios
    assert (change.lost, change.gained, change.difference) == (1, 0, -1)


@pytest.mark.parametrize("letter", ["f", "e", "v"])
def test_each_outcome_without_a_success_counts_as_one_of_the_gate(letter: str) -> None:
    (change,) = compared({"mow": "SS"}, {"mow": f"S{letter}"}).variants[0].scenarios
    assert (change.successes_now, change.runs_now) == (1, 2)


@pytest.mark.parametrize("outcome", ["skipped", "xfailed", "not_needed", "user_fault"])
def test_what_says_nothing_about_the_agent_is_left_out(outcome: str) -> None:
    now = [ComparedRun("mow", "", 1, "success"), ComparedRun("mow", "", 2, outcome)]
    (change,) = compare(run_set(runs_of({"mow": "SS"})), run_set(now)).variants[0].scenarios
    assert (change.successes_now, change.runs_now) == (1, 1)


def test_runs_without_a_result_are_no_failures_and_listed() -> None:
    found = compared(many(20, "SS"), many(20, "Sn"))
    (variant,) = found.variants
    assert (variant.runs_now, variant.decision.difference, found.no_result) == (20, 0, 20)
    assert "left out of the comparison: 20 runs without a result" in list(comparison_lines(found))
    assert compared(many(20, "nn"), many(20, "Sn")).variants == ()


def test_a_scenario_without_runs_in_the_baseline_is_listed_as_new() -> None:
    found = compared({"mow": "SS", "rake": "nn"}, {"mow": "SS", "rake": "SS", "weed": "SS"})
    assert (found.added, found.variants[0].runs_now) == (("rake", "weed"), 2)
    assert compared({"mow": "SS", "rake": "nn"}, {"mow": "SS", "rake": "nn"}).added == ()


def test_a_process_that_died_is_counted_once() -> None:
    died = ComparedRun("mow", "", 2, "no_result", infrastructure=True)
    found = compare(run_set(runs_of({"mow": "SS"})), run_set([*runs_of({"mow": "S"}), died]))
    assert (found.infrastructure, found.no_result) == (1, 0)


def test_the_runs_without_a_variant_that_only_the_baseline_has_are_named() -> None:
    found = compare(run_set(runs_of({"mow": "SS"})), run_set(runs_of({"mow": "SS"}, "noisy")))
    assert "left out of the comparison: variants in the baseline only: the one without a name" in list(
        comparison_lines(found)
    )


def test_runs_that_infrastructure_ended_are_counted_and_left_out() -> None:
    now = [*runs_of({"mow": "S"}), ComparedRun("mow", "", 2, "exception", "ProviderOutageError", infrastructure=True)]
    found = compare(run_set(runs_of({"mow": "SS"})), run_set(now))
    assert (found.variants[0].runs_now, found.infrastructure) == (1, 1)
    assert "1 run ended by infrastructure" in " ".join(comparison_lines(found))


def test_scenarios_that_are_not_the_same_are_listed() -> None:
    baseline = RunSet("b", runs_of({"mow": "S", "rake": "S", "hoe": "S"}), {"mow": "1", "rake": "1", "hoe": "1"})
    now = RunSet("now", runs_of({"mow": "S", "rake": "f", "saw": "f"}), {"mow": "1", "rake": "2", "saw": "1"})
    found = compare(baseline, now)
    assert (found.added, found.removed, found.edited) == (("saw",), ("hoe",), ("rake",))
    assert [one.scenario_id for one in found.variants[0].scenarios] == ["mow"]
    expected = "left out of the comparison: new: saw; edited: rake; in the baseline only: hoe"
    assert expected in list(comparison_lines(found))


def test_nothing_to_compare_cannot_pass() -> None:
    baseline = run_set(runs_of({"mow": "S"}), name="baselines/pare.json")
    edited = RunSet("now", runs_of({"mow": "S"}), {"mow": "2"})
    found = compare(baseline, edited)
    assert (found.verdict, found.reasons) == ("FAIL", ("nothing could be compared with the baseline",))
    assert found.not_compared == {"": "no unchanged scenario has runs in both; accept a new baseline"}
    assert list(comparison_lines(found)) == [
        "compared with baselines/pare.json",
        "not compared: the runs of this session: no unchanged scenario has runs in both; accept a new baseline",
        "left out of the comparison: edited: mow",
    ]
    infrastructure = run_set([ComparedRun("mow", "", 1, "exception", infrastructure=True)])
    assert compare(baseline, infrastructure).not_compared == {"": "none of its runs says something about the agent"}
    assert compare(baseline, RunSet("now", [], {})).verdict == "FAIL"


def test_a_variant_that_the_baseline_lacks_is_inconclusive() -> None:
    baseline = run_set(runs_of(many(20, "SSS"), "old"), runs_of(many(20, "SSS"), "both"))
    now = run_set(runs_of(many(20, "SSS"), "new"), runs_of(many(20, "SSS"), "both"))
    found = compare(baseline, now)
    assert [one.variant for one in found.variants] == ["both"]
    assert (found.not_compared, found.absent) == ({"new": "it is not in the baseline"}, ("old",))
    assert found.verdict == "INCONCLUSIVE"
    assert found.reasons == ("1 variant could not be compared with the baseline",)
    assert found.further_runs is None
    lines = list(comparison_lines(found))
    assert "not compared: variant new: it is not in the baseline" in lines
    assert "left out of the comparison: variants in the baseline only: old" in lines


def test_p_values_are_corrected_for_the_number_of_variants() -> None:
    # Five scenarios can be significant at 5 % alone (1/32), and not as one of two variants.
    before, now = many(5, "SS"), many(5, "ff")
    alone = compared(before, now)
    assert alone.verdict == "FAIL"
    assert alone.variants[0].decision.p_drop == pytest.approx(1 / 32)
    both = compare(
        run_set(runs_of(before, "a"), runs_of(before, "b")), run_set(runs_of(now, "a"), runs_of(before, "b"))
    )
    assert [one.decision.p_drop for one in both.variants] == [pytest.approx(2 / 32), 1]
    assert both.verdict == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "PASS"),
        (["PASS", "PASS"], "PASS"),
        (["PASS", "INCONCLUSIVE"], "INCONCLUSIVE"),
        (["INCONCLUSIVE", "FAIL", "PASS"], "FAIL"),
    ],
)
def test_the_gravest_verdict_is_that_of_the_session(words: list[Word], expected: Word) -> None:
    assert worst(words) == expected


def test_scenarios_that_changed() -> None:
    ten, none = "S" * 10, "f" * 10
    before = {"down": ten, "flaky": ten, "same": ten, "up": none}
    found = compared(before, {"down": none, "flaky": "S" * 9 + "f", "same": ten, "up": ten}).variants[0]
    assert [one.scenario_id for one in found.worse] == ["down"]
    assert [one.scenario_id for one in found.better] == ["up"]
    assert [one.scenario_id for one in found.not_significant] == ["flaky"]
    assert [one.scenario_id for one in found.flaky] == ["flaky"]
    assert dict(found.flips) == {"lost": 11, "gained": 10}
    # Fisher's exact test of 10 of 10 and 0 of 10 is 2 / C(20, 10); Holm takes the least of four times four.
    assert found.worse[0].p_value == pytest.approx(4 * 2 / 184756)


def test_three_runs_of_a_scenario_are_never_significant() -> None:
    found = compared(many(20, "SSS"), many(20, "fff"))
    assert found.variants[0].worse == ()
    assert len(found.variants[0].not_significant) == 20
    assert any("lower, but not significantly: s00 (3 of 3, now 0 of 3)" in line for line in comparison_lines(found))


def test_drift_of_reasons_and_figures_of_a_run() -> None:
    before = [
        ComparedRun("mow", "", 1, "failed", "a", cost=1.0, tokens=10, turns=2),
        ComparedRun("mow", "", 2, "success", None, cost=None, tokens=None, turns=4),
    ]
    now = [
        ComparedRun("mow", "", 1, "failed", "a", turns=2),
        ComparedRun("mow", "", 2, "exception", "ValueError", turns=6),
    ]
    found = compare(run_set(before), run_set(now))
    variant = found.variants[0]
    assert variant.drift == (CategoryShare("ValueError", 0, 0.5), CategoryShare("a", 0.5, 0.5))
    assert (variant.cost, variant.tokens, variant.turns) == (
        FigureChange(1.0, None),
        FigureChange(10, None),
        FigureChange(3, 4),
    )
    lines = list(comparison_lines(found))
    assert "  reason: ValueError: 0.0 % of runs before, 50.0 % now" in lines
    assert not any("reason: a" in line for line in lines)
    assert "  cost a run: $1.00 before, unknown now" in lines
    assert "  turns a run: 3.0 before, 4.0 now" in lines


@pytest.mark.parametrize(
    ("outcome", "exception", "rationale", "expected"),
    [
        ("success", None, "fine", None),
        ("skipped", None, None, None),
        ("not_needed", None, None, None),
        ("exception", "TimeoutError", None, "TimeoutError"),
        ("exception", None, "why", "exception"),
        ("no_validation", None, None, "no validation"),
        ("no_result", None, None, "no result"),
        ("failed", None, None, "failed"),
        ("failed", None, "no proposal mentions '19:00'; the last one was 'Hi'", "no proposal mentions '...'"),
        ("failed", None, "step 3 of 12 is late\nby 2.5 minutes", "step 0 of 0 is late"),
        ("failed", None, 'write of "Ann\'s cab" missing', "write of '...' missing"),
        ("failed", None, "the agent's write  is\tlate", "the agent's write is late"),
        ("failed", None, "x" * 100, "x" * 77 + "..."),
    ],
)
def test_categories(outcome: str, exception: str | None, rationale: str | None, expected: str | None) -> None:
    assert category_of(outcome, exception, rationale) == expected


def test_warnings() -> None:
    small = run_set(runs_of({"mow": "S" * 9}), versions={"pytest-pare": "0.2", "pytest": "8"})
    now = run_set(runs_of({"mow": "S"}), versions={"pytest-pare": "0.3", "pytest": "9"})
    first, second = compare(small, now).warnings
    assert first.startswith("the baseline has 9 runs a scenario: ")
    assert second == "the simulation differs from that of the baseline: pytest-pare 0.2, now 0.3"
    many = RunSet("b", small.runs, small.scenarios, settings={f"noise.{number}": 0 for number in range(6)})
    other = replace(many, runs=now.runs, settings={f"noise.{number}": 1 for number in range(6)})
    assert compare(many, other).warnings[1].endswith("noise.3 0, now 1; 2 more")
    # A suite that leaves out runs in which the simulated user failed is not like one that counts them.
    left_out = replace(many, settings={**many.settings, "gate.user_faults": "leave_out"})
    assert 'gate.user_faults "count", now "leave_out"' in compare(many, left_out).warnings[1]
    assert compare(run_set(runs_of({"mow": "S" * 10})), run_set(runs_of({"mow": "S"}))).warnings == ()
    assert small_baseline(10) is None


def test_agents_are_named() -> None:
    found = compare(run_set(runs_of({"mow": "S"}), agent_version="v1", name="b"), run_set(runs_of({"mow": "S"})))
    assert next(comparison_lines(found)) == "compared with b (agent v1, now unknown)"


def test_more_than_three_variants_get_a_line_each() -> None:
    variants = [runs_of(many(20, "SSS"), f"v{number}") for number in range(4)]
    lines = list(comparison_lines(compare(run_set(*variants), run_set(*variants))))
    assert [line.partition(":")[0] for line in lines] == [
        "compared with now", "variant v0", "variant v1", "variant v2", "variant v3", "warning",
    ]  # fmt: skip


def test_as_json() -> None:
    found = compared(many(3, "SSS"), many(3, "SfS"))
    values = json.loads(json.dumps(found.to_dict()))
    assert values["verdict"] == found.verdict
    assert values["variants"][0]["difference"] == pytest.approx(-1 / 3)
    assert values["variants"][0]["scenarios"][0]["flaky"] is True
    assert values["variants"][0]["turns"] == {"before": 0.0, "now": 0.0}
    assert set(values) == set(vars(found)) | {"further_runs"}


sessions = st.dictionaries(
    st.sampled_from([f"s{number}" for number in range(12)]), st.text("Sfe", min_size=1, max_size=4), min_size=1
)


@given(sessions, st.randoms(use_true_random=False))
def test_the_order_of_runs_makes_no_difference(outcomes: dict[str, str], random: Any) -> None:
    now = run_set(runs_of({name: letters[::-1] for name, letters in outcomes.items()}))
    shuffled = list(now.runs)
    random.shuffle(shuffled)
    baseline = run_set(runs_of(outcomes))
    assert compare(baseline, now) == compare(baseline, replace(now, runs=shuffled))


@given(sessions)
def test_a_session_against_itself_never_fails(outcomes: dict[str, str]) -> None:
    found = compared(outcomes, outcomes)
    assert found.verdict != "FAIL"
    assert (found.variants[0].decision.difference, dict(found.variants[0].flips)) == (0, {"lost": 0, "gained": 0})
    assert found.variants[0].worse == found.variants[0].better == ()


@given(sessions, sessions)
def test_what_one_direction_loses_the_other_gains(first: dict[str, str], second: dict[str, str]) -> None:
    one, other = compared(first, second), compared(second, first)
    assert (one.added, one.removed) == (other.removed, other.added)
    if one.variants and all(len(first[name]) == len(second[name]) for name in first.keys() & second.keys()):
        ours, theirs = one.variants[0], other.variants[0]
        assert (ours.flips["lost"], ours.flips["gained"]) == (theirs.flips["gained"], theirs.flips["lost"])
        assert ours.decision.difference == pytest.approx(-theirs.decision.difference)
