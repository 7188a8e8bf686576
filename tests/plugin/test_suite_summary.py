"""The summary of a session: report, what did not pass, verdict, exit status, files."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.agents import prompts

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")


@pytest.fixture
def garden(example: Example) -> Example:
    """One scenario of each fate."""
    example.scenario("prune", "raise").scenario("rake", "none").scenario("water", "fail").scenario("weed")
    example.scenario("saw", marks="@pytest.mark.skip(reason='no saw')")
    return example.scenario("mow", "fail", marks="@pytest.mark.xfail(reason='no mower')")


# -- the text


def test_the_summary(garden: Example) -> None:
    lines = garden.run(*SUITE, "--tb=no").summary
    assert lines[:6] == [
        "PARE validation report",
        "Reference check, no agent tested.",
        "",
        "Split: full",
        "",
        "user=oracle, proactive=observe-execute_oracle_oracle, tool_fail=0.0,",
    ]
    assert "    Runs                      4" in lines
    assert lines[-12:] == [
        "",
        "  Rejections 0, writes without consent 0; idle jumps saved 0 turns",
        "",
        "xfailed    mow: no mower",
        "EXCEPTION  prune: ValueError: no such plant",
        "NO VERDICT rake: validate() returned None",
        "skipped    saw: no saw",
        "FAILED     water: the plants are dry",
        "",
        "gate FAIL: 1 of 4 runs succeeded (25.0 %, 95 % CI 4.6 to 69.9), every run must",
        "  succeed (no rate set): 1 failed, 1 exception, 1 no validation",
        "not counted: 1 skipped, 1 xfailed",
    ]


def test_the_summary_of_oracle_mode_tells_of_no_agents(garden: Example) -> None:
    lines = garden.run(*SUITE, "--pare-oracle").summary
    assert lines[1] == "Oracle mode, no agent tested."
    assert not any(line.strip().startswith(("Rejections", "Proposals", "Turns")) for line in lines)


def test_the_summary_fits_80_columns(example: Example) -> None:
    example.scenario("water_" * 20, f"return ScenarioValidationResult(success=False, rationale={'dry ' * 99!r})")
    lines = example.scenario("weed", f"raise ValueError({'x' * 300!r})").run(*SUITE, "--tb=no").summary
    assert max(map(len, lines)) == 80
    assert [line for line in lines if line.startswith("EXCEPTION")] == [
        "EXCEPTION  weed: ValueError: " + "x" * 48 + "..."
    ]


def test_a_rationale_cannot_break_a_line_or_colour_the_terminal(example: Example) -> None:
    rationale = "dry\nsince \x1b[31mMonday\x1b[0m\r\t."
    example.scenario("water", f"return ScenarioValidationResult(success=False, rationale={rationale!r})")
    assert example.run(*SUITE).open_runs == ["FAILED     water: dry since  [31mMonday [0m  ."]


def test_a_scenario_has_one_line_for_all_its_runs_of_a_kind(example: Example) -> None:
    example.suite("runs: 3").scenario(
        "water",
        """
        if self.run_number == 2:
            raise ValueError("no such plant")
        return ScenarioValidationResult(success=self.run_number == 1, rationale="dry")
        """,
    )
    assert example.scenario("weed").run(*SUITE).open_runs == [
        "EXCEPTION  water, 1 of 3 runs: ValueError: no such plant",
        "FAILED     water, 1 of 3 runs: dry",
    ]


def test_each_reason_has_a_line(example: Example) -> None:
    example.suite("runs: 4").scenario(
        "water",
        """
        rationale = "dry" if self.run_number < 3 else "drowned"
        if self.run_number == 4:
            raise ValueError("no such plant")
        return ScenarioValidationResult(success=False, rationale=rationale)
        """,
    )
    assert example.run(*SUITE).open_runs == [
        "EXCEPTION  water, 1 of 4 runs: ValueError: no such plant",
        "FAILED     water, 2 of 4 runs: dry",
        "FAILED     water, 1 of 4 runs: drowned",
    ]


def test_what_was_not_come_to_is_one_line(garden: Example) -> None:
    assert garden.run(*SUITE, "-x").open_runs == [
        "xfailed    mow: no mower",
        "EXCEPTION  prune: ValueError: no such plant",
        "NO RESULT  4 runs: the session ended before they were run",
    ]


def test_colours(garden: Example) -> None:
    out = garden.run(*SUITE, "--color=yes", "--tb=no").out
    assert "\x1b[31mFAILED     water: the plants are dry\x1b[0m" in out
    assert "\x1b[33mskipped    saw: no saw\x1b[0m" in out
    assert re.search(r"\x1b\[31m\x1b\[1mgate FAIL: [^\n]*\x1b\[0m\n", out)
    passed = garden.run(*SUITE, "--color=yes", "--pare-min-success-rate=0").out
    assert re.search(r"\x1b\[32m\x1b\[1mgate PASS: [^\n]*\x1b\[0m\n", passed)
    assert "\x1b" not in garden.run(*SUITE, "--color=no").out
    plain = re.sub(r"\x1b\[\d+m", "", out)
    assert "gate FAIL: 1 of 4 runs succeeded (25.0 %, 95 % CI 4.6 to 69.9)" in plain


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["-k", "weed or water"], "partial session (-k weed or water): 2 of 6 runs selected"),
        (["-m", "not skip"], "partial session (-m not skip): 5 of 6 runs selected"),
        (["--deselect", "pare.yaml::water"], "partial session (--deselect): 5 of 6 runs selected"),
        (["pare.yaml::weed"], "partial session (node ids): 1 of 6 runs selected"),
        (["--pare-limit=2"], "partial session (limit 2): 2 of 6 runs selected"),
        (["--pare-limit=3", "-k", "rake"], "partial session (-k rake, limit 3): 1 of 6 runs selected"),
    ],
)
def test_a_partial_session_says_so(garden: Example, flags: list[str], line: str) -> None:
    assert garden.run(*SUITE, *flags).verdict[-1] == line


@pytest.mark.parametrize("flags", [["-k", "not nothing"], ["--lf"], ["--deselect=x"], ["-m", "not x"]])
def test_flags_that_leave_nothing_out_are_not_reported(garden: Example, flags: list[str]) -> None:
    assert "partial" not in garden.run(*SUITE, *flags).out


def test_a_conftest_that_leaves_runs_out(garden: Example) -> None:
    garden.write("conftest.py", "def pytest_collection_modifyitems(items): del items[2:]")
    assert garden.run(*SUITE).verdict[-1] == "partial session (a plugin or a conftest.py): 2 of 6 runs selected"


@pytest.mark.parametrize(
    ("flags", "reason"),
    [(["-k", "tulip"], "-k tulip"), (["--deselect=pare.yaml"], "--deselect"), ([], "a plugin or a conftest.py")],
)
@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_session_without_a_run_says_that_there_is_no_verdict(
    example: Example, flags: list[str], reason: str, workers: str
) -> None:
    if workers == "1" and flags != ["-k", "tulip"]:
        pytest.skip("the same")
    example.scenario("weed")
    if not flags:
        example.write("conftest.py", "def pytest_collection_modifyitems(items): del items[:]")
    session = example.run(*SUITE, f"-n{workers}", *flags)
    assert session.code == pytest.ExitCode.NO_TESTS_COLLECTED
    output = " ".join(session.out.split())
    assert f"pare: pare.yaml: no verdict, every run is deselected ({reason}); earlier reports are kept" in output
    assert "gate" not in session.out


def test_what_could_not_be_collected_is_not_deselected(example: Example) -> None:
    for flags in (["--pare-set=scenarios.include=[tulip]"], ["pare.yaml::tulip"], ["--collect-only", "-k", "tulip"]):
        assert "no verdict" not in example.scenario("weed").run(*SUITE, *flags).out


# -- the exit status


@pytest.mark.parametrize(
    ("validate", "rate", "code"),
    [
        ("pass", None, 0),
        ("fail", None, 1),
        ("raise", None, 1),
        ("none", None, 1),
        ("pass", 1.0, 0),
        ("fail", 0.51, 1),
        ("fail", 0.5, 0),
        ("raise", 0.51, 1),
        ("raise", 0.5, 0),
        ("none", 0.51, 1),
        ("none", 0.5, 0),
    ],
)
def test_the_gate_sets_the_exit_status(example: Example, validate: str, rate: float | None, code: int) -> None:
    flags = [] if rate is None else [f"--pare-min-success-rate={rate}"]
    assert example.scenario("weed").scenario("water", validate).run(*SUITE, *flags).code == code


def test_nothing_but_exceptions_cannot_pass(example: Example) -> None:
    session = example.scenario("water", "raise").run(*SUITE, "--pare-min-success-rate=0")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.verdict[-1] == "cannot pass: no run was judged"


LOW = "gate: {min_success_rate: 0}"


@pytest.mark.parametrize(
    "test",
    [
        "def test_shed(): assert False",
        "import pytest\n@pytest.fixture\ndef key(): raise OSError\ndef test_shed(key): pass",
        "import pytest\n@pytest.fixture\ndef key(): yield; raise OSError\ndef test_shed(key): pass",
        "import pytest\n@pytest.mark.xfail(strict=True)\ndef test_shed(): pass",
    ],
)
def test_the_gate_excuses_no_failure_of_an_ordinary_test(garden: Example, test: str) -> None:
    garden.suite(LOW).write("test_shed.py", test)
    assert garden.run(*SUITE).code == pytest.ExitCode.OK
    session = garden.run("test_shed.py", *SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.verdict[0].startswith("gate PASS")


def test_a_module_of_tests_that_cannot_be_collected(garden: Example) -> None:
    garden.suite(LOW).write("test_shed.py", "import nope")
    session = garden.run("test_shed.py", *SUITE, "--continue-on-collection-errors")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert garden.run("test_shed.py", *SUITE).code == pytest.ExitCode.INTERRUPTED


@pytest.mark.parametrize("validate", ["pass", "fail"])
def test_the_gate_excuses_no_failure_of_a_plugin(example: Example, validate: str) -> None:
    """pytest-cov counts one, where too little is covered."""
    example.scenario("weed").scenario("water", validate).suite(LOW).write(
        "conftest.py",
        """
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_runtestloop(session):
            result = yield
            session.testsfailed += 1
            return result
        """,
    )
    session = example.run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.verdict[0].startswith("gate PASS")


@pytest.mark.parametrize("code", [1, 2, 77])
def test_the_gate_respects_the_exit_status_of_a_plugin(example: Example, code: int) -> None:
    example.scenario("weed").write("conftest.py", f"def pytest_sessionfinish(session): session.exitstatus = {code}")
    assert example.run(*SUITE).code == code


def test_an_ordinary_session_is_left_alone(example: Example) -> None:
    example.write("test_shed.py", "def test_shed(): assert False").write("test_house.py", "def test_house(): pass")
    assert example.run("test_shed.py").code == pytest.ExitCode.TESTS_FAILED
    assert example.run("test_house.py").code == pytest.ExitCode.OK


def test_subtests_of_an_ordinary_test(garden: Example) -> None:
    if int(pytest.__version__.partition(".")[0]) < 9:
        pytest.skip("this pytest has no subtests")
    code = (
        "def test_shed(subtests):\n    for n in range(3):\n        with subtests.test(n=n):\n            assert n != {}"
    )
    garden.suite(LOW).write("test_shed.py", code.format(5))
    session = garden.run("test_shed.py", *SUITE)
    assert session.code == pytest.ExitCode.OK
    assert session.verdict[0].startswith("gate PASS: 1 of 4 runs succeeded")
    garden.write("test_shed.py", code.format(1))
    assert garden.run("test_shed.py", *SUITE).code == pytest.ExitCode.TESTS_FAILED


def test_an_interrupted_session(example: Example) -> None:
    example.scenario("prune").scenario("water", "raise KeyboardInterrupt").scenario("weed")
    session = example.suite(LOW).run(*SUITE)
    assert session.code == pytest.ExitCode.INTERRUPTED
    assert session.open_runs == [
        "NO RESULT  water: it began and never ended",
        "NO RESULT  weed: the session ended before it was run",
    ]
    assert session.verdict[1] == "cannot pass: 2 runs have no result; the session was interrupted"


def test_a_session_that_exits_with_status_0_has_lost_results(example: Example) -> None:
    example.scenario("prune").scenario("water", "pytest.exit('enough', returncode=0)")
    assert example.suite(LOW).run(*SUITE).code == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("returncode", [2, 3, 4, 5, 6, 77])
def test_other_exit_statuses_stay(example: Example, returncode: int) -> None:
    example.scenario("prune").scenario("water", f"pytest.exit('enough', returncode={returncode})")
    assert example.suite(LOW).run(*SUITE).code == returncode


def test_an_internal_error_stays_one(example: Example) -> None:
    example.scenario("water").write("conftest.py", "def pytest_runtest_logfinish(nodeid): 1 / 0")
    assert example.run(*SUITE).code == pytest.ExitCode.INTERNAL_ERROR


# -- the files


def test_the_json_report(garden: Example) -> None:
    garden.suite("{runs: 2, reports: {json: out/deep/report.json}, gate: {min_success_rate: 0.25}}")
    session = garden.run(*SUITE, "-k", "not rake")
    report: dict[str, Any] = json.loads((garden.path / "out/deep/report.json").read_text(encoding="utf-8"))
    metadata = report["metadata"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", metadata.pop("timestamp"))
    assert metadata == {
        "split": "full",
        "report_version": "1.0",
        "weight_per_app_class": None,
        "suite": "pare.yaml",
        "mode": "reference",
        "agent_setup_duration": pytest.approx(0, abs=60),
        "total_rejections": 0,
        "writes_without_consent": 0,
        "turns_saved": 0,
        "gather_context": 0,
        "reads_before_first_proposal": 0,
        "prompt_version": prompts.version(),
        "exceptions": {"other": 2},
        "noise_events": 0,
        "faults": {},
        "usage": {},
        "script_events_missed": 0,
        "ended_by": {"nothing_left": 6},
        "user_faults": {},
        "cost": {"total": None, "known_runs": 0, "runs": 0},
    }
    assert report["robustness"] == []
    (group,) = report["per_config_results"]
    expected = {"total_runs": 6, "success_runs": 2, "failed_runs": 2, "exception_runs": 2, "success_rate": 50.0}
    assert {key: group[key] for key in expected} == expected
    gate = report["gate"]
    first, *others = gate.pop("lines")
    assert [first.replace(", 95 % CI 6.1 to 79.2", ""), *others] == [" ".join(line.split()) for line in session.verdict]
    low, high = gate.pop("success_rate_interval")
    assert (round(low, 3), round(high, 3)) == (0.061, 0.792)
    assert session.summary[-1] == "wrote out/deep/report.json"
    assert gate == {
        "verdict": "PASS",
        "passed": True,
        "reasons": [],
        "success_rate": pytest.approx(1 / 3),
        "min_success_rate": 0.25,
        "robustness": None,
        "min_robustness": None,
        "criteria": {"min_success_rate": {"value": 0.25, "got": pytest.approx(1 / 3), "reason": None}},
        "runs": 6,
        "counts": {
            "success": 2,
            "failed": 2,
            "exception": 2,
            "no_validation": 0,
            "no_result": 0,
            "skipped": 2,
            "xfailed": 2,
            "not_needed": 0,
            "user_fault": 0,
        },
        "partial": ["-k not rake"],
        "deselected": 2,
        "interrupted": False,
        "comparison": None,
    }


def test_the_parquet_report(garden: Example) -> None:
    import polars as pl

    from pytest_pare.results.schema import DETAILS_SCHEMA, RESULT_SCHEMA

    garden.suite("{runs: 2, reports: {parquet: out/rows.parquet}}", "suites/pare.yaml").run("suites/pare.yaml")
    rows = pl.read_parquet(garden.path / "suites/out/rows.parquet")
    assert dict(rows.schema) == {
        **RESULT_SCHEMA,
        **dict.fromkeys(("suite", "variant", "mode"), pl.String),
        **DETAILS_SCHEMA,
    }
    assert rows["mode"].unique().to_list() == ["reference"]
    assert rows["prompt_version"].unique().to_list() == [prompts.version()]
    assert rows.select("base_scenario_id", "run_number", "status", "suite", "variant").rows() == [
        (scenario_id, run, status, "suites/pare.yaml", "")
        for scenario_id, status in [
            ("prune", "exception"),
            ("rake", "no_validation"),
            ("water", "failed"),
            ("weed", "success"),
        ]
        for run in (1, 2)
    ]
    assert rows["rationale"].to_list()[4] == "the plants are dry"
    assert (rows["exception_type"][0], rows["exception_message"][0]) == ("ValueError", "no such plant")


def test_the_files_of_a_session_without_results(example: Example) -> None:
    import polars as pl

    example.scenario("saw", marks="@pytest.mark.skip").suite("reports: {json: out.json, parquet: rows.parquet}")
    assert example.run(*SUITE).code == pytest.ExitCode.TESTS_FAILED
    rows = pl.read_parquet(example.path / "rows.parquet")
    assert (rows.height, rows.width) == (0, 46)
    assert json.loads((example.path / "out.json").read_text())["per_config_results"] == []


def test_a_custom_selection_has_its_name_in_the_report(garden: Example) -> None:
    for selection in ("include: [w*]", "exclude: [w*]", "limit: 1"):
        assert "Split: custom" in garden.suite(f"scenarios: {{{selection}}}").run(*SUITE).summary


def test_a_report_that_cannot_be_written_fails_the_session(example: Example) -> None:
    example.scenario("weed").write("file", "").write("there/x", "")
    session = example.suite("reports: {json: file/out.json, parquet: there}").run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    path = example.path
    assert session.summary[-2:] == [
        f"pare: pare.yaml: cannot write the report {path}/file/out.json: File exists",
        f"pare: pare.yaml: cannot write the report {path}/there: Is a directory",
    ]
    session = example.suite("reports: {json: there, parquet: rows.parquet}").run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert (path / "rows.parquet").is_file()


def test_a_session_that_does_not_come_to_a_report_leaves_no_old_one(garden: Example) -> None:
    garden.suite("{scenarios: {include: [weed]}, reports: {json: out.json}}").run(*SUITE)
    assert json.loads((garden.path / "out.json").read_text())["gate"]["verdict"] == "PASS"
    garden.run(*SUITE, "--collect-only")
    assert (garden.path / "out.json").exists()
    assert garden.run(*SUITE, "--pare-set=scenarios.include=[tulip]").code == pytest.ExitCode.INTERRUPTED
    assert json.loads((garden.path / "out.json").read_text())["gate"]["verdict"] == "UNFINISHED"
