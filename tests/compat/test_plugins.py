"""One small suite beside other pytest plugins: totals, gate and exit status, without workers and with two.

Each session loads the plugins that it names, and no others. The table in `docs/plugins.md` says what is tested here.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.plugin.conftest import Session

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

assert os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"), "start this by make compat"

SUITE = "{runs: 2, scenarios: {include: [good, bad]}, gate: {min_success_rate: 0.5}}"
HALF = "gate PASS: 2 of 4 runs succeeded (50.0 %), 50.0 % needed: 2 failed"

# It fails where it has not been tried before.
SHAKY = """
tried = pathlib.Path(f"tried-{self.run_number}")
again = tried.exists()
tried.touch()
return ScenarioValidationResult(success=again, rationale="the hose was closed")
"""

workers = pytest.mark.parametrize("workers", ["-n0", "-n2"])


@pytest.fixture
def project(example: Example) -> Example:
    example.scenario("good").scenario("bad", "fail").scenario("shaky", SHAKY, head="import pathlib")
    return example.suite(SUITE).write("test_shed.py", "def test_shed(): pass\n")


def run(project: Example, *args: str) -> Session:
    """Run the suite and the other test in a process of its own."""
    flags = ("-p", "pare", "-p", "xdist", "--pare-config", "pare.yaml", "pare.yaml", "test_shed.py")
    return Session(project.pytester.runpytest_subprocess(*flags, *args, timeout=300))


# -- plugins that report, or watch


@workers
def test_reporters_beside_each_other(workers: str, project: Example) -> None:
    plugins = (
        "allure_pytest", "pytest_jsonreport", "metadata", "pytest_reportlog", "html_fixtures", "html", "pytest_cov",
        "timeout", "asyncio", "randomly",
    )  # fmt: skip
    flags = (
        "--alluredir=allure", "--json-report", "--json-report-file=out.json", "--report-log=log.jsonl",
        "--html=out.html", "--self-contained-html", "--cov=scenarios", "--timeout=120", "--junitxml=out.xml",
    )  # fmt: skip
    session = run(project, workers, *(flag for name in plugins for flag in ("-p", name)), *flags)
    assert {kind: session.outcomes()[kind] for kind in ("passed", "failed")} == {"passed": 3, "failed": 2}
    # Below it stands a section of pytest-json-report.
    assert session.verdict[0] == HALF
    assert session.code == pytest.ExitCode.OK
    here = project.path
    results = [json.loads(path.read_text()) for path in (here / "allure").glob("*-result.json")]
    runs = {result["name"]: result for result in results if result["fullName"].startswith("pare#")}
    assert {name: result["status"] for name, result in runs.items()} == {
        "good[run1]": "passed", "good[run2]": "passed", "bad[run1]": "failed", "bad[run2]": "failed",
    }  # fmt: skip
    assert runs["bad[run2]"]["parameters"] == [{"name": "pare_run_number", "value": "2"}]
    assert len({result["historyId"] for result in runs.values()}) == 4
    report = json.loads((here / "out.json").read_text())
    assert report["summary"] == {"passed": 3, "failed": 2, "total": 5, "collected": 5}
    assert (report["exitcode"], report["pare"]["verdict"]) == (pytest.ExitCode.TESTS_FAILED, "PASS")
    statuses = [
        value
        for test in report["tests"]
        for one in test.get("user_properties", [])
        for value in (one.get("pare_status"),)
    ]
    assert (statuses.count("success"), statuses.count("failed")) == (2, 2)
    assert '<property name="pare_verdict" value="PASS"' in (here / "out.xml").read_text()
    lines = [json.loads(line) for line in (here / "log.jsonl").read_text().splitlines()]
    calls = [line["outcome"] for line in lines if line.get("when") == "call"]
    assert (calls.count("passed"), calls.count("failed")) == (3, 2)
    assert lines[-1] == {"$report_type": "PareVerdict", **report["pare"]}
    assert "2 Failed" in (here / "out.html").read_text()
    assert any(line.startswith("TOTAL ") for line in session.result.outlines)
    assert "Using --randomly-seed=" in session.out


@workers
def test_coverage_that_is_too_low_fails_a_session_whose_gate_passes(workers: str, project: Example) -> None:
    session = run(project, workers, "-p", "pytest_cov", "--cov=scenarios", "--cov-fail-under=100")
    assert session.verdict[0] == HALF
    assert session.code == pytest.ExitCode.TESTS_FAILED


@workers
def test_sugar(workers: str, project: Example) -> None:
    session = run(project, workers, "-p", "sugar", "--force-sugar", "--pare-min-success-rate=0.6")
    assert "2 failed" in session.out
    assert session.verdict == ["gate FAIL: 2 of 4 runs succeeded (50.0 %), 60.0 % needed: 2 failed"]
    assert session.code == pytest.ExitCode.TESTS_FAILED


# -- plugins that run a test again


RERUN = {
    "pytest-rerunfailures": ("-p", "rerunfailures", "--reruns=1"),
    "flaky": ("-p", "flaky", "--force-flaky", "--max-runs=2"),
    "pytest-retry": ("-p", "pytest-retry", "--retries=1"),
}
NOT_BAD = ("--pare-set", "scenarios.include=[good, shaky]", "--pare-min-success-rate=1")


@workers
@pytest.mark.parametrize("plugin", RERUN)
def test_the_first_attempt_counts(workers: str, plugin: str, project: Example) -> None:
    session = run(project, workers, *RERUN[plugin], *NOT_BAD)
    assert session.verdict[0] == "gate FAIL: 2 of 4 runs succeeded (50.0 %), 100.0 % needed: 2 failed"
    assert any("6 attempts at 4 runs: 2 replaced by reruns (2 failed)" in line for line in session.summary)
    assert session.code == pytest.ExitCode.TESTS_FAILED


@workers
@pytest.mark.parametrize("plugin", RERUN)
def test_the_last_attempt_counts_if_the_suite_says_so(workers: str, plugin: str, project: Example) -> None:
    session = run(project, workers, *RERUN[plugin], *NOT_BAD, "--pare-set", "gate.reruns=last")
    assert session.verdict[0] == "gate PASS: 4 of 4 runs succeeded (100.0 %), 100.0 % needed"
    assert any("6 attempts at 4 runs: 2 replaced by reruns (2 failed)" in line for line in session.summary)
    assert session.code == pytest.ExitCode.OK


# -- plugins that select


@workers
@pytest.mark.parametrize(
    ("plugin", "count", "share", "first"),
    [
        ("pytest-split", "--splits", "--group", 1),
        ("pytest-shard", "--num-shards", "--shard-id", 0),
        ("test-groups", "--test-group-count", "--test-group", 1),
    ],
)
def test_a_shard_is_a_partial_session(
    workers: str, plugin: str, count: str, share: str, first: int, project: Example
) -> None:
    session = run(project, workers, "-p", plugin, count, "2", share, str(first), "--pare-min-success-rate=0")
    runs = sum(session.outcomes().get(kind, 0) for kind in ("passed", "failed")) - ("test_shed" in session.out)
    assert session.verdict[-1].startswith(f"partial session ({count} 2 {share} {first}): ")
    assert session.verdict[-1].endswith(" of 4 runs selected")
    assert runs < 4
    assert session.code == pytest.ExitCode.OK


@workers
def test_testmon_plays_what_failed_and_what_changed(workers: str, project: Example) -> None:
    session = run(project, workers, "-p", "pytest-testmon", "--testmon")
    assert session.verdict == [HALF]
    good = project.path / "scenarios" / "good.py"
    session = run(project, workers, "-p", "pytest-testmon", "--testmon")
    assert session.verdict == [
        "gate FAIL: 0 of 2 runs succeeded (0.0 %), 50.0 % needed: 2 failed",
        "partial session (--testmon): 2 of 4 runs selected",
    ]
    assert session.code == pytest.ExitCode.TESTS_FAILED
    good.write_text(good.read_text().replace("success=True", "success=bool(1)"))
    session = run(project, workers, "-p", "pytest-testmon", "--testmon")
    assert session.verdict == [HALF]


# -- plugins that repeat


@workers
@pytest.mark.parametrize(
    "flags", [("-p", "repeat", "--count=2"), ("-p", "flakefinder", "--flake-finder", "--flake-runs=2")], ids=" ".join
)
def test_repetitions_are_refused(workers: str, flags: tuple[str, ...], project: Example) -> None:
    session = run(project, workers, *flags)
    assert "set runs: N in the suite, or --pare-runs N" in session.out
    assert session.code in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.TESTS_FAILED)
    assert "gate PASS" not in session.out
    assert session.has_no_traceback_of_ours()
