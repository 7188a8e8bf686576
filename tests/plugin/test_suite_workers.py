"""Sessions that are spread over workers. The controller is this process; each session starts two more, and is slow."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from pytest_pare.ledger.run_id import without_group

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from tests.plugin.conftest import Example, Session

SUITE = ("--pare-config", "pare.yaml")


def without_times(lines: list[str]) -> list[str]:
    return [line for line in lines if not re.search(r"^    (Run|Job) duration", line)]


@pytest.fixture
def garden(example: Example) -> Example:
    """One scenario of each fate, each run twice, with reports."""
    example.scenario("prune", "raise").scenario("rake", "none").scenario("water", "fail").scenario("weed")
    example.scenario("saw", marks="@pytest.mark.skip(reason='no saw')")
    example.scenario("mow", "fail", marks="@pytest.mark.xfail(reason='no mower')")
    example.scenario("dig", marks="@pytest.mark.usefixtures('spade')")
    return example.suite(
        """
        runs: 2
        runner: {timeout_seconds: 60}
        reports: {json: out.json, parquet: rows.parquet}
        """
    )


def _text_of(element: Element) -> tuple[str | None, list[tuple[str | None, str | None]], list[str]]:
    """Return name, properties and kinds of parts of an element of JUnit XML."""
    properties = [(one.get("name"), one.get("value")) for one in element.iterfind("properties/property")]
    return element.get("name"), properties, [part.tag for part in element if part.tag != "testcase"]


@pytest.mark.usefixtures("measured_children")
def test_workers_change_nothing_but_durations(garden: Example) -> None:
    import polars as pl

    sessions = {}
    for name, flags in {
        "workers": ["-n2", "--dist=worksteal"],
        "no workers": ["-n0"],
        "no xdist": ["-p", "no:xdist"],
    }.items():
        session = garden.run(*SUITE, *flags, "--junitxml=out.xml")
        report = json.loads((garden.path / "out.json").read_text())
        for group in [report["metadata"], *report["per_config_results"]]:
            for key in [key for key in group if "duration" in key or key == "timestamp"]:
                del group[key]
        rows = pl.read_parquet(garden.path / "rows.parquet").drop("run_duration", "job_duration")
        junit = ElementTree.parse(garden.path / "out.xml").getroot()
        cases = sorted(_text_of(case) for case in junit.iter("testcase"))
        sessions[name] = {
            "code": session.code,
            "outcomes": session.outcomes(),
            "header": session.header,
            "summary": without_times(session.summary),
            "open": session.open_runs,
            "report": report,
            "rows": rows.rows(),
            "cases": cases,
            "session": _text_of(junit[0]),
        }
    assert sessions["workers"] == sessions["no workers"]
    assert sessions["workers"] == sessions["no xdist"]
    one = sessions["workers"]
    assert one["header"] == ["pare.yaml, 14 runs planned (7 x 2), agent: reference steps"]
    assert one["outcomes"] == {"failed": 6, "passed": 2, "skipped": 2, "xfailed": 2, "errors": 2}
    assert "NO RESULT  dig, 2 of 2 runs: a fixture failed: fixture 'spade' not found" in one["open"]
    assert len(one["rows"]) == 8
    assert len(one["cases"]) == 14
    assert one["session"][1][:2] == [("pare_verdict", "FAIL"), ("pare_runs", "10")]


def test_broken_modules_are_reported_once(example: Example) -> None:
    example.scenario("water").write("scenarios/a.py", "def broken(:\n").write("scenarios/b.py", "import nope")
    session = example.run(*SUITE, "-n2")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"passed": 1, "errors": 2}
    assert session.out.count("scenarios/a.py:1: SyntaxError: invalid syntax") == 1
    assert session.out.count("scenarios/b.py:1: ModuleNotFoundError: No module named 'nope'") == 1
    assert session.has_no_traceback_of_ours()
    assert session.open_runs == [
        "NO RESULT  scenarios/a.py: the module could not be collected",
        "NO RESULT  scenarios/b.py: the module could not be collected",
    ]
    assert session.verdict[-1] == "cannot pass: 2 runs have no result"


def test_a_worker_that_dies_costs_one_result(example: Example) -> None:
    for name in ("dig", "mow", "prune", "rake"):
        example.scenario(name)
    session = example.scenario("kill", "die").run(*SUITE, "-n2", "--pare-min-success-rate=0")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"passed": 4, "failed": 1}
    assert session.open_runs == ["NO RESULT  kill: its process died"]
    assert session.verdict == [
        "gate FAIL: 4 of 5 runs succeeded (80.0 %), 0.0 % needed: 1 no result",
        "cannot pass: 1 run has no result",
    ]


def test_all_workers_die(example: Example) -> None:
    example.suite("{runs: 2, reports: {json: out.json}}").scenario("kill", "die").scenario("weed", "die")
    session = example.run(*SUITE, "-n2", "--max-worker-restart=0", "--pare-min-success-rate=0")
    assert session.code in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
    assert "INTERNALERROR" not in session.out
    assert session.verdict[0] == "gate FAIL: 0 of 4 runs succeeded (0.0 %), 0.0 % needed: 4 no result"
    gate = json.loads((example.path / "out.json").read_text())["gate"]
    assert (gate["passed"], gate["counts"]["no_result"]) == (False, 4)


def interrupted_by_x(example: Example) -> Session:
    """Return a session of two workers that the first failure has ended."""
    example.scenario("a", "fail")
    for number in range(5):
        example.scenario(f"b{number}", "time.sleep(0.3)\nreturn ScenarioValidationResult(success=True)")
    session = example.run(*SUITE, "-n2", "-x", "--pare-min-success-rate=0")
    assert session.code == pytest.ExitCode.INTERRUPTED
    assert session.open_runs[0] == "FAILED     a: the plants are dry"
    assert session.open_runs[1].startswith("NO RESULT  ")
    return session


def test_x(example: Example) -> None:
    session = interrupted_by_x(example)
    assert session.verdict[-1].endswith("have no result; the session was interrupted")


def test_a_run_must_succeed_on_each_platform(example: Example) -> None:
    example.scenario("a").scenario(
        "b", "return ScenarioValidationResult(success=os.environ['PYTEST_XDIST_WORKER'] == 'gw0', rationale='dry')"
    )
    session = example.run(*SUITE, "--dist=each", "--tx=2*popen", "--pare-min-success-rate=0.6")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"passed": 3, "failed": 1}
    assert session.verdict == ["gate FAIL: 1 of 2 runs succeeded (50.0 %), 60.0 % needed: 1 failed"]
    assert "  4 attempts at 2 runs, 2 of them by other workers" in session.summary


def test_a_selection_is_reported_by_the_controller(example: Example) -> None:
    example.scenario("a").scenario("b").scenario("c").write("smoke.txt", "c\nb")
    session = example.run(*SUITE, "-n1", "-k", "c", "--pare-split=smoke.txt", "--pare-runs=2")
    assert session.code == pytest.ExitCode.OK
    assert session.verdict[-1] == "partial session (-k c): 2 of 4 runs selected"


def test_nothing_is_started_to_collect_alone(example: Example) -> None:
    assert example.scenario("a").collected(*SUITE, "-n2") == ["pare.yaml::a"]


@pytest.mark.usefixtures("plain_processes")
def test_the_header_says_when_workers_cost_more_than_they_save(example: Example) -> None:
    example.scenario("a").scenario("b").suite()
    looks = (*SUITE, "--collect-only", "-n2")
    line = r"2 runs take about [\d.]+ s in one process and [\d.]+ s with 2 workers: leave out -n"

    def header(*flags: str) -> list[str]:
        return [one for one in example.run(*flags).header if re.fullmatch(line, one)]

    # This process has played sessions before, so it does not know what a start takes.
    example.run(*SUITE, "-n0")
    assert header(*looks) == []
    example.run_process(*SUITE, "-n0")
    assert len(header(*looks)) == 1
    assert header(*SUITE, "--collect-only") == header(*SUITE, "--collect-only", "-n0") == []
    # Runs with other settings may take any time.
    assert header(*looks, "--pare-set", "runner.max_turns=9") == []


@pytest.fixture
def grouped(example: Example) -> Example:
    """Two scenarios, and a test of one's own, of one group."""
    for name, validate in (("mow", "fail"), ("rake", "pass")):
        example.scenario(name, validate, marks="@pytest.mark.xdist_group('g')")
    example.write(
        "test_own.py",
        """
        import pytest
        @pytest.mark.xdist_group("g")
        def test_it(pare):
            assert pare.run("rake", export=True).success
        """,
    )
    return example.suite("runs: 2")


