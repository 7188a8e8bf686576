"""The ledger of a session: what it holds, and that the report and the verdict come out of it again."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.ledger.directory import ledgers, page_of
from pytest_pare.ledger.lines import open_runs, report_lines
from pytest_pare.ledger.reader import Ledger, read_ledger
from pytest_pare.results.files import write_json
from pytest_pare.simulation.trace_files import read_trace

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")


def the_ledger(example: Example) -> Ledger:
    """Return the ledger of the last session."""
    return read_ledger(ledgers(example.path / ".pare/runs")[-1])


def without_times(report: dict[str, Any]) -> dict[str, Any]:
    return {**report, "metadata": {k: v for k, v in report["metadata"].items() if k != "timestamp"}}


@pytest.fixture
def mixed(example: Example) -> Example:
    """Scenarios with each outcome, in two variants, played twice."""
    for name, validate in (("rose", "pass"), ("fern", "fail"), ("oak", "raise"), ("elm", "none")):
        example.scenario(name, validate)
    example.scenario("ivy", "fail", marks="@pytest.mark.xfail(reason='dry')")
    example.scenario("fir", marks="@pytest.mark.skip(reason='frost')")
    return example.suite(
        "{runs: 2, matrix: {a: {}, b: {max_turns: 2}}, gate: {min_success_rate: 0.5}, reports: {json: out.json}}"
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_report_and_verdict_come_out_of_the_ledger(mixed: Example, workers: tuple[str, ...]) -> None:
    # Without tracebacks, the report itself has all reasons.
    session = mixed.run(*SUITE, "--tb=no", *workers)
    ledger = the_ledger(mixed)
    verdict = ledger.judge()
    write_json(mixed.path / "again.json", ledger.results.report(ledger.duration))
    first, again = (json.loads((mixed.path / name).read_text()) for name in ("out.json", "again.json"))
    assert without_times(first) == without_times(again)
    lines = [*report_lines(ledger.results, ledger.duration), *(line for _, line in open_runs(ledger.results))]
    shown = session.summary[: len(lines)]
    assert [line.rstrip() for line in lines] == [line.rstrip() for line in shown]
    assert verdict.to_dict() == first["gate"]


def test_the_header_tells_of_the_session(example: Example) -> None:
    example.scenario("rose").suite("{agent_version: '7.1'}").run(*SUITE)
    header = the_ledger(example).header
    assert header.agent == "7.1"
    assert header.plan.name == "pare.yaml"
    assert header.versions["python"].startswith("3.")
    assert header.commit is None
    assert header.plan.sources["rose"].path == "scenarios/rose.py"
    lines = (example.path / "scenarios/rose.py").read_text().splitlines()
    assert lines[header.plan.sources["rose"].line - 1].startswith("class Scenario")


def test_the_agents_version_is_a_commit_without_changes(example: Example) -> None:
    example.scenario("rose").suite("{}")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", str(example.path))
    (example.path / ".gitignore").write_text("__pycache__\n.pytest_cache\n")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "all")):
        subprocess.run([*git, *command], check=True)
    example.run(*SUITE)
    clean = the_ledger(example).header
    assert clean.agent == clean.commit.id if clean.commit else False
    # The ledger itself is ignored.
    assert subprocess.check_output([*git, "status", "--porcelain"]) == b""
    (example.path / "more.py").write_text("")
    example.run(*SUITE)
    assert the_ledger(example).header.agent is None


def test_traces_of_failed_runs_are_kept(mixed: Example) -> None:
    mixed.run(*SUITE)
    ledger = the_ledger(mixed)
    kept = {node.partition("::")[2]: record.get("trace") for node, (record, *_) in ledger.records.items()}
    assert kept["rose[a-run1]"] is None
    assert read_trace(ledger.path.parent / str(kept["fern[b-run2]"])).scenario_id == "fern"
    mixed.run(*SUITE, "--pare-set", "ledger.traces=all")
    kept = {node: record.get("trace") for node, (record, *_) in the_ledger(mixed).records.items()}
    assert all(kept[node] for node in kept if "fir" not in node)
    mixed.run(*SUITE, "--pare-set", "ledger.traces=none")
    assert not any(record.get("trace") for (record, *_) in the_ledger(mixed).records.values())


def test_a_run_takes_at_most_a_kilobyte(mixed: Example) -> None:
    mixed.run(*SUITE)
    lines = [json.loads(line) for line in the_ledger(mixed).path.read_text().splitlines()]
    runs = [line for line in lines if "run" in line]
    assert len(runs) == 24
    for run in runs:
        run.get("result", {}).pop("rationale", None)
        assert len(json.dumps(run)) < 1024
    assert sum("values" in line for line in lines) == 2


def test_only_the_latest_are_kept(example: Example) -> None:
    example.scenario("rose", "fail").suite("{ledger: {keep: 2, dir: kept}}")
    directory = example.path / "kept"
    for _ in range(3):
        example.run(*SUITE)
        # As `pytest-pare view` does.
        page_of(ledgers(directory)[-1]).touch()
    assert len(ledgers(directory)) == 2
    assert set(directory.glob("*.html")) == {page_of(path) for path in ledgers(directory)}
    assert sum(path.is_dir() for path in directory.iterdir()) == 2
    assert not (example.path / ".pare").exists()


def test_no_ledger(example: Example) -> None:
    session = example.scenario("rose").suite("{ledger: false}").run(*SUITE)
    assert session.code == 0
    assert not (example.path / ".pare").exists()


def test_a_ledger_that_cannot_be_written_is_a_warning(example: Example) -> None:
    (example.path / ".pare").write_text("a file")
    session = example.scenario("rose").suite("{}").run(*SUITE)
    assert session.code == 0
    where = example.path / ".pare/runs"
    assert f"pare: pare.yaml: the ledger is not whole: Not a directory: {where}" in session.out


def test_a_session_without_runs_leaves_no_ledger(example: Example) -> None:
    example.scenario("rose").suite("{}").run(*SUITE, "-k", "nothing")
    assert not ledgers(example.path / ".pare/runs")
    assert not list((example.path / ".pare/runs").glob("*.jsonl"))


def test_a_session_that_only_looks_leaves_no_ledger(example: Example) -> None:
    example.scenario("rose").suite("{}").run(*SUITE, "--collect-only")
    assert not (example.path / ".pare").exists()


def test_a_broken_module_is_in_the_ledger(example: Example) -> None:
    example.scenario("rose").write("scenarios/broken.py", "import nothing_like_that\n")
    session = example.suite("{}").run(*SUITE, "--continue-on-collection-errors")
    verdict = the_ledger(example).judge()
    assert verdict.given.no_result == 1
    assert verdict.lines[0] in " ".join(line.strip() for line in session.summary)
