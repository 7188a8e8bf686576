from pathlib import Path

import pytest

from pytest_pare.settings import Override, SettingsError, Suite, SuiteSettings, load_suite, parse_assignment


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


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("runs=", "runs: must be a whole number, got nothing"),
        ("runs= # none", "runs: must be a whole number, got nothing"),
        ("runs=null", "runs: must be a whole number, got nothing"),
        ("live=", "live: must be true or false, got nothing"),
        ("runner.agent_type=", "runner.agent_type: must be text, got nothing"),
        ("runner.max_scenario_duration=", "runner.max_scenario_duration: must be a whole number, got nothing"),
        ("runner={agent_type: , oracle: }", "runner.agent_type: must be text, got nothing"),
        ("runner={oracle: }", "runner.oracle: must be true or false, got nothing"),
        ("matrix={a: {agent_type: }}", "matrix.a.agent_type: must be text, got nothing"),
        ("matrix={a: {export: }}", "matrix.a.export: must be true or false, got nothing"),
        ("sweep={runner.max_turns: [1, ~]}", "sweep.runner.max_turns[1]: must be a number, got nothing"),
        ("scenarios.paths=", "scenarios.paths: must be a list, got nothing"),
        ("scenarios.paths=[a, ~]", "scenarios.paths[1]: must be text, got nothing"),
        ("runner.user_engine_config.model_name=", "runner.user_engine_config.model_name: must be text, got nothing"),
    ],
)
def test_a_value_that_is_left_empty_is_refused(tmp_path: Path, assignment: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, "runs: 5", parse_assignment(assignment, "-o"))
    assert str(caught.value) == f"-o: {expected}"


@pytest.mark.parametrize("assignment", ["gate=", "runner=", "sweep=", "reports.json=", "gate.min_success_rate=null"])
def test_a_section_and_a_key_that_may_be_null_may_be_left_empty(tmp_path: Path, assignment: str) -> None:
    assert load(tmp_path, "", parse_assignment(assignment, "-o")).settings.model_dump() == SuiteSettings().model_dump()


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("runs=010", 'runs: must be a whole number, got "010"; write 10: a leading zero means octal in YAML 1.1'),
        ("runs=1e1", 'runs: must be a whole number, got "1e1"; write 10: YAML 1.1 reads it as text'),
        ("runs=2025-01-08", 'runs: must be a whole number, got "2025-01-08"'),
        ("runs==", 'runs: must be a whole number, got "="'),
        ("runs=yes", 'runs: must be a whole number, got "yes"'),
        (
            "runner.user_engine_config={model_name: m, provider: oracle, price: {input: 01.5, output: 1}}",
            'runner.user_engine_config.price.input: must be a number, got "01.5"; write 1.5: '
            "a number has no underscores and no leading zeros here",
        ),
        (
            "runner.env_events_config={weight_per_app_class: {StatefulEmailApp: 0o1}}",
            'runner.env_events_config.weight_per_app_class.StatefulEmailApp: must be a number, got "0o1"; write 1: '
            "numbers are decimal here",
        ),
        (
            "matrix={a: {timeout_seconds: -1:30, noise: {tool_slow: {seconds: +1_0.5}}}}",
            'matrix.a.timeout_seconds: must be a whole number, got "-1:30"; write -90: '
            "colons mean base 60 in YAML 1.1\n"
            '-o: matrix.a.noise.tool_slow.seconds: must be a number, got "+1_0.5"; write 10.5: '
            "a number has no underscores and no leading zeros here",
        ),
        (
            "sweep={runner.max_turns: [1, 08]}",
            'sweep.runner.max_turns[1]: must be a number, got "08"; write 8: a leading zero means octal in YAML 1.1',
        ),
    ],
)
def test_a_number_that_versions_of_yaml_read_differently(tmp_path: Path, assignment: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, "", parse_assignment(assignment, "-o"))
    assert str(caught.value) == f"-o: {expected}"


@pytest.mark.parametrize(
    "value",
    [
        *("No", "yes", "on", "y", "NO", "10:30", "12:30:45", "0123", "08", "1_000", "1e3", "1.e3", "1.5e3", "0o10"),
        *("0x10", "0b11", "01.5", "2025-01-08", "2025-01-08 09:00:00", "2025-99-99", "="),
    ],
)
def test_where_text_is_wanted_it_is_text(tmp_path: Path, value: str) -> None:
    suite = load(
        tmp_path,
        f"scenarios: {{include: [{value}]}}\nrunner: {{user_model_alias: {value}}}\n"
        f"matrix: {{a: {{user_engine_config: {{model_name: {value}, provider: scripted, answers: [{value}]}}}}}}",
        parse_assignment(f"reports.json={value}", "-o"),
    )
    settings = suite.variants[0].settings
    assert settings.scenarios.include == [value]
    assert settings.runner.user_model_alias == value
    assert settings.runner.user_engine_config.model_name == value
    assert settings.runner.user_engine_config.answers == [value]
    assert settings.reports.json_path == str(tmp_path / value)