GROUPS = (*SUITE, "test_own.py", "-n2", "--dist=loadgroup")


def test_groups_that_have_no_effect_are_reported(grouped: Example) -> None:
    session = grouped.run(*GROUPS)
    assert "PAREGroupWarning: --dist loadgroup ignores the mark xdist_group: pytest-xdist " in session.out
    assert "; install pytest<9.2, or use --dist loadfile, which keeps a whole suite on one worker" in session.out
    assert session.open_runs == ["FAILED     mow, 2 of 2 runs: the plants are dry"]
    refused = grouped.run(*GROUPS, "-W", "error")
    assert refused.has_no_traceback_of_ours()
    assert refused.open_runs[-1].startswith("NO RESULT  ")
    assert ": a fixture failed: Failed: PAREGroupWarning" in "".join(refused.open_runs)
    for flag in ("-n0", "-pno:xdist"):
        assert "PAREGroupWarning" not in grouped.run(*SUITE, flag, *["--dist=loadgroup"] * (flag == "-n0")).out


def test_groups_that_have_an_effect_change_nothing_else(grouped: Example) -> None:
    grouped.write(
        "conftest.py",
        """
        import pytest
        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(items):
            for item in items:
                # pytest 9.2 does not read what pytest-xdist 3.8 writes; earlier ones have no `_id`.
                if "_nodeid" in vars(item) and hasattr(item, "_id"):
                    item._id = type(item._id).parse(item._nodeid)
        """,
    )
    session = grouped.run(*GROUPS, "-v")
    assert "PASSED pare.yaml::rake[run2]@g" in session.out
    assert len(set(re.findall(r"\[gw\d\]", session.out))) == 1
    assert "PAREGroupWarning" not in session.out
    assert session.outcomes() == {"failed": 2, "passed": 3}
    assert session.open_runs == ["FAILED     mow, 2 of 2 runs: the plants are dry"]
    (trace,) = (grouped.path / "traces").iterdir()
    assert trace.name.startswith("rake@test_own.py--test_it-1~")


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("pare.yaml::mow@g", "pare.yaml::mow"),
        ("pare.yaml::mow[a@b-run1]@g_h", "pare.yaml::mow[a@b-run1]"),
        ("pare.yaml::mow[a@b]", "pare.yaml::mow[a@b]"),
        ("a@b/test_a.py::test_it", "a@b/test_a.py::test_it"),
    ],
)
def test_a_node_id_without_its_group(nodeid: str, expected: str) -> None:
    assert without_group(nodeid) == expected


