"""A session in shards comes to the same figures and the same verdict as one without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from pytest_pare.cli import main
from pytest_pare.ledger.baseline import Baseline, write
from pytest_pare.ledger.directory import ledgers
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.results.run_set import ComparedRun, RunSet

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")
# They depend on real time.
_TIMES = {"timestamp", "agent_setup_duration", "avg_run_duration", "avg_run_duration_std", "job_duration"}


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in _TIMES and key != "duration"}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture
def library(example: Example) -> Example:
    for name, validate in (("rose", "pass"), ("fern", "fail"), ("oak", "raise"), ("elm", "pass"), ("ivy", "pass")):
        example.scenario(name, validate)
    return example.suite("{runs: 2, matrix: {a: {}, b: {}}, gate: {min_success_rate: 0.5}, reports: {json: out.json}}")


def run_shards(example: Example, of: int, *args: str) -> list[Path]:
    """Run all shards, each with its ledger, and return the ledgers."""
    for number in range(1, of + 1):
        session = example.run(*SUITE, f"--pare-shard={number}/{of}", *args)
        assert session.code == 0, session.out
    return ledgers(example.path / ".pare/runs")[-of:]


def test_merged_shards_are_the_session(library: Example) -> None:
    library.run(*SUITE)
    whole = json.loads((library.path / "out.json").read_text())
    files = run_shards(library, 5)
    merged = library.path / "merged.json"
    done = CliRunner().invoke(main, ["merge", *map(str, files), "--report", f"json={merged}"])
    assert done.exit_code == 0, done.output
    assert without_times(json.loads(merged.read_text())) == without_times(whole)
    assert "gate PASS: 12 of 20 runs succeeded (60.0 %" in done.output


def test_modules_that_cannot_be_collected_are_merged(library: Example) -> None:
    library.write("scenarios/thorn.py", "import nothing_like_that\n")
    args = (*SUITE, "--continue-on-collection-errors")
    library.run(*args)
    whole = json.loads((library.path / "out.json").read_text())
    for number in (2, 1):
        library.run(*args, f"--pare-shard={number}/2")
    files, merged = ledgers(library.path / ".pare/runs")[-2:], library.path / "merged.json"
    done = CliRunner().invoke(main, ["merge", *map(str, files), "--report", f"json={merged}"])
    assert done.exit_code == 1, done.output
    assert without_times(json.loads(merged.read_text())) == without_times(whole)


def test_a_shard_removes_no_ledgers_of_others(library: Example) -> None:
    library.suite("ledger: {keep: 1}")
    for number in (1, 2, 2):
        library.run(*SUITE, f"--pare-shard={number}/2")
    assert [read_ledger(path).header.shard for path in ledgers(library.path / ".pare/runs")] == [(1, 2), (2, 2)]


def test_shards_of_machines_with_other_directories(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        project = f"machine{number}/project"
        example.write(f"{project}/pytest.ini", "[pytest]\n")
        example.suite("scenarios: {paths: [../library, own]}", f"{project}/suites/pare.yaml")
        for name in ("rose", "oak"):
            example.scenario(name, name=f"{project}/library/{name}.py")
        example.scenario("fern", name=f"{project}/suites/own/fern.py")
        monkeypatch.chdir(example.path / project)
        session = example.run("suites/pare.yaml", f"--pare-shard={number}/2")
        assert session.code == 0, session.out + session.err
    files = sorted(map(str, example.path.glob("machine*/project/.pare/runs/*.jsonl")))
    done = CliRunner().invoke(main, ["merge", *files])
    assert done.exit_code == 0, done.output
    assert "gate PASS: 3 of 3 runs succeeded" in done.output


def test_a_shard_tells_that_it_is_one(library: Example) -> None:
    session = library.run(*SUITE, "--pare-shard=1/2", "-n", "2")
    assert session.code == 0
    assert "shard 1/2" in session.verdict[0]
    assert session.verdict[0].startswith("gate SHARD: ")
    assert "a shard has no verdict" in session.out
    gate = json.loads((library.path / "out.json").read_text())["gate"]
    assert (gate["verdict"], gate["passed"]) == ("SHARD", False)


def test_a_shard_that_breaks_fails(library: Example) -> None:
    library.scenario("yew", "die")
    broken = [library.run(*SUITE, f"--pare-shard={number}/2", "-n", "1").code for number in (1, 2)]
    assert sorted(broken) == [0, 1]


def test_a_shard_without_a_scenario_is_not_missing(example: Example) -> None:
    files = run_shards(example.scenario("rose").suite("{}"), 3)
    done = CliRunner().invoke(main, ["merge", str(files[0].parent), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["gate"]["verdict"] == "PASS"


def test_merged_shards_are_reported_to_github(library: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    files = run_shards(library, 2)
    summary = library.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = CliRunner().invoke(main, ["merge", *map(str, files), "--github"])
    assert "gate PASS: 12 of 20 runs" in summary.read_text()
    assert "::warning file=scenarios/oak.py,line=" in done.output
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(library.path))
    assert CliRunner().invoke(main, ["merge", *map(str, files), "--github"]).exit_code == 4


def test_a_missing_shard(library: Example) -> None:
    files = run_shards(library, 2)
    done = CliRunner().invoke(main, ["merge", str(files[0])])
    assert done.exit_code == 1
    assert "runs: their shard is missing" in done.output
    assert done.output.splitlines()[-1] == "missing: 1 shard of 2 (2)"
    half = library.path / "half.jsonl"
    CliRunner().invoke(main, ["merge", str(files[0]), "--output", str(half)])
    assert read_ledger(half).end["verdict"] == "FAIL"
    done = CliRunner().invoke(main, ["accept", str(half), "--reason", "x"])
    assert done.exit_code == 4
    assert "that did not begin" in done.output


def test_other_flags_go_with_shards(library: Example) -> None:
    files = run_shards(library, 2, "-k", "not oak", "--pare-runs", "1")
    merged = library.path / "merged.jsonl"
    done = CliRunner().invoke(main, ["merge", *map(str, files), "--output", str(merged)])
    assert done.exit_code == 0, done.output
    assert "partial session (-k not oak)" in done.output
    assert merged.is_file()


def test_shards_are_of_equal_length_if_the_baseline_has_durations(library: Example) -> None:
    names = ("elm", "fern", "ivy", "oak", "rose")
    runs = [ComparedRun(name, "", 1, "success", duration=3.0 if name == "oak" else 1.0) for name in names]
    baseline = Baseline("pare.yaml", RunSet("a", runs, dict.fromkeys(names, "1"), "7"), ())
    write(library.path / "baselines/pare.json", baseline)
    library.suite("{gate: {baseline: baselines/pare.json}}")
    chosen = []
    for number in (1, 2):
        library.run(*SUITE, f"--pare-shard={number}/2")
        chosen.append(
            {node.partition("::")[2] for node in read_ledger(ledgers(library.path / ".pare/runs")[-1]).results.outcomes}
        )
    assert chosen == [{"oak", "rose"}, {"elm", "fern", "ivy"}]


@pytest.mark.parametrize(
    ("suite", "flag", "reason"),
    [
        ("{runs: {min: 1, max: 2}, gate: {baseline: b.json}}", "-q", "stopping early (runs: {min, max})"),
        ("{}", "--pare-budget=1min", "--pare-budget"),
        ("{gate: {baseline: b.json}}", "--pare-burn-in=4", "--pare-burn-in"),
    ],
)
def test_runs_that_depend_on_other_shards(example: Example, suite: str, flag: str, reason: str) -> None:
    session = example.scenario("rose").suite(suite).run(*SUITE, "--pare-shard=1/2", flag)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert f"--pare-shard: {reason} needs the results of all shards, which no shard has; leave one out" in session.err


@pytest.mark.parametrize("text", ["3/2", "x"])
def test_a_flag_that_names_no_shard(example: Example, text: str) -> None:
    session = example.scenario("rose").suite("{}").run(*SUITE, f"--pare-shard={text}")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert f"--pare-shard: must be NUMBER/OF, such as 2/5, with numbers from 1 to OF; got '{text}'" in session.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.jsonl"], "none.jsonl: cannot be read: No such file or directory"),
        (["pare.yaml"], "pare.yaml: not a ledger, it has no whole line"),
        (["LEDGER", "--report", "json"], "--report: expected FORMAT=FILE, such as json=report.json; got 'json'"),
        (["LEDGER", "--report", "pdf=a"], "--report: "),
        (["LEDGER", "--output", "pare.yaml/a"], "cannot write: "),
        (["baselines"], "baselines: no ledger is in that directory"),
        ([], "Missing argument 'LEDGER...'"),
    ],
)
def test_wrong_arguments_of_merge(
    example: Example, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    (file,) = run_shards(example.scenario("rose").suite("{}"), 1)
    monkeypatch.chdir(example.path)
    (example.path / "baselines").mkdir()
    done = CliRunner().invoke(main, ["merge", *(str(file) if one == "LEDGER" else one for one in arguments)])
    assert done.exit_code == 4
    assert f"Error: {message}" in done.output
