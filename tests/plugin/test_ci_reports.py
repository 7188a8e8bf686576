"""What JUnit XML, pytest-json-report and pytest-reportlog say of runs and of the verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")

# The hook of pytest-json-report, and what pytest-reportlog has for a plugin.
OTHER_PLUGINS = """
import json
import pytest

class Specs:
    @pytest.hookspec
    def pytest_json_modifyreport(self, json_report): ...

class ReportLog:
    def _write_json_data(self, data):
        with open("log.jsonl", "a") as file:
            print(json.dumps(data), file=file)

    def pytest_runtest_logreport(self, report):
        self._write_json_data({"when": report.when, "properties": report.user_properties})

    def pytest_sessionfinish(self, session, exitstatus):
        self._write_json_data({"$report_type": "SessionFinish", "exitstatus": exitstatus})

class JSONReport:
    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session):
        report = {"exitcode": session.exitstatus}
        session.config.hook.pytest_json_modifyreport(json_report=report)
        with open("report.json", "w") as file:
            json.dump(report, file)

def pytest_addhooks(pluginmanager):
    pluginmanager.add_hookspecs(Specs)

def pytest_configure(config):
    config._report_log_plugin = ReportLog()
    config.pluginmanager.register(config._report_log_plugin)
    config.pluginmanager.register(JSONReport())
