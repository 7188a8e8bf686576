"""A suite's scenarios behave as a pytest user expects of tests."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")


@pytest.fixture
def garden(example: Example) -> Example:
    """Three scenarios, of which one fails."""
    return example.scenario("prune").scenario("water", "fail").scenario("weed")


# -- selection


def test_node_ids(garden: Example) -> None:
    assert garden.collected(*SUITE) == ["pare.yaml::prune", "pare.yaml::water", "pare.yaml::weed"]
    garden.suite("{runs: 2, scenarios: {exclude: [water]}}", "suites/a.pare.yaml")
    assert garden.collected("suites/a.pare.yaml") == [
        "suites/a.pare.yaml::prune[run1]",
        "suites/a.pare.yaml::prune[run2]",
        "suites/a.pare.yaml::weed[run1]",
        "suites/a.pare.yaml::weed[run2]",
    ]


def test_collecting_alone_reports_and_judges_nothing(garden: Example) -> None:
    for look in ("--collect-only", "--setup-plan", "--setup-only", "--fixtures", "--fixtures-per-test"):
        session = garden.run(*SUITE, look)
        assert session.code == pytest.ExitCode.OK
        assert "gate " not in session.out


def test_k(garden: Example) -> None:
    assert garden.collected(*SUITE, "-k", "we") == ["pare.yaml::weed"]
    garden.suite("runs: 2")
    assert garden.collected(*SUITE, "-k", "prune and run2") == ["pare.yaml::prune[run2]"]


def test_ids_are_found_whatever_they_look_like(example: Example) -> None:
    example.scenario("a b", name="scenarios/a.py").scenario("_x.y-z", name="scenarios/b.py")
    example.scenario("träge/ügen", name="scenarios/c.py").scenario("class", name="scenarios/d.py")
    ids = example.collected(*SUITE)
    assert ids == ["pare.yaml::_x.y-z", "pare.yaml::a b", "pare.yaml::class", "pare.yaml::träge/ügen"]
    for nodeid in ids:
        assert example.run(nodeid).outcomes() == {"passed": 1}


def test_m_sees_the_marks_of_the_class_of_its_bases_and_of_the_module(example: Example) -> None:
    example.pytester.makeini("[pytest]\nmarkers =\n  slow:\n  wet:\n  green:\n  tall:\naddopts = --strict-markers")
    example.scenario("water", marks="@pytest.mark.slow\n@pytest.mark.wet")
    example.scenario("weed", head="pytestmark = [pytest.mark.green]")
    example.scenario("prune", head="pytestmark = pytest.mark.tall")
    example.scenario("saw").write(
        "scenarios/saw.py",
        (example.path / "scenarios/saw.py").read_text()
        + "\n@register_scenario('saw_off')\n@pytest.mark.tall\nclass Off(pytest.mark.wet(Scenario)): pass\n",
    )
    assert example.collected(*SUITE, "-m", "slow") == ["pare.yaml::water"]
    assert example.collected(*SUITE, "-m", "wet and not slow") == ["pare.yaml::saw", "pare.yaml::saw_off"]
    assert example.collected(*SUITE, "-m", "tall") == ["pare.yaml::prune", "pare.yaml::saw_off"]
    assert example.collected(*SUITE, "-m", "green") == ["pare.yaml::weed"]


def test_lf_runs_what_failed(garden: Example) -> None:
    assert garden.run(*SUITE).outcomes() == {"passed": 2, "failed": 1}
    session = garden.run(*SUITE, "--lf")
    assert session.outcomes() == {"failed": 1, "deselected": 2}
    assert session.verdict[-1] == "partial session (--lf): 1 of 3 runs selected"
    garden.scenario("water")
    assert garden.run(*SUITE, "--lf").code == pytest.ExitCode.OK
    session = garden.run(*SUITE, "--lf")
    assert session.outcomes() == {"passed": 3}
    assert session.verdict == ["gate PASS: 3 of 3 runs succeeded (100.0 %), every run must succeed (no rate set)"]


def test_ff_runs_it_first(garden: Example) -> None:
    garden.run(*SUITE)
    assert garden.collected(*SUITE, "--ff") == ["pare.yaml::water", "pare.yaml::prune", "pare.yaml::weed"]


def test_sw_stops_at_a_failure_and_goes_on_from_there(garden: Example) -> None:
    session = garden.run(*SUITE, "--sw")
    assert session.outcomes() == {"passed": 1, "failed": 1}
    assert session.open_runs == [
        "FAILED     water: the plants are dry",
        "NO RESULT  weed: the session ended before it was run",
    ]
    garden.scenario("water")
    session = garden.run(*SUITE, "--sw")
    assert session.outcomes() == {"passed": 2, "deselected": 1}
    assert session.verdict[-1] == "partial session (--sw): 2 of 3 runs selected"


@pytest.mark.parametrize("flag", ["-x", "--maxfail=1"])
def test_x_ends_the_session(garden: Example, flag: str) -> None:
    session = garden.suite("gate: {min_success_rate: 0}").run(*SUITE, flag)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"passed": 1, "failed": 1}
    assert session.verdict == [
        "gate FAIL: 1 of 3 runs succeeded (33.3 %), 0.0 % needed: 1 failed, 1 no result",
        "cannot pass: 1 run has no result",
    ]


def test_maxfail_counts(garden: Example) -> None:
    assert garden.run(*SUITE, "--maxfail=2").outcomes() == {"passed": 2, "failed": 1}


def test_a_suite_beside_ordinary_tests(garden: Example) -> None:
    garden.write("test_shed.py", "import pytest\ndef test_shed(): pass\n@pytest.mark.skip\ndef test_no(): pass")
    session = garden.run("pare.yaml", "test_shed.py")
    assert session.outcomes() == {"passed": 3, "failed": 1, "skipped": 1}
    assert session.verdict[0].startswith("gate FAIL: 2 of 3 runs succeeded")


# -- marks


def test_skip(example: Example) -> None:
    example.scenario("water").scenario("prune", marks="@pytest.mark.skip(reason='no shears')")
    example.scenario("saw", marks="@pytest.mark.skipif(os.sep == '/', reason='no saw')")
    example.scenario("weed", "pytest.skip('no weeds')")
    session = example.run(*SUITE)
    assert session.code == pytest.ExitCode.OK
    assert session.outcomes() == {"passed": 1, "skipped": 3}
    assert session.open_runs == ["skipped    prune: no shears", "skipped    saw: no saw", "skipped    weed: no weeds"]
    assert session.verdict[1] == "not counted: 3 skipped"


def test_skipif_with_a_condition_in_words(example: Example) -> None:
    example.scenario("saw", marks="@pytest.mark.skipif('sys.platform', reason='everywhere')").scenario("water")
    assert example.run(*SUITE).outcomes() == {"passed": 1, "skipped": 1}


def test_everything_skipped_cannot_pass(example: Example) -> None:
    session = example.scenario("prune", marks="@pytest.mark.skip").run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.verdict == [
        "gate FAIL: 0 of 0 runs succeeded, every run must succeed (no rate set)",
        "cannot pass: no run was judged",
        "not counted: 1 skipped",
    ]


def test_xfail(example: Example) -> None:
    example.scenario("water").scenario("weed", "fail", marks="@pytest.mark.xfail(reason='known')")
    example.scenario("prune", "raise", marks="@pytest.mark.xfail(raises=ValueError)")
    example.scenario("rake", "raise", marks="@pytest.mark.xfail(run=False, reason='not yet')")
    session = example.run(*SUITE)
    assert session.code == pytest.ExitCode.OK
    assert session.outcomes() == {"passed": 1, "xfailed": 3}
    assert session.open_runs == ["xfailed    prune", "xfailed    rake: [NOTRUN] not yet", "xfailed    weed: known"]
    assert session.verdict[1] == "not counted: 3 xfailed"


def test_an_unexpected_pass_is_a_success_unless_it_is_strict(example: Example) -> None:
    example.scenario("water", marks="@pytest.mark.xfail").suite("gate: {min_success_rate: 1}")
    session = example.run(*SUITE)
    assert session.outcomes() == {"xpassed": 1}
    assert session.verdict[0].startswith("gate PASS: 1 of 1 run")
    session = example.scenario("water", marks="@pytest.mark.xfail(strict=True, reason='known')").run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"failed": 1}
    assert session.open_runs == ["FAILED     water: [XPASS(strict)] known"]


def test_xfail_of_another_exception_is_a_failure(example: Example) -> None:
    session = example.scenario("prune", "raise", marks="@pytest.mark.xfail(raises=KeyError)").run(*SUITE)
    assert session.outcomes() == {"failed": 1}
    assert session.open_runs == ["EXCEPTION  prune: ValueError: no such plant"]


# -- output


@pytest.mark.parametrize(
    "flags",
    [
        ["-q", "--tb=short", "--capture=sys"],
        ["-qq", "--tb=line", "--no-header"],
        ["-v", "-rA", "--durations=2"],
        ["-vv", "--tb=native", "-s"],
        ["--tb=no"],
        ["--no-summary"],
        ["-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:junitxml"],
        ["-p", "no:logging", "-p", "no:stepwise", "-p", "no:warnings"],
        ["-W", "error", "--full-trace", "--strict-markers", "--strict-config", "--import-mode=importlib"],
        ["-n0"],
    ],
    ids=" ".join,
)
def test_the_gate_is_the_same_under_any_option(garden: Example, flags: list[str]) -> None:
    session = garden.run(*SUITE, *flags)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert "INTERNALERROR" not in session.out
    if flags != ["--no-summary"]:
        assert session.verdict[0].startswith("gate FAIL: 2 of 3 runs succeeded (66.7 %)")
    assert garden.suite("gate: {min_success_rate: 0.6}").run(*SUITE, *flags).code == pytest.ExitCode.OK


def test_without_a_terminal(garden: Example) -> None:
    session = garden.run(*SUITE, "-p", "no:terminal")
    assert (session.code, session.out) == (pytest.ExitCode.TESTS_FAILED, "")
    session = garden.suite("gate: {min_success_rate: 0.6}").run(*SUITE, "-p", "no:terminal")
    assert (session.code, session.out) == (pytest.ExitCode.OK, "")


def test_junit_xml(example: Example) -> None:
    example.suite("{runs: 2, gate: {min_success_rate: 0}}").scenario("water", "fail").scenario("weed")
    example.scenario("prune", "raise").scenario("saw", marks="@pytest.mark.skip(reason='no saw')")
    assert example.run(*SUITE, "--junitxml=out.xml").code == pytest.ExitCode.OK
    suite = ET.parse(example.path / "out.xml").getroot()[0]
    counts = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 8, "failures": 2, "errors": 2, "skipped": 2}
    cases = {case.attrib["name"]: case for case in suite.iter("testcase")}
    assert cases["weed[run1]"].attrib["classname"] == "pare.yaml"
    failure = cases["water[run1]"].find("failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("Failed: the plants are dry\n")
    assert failure.text is not None
    assert "last 2 of 2 events" in failure.text
    exception = cases["prune[run2]"].find("error")
    assert exception is not None
    assert exception.attrib["message"] == "ValueError: no such plant"


def test_nothing_is_collected_where_all_is_deselected(garden: Example) -> None:
    session = garden.run(*SUITE, "-k", "nothing")
    assert session.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "gate " not in session.out


def test_two_suites_report_and_judge_apart(garden: Example) -> None:
    garden.suite("{scenarios: {include: [water]}, gate: {min_success_rate: 0}}", "dry.pare.yaml")
    garden.suite("{scenarios: {exclude: [water]}, gate: {min_success_rate: 1}}")
    session = garden.run("dry.pare.yaml", "pare.yaml")
    assert session.code == pytest.ExitCode.OK
    gates = [line for line in session.result.outlines if line.startswith(("gate", "=")) and "pare" in line + "pare"]
    gates = [line.strip("= ") for line in gates if "gate" in line or "pare:" in line]
    assert gates == [
        "pare: dry.pare.yaml",
        "gate PASS: 0 of 1 run succeeded (0.0 %, 95 % CI 0.0 to 79.3), 0.0 % needed: 1",
        "pare: pare.yaml",
        "gate PASS: 2 of 2 runs succeeded (100.0 %, 95 % CI 34.2 to 100.0), 100.0 %",
    ]
    garden.suite("{gate: {min_success_rate: 1}}")
    assert garden.run("dry.pare.yaml", "pare.yaml").code == pytest.ExitCode.TESTS_FAILED


def test_one_scenario_in_two_suites(garden: Example) -> None:
    garden.suite("", "twin.pare.yaml")
    session = garden.run("pare.yaml", "twin.pare.yaml")
    assert session.outcomes() == {"passed": 4, "failed": 2}


def test_suites_of_one_name_in_two_directories(garden: Example) -> None:
    garden.suite("gate: {min_success_rate: 0}", "a/pare.yaml").suite("runs: 2", "b/pare.yaml")
    session = garden.run("a/pare.yaml", "b/pare.yaml::weed")
    assert session.outcomes() == {"passed": 4, "failed": 1}
    assert session.code == pytest.ExitCode.OK


def test_the_plugin_can_be_switched_off(garden: Example) -> None:
    garden.write("test_shed.py", "def test_shed(): pass")
    assert garden.run("-p", "no:pare").outcomes() == {"passed": 1}


def test_the_flags_and_the_fixtures_are_in_pytests_help(example: Example) -> None:
    help_text = example.run("--help").out
    assert "--pare-config=FILE" in help_text.replace(" FILE", "=FILE")
    assert "pare_config (paths)" in help_text
    fixtures = example.run("--fixtures").out
    assert "observe_engine_config" in fixtures
    assert "Noise in the agent's tools; `None` for none." in fixtures


def test_a_module_that_skips_itself_skips_nothing_else(garden: Example) -> None:
    garden.write("scenarios/mac.py", "import pytest\npytest.skip('only on a Mac', allow_module_level=True)\n")
    session = garden.run(*SUITE, "-k", "not water")
    assert session.outcomes() == {"passed": 2, "skipped": 1, "deselected": 1}
    assert session.code == pytest.ExitCode.OK


def test_a_class_under_two_ids_runs_under_each(example: Example) -> None:
    validate = "return ScenarioValidationResult(success=self.scenario_id == 'second', rationale=self.scenario_id)"
    example.scenario("first", validate, marks='@register_scenario("second")')
    session = example.run(*SUITE)
    assert session.outcomes() == {"passed": 1, "failed": 1}
    assert session.open_runs == ["FAILED     first: first"]
