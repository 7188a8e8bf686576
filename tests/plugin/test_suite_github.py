"""Sessions in a job of GitHub Actions: the step summary, the comment on a pull request, and annotations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_pare.results.github import STEP_SUMMARY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")


@pytest.fixture
def garden(example: Example) -> Example:
    example.scenario("weed").scenario("water", "fail")
    return example.suite("{runs: 2, gate: {min_success_rate: 0.9}, reports: {github: true, markdown: out/pare.md}}")


@pytest.fixture
def summary(garden: Example, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The step summary of the job that the test is in."""
    path = garden.path / "step_summary"
    path.write_text("from an earlier command", encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(garden.path))
    return path


def commands(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("::")]


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_job_gets_summary_comment_and_annotations(garden: Example, summary: Path, workers: str) -> None:
    session = garden.run(*SUITE, "-n", workers)
    text = summary.read_text(encoding="utf-8")
    comment = (garden.path / "out/pare.md").read_text(encoding="utf-8")
    assert text == f"from an earlier command\n{comment}"
    assert comment.startswith("## pare.yaml\n\n> [!CAUTION]\n> gate FAIL: 2 of 4 runs succeeded (50.0 %, 95 % CI ")
    assert "| water | 1 | failed | the plants are dry |" in comment
    first, second = commands(session.summary)
    assert first.startswith("::error file=pare.yaml,line=1,title=pare%3A FAIL::gate FAIL: 2 of 4 runs succeeded")
    module = (garden.path / "scenarios/water.py").read_text(encoding="utf-8").splitlines()
    line = module.index("class Scenario(PAREScenario):") + 1
    assert second == (
        f"::error file=scenarios/water.py,line={line},title=pare%3A water::"
        "2 of 2 runs did not succeed%0Afailed: the plants are dry"
    )


def test_elsewhere_nothing_of_it_is_printed(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(variable, raising=False)
    assert commands(garden.run(*SUITE).summary) == []


def test_a_suite_that_does_not_ask_for_it_gets_nothing(garden: Example, summary: Path) -> None:
    garden.suite("{gate: {min_success_rate: 0.9}}")
    assert commands(garden.run(*SUITE).summary) == []
    assert summary.read_text(encoding="utf-8") == "from an earlier command"


def test_suites_share_the_summary_and_the_number_of_annotations(garden: Example, summary: Path) -> None:
    for number in range(8):
        garden.scenario(f"plant_{number}", "fail")
    for name in ("a.pare.yaml", "b.pare.yaml"):
        garden.suite("{scenarios: {paths: [scenarios], include: [plant_*]}, reports: {github: true}}", name)
    session = garden.run("a.pare.yaml", "b.pare.yaml")
    text = summary.read_text(encoding="utf-8")
    assert text.count("> [!CAUTION]") == 2
    printed = commands(session.result.outlines)
    assert len(printed) == 10
    assert printed[-1].endswith("%0A8 more errors: see the summary")


def test_a_full_summary_is_a_warning(garden: Example, summary: Path) -> None:
    summary.write_bytes(b"x" * STEP_SUMMARY.most)
    session = garden.run(*SUITE, "--pare-min-success-rate=0.5")
    assert session.code == pytest.ExitCode.OK
    assert summary.stat().st_size == STEP_SUMMARY.most
    first, second = commands(session.summary)
    assert first.startswith("::warning file=scenarios/water.py,")
    assert second == "::warning file=pare.yaml,line=1,title=pare%3A no summary::the step summary has no room left"


def test_a_summary_that_cannot_be_written_is_a_problem(
    garden: Example, summary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(garden.path))
    session = garden.run(*SUITE, "--pare-min-success-rate=0.5")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert f"pare: pare.yaml: cannot write the step summary {garden.path}: Is a directory" in session.summary


def test_a_session_that_ends_early_leaves_an_unfinished_comment(garden: Example) -> None:
    garden.scenario("water", "die")
    garden.suite("{reports: {markdown: out/pare.md, json: out/pare.json}}")
    garden.run_process(*SUITE)
    comment = (garden.path / "out/pare.md").read_text(encoding="utf-8")
    assert comment.startswith("## pare.yaml\n\n> [!WARNING]\n> UNFINISHED: the session has not come to its verdict")
    content = json.loads((garden.path / "out/pare.json").read_text(encoding="utf-8"))
    assert (content["version"], content["gate"]["verdict"], content["results"]) == (1, "UNFINISHED", [])