def test_a_worker_that_died_is_an_error_in_junit_xml_and_no_clean_success(example: Example) -> None:
    """As with pytest-rerunfailures, which runs what a worker was playing when it died on another one."""
    example.write(
        "conftest.py",
        """
        import pytest

        @pytest.hookimpl(optionalhook=True)
        def pytest_handlecrashitem(crashitem, report, sched):
            if "prune" in crashitem:
                sched.mark_test_pending(crashitem)
                report.outcome = "rerun"
        """,
    )
    die_once = """
    mark = Path("died-" + self.scenario_id)
    if mark.exists():
        return ScenarioValidationResult(success=True)
    mark.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    """
    for name in ("mow", "prune"):
        example.scenario(name, die_once, head="from pathlib import Path")
    session = example.scenario("weed").suite("reports: {json: out.json}").run(*SUITE, "-n2", "--junitxml=out.xml")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.open_runs == [
        "NO RESULT  mow: its process died",
        "RERUN      prune: succeeded in a rerun after: its process died",
    ]
    assert session.verdict[-1] == "not clean: 1 run succeeded only after a process had died"
    assert "  4 attempts at 3 runs: 1 replaced by reruns (1 process died); the first that" in session.summary
    attempts = json.loads((example.path / "out.json").read_text())["attempts"]
    assert (attempts["total"], attempts["replaced"], attempts["succeeded_after_a_process_died"]) == (4, 1, 1)
    junit = ElementTree.parse(example.path / "out.xml").getroot()
    (error,) = (case for case in junit.iter("testcase") if case.get("name") == "mow")
    assert [part.tag for part in error] == ["error"]
    assert "gate FAIL: 2 of 3 runs succeeded" in (error[0].text or "")
