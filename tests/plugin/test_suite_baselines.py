"""Sessions that are compared with a baseline: a file, the file in a commit, or an earlier session."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from pytest_pare.cli import main
from pytest_pare.ledger.acceptance import accept
from pytest_pare.ledger.baseline import Acceptance, read, write
from pytest_pare.ledger.compared_runs import run_set
from pytest_pare.ledger.directory import ledgers
from pytest_pare.ledger.reader import read_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml")
FILE = "baselines/pare.json"
COMPARE = f"gate: {{baseline: {FILE}}}"


def accept_last(example: Example, reason: str = "first") -> Path:
    """Accept the last session into the baseline of the suite, as the command does."""
    ledger = read_ledger(ledgers(example.path / ".pare/runs")[-1])
    path = example.path / FILE
    given = Acceptance("2026-12-01", ledger.header.session, reason, None, 0)
    existing = read(path) if path.exists() else None
    write(path, accept(existing, "pare.yaml", run_set(ledger.header, ledger.results), given).baseline)
    return path


# Its source is the same, whatever the agent is worth.
CHECK = "return ScenarioValidationResult(success=os.environ.get('AGENT') != 'lost', rationale='step 3 is missing')"


@pytest.fixture
def garden(example: Example, monkeypatch: pytest.MonkeyPatch) -> Example:
    """Six scenarios, of which one always fails; a session is accepted."""
    monkeypatch.delenv("AGENT", raising=False)
    for name in ("elm", "fir", "ivy", "oak", "rose"):
        example.scenario(name, CHECK)
    example.scenario("fern", "fail").suite("{runs: 2, agent_version: '1'}").run(*SUITE)
    accept_last(example)
    return example


def joined(session: Session) -> str:
    return " ".join(" ".join(session.verdict).split())


def test_an_unchanged_agent_passes_although_runs_fail(garden: Example) -> None:
    garden.suite(f"{{runs: 2, agent_version: '2', {COMPARE}, reports: {{json: out.json}}}}")
    session = garden.run(*SUITE)
    report = json.loads((garden.path / "out.json").read_text())["gate"]
    assert (session.code, report["verdict"], report["passed"], report["reasons"]) == (0, "PASS", True, [])
    assert report["comparison"]["variants"][0]["difference"] == 0
    assert session.verdict[0] == "gate PASS: 10 of 12 runs succeeded (83.3 %): 2 failed"
    assert session.verdict[1] == f"compared with {FILE} (agent 1, now 2)"
    assert "warning: the baseline has 2 runs a scenario" in joined(session)
    # Without the baseline, each run must succeed, as ever. A rate that is set decides beside it.
    assert garden.run(*SUITE, "--pare-set", "gate.baseline=null").code == 1
    assert garden.run(*SUITE, "--pare-min-success-rate", "0.9").code == 1


def test_four_scenarios_are_too_few_to_decide(garden: Example) -> None:
    garden.suite(f"{{runs: 2, {COMPARE}}}")
    four = ("-k", "not oak and not rose")
    session = garden.run(*SUITE, *four)
    assert session.code == 0
    assert session.verdict[0] == "gate INCONCLUSIVE: 6 of 8 runs succeeded (75.0 %): 2 failed"
    assert "an inconclusive verdict passes (gate.inconclusive: pass)" in session.verdict
    strict = garden.run(*SUITE, *four, "--pare-set", "gate.inconclusive=fail")
    assert strict.code == 1
    assert "an inconclusive verdict fails (gate.inconclusive: fail)" in strict.verdict


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_lost_agent_fails_in_every_report(
    garden: Example, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    monkeypatch.setenv("AGENT", "lost")
    session = garden.suite(f"{{runs: 2, {COMPARE}}}").run(*SUITE, "--junitxml", "junit.xml", *workers)
    assert session.code == 1
    assert session.verdict[0] == "gate FAIL: 0 of 12 runs succeeded (0.0 %): 12 failed"
    text = joined(session)
    assert "fewer runs succeed than in the baseline: 83.3 % before, 0.0 % now, -83.3 points" in text
    assert "same run number, other outcome: 10 now fail, 0 now succeed" in text
    assert "reason: step 0 is missing: 0.0 % of runs before, 83.3 % now" in text
    assert max(map(len, session.verdict)) <= 80
    junit = (garden.path / "junit.xml").read_text()
    assert '<property name="pare_verdict" value="FAIL"' in junit
    assert "fewer runs succeed than in the baseline" in junit


def test_edited_scenarios_are_left_out_and_nothing_compared_fails(garden: Example) -> None:
    garden.scenario("saw").scenario("elm", "pass", head="# edited").suite(f"{{runs: 2, {COMPARE}}}")
    (garden.path / "scenarios/oak.py").unlink()
    # A scenario that is deselected is one of the suite nevertheless.
    session = garden.run(*SUITE, "-k", "not ivy")
    assert "left out of the comparison: new: saw; edited: elm; in the baseline only: oak" in joined(session)
    session = garden.run(*SUITE, "-k", "elm")
    assert session.code == 1
    assert session.verdict[0].startswith("gate FAIL: 2 of 2 runs succeeded")
    assert (
        "not compared: the runs of this session: no unchanged scenario has runs in both; accept a new baseline"
        in joined(session)
    )


def test_a_variant_without_a_baseline_is_listed(garden: Example) -> None:
    garden.suite(f"{{runs: 2, matrix: {{new: {{}}}}, {COMPARE}}}")
    session = garden.run(*SUITE)
    assert session.code == 1
    assert "not compared: variant new: it is not in the baseline" in session.verdict


def test_earlier_sessions_and_commits_are_baselines(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (
        ["init", "-q"],
        ["add", FILE],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "Accept"],
    ):
        subprocess.run(["git", *command], cwd=garden.path, check=True)
    (garden.path / FILE).unlink()
    monkeypatch.setenv("AGENT", "lost")
    session = garden.suite("runs: 2").run(*SUITE, "--pare-baseline", "git:HEAD")
    assert (session.code, session.verdict[1]) == (1, f"compared with git:HEAD:./{FILE} (agent 1, now unknown)")
    name = ledgers(garden.path / ".pare/runs")[0].stem
    session = garden.run(*SUITE, f"--pare-baseline=session:{name}")
    assert session.code == 1
    assert f"compared with session:{name}" in joined(session)
    # The last session, in which the agent was lost too.
    session = garden.run(*SUITE, "--pare-baseline=session:last")
    assert "0.0 % before, 0.0 % now" in joined(session)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("baselines/none.json",
         "baselines/none.json: cannot be read: No such file or directory; run the suite with --pare-set "
         "gate.baseline=null, and write one with pytest-pare accept"),
        ("git:HEAD", "git:HEAD: git show HEAD:./baselines/pare.json failed: "),
        ("session:nope", "nope: there is no such session of pare.yaml in "),
        ("git:-x", "must name a commit, such as git:main"),
    ],
)  # fmt: skip
def test_a_baseline_that_cannot_be_read_stops_the_session(garden: Example, reference: str, message: str) -> None:
    garden.suite()
    session = garden.run(*SUITE, f"--pare-baseline={reference}")
    assert session.code == 4
    assert f"--pare-baseline: gate.baseline: {message}" in session.err
    assert session.has_no_traceback_of_ours()


def test_a_wrong_baseline_stops_the_session(garden: Example) -> None:
    path = garden.path / FILE
    path.write_text(path.read_text().replace('"suite": "pare.yaml"', '"suite": "other.yaml"'))
    session = garden.suite(COMPARE).run(*SUITE)
    assert session.code == 4
    assert "pare.yaml:1: gate.baseline: " in session.err
    assert f"{FILE}: is the baseline of the suite other.yaml, not of pare.yaml; name another file" in session.err
    assert session.has_no_traceback_of_ours()
    # Nothing is compared if nothing is played.
    assert garden.run(*SUITE, "--collect-only").code == 0


def test_a_suite_without_ledgers(garden: Example) -> None:
    garden.suite(f"{{ledger: false, {COMPARE}}}")
    assert f"compared with {FILE}" in garden.run(*SUITE).verdict[1]
    session = garden.run(*SUITE, "--pare-baseline=session:last")
    assert session.code == 4
    assert "session:last: the suite keeps no ledgers (ledger: false); name a file instead" in session.err


def test_accepted_runs_are_added(garden: Example) -> None:
    garden.suite("{runs: 2, agent_version: '1'}").run(*SUITE)
    found = read(accept_last(garden, "more runs"))
    assert [(one.reason, one.runs) for one in found.accepted] == [("first", 12), ("more runs", 12)]
    session = garden.suite(f"{{runs: 2, agent_version: '1', {COMPARE}}}").run(*SUITE)
    assert "sign-flip permutation test of 6 scenarios, 24 and 12 runs" in joined(session)


def test_merged_shards_and_the_report_are_compared_too(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    garden.suite(f"{{runs: 2, {COMPARE}}}")
    whole = garden.run(*SUITE)
    for number in (1, 2):
        assert garden.run(*SUITE, f"--pare-shard={number}/2").code == 0
    *_, first, second = ledgers(garden.path / ".pare/runs")
    monkeypatch.chdir(garden.path)
    merged = CliRunner().invoke(main, ["merge", str(first), str(second)])
    assert merged.exit_code == 0
    assert "\n".join(whole.verdict[1:4]) in merged.output
    report = CliRunner().invoke(main, ["report", "last~2"])
    assert "\n".join(whole.verdict[1:4]) in report.output
    # Ledgers name the file from the rootdir, so that they can be read on another machine.
    assert read_ledger(first).header.plan.gate.baseline == FILE
    missing = CliRunner().invoke(main, ["merge", str(first), str(second), "--baseline", "none.json"])
    assert missing.exit_code == 4
    assert "cannot be read: No such file or directory" in missing.output