"""


@pytest.fixture
def garden(example: Example) -> Example:
    """One scenario of each fate, and a gate that takes failures."""
    example.scenario("prune", "raise").scenario("rake", "none").scenario("water", "fail").scenario("weed")
    example.scenario("saw", marks="@pytest.mark.skip(reason='no saw')")
    example.scenario("mow", "fail", marks="@pytest.mark.xfail(reason='no mower')")
    example.scenario("hoe", marks="@pytest.mark.xfail(reason='why', strict=True)")
    return example.suite("{runs: 2, matrix: {dry: {}}, gate: {min_success_rate: 0.1}}")


def junit(example: Example) -> tuple[Any, dict[str, str], dict[str, Any]]:
    """Return the suite in `out.xml`, its properties, and its test cases by name."""
    suite: Any = ElementTree.parse(example.path / "out.xml").getroot().find("testsuite")
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    return suite, properties_of(suite), cases


def properties_of(element: Any) -> dict[str, str]:
    return {one.get("name"): one.get("value") for one in element.iterfind("properties/property")}


def test_junit_xml_has_the_verdict_and_tells_errors_from_failures(garden: Example) -> None:
    assert garden.run(*SUITE, "--junitxml=out.xml").code == pytest.ExitCode.OK
    suite, properties, cases = junit(garden)
    assert properties == {
        "pare_verdict": "PASS",
        "pare_runs": "10",
        "pare_success": "2",
        "pare_failed": "4",
        "pare_exception": "2",
        "pare_no_validation": "2",
        "pare_no_result": "0",
        "pare_skipped": "2",
        "pare_xfailed": "2",
        "pare_not_needed": "0",
        "pare_user_fault": "0",
        "pare_replaced_attempts": "0",
    }
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "14",
        "failures": "4",
        "errors": "4",
        "skipped": "4",
    }
    expected = {
        "hoe": ("failed", ["failure"]),
        "mow": ("xfailed", ["skipped"]),
        "prune": ("exception", ["error"]),
        "rake": ("no_validation", ["error"]),
        "saw": ("skipped", ["skipped"]),
        "water": ("failed", ["failure"]),
        "weed": ("success", []),
    }
    assert len(cases) == 14
    for name, (status, tags) in expected.items():
        case = cases[f"{name}[dry-run2]"]
        kind = {"pare_exception_kind": "other", "pare_exception_type": "ValueError"} if name == "prune" else {}
        run = {"pare_scenario": name, "pare_variant": "dry", "pare_run": "2"}
        assert properties_of(case) == {**run, "pare_status": status, **kind}
        assert [child.tag for child in case if child.tag != "properties"] == tags
    # Where properties are not shown, the text of a failure and the output of the suite are.
    rate = "20.0 %, 95 % CI 3.6 to 62.4"
    gate = f"gate PASS: 2 of 10 runs succeeded ({rate}), 10.0 % needed: 4 failed, 2 exceptions, 2 no validation"
    assert cases["prune[dry-run2]"].find("error").text.endswith(f"\nstatus: exception (other)\n{gate}")
    assert cases["water[dry-run2]"].find("failure").text.endswith(f"\nstatus: failed\n{gate}")
    assert suite.find("system-out").text.splitlines() == [
        f"pare.yaml: {gate}",
        "pare.yaml: not counted: 2 skipped, 2 xfailed",
    ]


def test_junit_xml_of_several_suites_and_other_tests(garden: Example) -> None:
    garden.suite("scenarios: {paths: [scenarios], include: [weed]}", "a.pare.yaml")
    garden.suite("scenarios: {paths: [scenarios], include: [water]}", "b.pare.yaml")
    garden.write("test_shed.py", "def test_shed(record_property):\n    record_property('wood', 3)\n    assert False")
    session = garden.run(
        "a.pare.yaml", "b.pare.yaml", "test_shed.py", "--junitxml=out.xml", "-o", "junit_family=xunit1"
    )
    assert session.code == pytest.ExitCode.TESTS_FAILED
    _, properties, cases = junit(garden)
    assert [properties[name] for name in ("pare_verdict", "pare_runs", "pare_success", "pare_failed")] == [
        "FAIL", "2", "1", "1",
    ]  # fmt: skip
    assert properties["pare_verdict[a.pare.yaml]"] == "PASS"
    assert properties["pare_verdict[b.pare.yaml]"] == "FAIL"
    assert (properties["pare_failed[a.pare.yaml]"], properties["pare_failed[b.pare.yaml]"]) == ("0", "1")
    assert properties_of(cases["test_shed"]) == {"wood": "3"}
    assert "gate" not in cases["test_shed"].find("failure").text


def test_properties_are_short_and_hold_no_secret(example: Example) -> None:
    secret = "sk-" + "1a" * 20
    example.scenario("weed").write(
        "conftest.py",
        f"""
        import pytest

        @pytest.fixture(params=[1], ids=["{"x" * 300}-{secret}"])
        def pare_config(request, pare_config):
            return pare_config

        @pytest.fixture(autouse=True)
        def own(record_property):
            record_property("own", 1)
        """,
    )
    example.run(*SUITE, "--junitxml=out.xml")
    _, _, (case,) = (*junit(example)[:2], list(junit(example)[2].values()))
    properties = properties_of(case)
    assert properties.pop("pare_variant") == "x" * 200
    assert properties == {"pare_scenario": "weed", "pare_status": "success", "own": "1"}
    text = (example.path / "out.xml").read_text()
    assert secret not in "".join(properties_of(case).values())
    assert text.count("<properties>") == 2


def test_without_a_run_nothing_is_said(garden: Example) -> None:
    session = garden.run(*SUITE, "--junitxml=out.xml", "-k", "tulip")
    assert session.code == pytest.ExitCode.NO_TESTS_COLLECTED
    suite, properties, cases = junit(garden)
    assert (properties, cases, suite.find("system-out")) == ({}, {}, None)


def test_the_reports_of_other_plugins(garden: Example) -> None:
    garden.write("conftest.py", OTHER_PLUGINS)
    garden.run_process(*SUITE, "-k", "weed or water")
    report = json.loads((garden.path / "report.json").read_text())
    assert report["exitcode"] == pytest.ExitCode.TESTS_FAILED  # pytest's own, before the gate
    assert (report["pare"]["verdict"], report["pare"]["suites"]["pare.yaml"]["counts"]["failed"]) == ("PASS", 2)
    assert report["pare"]["suites"]["pare.yaml"]["attempts"]["total"] == 4
    *lines, finish, last = [json.loads(line) for line in (garden.path / "log.jsonl").read_text().splitlines()]
    assert finish == {"$report_type": "SessionFinish", "exitstatus": 1}
    assert last == {"$report_type": "PareVerdict", **report["pare"]}
    statuses = [dict(line["properties"]).get("pare_status") for line in lines if line["when"] != "setup"]
    assert statuses == ["failed"] * 4 + ["success"] * 4


def test_a_session_that_was_interrupted(garden: Example) -> None:
    garden.write("conftest.py", OTHER_PLUGINS).scenario("weed", "raise KeyboardInterrupt")
    session = garden.run_process(*SUITE, "--junitxml=out.xml")
    assert session.code == pytest.ExitCode.INTERRUPTED
    assert junit(garden)[1]["pare_verdict"] == "FAIL"
    pare = json.loads((garden.path / "report.json").read_text())["pare"]["suites"]["pare.yaml"]
    assert (pare["verdict"], pare["interrupted"]) == ("FAIL", True)
