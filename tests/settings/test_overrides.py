from pathlib import Path

import pytest

from pytest_pare.settings import Override, SettingsError, Suite, load_suite, parse_assignment


def load(tmp_path: Path, text: str, *overrides: Override) -> Suite:
    path = tmp_path / "pare.yaml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path, overrides)


def complaint(tmp_path: Path, text: str, *overrides: Override) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text, *overrides)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


def test_overrides_win_over_the_file_and_later_ones_over_earlier_ones(tmp_path: Path) -> None:
    overrides = (
        Override("runs", 2, "--pare-runs"),
        Override("gate.min_success_rate", 0.5, "--pare-min-success-rate"),
        Override("runs", 3, "--pare-set"),
        Override("runner.timeout_seconds", 9, "--pare-set"),
    )
    suite = load(tmp_path, "runs: 1\nrunner: {max_scenario_duration: 30}\ngate:\n", *overrides)
    assert suite.settings.runs == 3
    assert suite.settings.gate.min_success_rate == 0.5
    assert (suite.settings.runner.max_scenario_duration, suite.settings.runner.timeout_seconds) == (30, 9)
    assert suite.overrides == overrides


def test_an_override_of_a_section_replaces_it(tmp_path: Path) -> None:
    suite = load(tmp_path, "runner: {timeout_seconds: 3}", Override("runner", {"max_scenario_duration": 5}, "-o"))
    assert suite.settings.runner.model_dump(exclude_unset=True) == {"max_scenario_duration": 5}


def test_an_override_of_nothing_is_the_default(tmp_path: Path) -> None:
    assert load(tmp_path, "runs: 5", parse_assignment("runs=", "-o")).settings.runs == 1


def test_a_wrong_override_is_named_instead_of_the_file(tmp_path: Path) -> None:
    assert complaint(
        tmp_path,
        "gate: 3\nruns: 4\nrunner: {user_engine_config: {provider: p}}\n",
        Override("runs", -1, "-first"),
        Override("runs", 0, "--pare-runs"),
        Override("runner.agent_type", "nul", "--pare-agents"),
        Override("runner.judge_engine_config.provider", "p", "--judge"),
        Override("runner.observe_engine_config.endpoint", "e", "--endpoint"),
        Override("scenarios", {"includes": ["a", 1]}, "-s"),
        Override("gate.min_success_rate", 0.5, "--gate"),
    ) == [
        "pare.yaml:1: gate: must be a mapping, got 3",
        "pare.yaml:3: runner.user_engine_config.model_name: is required",
        "-s: scenarios.includes: unknown key; did you mean include?",
        "--pare-runs: runs: must be at least 1, got 0",
        "--pare-agents: runner.agent_type: must be observe-execute, null, eager, reckless, random, "
        'or module:name of an agent of your own, got "nul"',
        "--endpoint: runner.observe_engine_config.model_name: is required",
        "--judge: runner.judge_engine_config: has no effect in this version of pytest-pare "
        "and can only be left at its default (null)",
    ]


def test_what_is_overridden_is_not_checked(tmp_path: Path) -> None:
    assert load(tmp_path, "runs: nonsense", Override("runs", 2, "-o")).settings.runs == 2


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("runer.oracle", "runer: unknown key; did you mean runner?"),
        ("runner.max_turn", "runner.max_turn: unknown key; did you mean max_turns?"),
        ("max_turns", "max_turns: unknown key; did you mean runner.max_turns?"),
        ("runs.x", "runs.x: unknown key"),
        ("runner.", "runner.: unknown key"),
        ("scenarios.paths.0", "scenarios.paths.0: unknown key"),
    ],
)
def test_key_that_does_not_exist(key: str, expected: str) -> None:
    with pytest.raises(SettingsError) as made:
        Override(key, 1, "--pare-x")
    assert str(made.value) == f"--pare-x: {expected}"
    with pytest.raises(SettingsError) as parsed:
        parse_assignment(f"{key}=1: 2: 3", "--pare-set")
    assert str(parsed.value) == f"--pare-set: {expected}"


@pytest.mark.parametrize(
    ("assignment", "key", "value"),
    [
        ("runner.max_scenario_duration=30", "runner.max_scenario_duration", 30),
        (" runner.oracle = true ", "runner.oracle", True),
        ("runner.user_model_alias=a=b", "runner.user_model_alias", "a=b"),
        ("runs='3'", "runs", "3"),
        ("scenarios.include=[a, b*]", "scenarios.include", ["a", "b*"]),
        ("gate={min_success_rate: 0.5}", "gate", {"min_success_rate": 0.5}),
        ("gate=", "gate", None),
    ],
)
def test_assignment(assignment: str, key: str, value: object) -> None:
    assert parse_assignment(assignment, "--pare-set") == Override(key, value, "--pare-set")
    assert parse_assignment(assignment, "-o", Path("/base")) == Override(key, value, "-o", Path("/base"))


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("runs", 'must be KEY=VALUE, such as runner.max_scenario_duration=30, got "runs"'),
        ("", 'must be KEY=VALUE, such as runner.max_scenario_duration=30, got ""'),
        ("=3", 'must be KEY=VALUE, such as runner.max_scenario_duration=30, got "=3"'),
        ("runs=a: b: c", "runs: broken YAML in column 5: mapping values are not allowed here"),
        ("runner={oracle: true, oracle: true}", "runner.oracle: duplicate key, already set in line 1"),
        ("runner={1: 2}", "runner: keys must be text; put quotes around 1"),
    ],
)
def test_what_is_no_assignment(assignment: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_assignment(assignment, "--pare-set")
    assert str(caught.value) == f"--pare-set: {expected}"


def test_paths_of_an_override_are_relative_to_its_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base = tmp_path / "base"
    (base / "lib").mkdir(parents=True)
    (base / "ids.txt").write_text("a", encoding="utf-8")
    suite = load(
        tmp_path,
        "reports: {json: r.json}",
        Override("scenarios", {"paths": ["lib", str(base)], "split": "ids.txt", "include": ["a"]}, "-s", Path("base")),
        Override("reports.parquet", "../r.parquet", "-r", base),
    )
    assert suite.library_dirs() == [base / "lib", base]
    assert suite.split_ids() == ["a"]
    assert suite.settings.scenarios.include == ["a"]
    assert suite.json_report == tmp_path / "r.json"
    assert suite.parquet_report == tmp_path / "r.parquet"


def test_values_that_are_no_paths_are_left_to_validation(tmp_path: Path) -> None:
    assert complaint(tmp_path, "", Override("scenarios.paths", ["a", 3], "-s", tmp_path)) == [
        "-s: scenarios.paths[1]: must be text, got 3"
    ]
