"""The flags that change a suite, and what the header says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")


@pytest.fixture
def garden(example: Example) -> Example:
    return example.scenario("prune").scenario("water", "fail").scenario("weed")


def test_the_header_tells_the_suite_the_runs_and_the_mode(garden: Example) -> None:
    assert garden.run(*SUITE).header == ["pare.yaml, 3 runs planned (3 x 1), agent: reference steps"]
    garden.suite("runs: 4", "suites/many.pare.yaml").suite("scenarios: {include: [we*]}")
    assert garden.run("pare.yaml", "suites/many.pare.yaml").header == [
        "pare.yaml, 1 run planned (1 x 1), agent: reference steps",
        "suites/many.pare.yaml, 12 runs planned (3 x 4), agent: reference steps",
    ]


@pytest.mark.parametrize(
    ("flags", "cast"),
    [
        (["--pare-oracle"], "oracle mode: no agent tested"),
        (["--pare-oracle", "--pare-set=runner.agent_type=eager"], "oracle mode: no agent tested"),
        (["--pare-set=runner.agent_type=eager"], "agent: eager"),
        (["--pare-set=runner.agent_type=my_agent:make"], "agent: my_agent:make"),
    ],
)
def test_the_header_tells_what_is_tested(garden: Example, flags: list[str], cast: str) -> None:
    header = garden.run(*SUITE, "--collect-only", *flags).header
    assert header[0] == f"pare.yaml, 3 runs planned (3 x 1), {cast}"


def test_the_header_tells_each_override_and_its_source_once(garden: Example) -> None:
    garden.suite("", "b.pare.yaml")
    flags = ["--pare-runs=2", "--pare-oracle", "--pare-min-success-rate=0.5", "--pare-set", "scenarios.exclude=[weed]"]
    assert garden.run("pare.yaml", "b.pare.yaml", *flags).header == [
        "pare.yaml, 4 runs planned (2 x 2), oracle mode: no agent tested",
        "runs = 2 (from --pare-runs)",
        "runner.oracle = True (from --pare-oracle)",
        "gate.min_success_rate = 0.5 (from --pare-min-success-rate)",
        "scenarios.exclude = ['weed'] (from --pare-set)",
        "b.pare.yaml, 4 runs planned (2 x 2), oracle mode: no agent tested",
    ]


def test_the_header_promises_no_number_that_nobody_knows(garden: Example) -> None:
    garden.write("scenarios/prune.py", "")
    garden.suite("{runs: 2, scenarios: {include: [prune]}}").write(
        "scenarios/prune.py",
        "from pytest_pare.scenarios import PAREScenario, register_scenario\n"
        "for name in ('prune', 'prune_more'):\n"
        "    register_scenario(name)(type(name, (PAREScenario,), {}))\n",
    )
    session = garden.run(*SUITE)
    assert session.header == ["pare.yaml, 2 runs of each scenario planned, agent: reference steps"]
    assert "partial" not in session.out
    garden.suite()
    assert garden.run(*SUITE).header == ["pare.yaml, 2 runs planned (2 x 1), agent: reference steps"]
    assert "partial" not in garden.run(*SUITE).out


def test_the_header_allows_for_entry_points(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_pare.settings.selection.metadata.entry_points", lambda group: [group])
    assert garden.run(*SUITE).header == ["pare.yaml, 3 runs planned (3 x 1) or more, agent: reference steps"]
    assert garden.run(*SUITE, "--pare-limit=2").header[0].startswith("pare.yaml, 2 runs planned (2 x 1), agent: ")


def test_q_hides_the_header(garden: Example) -> None:
    assert garden.run(*SUITE, "-q").header == []


def test_runs(garden: Example) -> None:
    session = garden.run(*SUITE, "--pare-runs", "3")
    assert session.header[0] == "pare.yaml, 9 runs planned (3 x 3), agent: reference steps"
    assert session.outcomes() == {"passed": 6, "failed": 3}
    assert session.open_runs == ["FAILED     water, 3 of 3 runs: the plants are dry"]
    assert garden.suite("runs: 3").run(*SUITE, "--pare-runs", "1").outcomes() == {"passed": 2, "failed": 1}


def test_limit(garden: Example) -> None:
    session = garden.run(*SUITE, "--pare-limit", "1")
    assert session.header[0] == "pare.yaml, 1 run planned (1 x 1), agent: reference steps"
    assert session.outcomes() == {"passed": 1}
    assert session.verdict[-1] == "partial session (limit 1): 1 of 3 runs selected"


@pytest.mark.parametrize("limit", [3, 100])
def test_a_limit_that_leaves_nothing_out_is_not_reported(garden: Example, limit: int) -> None:
    assert "partial" not in garden.run(*SUITE, f"--pare-limit={limit}").out


def test_split(garden: Example) -> None:
    garden.write("smoke.txt", "weed\nprune  # for the roses\n")
    session = garden.run(*SUITE, "--pare-split", "smoke.txt")
    assert session.header == [
        "pare.yaml, 2 runs planned (2 x 1), agent: reference steps",
        "scenarios.split = smoke.txt (from --pare-split)",
    ]
    assert "Split: smoke" in session.summary
    assert garden.collected(*SUITE, "--pare-split", "smoke.txt") == ["pare.yaml::weed", "pare.yaml::prune"]


def test_paths_of_flags_are_relative_to_where_pytest_is_started(
    garden: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    garden.suite("", "suites/pare.yaml").write("smoke.txt", "weed")
    args = ["--pare-config=suites/pare.yaml", "--pare-split=smoke.txt", "--pare-set=reports.json=out.json"]
    assert garden.run(*args).code == pytest.ExitCode.OK
    assert (garden.path / "out.json").is_file()
    monkeypatch.chdir(garden.path / "suites")
    assert garden.run("--pare-config=pare.yaml", "--pare-split=../smoke.txt").code == pytest.ExitCode.OK


def test_min_success_rate(garden: Example) -> None:
    session = garden.suite("gate: {min_success_rate: 1}").run(*SUITE, "--pare-min-success-rate", "0.6")
    assert session.code == pytest.ExitCode.OK
    assert session.verdict == ["gate PASS: 2 of 3 runs succeeded (66.7 %), 60.0 % needed: 1 failed"]
    assert garden.suite().run(*SUITE, "--pare-min-success-rate=0.7").code == pytest.ExitCode.TESTS_FAILED


def test_set(garden: Example) -> None:
    session = garden.run(*SUITE, "--pare-set", "runs=2", "--pare-set", "gate={min_success_rate: 0}")
    assert session.code == pytest.ExitCode.OK
    assert session.outcomes() == {"passed": 4, "failed": 2}


def test_flags_apply_to_every_suite(garden: Example) -> None:
    garden.suite("runs: 5", "b.pare.yaml")
    assert garden.run("pare.yaml", "b.pare.yaml", "--pare-runs=2").outcomes() == {"passed": 8, "failed": 4}


def test_flags_may_stand_in_the_projects_settings(garden: Example) -> None:
    garden.pytester.makeini("[pytest]\naddopts = --pare-runs 2\npare_config = pare.yaml")
    assert garden.run().outcomes() == {"passed": 4, "failed": 2}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--pare-runs=0"], "--pare-runs: runs: must be at least 1, got 0"),
        (["--pare-limit=0"], "--pare-limit: scenarios.limit: must be at least 1, got 0"),
        (
            ["--pare-min-success-rate=90"],
            "--pare-min-success-rate: gate.min_success_rate: must be a fraction from 0 to 1, got 90; "
            "write 0.9 for 90 %",
        ),
        (["--pare-min-success-rate=nan"], "--pare-min-success-rate: gate.min_success_rate: must be"),
        (
            ["--pare-set", "runs"],
            '--pare-set: must be KEY=VALUE, such as runner.max_scenario_duration=30, got "runs"',
        ),
        (["--pare-set", "rums=2"], "--pare-set: rums: unknown key; did you mean runs?"),
        (["--pare-set", "runs=two"], '--pare-set: runs: must be a whole number, got "two"'),
        (["--pare-set", "runs=[1"], "--pare-set: runs: broken YAML"),
        (["--pare-set", "=2"], '--pare-set: must be KEY=VALUE, such as runner.max_scenario_duration=30, got "=2"'),
        (
            ["--pare-set", "runner.agent_type=nul"],
            "--pare-set: runner.agent_type: must be observe-execute, null, eager, reckless, random, replay, spam, "
            'flaky, or module:name of an agent of your own, got "nul"',
        ),
    ],
)
def test_a_value_that_cannot_be(garden: Example, flags: list[str], message: str) -> None:
    session = garden.run(*SUITE, *flags)
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert session.err.startswith(f"ERROR: {message}")
    assert session.err.count("\n") == 1


def test_a_value_of_another_type(garden: Example) -> None:
    session = garden.run(*SUITE, "--pare-runs=two")
    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert "argument --pare-runs: invalid int value: 'two'" in session.err
