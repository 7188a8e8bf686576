"""Sessions that stop early: `runs: {min, max}` with a baseline."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from pytest_pare.ledger.reader import read_ledger

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml")
EARLY = "{runs: {min: 1, max: 2}, gate: {baseline: 'session:latest', max_regression: 0.5}, reports: {json: out.json}}"
# Eight scenarios are as few as can decide in the first of two rounds.
SCENARIOS = [f"s{number}" for number in range(8)]
WORSE = """
    if Path("worse").exists():
        return ScenarioValidationResult(success=False, rationale="dry")
    return ScenarioValidationResult(success=True)
"""


@pytest.fixture
def compared(example: Example) -> Example:
    """A suite that may stop after its first of two rounds, and a session of an agent that always succeeds."""
    for name in SCENARIOS:
        example.scenario(name, WORSE, head="from pathlib import Path")
    assert example.suite("runs: 2").run(*SUITE).code == pytest.ExitCode.OK
    (session,) = (example.path / ".pare/runs").glob("*.jsonl")
    return example.suite(EARLY.replace("latest", session.stem))


def worse(example: Example) -> Example:
    return example.write("worse", "")


def counts(example: Example) -> dict[str, int]:
    return {kind: n for kind, n in json.loads((example.path / "out.json").read_text())["gate"]["counts"].items() if n}


def lines_of(session: Session) -> list[str]:
    assert max(map(len, re.findall(".*not needed.*", session.out)), default=0) <= 80
    return re.findall("^pare: pare.yaml: not needed.*", session.out.replace("\n  ", " "), re.MULTILINE)


def test_a_worse_agent_is_found_in_the_first_round(compared: Example) -> None:
    session = worse(compared).run(*SUITE, "--junitxml=out.xml", "-rs")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"failed": 8, "skipped": 8}
    assert counts(compared) == {"failed": 8, "not_needed": 8}
    assert session.header[0] == "pare.yaml, up to 16 runs planned (8 x 1 to 2), agent: reference steps"
    assert session.verdict[0].startswith("gate FAIL: 0 of 8 runs succeeded (0.0 %)")
    assert "no result" not in "".join(session.verdict)
    assert lines_of(session) == ["pare: pare.yaml: not needed: 8 runs, stopped after round 1 of 2: FAIL"]
    assert [line for line in session.open_runs if "not needed" in line] == []
    assert "SKIPPED [8] pare.yaml:1: not needed: stopped after round 1 of 2: FAIL" in session.out
    cases = list(ElementTree.parse(compared.path / "out.xml").getroot().iter("testcase"))
    skipped = [case for case in cases if case.find("skipped") is not None]
    assert {case.get("name", "")[-6:] for case in skipped} == {"[run2]"}
    assert {
        one.get("value") for case in skipped for one in case.iter("property") if one.get("name") == "pare_status"
    } == {"not_needed"}


def test_the_ledger_of_a_stopped_session_has_its_verdict(compared: Example) -> None:
    before = set((compared.path / ".pare/runs").glob("*.jsonl"))
    session = worse(compared).run(*SUITE)
    (path,) = set((compared.path / ".pare/runs").glob("*.jsonl")) - before
    ledger = read_ledger(path)
    baseline = read_ledger(before.pop()).run_set()
    verdict = ledger.judge(baseline)
    assert (verdict.word, verdict.given.not_needed) == ("FAIL", 8)
    comparison = verdict.given.comparison
    assert comparison is not None
    (variant,) = comparison.variants
    assert variant.runs_now == 8
    # p is corrected for the second look, which was not needed.
    assert f"p = {variant.decision.p_drop:.3f}" in session.out
    # A resumed session has nothing to play.
    resumed = compared.run(*SUITE, "--pare-resume")
    assert resumed.outcomes() == session.outcomes()
    assert lines_of(resumed) == lines_of(session)


def test_an_unchanged_agent_passes_in_the_first_round(compared: Example) -> None:
    session = compared.run(*SUITE)
    assert session.code == pytest.ExitCode.OK
    assert session.outcomes() == {"passed": 8, "skipped": 8}
    assert lines_of(session) == ["pare: pare.yaml: not needed: 8 runs, stopped after round 1 of 2: PASS"]


def test_without_a_decision_all_rounds_are_played(compared: Example) -> None:
    session = compared.run(*SUITE, "--pare-set", "gate.max_regression=0.1", "-v")
    assert session.outcomes() == {"passed": 16}
    assert lines_of(session) == []
    assert session.verdict[0].startswith("gate INCONCLUSIVE")
    played = re.findall(r"\[run(\d)\] PASSED", session.out)
    assert played == ["1"] * 8 + ["2"] * 8


def test_a_round_in_which_nothing_could_be_compared_does_not_stop_a_session(compared: Example) -> None:
    compared.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture
        def proactive_agent(proactive_agent, pare_run_number):
            if pare_run_number == 1:
                pytest.skip("no agent yet")
            return proactive_agent
        """,
    )
    session = compared.run(*SUITE)
    assert session.outcomes() == {"passed": 8, "skipped": 8}
    assert lines_of(session) == []
    assert session.verdict[0].startswith("gate PASS: 8 of 8 runs succeeded")


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_session_without_its_first_round(compared: Example, workers: str) -> None:
    session = compared.run(*SUITE, "-k", "run2", "-n", workers)
    assert session.verdict[0].startswith("gate PASS: 8 of 8 runs succeeded")
    assert lines_of(session) == []