@pytest.mark.parametrize("word", ["yes", "On", "TRUE"])
def test_where_a_flag_is_wanted_yes_is_true(tmp_path: Path, word: str) -> None:
    suite = load(
        tmp_path,
        f"runner: {{export: {word}}}\n"
        f"matrix: {{a: {{oracle: {word}, noise: {{tool_timeout: {{carried_out: {word}}}}}}}}}",
        parse_assignment(f"live={word}", "-o"),
        parse_assignment(f"scenarios={{bundled: {word}}}", "-o"),
    )
    (variant,) = suite.variants
    runner = variant.settings.runner
    assert runner.oracle is runner.export is variant.settings.noise.tool_timeout.carried_out is True
    assert variant.settings.live is variant.settings.scenarios.bundled is True


@pytest.mark.parametrize("reference", ["${CI_REPORTS}", "$OUT", "{{ name }}", "$(pwd)", "{% x %}"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("scenarios: {paths: [a, '%s/b']}", "scenarios.paths[1]"),
        ("scenarios: {split: '%s'}", "scenarios.split"),
        ("reports: {json: 'x/%s.json'}", "reports.json"),
        ("reports: {parquet: '%s'}", "reports.parquet"),
        ("cassettes: {dir: '%s'}", "cassettes.dir"),
        ("noise: {data: 'a%s'}", "noise.data"),
        ("runner: {output_dir: '%s'}", "runner.output_dir"),
        ("runner: {agent_type: '%s:make'}", "runner.agent_type"),
        ("runner: {user_model_alias: '%s'}", "runner.user_model_alias"),
        ("runner: {user_engine_config: {model_name: 'm-%s'}}", "runner.user_engine_config.model_name"),
        ("runner: {user_engine_config: {model_name: m, provider: '%s'}}", "runner.user_engine_config.provider"),
        ("runner: {user_engine_config: {model_name: m, endpoint: 'http://%s'}}", "runner.user_engine_config.endpoint"),
        ("runner: {user_engine_config: {model_name: m, answers: '%s.yaml'}}", "runner.user_engine_config.answers"),
        ("matrix: {a: {output_dir: '%s'}}", "matrix.a.output_dir"),
        ("matrix: {a: {user_engine_config: {model_name: '%s'}}}", "matrix.a.user_engine_config.model_name"),
    ],
)
def test_a_reference_is_not_replaced_and_so_refused(tmp_path: Path, text: str, place: str, reference: str) -> None:
    assert complaint(tmp_path, "\n" + text % reference) == [
        f"pare.yaml:2: {place}: has the reference {reference}, which is not replaced; write its value, or leave the "
        "key out and add --pare-set KEY=VALUE"
    ]


@pytest.mark.parametrize("path", ["~/out.json", "~me/out.json"])
def test_a_home_directory_is_not_replaced(tmp_path: Path, path: str) -> None:
    message = "which is not replaced; write its value, or leave the key out and add --pare-set KEY=VALUE"
    assert complaint(tmp_path, f"reports: {{json: {path}}}") == [
        f"pare.yaml:1: reports.json: has the reference {path.partition('/')[0]}, {message}"
    ]
    override = Override("reports.json", "~/out.json", "-o", tmp_path)
    assert complaint(tmp_path, "", override) == [f"-o: reports.json: has the reference ~, {message}"]


@pytest.mark.parametrize(
    "text",
    [
        "runner: {user_engine_config: {model_name: m, provider: scripted, answers: ['costs $5, $X and {{ y }}']}}",
        "scenarios: {paths: ['100$', 'a~b', 'x~/y', '{a}', 'US$ 5']}",
        "runner: {user_engine_config: {model_name: m, provider: oracle, endpoint: 'http://h/~me/v1'}}",
    ],
)
def test_what_is_no_reference_is_left_alone(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).variants


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
        "--pare-agents: runner.agent_type: must be observe-execute, null, eager, reckless, random, replay, spam, "
        'flaky, or module:name of an agent of your own, got "nul"',
        "--endpoint: runner.observe_engine_config.model_name: is required",
        "--judge: runner.judge_engine_config.model_name: is required",
    ]


@pytest.mark.parametrize("content", ["runs: 2\nledger: false", "runs: {min: 2, max: 4}\nledger: {keep: 3}", ""])
def test_a_key_of_a_mapping_replaces_what_stands_in_the_place_of_the_mapping(tmp_path: Path, content: str) -> None:
    most, keep = Override("runs.max", 6, "--pare-set"), Override("ledger.keep", 7, "--pare-set")
    suite = load(tmp_path, content, most, keep, Override("gate.baseline", "b.json", "--pare-set"))
    assert suite.settings.most_runs == 6
    assert suite.settings.ledger is not None
    assert suite.settings.ledger.keep == 7


def test_a_version_of_the_agent_is_no_space(tmp_path: Path) -> None:
    assert complaint(tmp_path, "", Override("agent_version", " ", "-s")) == ["-s: agent_version: must not be empty"]
    assert complaint(tmp_path, "agent_version: 1.4") == [
        "pare.yaml:1: agent_version: must be text, got 1.4; put it in quotes"
    ]
    assert load(tmp_path, "", Override("agent_version", "v1 ", "-s")).settings.agent_version == "v1"


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
    assert suite.reports.get("json") == tmp_path / "r.json"
    assert suite.reports.get("parquet") == tmp_path / "r.parquet"


def test_values_that_are_no_paths_are_left_to_validation(tmp_path: Path) -> None:
    assert complaint(tmp_path, "", Override("scenarios.paths", ["a", 3], "-s", tmp_path)) == [
        "-s: scenarios.paths[1]: must be text, got 3; put it in quotes"
    ]
