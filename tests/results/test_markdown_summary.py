"""The summary and the annotations of a suite: what they have, in which order, and nothing without content."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from pytest_pare.results.annotations import annotations_of
from pytest_pare.results.files import write_json, write_markdown
from pytest_pare.results.gate import GateInput, evaluate_gate
from pytest_pare.results.github import COMMENT, commands
from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
from pytest_pare.results.pairing import compare
from pytest_pare.results.run_entries import RunEntry
from pytest_pare.results.run_set import ComparedRun, RunSet
from pytest_pare.results.suite_report import SuiteReport
from pytest_pare.results.validation_result import PAREScenarioValidationResult, RecordedException
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.results.github import Annotation

SUITE = Path("/app/tests/pare.yaml")
SECRET = "sk-" + "1a" * 20


def entry(scenario: str, number: int, outcome: str = "success", why: str = "", variant: str = "") -> RunEntry:
    success = {"success": True, "failed": False}.get(outcome)
    exception = RecordedException("ValueError", why) if outcome == "exception" else None
    usage = {"user": {"calls": 2, "live": True, "prompt_tokens": 90, "completion_tokens": 10, "cost": 0.25}}
    result = PAREScenarioValidationResult(success, exception, rationale=why, number_of_turns=4, usage=usage)
    return RunEntry(scenario, variant, number, outcome, why, None if outcome == "no_result" else result)


def report_on(
    entries: list[RunEntry],
    before: Mapping[str, int] | None = None,
    inconclusive: Literal["pass", "fail"] = "pass",
    rate: float = 0.0,
) -> SuiteReport:
    """Return the report on runs, compared with a baseline of that many successes, if these are given."""
    variants = dict.fromkeys(one.variant for one in entries)
    results = {name: PAREMultiScenarioValidationResult(MultiScenarioRunnerConfig()) for name in variants}
    outcomes: dict[str, list[str]] = {}
    for one in entries:
        outcomes.setdefault(one.scenario_id, []).append(one.status)
        if one.result is not None:
            results[one.variant].add_result(one.result, one.scenario_id, one.run_number)
    kinds = [one.status for one in entries]
    counts: dict[str, Any] = {
        kind: kinds.count(kind) for kind in ("success", "failed", "exception", "no_validation", "no_result")
    }
    given = GateInput(**counts, outcomes=outcomes, criteria={"min_success_rate": rate})
    if before is not None:
        now = [
            ComparedRun(one.scenario_id, one.variant, one.run_number, one.status, one.reason or None, 0.5)
            for one in entries
        ]
        old = [
            ComparedRun(scenario, variant, number, "success", None, 0.25)
            for scenario, runs in before.items()
            for variant in variants
            for number in range(1, runs + 1)
        ]
        same = dict.fromkeys(outcomes, "x")
        compared = compare(RunSet("baselines/pare.json", old, dict.fromkeys(before, "x")), RunSet("now", now, same))
        criteria = {"min_success_rate": rate, "max_regression": 0.1}
        given = replace(given, comparison=compared, criteria=criteria, inconclusive=inconclusive)
    return SuiteReport("tests/pare.yaml", results, verdict=evaluate_gate(given), entries=entries)


def markdown(report: SuiteReport, tmp_path: Path) -> str:
    write_markdown(tmp_path / "summary.md", report)
    return (tmp_path / "summary.md").read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("#", "> [", "<details"))]


def runs_of(*scenarios: str, outcome: str = "success", why: str = "") -> list[RunEntry]:
    return [entry(scenario, number, outcome, why) for scenario in scenarios for number in (1, 2, 3)]


def annotated(report: SuiteReport) -> list[Annotation]:
    return list(annotations_of(report, SUITE, {"a0": (Path("/app/library/a0.py"), 7)}))


def test_a_session_without_news_is_short(tmp_path: Path) -> None:
    report = SuiteReport("pare.yaml", {}, verdict=evaluate_gate(GateInput(success=1, outcomes={"a": ["success"]})))
    text = markdown(report, tmp_path)
    assert text == (
        "## pare.yaml\n\n> [!TIP]\n> gate PASS: 1 of 1 run succeeded (100.0 %, 95 % CI 20.7 to 100.0), "
        "every run must succeed (no rate set)\n\n"
    )
    assert annotated(report) == []
    assert markdown(SuiteReport("pare.yaml", {}), tmp_path) == "## pare.yaml\n\n"
    assert annotated(SuiteReport("pare.yaml", {})) == []


def test_a_regression_comes_first(tmp_path: Path) -> None:
    scenarios = [f"a{n}" for n in range(20)]
    entries = runs_of(*scenarios, outcome="failed", why="sent | nothing to @anna") + runs_of("new_one")
    before = dict.fromkeys([*scenarios, "gone"], 10)
    report = report_on(entries, before)
    text = markdown(report, tmp_path)
    assert headings(text) == [
        "## tests/pare.yaml",
        "> [!CAUTION]",
        "### Regressions",
        "### Scenarios that got worse",
        "### Not compared",
        "### Reasons of runs that did not succeed",
        "### Cost",
        "### Cost, tokens and turns",
        "<details>",
    ]
    assert "- fewer runs succeed than in the baseline: 100.0 % before, 0.0 % now, -100.0 points" in text
    assert "| Scenario | Baseline | Now | p |\n| --- | ---: | ---: | ---: |\n| a0 | 10 of 10 | 0 of 3 | " in text
    assert "- left out: new: new_one\n- left out: in the baseline only: gone" in text
    assert "| sent &#124; nothing to &#64;&#8203;anna | 0.0 % | 100.0 % |" in text
    assert "| cost a run | &#36;0.25 | &#36;0.50 |" in text
    assert "- Cost of 63 runs: &#36;15.75" in text
    assert "<summary>60 runs did not succeed</summary>\n\n| Scenario | Run | Status | Reason |" in text
    assert "| a0 | 1 | failed | sent &#124; nothing to &#64;&#8203;anna |" in text
    first, scenario, *others = annotated(report)
    assert (first.level, first.title, first.path) == ("error", "pare: FAIL", SUITE)
    assert "\n- fewer runs succeed than in the baseline\n" in first.message
    assert (scenario.level, scenario.title, scenario.line) == ("error", "pare: a0", 7)
    assert scenario.path == Path("/app/library/a0.py")
    assert scenario.message.splitlines() == [
        "0 of 3 runs succeeded, in the baseline 10 of 10",
        "3 of 3 runs did not succeed",
        "failed: sent | nothing to @anna",
    ]
    assert [one.path for one in others] == [SUITE] * 19
    printed = commands([first, scenario, *others], {"GITHUB_ACTIONS": "true"})
    assert len(printed) == 10
    assert printed[-1].endswith("11 more errors: see the summary")


@pytest.mark.parametrize(("inconclusive", "level"), [("pass", "warning"), ("fail", "error")])
def test_too_few_runs_are_a_warning(tmp_path: Path, inconclusive: Literal["pass", "fail"], level: str) -> None:
    report = report_on([entry("a", 1), entry("b", 1, "failed")], {"a": 1, "b": 1}, inconclusive)
    text = markdown(report, tmp_path)
    assert headings(text)[1:4] == ["> [!WARNING]", "### Unreliable baseline", "### Not enough data"]
    assert "- the baseline has 1 run a scenario: " in text
    assert "- too few runs to exclude a drop of 10 points: " in text
    first, scenario, last = annotated(report)
    assert (first.level, first.title) == (level, "pare: INCONCLUSIVE")
    assert "too few runs to exclude a drop of 10 points" in first.message
    assert (scenario.level, scenario.title) == (level, "pare: b")
    assert (last.level, last.title) == ("warning", "pare: unreliable baseline")


def test_an_unchanged_agent_has_no_regression(tmp_path: Path) -> None:
    scenarios = [f"a{n}" for n in range(20)]
    text = markdown(report_on(runs_of(*scenarios), dict.fromkeys(scenarios, 10)), tmp_path)
    assert headings(text) == [
        "## tests/pare.yaml", "> [!TIP]", "### No regression", "### Cost", "### Cost, tokens and turns",
    ]  # fmt: skip


def test_variants_have_a_table_and_a_column(tmp_path: Path) -> None:
    entries = [
        entry("a", 1, variant="x"),
        entry("a", 1, "exception", "late", "y"),
        entry("a", 2, "no_result", "died", "y"),
    ]
    report = report_on(entries)
    text = markdown(report, tmp_path)
    assert "### Variants\n\n| Variant | Runs | Judged | Success | 95 % CI |\n" in text
    assert "| x | 1 | 1 | 100.0 % | 20.7 to 100.0 |\n| y | 1 | 0 | n/a |  |" in text
    assert "| a | y | 1 | exception | ValueError: late |\n| a | y | 2 | no result | died |" in text
    (failed, one) = annotated(report)
    assert failed.message.endswith("\n- 1 run has no result")
    assert one.message == "2 of 3 runs did not succeed\nexception: ValueError: late (1 of them; 1 other reason)"


def test_runs_that_did_not_succeed_are_warnings_if_the_gate_passes() -> None:
    report = report_on([entry("a", 1), entry("b", 1, "failed", "late")])
    (one,) = annotated(report)
    assert (one.level, one.title, one.message) == ("warning", "pare: b", "1 of 1 run did not succeed\nfailed: late")


def test_other_lines_of_the_verdict_are_a_list(tmp_path: Path) -> None:
    report = report_on([entry("a", 1)])
    assert report.verdict is not None
    given = replace(report.verdict.given, partial=("-k a",), deselected=2)
    report.verdict = evaluate_gate(given)
    assert "\n\n- partial session (-k a): 1 of 3 runs selected\n" in markdown(report, tmp_path)


def test_texts_of_agents_are_redacted_and_no_document_is_too_long(tmp_path: Path) -> None:
    why = f"{SECRET} <script> " + "x" * 1000
    report = report_on([entry(f"a{n}", 1, "failed", why) for n in range(1000)])
    text = markdown(report, tmp_path)
    assert 50_000 < COMMENT.size(text) <= COMMENT.most
    assert text.endswith("</details>\n\n_The rest is left out: this text can have 65,536 characters at most._\n")
    write_json(tmp_path / "r.json", report)
    for written in (text, (tmp_path / "r.json").read_text(encoding="utf-8"), str(commands(annotated(report), {}))):
        assert "1a1a" not in written
        assert "<script>" not in written or written is not text


def test_the_json_file_has_each_run(tmp_path: Path) -> None:
    died = RunEntry("b", "x", None, "no_result", "its process died")
    report = report_on([entry("a", 1, variant="x"), entry("a", 2, "exception", "late", "x"), died])
    write_json(tmp_path / "r.json", report)
    content = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert content["version"] == 1
    assert list(content)[-1] == "results"
    first, second, third = content["results"]
    assert first == {
        "scenario": "a",
        "variant": "x",
        "run": 1,
        "status": "success",
        "reason": None,
        "rationale": "",
        "exception_type": None,
        "exception_message": None,
        "trace": None,
        "cost": 0.25,
        "tokens": 100,
        "turns": 4,
        "user_faults": [],
        "reused": None,
    }
    assert (second["exception_type"], second["exception_message"]) == ("ValueError", "late")
    assert (third["run"], third["reason"], third["cost"], third["turns"]) == (None, "its process died", None, None)


@pytest.mark.parametrize(
    ("last", "shown"),
    [
        ("  ValueError: no", ""),
        ("  own.errors.ValueError: no", ""),
        ("  out of memory.", " (out of memory.)"),
        ("  12:01:07 INFO: started", " (12:01:07 INFO: started)"),
    ],
)
def test_a_failure_has_the_last_line_of_a_log_if_it_says_more(last: str, shown: str) -> None:
    why = f"turn 0: the agent raised ValueError: no\nthe last lines of its standard error:\n  12:01:00 ready\n{last}"
    assert entry("a", 1, "failed", why).why == f"turn 0: the agent raised ValueError: no{shown}"
    assert entry("a", 1, "exception", why).why == f"ValueError: turn 0: the agent raised ValueError: no{shown}"