def test_workers_change_only_the_overshoot(compared: Example) -> None:
    alone = worse(compared).run(*SUITE, "-n0")
    alone_counts = counts(compared)
    session = compared.run(*SUITE, "-n2", "--junitxml=out.xml")
    assert session.code == alone.code
    found = counts(compared)
    overshoot = found["failed"] - alone_counts["failed"]
    assert 0 <= overshoot <= 2
    assert found["not_needed"] == 8 - overshoot
    assert session.outcomes() == {"failed": 8 + overshoot, "skipped": 8 - overshoot}
    had_begun = {0: "", 1: "; 1 further run had begun", 2: "; 2 further runs had begun"}[overshoot]
    assert lines_of(session) == [
        f"pare: pare.yaml: not needed: {8 - overshoot} runs, stopped after round 1 of 2: FAIL{had_begun}"
    ]
    # The comparison is that of the complete round.
    assert [line for line in session.verdict if "baseline" in line] == [
        line for line in alone.verdict if "baseline" in line
    ]
    skipped = [
        case
        for case in ElementTree.parse(compared.path / "out.xml").getroot().iter("testcase")
        if case.find("skipped") is not None
    ]
    assert len(skipped) == 8 - overshoot


def test_a_worker_that_dies_does_not_stop_the_session(compared: Example) -> None:
    die_once = """
    mark = Path("died")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return ScenarioValidationResult(success=True)
    """
    compared.scenario("s3", die_once, head="from pathlib import Path")
    session = compared.run(*SUITE, "-n2", "--pare-set", "gate.max_regression=0.1")
    assert session.outcomes() == {"passed": 15, "failed": 1}
    assert session.open_runs == ["NO RESULT  s3, 1 of 2 runs: its process died"]
    assert session.code == pytest.ExitCode.TESTS_FAILED


def test_x_ends_the_session_in_the_middle_of_a_round(compared: Example) -> None:
    for flag in ("-n0", "-n2"):
        session = worse(compared).run(*SUITE, "-x", flag)
        assert "no result" in session.verdict[-1] or "no result" in "".join(session.verdict)
        assert lines_of(session) == []
        assert session.code in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)


def test_a_partial_session(compared: Example) -> None:
    worse(compared).write("test_own.py", "def test_it(): pass")
    session = compared.run(*SUITE, "test_own.py", "-k", "s1 or s2 or it")
    # Two scenarios decide nothing.
    assert session.outcomes() == {"failed": 4, "passed": 1, "deselected": 12}
    assert compared.run(*SUITE, "--lf").outcomes() == {"failed": 4, "deselected": 12}


@pytest.mark.parametrize("dist", ["loadfile", "loadscope", "loadgroup", "worksteal", "each"])
def test_another_distribution_is_refused(compared: Example, dist: str) -> None:
    session = compared.run(*SUITE, "--dist", dist, "--tx=2*popen")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert (
        f"ERROR: --dist {dist}: stopping early (runs: {{min, max}}) needs --dist load, which is the default of -n; "
        "leave --dist out" in session.err
    )


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        (
            "runs: {min: 1, max: 3}",
            "pare.yaml:1: runs: there is nothing to stop for without a baseline; set gate.baseline, add "
            "--pare-baseline=FILE, or write runs: 3",
        ),
        (
            "{runs: {min: 2, max: 2}}",
            "pare.yaml:1: runs.max: must be more than min (2), got 2; write runs: 2 to run each",
        ),
        ("runs:\n  max: 0", "pare.yaml:2: runs.max: must be at least 1, got 0"),
        ("runs: {max: 3, mim: 1}", "pare.yaml:1: runs.mim: unknown key; did you mean min?"),
        ("runs: often", 'pare.yaml:1: runs: must be a whole number, got "often"'),
        (
            "{runs: {min: 1, max: 3}, gate: {baseline: b.json, min_pass_hat_k: {k: 2, rate: 0.5}}}",
            "pare.yaml:1: gate.min_pass_hat_k.k: needs 2 runs of each scenario, and runs.min is 1; raise runs.min",
        ),
    ],
)
def test_wrong_ranges(example: Example, suite: str, message: str) -> None:
    session = example.scenario("a").suite(suite).run(*SUITE)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {message}" in session.err
    assert session.has_no_traceback_of_ours()


def test_all_workers_die(compared: Example) -> None:
    for name in SCENARIOS:
        compared.scenario(name, "die")
    session = compared.run(*SUITE, "-n2", "--max-worker-restart=1")
    assert session.code in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    assert "INTERNALERROR" not in session.out
    assert counts(compared) == {"no_result": 16}
    assert lines_of(session) == []
