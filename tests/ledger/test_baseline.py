"""Baselines: their file, what it refuses, and how sessions are accepted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.base.documents import DocumentError
from pytest_pare.ledger.acceptance import AcceptError, accept
from pytest_pare.ledger.baseline import Acceptance, Baseline, baseline_file, parse, read, render, write
from pytest_pare.results.run_set import ComparedRun, RunSet

if TYPE_CHECKING:
    from pathlib import Path

FIRST = Acceptance("2026-12-01", "one", "the first release", "abc123", 0)
SECOND = replace(FIRST, session="two", reason="more runs", commit=None)


def runs(scenario: str, *outcomes: str, variant: str = "", **values: Any) -> list[ComparedRun]:
    return [
        ComparedRun(scenario, variant, number, outcome, **values) for number, outcome in enumerate(outcomes, start=1)
    ]


def session(*runs: list[ComparedRun], name: str = "one", **values: Any) -> RunSet:
    every = [run for some in runs for run in some]
    values = {"agent_version": "v1", "versions": {"pytest-pare": "0.2"}, **values}
    return RunSet(name, every, values.pop("scenarios", {run.scenario_id: "1" for run in every}), **values)


def accepted(given: RunSet) -> Baseline:
    return accept(None, "pare.yaml", given, FIRST).baseline


PLAIN = session(
    runs("mow", "success", "failed", cost=0.1, tokens=100, turns=7, duration=1.5),
    runs("mow", "exception", variant="gpt", category="ValueError"),
    runs("hoe", "success"),
    settings={"noise.tool_slow.rate": 0.2, "runner.agent_type": "observe-execute"},
)

TEXT = """\
{
  "accepted": [
    {"commit": "abc123", "date": "2026-12-01", "reason": "the first release", "runs": 4, "session": "one"}
  ],
  "agent_version": "v1",
  "pare_baseline": 1,
  "scenarios": {
    "hoe": {
      "digest": "1",
      "runs": {
        "": {"category": null, "cost": null, "duration": null, "number": [1], "outcome": ["success"], \
"tokens": null, "turns": [0]}
      }
    },
    "mow": {
      "digest": "1",
      "runs": {
        "": {"category": null, "cost": [0.1, 0.1], "duration": [1.5, 1.5], "number": [1, 2], \
"outcome": ["success", "failed"], "tokens": [100, 100], "turns": [7, 7]},
        "gpt": {"category": ["ValueError"], "cost": null, "duration": null, "number": [1], \
"outcome": ["exception"], "tokens": null, "turns": [0]}
      }
    }
  },
  "settings": {
    "noise.tool_slow.rate": 0.2,
    "runner.agent_type": "observe-execute"
  },
  "suite": "pare.yaml",
  "versions": {
    "pytest-pare": "0.2"
  }
}
"""


def test_the_file(tmp_path: Path) -> None:
    baseline = accepted(PLAIN)
    path = tmp_path / "baselines" / "pare.json"
    write(path, baseline)
    assert path.read_text(encoding="utf-8") == TEXT
    found = read(path)
    assert found == replace(baseline, runs=replace(baseline.runs, name=str(path), runs=found.runs.runs))
    assert set(found.runs.runs) == set(PLAIN.runs)
    assert found.accepted == (replace(FIRST, runs=4),)


@pytest.mark.parametrize(
    ("suite", "expected"),
    [("pare.yaml", "baselines/pare.json"), ("agents/smoke.pare.yaml", "baselines/agents/smoke.pare.json")],
)
def test_where_it_is(suite: str, expected: str) -> None:
    assert baseline_file(suite).as_posix() == expected


HINT = "; write a new one with pytest-pare accept --replace"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (TEXT, "", "b.json: is empty" + HINT),
        (TEXT, "\n \n", "b.json: is empty" + HINT),
        (TEXT, "[1]", "b.json:1: is no baseline: the key pare_baseline is missing" + HINT),
        (TEXT, "{}", "b.json:1: is no baseline: the key pare_baseline is missing" + HINT),
        ('"agent_version": "v1",', '"agent_version": "v1"',
         "b.json:6: is not JSON: Expecting ',' delimiter in column 3"),
        ('"pare_baseline": 1', '"pare_baseline": 2',
         "b.json:6: pare_baseline: is of version 2, and this pytest-pare reads version 1; update pytest-pare"),
        ('"pare_baseline": 1', '"pare_baseline": "1"',
         "b.json:1: pare_baseline: expected a valid integer, got str ('1')" + HINT),
        ('"suite"', '"Suite"', "b.json:1: unknown field 'Suite', missing field 'suite'" + HINT),
        ('"agent_version": "v1"', '"agent_version": 1',
         "b.json:1: agent_version: expected a valid string, got int (1)" + HINT),
        ('"digest": "1"', '"digest": null',
         "b.json:8: scenarios.hoe: digest: expected a valid string, got null" + HINT),
        ('"hoe": {', '"hoe": 3, "rake": {', "b.json:8: scenarios.hoe: expected a mapping, got int"),
        ('"mow": {', '"hoe": {', "b.json:14: scenarios.hoe: duplicate key, already set in line 8"),
        ('["exception"]', '["skipped"]',
         "b.json:18: scenarios.mow.runs.gpt: outcome.0: expected 'success', 'failed', 'exception' or 'no_validation', "
         "got str ('skipped')" + HINT),
        ('["success", "failed"]', '["success"]',
         "b.json:17: scenarios.mow.runs..outcome: expected 2 values, one for each number, got 1" + HINT),
        ("[1, 2]", "[1, 1]", "b.json:17: scenarios.mow.runs..number: has run 1 twice" + HINT),
        ("[1, 2]", "[1, 0]",
         "b.json:17: scenarios.mow.runs.: number.1: expected greater than or equal to 1, got int (0)" + HINT),
        ("[0.1, 0.1]", "[0.1, -1]",
         "b.json:17: scenarios.mow.runs.: cost.1: expected greater than or equal to 0, got int (-1)" + HINT),
        ('"commit": "abc123", ', "", "b.json:3: accepted[0]: missing field 'commit'" + HINT),
        ('"reason": "the first release"', '"reason": ""',
         "b.json:3: accepted[0]: reason: String should have at least 1 character, got str ('')" + HINT),
    ],
)  # fmt: skip
def test_what_is_edited_by_hand_is_refused(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(DocumentError) as caught:
        parse(TEXT.replace(old, new, 1), "b.json")
    assert str(caught.value) == message


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read: No such file or directory"):
        read(tmp_path / "pare.json")


def test_runs_are_added_with_further_numbers() -> None:
    first = accepted(session(runs("mow", "success", "failed"), runs("hoe", "success")))
    second = session(runs("mow", "failed", "failed"), runs("saw", "success"), name="two", versions={})
    baseline, warnings = accept(first, "pare.yaml", second, SECOND)
    assert [(run.scenario_id, run.number, run.outcome) for run in baseline.runs.runs] == [
        ("mow", 1, "success"), ("mow", 2, "failed"), ("hoe", 1, "success"),
        ("mow", 3, "failed"), ("saw", 1, "success"), ("mow", 4, "failed"),
    ]  # fmt: skip
    assert [(one.session, one.runs) for one in baseline.accepted] == [("one", 3), ("two", 3)]
    assert set(baseline.runs.scenarios) == {"mow", "hoe", "saw"}
    assert warnings[0] == "the simulation differs from that of the earlier runs: pytest-pare 0.2, now unknown"
    assert warnings[1].startswith("the baseline has 1 run a scenario: ")


def test_other_conditions_are_a_warning() -> None:
    settings = {"noise.tool_slow.rate": 0.2, "runner.agent_type": "a", "scenarios.include": ["a"]}
    first = accepted(session(runs("mow", *["success"] * 10), settings=settings))
    changed = {"noise.tool_slow.rate": 0.0, "runner.agent_type": "b", "scenarios.include": [], "live": True}
    again = session(runs("mow", "success"), name="two", settings=changed)
    assert accept(first, "pare.yaml", again, SECOND).warnings == (
        "the simulation differs from that of the earlier runs: noise.tool_slow.rate 0.2, now 0.0",
    )


def test_ten_runs_give_no_warning() -> None:
    assert accept(None, "pare.yaml", session(runs("mow", *["success"] * 10)), FIRST).warnings == ()


def test_an_unknown_agent_is_a_warning() -> None:
    first = accepted(session(runs("mow", *["success"] * 10), agent_version=None))
    again = session(runs("mow", "success"), name="two", agent_version=None)
    assert accept(first, "pare.yaml", again, SECOND).warnings == (
        "the version of the agent is unknown, so these runs may be of another agent than the earlier ones",
    )


def test_what_says_nothing_about_the_agent_is_left_out() -> None:
    given = session(
        runs("mow", "success", "no_result", "skipped", "not_needed"), runs("hoe", "exception", infrastructure=True)
    )
    baseline, warnings = accept(None, "pare.yaml", given, FIRST)
    assert [(run.scenario_id, run.outcome) for run in baseline.runs.runs] == [("mow", "success")]
    assert warnings[0] == (
        "2 runs left out that infrastructure ended or that have no result; play them with --pare-resume"
    )
    # The scenario without a run is in the file nevertheless, so that its hash can be compared.
    assert '"hoe": {\n      "digest": "1",\n      "runs": {}' in render(baseline)


def test_runs_without_a_number_are_the_first() -> None:
    baseline = accepted(session([ComparedRun("mow", "", None, "success")]))
    assert [run.run_number for run in baseline.runs.runs] == [1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (session(runs("mow", "success"), name="two", agent_version="v2"),
         "b.json: session two cannot be added: the agent's version differs (baseline v1, session v2). All runs of a "
         "baseline must be of one agent and the same scenarios; write a new baseline with --replace"),
        (session(runs("mow", "success"), name="two", agent_version=None),
         "b.json: session two cannot be added: the agent's version differs (baseline v1, session unknown). All runs of "
         "a baseline must be of one agent and the same scenarios; write a new baseline with --replace"),
        (session(runs("mow", "success"), name="two", scenarios={"mow": "2", "saw": "1"}),
         "b.json: session two cannot be added: 1 scenario differs (mow). All runs of a baseline must be of one agent "
         "and the same scenarios; write a new baseline with --replace"),
    ],
)  # fmt: skip
def test_another_agent_or_scenario_needs_replace(given: RunSet, message: str) -> None:
    existing = parse(TEXT, "b.json")
    with pytest.raises(AcceptError) as caught:
        accept(existing, "pare.yaml", given, SECOND)
    assert str(caught.value) == message
    baseline = accept(existing, "pare.yaml", given, SECOND, replace_all=True).baseline
    assert [one.session for one in baseline.accepted] == ["two"]
    assert [run.scenario_id for run in baseline.runs.runs] == ["mow"]


def test_many_edited_scenarios() -> None:
    existing = accepted(session(*(runs(f"s{number}", "success") for number in range(7))))
    given = replace(existing.runs, scenarios=dict.fromkeys(existing.runs.scenarios, "2"))
    with pytest.raises(AcceptError, match=r"7 scenarios differ \(s0, s1, s2, s3, s4, 2 more\)"):
        accept(existing, "pare.yaml", given, SECOND)


@pytest.mark.parametrize(
    ("suite", "given", "acceptance", "message"),
    [
        ("other.yaml", PLAIN, SECOND,
         "b.json: is the baseline of the suite pare.yaml, and session two is of other.yaml; name another file"),
        ("pare.yaml", PLAIN, FIRST, "b.json: has the runs of session one already"),
        ("pare.yaml", session(runs("mow", "no_result")), SECOND,
         "session two has no run with a result, so there is nothing to accept"),
    ],
)  # fmt: skip
def test_what_cannot_be_accepted(suite: str, given: RunSet, acceptance: Acceptance, message: str) -> None:
    with pytest.raises(AcceptError) as caught:
        accept(parse(TEXT, "b.json"), suite, given, acceptance)
    assert str(caught.value) == message


text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
a_run = st.builds(
    ComparedRun,
    scenario_id=st.sampled_from(["mow", "hoe"]),
    variant=text,
    run_number=st.integers(1, 9),
    outcome=st.sampled_from(["success", "failed", "exception", "no_validation"]),
    category=st.none() | text,
    cost=st.none() | st.integers(0, 10**6).map(lambda cents: cents / 100),
    tokens=st.none() | st.integers(0, 10**9),
    turns=st.integers(0, 99),
    duration=st.none() | st.integers(0, 10**6).map(lambda thousandths: thousandths / 1000),
)
some_runs = st.lists(a_run, min_size=1, unique_by=lambda run: (run.scenario_id, run.variant, run.number))


@given(some_runs, st.randoms(use_true_random=False))
def test_each_baseline_is_read_as_it_was_written(some: list[ComparedRun], random: Any) -> None:
    baseline = accepted(session(some, scenarios={"mow": "1", "hoe": "2"}))
    written = render(baseline)
    assert json.loads(written)
    found = parse(written, "b.json")
    assert set(found.runs.runs) == set(some)
    shuffled = list(baseline.runs.runs)
    random.shuffle(shuffled)
    assert render(replace(baseline, runs=replace(baseline.runs, runs=shuffled))) == written == render(found)


@given(some_runs, some_runs)
def test_accepting_loses_no_run_and_repeats_no_number(first: list[ComparedRun], second: list[ComparedRun]) -> None:
    scenarios = {"mow": "1", "hoe": "2"}
    baseline = accepted(session(first, scenarios=scenarios))
    given = session(second, scenarios=scenarios, name="two")
    together = accept(baseline, "pare.yaml", given, SECOND).baseline.runs.runs
    assert len(together) == len(first) + len(second)
    assert len({(run.scenario_id, run.variant, run.number) for run in together}) == len(together)
    assert sum(run.score for run in together) == sum(run.score for run in [*first, *second])
