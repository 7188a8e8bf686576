import datetime
import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import hypothesis
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.scenarios.config import EnvEventsConfig, LLMEngineConfig, MultiScenarioRunnerConfig, NoiseConfig
from pytest_pare.scenarios.noise_config import SlowTool
from pytest_pare.settings import (
    Gate,
    Override,
    Problem,
    Reports,
    RunnerSettings,
    ScenarioSelection,
    SettingsError,
    Suite,
    SuiteSettings,
    load_suite,
)
from pytest_pare.settings.models import Cassettes
from pytest_pare.settings.paths import absolute_paths


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str | bytes, overrides: Sequence[Override] = ()) -> Suite:
    path = Path("pare.yaml").absolute()
    path.write_bytes(text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode())
    return load_suite(path, overrides)


def complaint(text: str | bytes, overrides: Sequence[Override] = ()) -> str:
    with pytest.raises(SettingsError) as caught:
        load(text, overrides)
    return str(caught.value)


FULL = """
    scenarios:
      paths: [lib, /abs]
      bundled: true
      split: smoke.txt
      include: ["mail_*"]
      exclude: ["*_slow"]
      limit: 7
      script_errors: warn
    runs: 3
    runner:
      oracle: true
      max_scenario_duration: 30
      timeout_seconds: 5
      max_turns: 20
      user_engine_config: {model_name: m, provider: p, endpoint: http://localhost}
      execute_model_alias: a
      env_events_config: {num_env_events_per_minute: 3}
    noise:
      data: noise.json
      tool_slow: {rate: 0.2, seconds: 5}
    matrix:
      long: {max_turns: 30}
    sweep:
      noise.event_late.rate: [0, 0.5]
    live: true
    cassettes: {dir: tapes, mode: once}
    gate:
      min_success_rate: 0.9
      robustness: 0.8
    reports:
      json: out/report.json
      parquet: out/runs.parquet
"""


def absolute(path: str) -> str:
    return str(Path.cwd() / path)


def test_every_section() -> None:
    assert load(FULL).settings == SuiteSettings(
        scenarios=ScenarioSelection(
            paths=[absolute("lib"), "/abs"],
            bundled=True,
            split=absolute("smoke.txt"),
            include=["mail_*"],
            exclude=["*_slow"],
            limit=7,
            script_errors="warn",
        ),
        runs=3,
        runner=RunnerSettings(
            oracle=True,
            max_scenario_duration=30,
            timeout_seconds=5,
            max_turns=20,
            user_engine_config=LLMEngineConfig(model_name="m", provider="p", endpoint="http://localhost"),
            execute_model_alias="a",
            env_events_config=EnvEventsConfig(num_env_events_per_minute=3),
        ),
        noise=NoiseConfig(data=absolute("noise.json"), tool_slow=SlowTool(rate=0.2, seconds=5)),
        matrix={"long": {"max_turns": 30}},
        sweep={"noise.event_late.rate": [0, 0.5]},
        live=True,
        cassettes=Cassettes(dir=absolute("tapes"), mode="once"),
        gate=Gate(min_success_rate=0.9, robustness=0.8),
        reports=Reports(json=absolute("out/report.json"), parquet=absolute("out/runs.parquet")),
    )


ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")
# Where a suite that says nothing differs from PARE's defaults.
OFFLINE = MultiScenarioRunnerConfig(
    user_engine_config=ORACLE,
    observe_engine_config=ORACLE,
    execute_engine_config=ORACLE,
    observe_max_iterations=5,
    execute_max_iterations=10,
    simulated_generation_time_mode="fixed",
    max_concurrent_scenarios=1,
    trace_dump_format="jsonl",
    log_to_file=False,
    enable_caching=False,
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "---\n",
        "scenarios:\nrunner:\nnoise:\nmatrix:\nsweep:\ncassettes:\ngate:\nreports:\n",
        b"\xef\xbb\xbf",
        "{}",
    ],
)
def test_nothing_is_all_defaults(text: str | bytes) -> None:
    settings = load(text).settings
    assert settings == SuiteSettings()
    assert settings.scenarios.model_dump() == {
        "paths": [],
        "bundled": False,
        "split": None,
        "include": [],
        "exclude": [],
        "tags": [],
        "limit": None,
        "script_errors": "fail",
        "strict": False,
    }
    assert settings.runs == 1
    assert settings.gate.min_success_rate is None
    assert settings.reports == Reports(json=None, parquet=None)
    assert settings.runner.model_dump() == OFFLINE.model_dump()
    assert settings.runner.get_config_hash() == OFFLINE.get_config_hash()
    assert settings.runner.mode == "reference"


def test_settings_are_frozen() -> None:
    settings = SuiteSettings()
    for section, name in ((settings, "runs"), (settings.gate, "min_success_rate"), (settings.runner, "max_turns")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(section, name, None)


NOT_LIVE = "which may cost money: set live: true in the suite, add --pare-live, or replay cassettes"
NOT_YET = "has no effect in this version of pytest-pare and can only be left at its default"
NO_EFFECT = "has no effect in a suite and can only be left at its default"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("runer: {}", "runer: unknown key; did you mean runner?"),
        ("max_turns: 3", "max_turns: unknown key; did you mean runner.max_turns?"),
        ("bogus: 3", "bogus: unknown key"),
        ('"a\\nb": 3', "a\\nb: unknown key"),
        ("runner: {max_turn: 3}", "runner.max_turn: unknown key; did you mean max_turns?"),
        ("scenarios: {path: x}", "scenarios.path: unknown key; did you mean paths?"),
        ("reports: {jsn: x}", "reports.jsn: unknown key; did you mean json?"),
        ("reports: {json_path: x}", "reports.json_path: unknown key; did you mean json?"),
        (
            "runner: {user_engine_config: {model_name: m, model: m}}",
            "runner.user_engine_config.model: unknown key; did you mean model_name?",
        ),
        ("runner: {user_engine_config: {provider: p}}", "runner.user_engine_config.model_name: is required"),
        ("runner: {user_engine_config: gpt-5}", 'runner.user_engine_config: must be a mapping, got "gpt-5"'),
        ('runner: {user_model_alias: ""}', "runner.user_model_alias: must not be empty"),
        ('runs: "3"', 'runs: must be a whole number, got "3"'),
        ("runs: true", "runs: must be a whole number, got true"),
        ("runs: 1.5", "runs: must be a whole number, got 1.5"),
        ("runs: 0", "runs: must be at least 1, got 0"),
        ("runs: [1]", "runs: must be a whole number, got a list"),
        ("scenarios: 3", "scenarios: must be a mapping, got 3"),
        ("scenarios: {bundled: 'yes'}", 'scenarios.bundled: must be true or false, got "yes"'),
        ("scenarios: {paths: lib}", 'scenarios.paths: must be a list, got "lib"'),
        ("scenarios: {paths: }", "scenarios.paths: must be a list, got nothing"),
        ("scenarios: {paths: [a, 3]}", "scenarios.paths[1]: must be text, got 3; put it in quotes"),
        ("scenarios: {paths: ['']}", 'scenarios.paths[0]: must be a path, got ""'),
        ('scenarios: {split: "a\\0b"}', 'scenarios.split: must be a path, got "a\\u0000b"'),
        ("scenarios: {split: {a: b}}", "scenarios.split: must be text, got a mapping"),
        ("scenarios: {include: ['']}", "scenarios.include[0]: must not be empty"),
        ("scenarios: {limit: 0}", "scenarios.limit: must be at least 1, got 0"),
        ("scenarios: {script_errors: no}", "scenarios.script_errors: must be 'fail' or 'warn', got \"no\""),
        (
            f"scenarios: {{script_errors: {'x' * 99}}}",
            f"scenarios.script_errors: must be 'fail' or 'warn', got \"{'x' * 56}...",
        ),
        (
            "gate: {min_success_rate: 90}",
            "gate.min_success_rate: must be a fraction from 0 to 1, got 90; write 0.9 for 90 %",
        ),
        (
            "gate: {min_success_rate: 99.5}",
            "gate.min_success_rate: must be a fraction from 0 to 1, got 99.5; write 0.995 for 99.5 %",
        ),
        ("gate: {min_success_rate: 101}", "gate.min_success_rate: must be at most 1, got 101"),
        ("gate: {min_success_rate: -0.1}", "gate.min_success_rate: must be at least 0, got -0.1"),
        ("gate: {min_success_rate: .nan}", "gate.min_success_rate: must be at most 1, got NaN"),
        ("gate: {min_success_rate: true}", "gate.min_success_rate: must be a number, got true"),
        ("gate: {min_success_rate: 90%}", 'gate.min_success_rate: must be a number, got "90%"'),
        ('runner: {oracle: "false"}', 'runner.oracle: must be true or false, got "false"'),
        (
            "runner: {agent_type: nul}",
            "runner.agent_type: must be observe-execute, null, eager, reckless, random, replay, spam, flaky, or "
            'module:name of an agent of your own, got "nul"',
        ),
        (
            "runner: {simulated_generation_time_mode: recorded}",
            "runner.simulated_generation_time_mode: there are no recordings without cassettes; add that section, or "
            "use fixed or measured",
        ),
        (
            "runner: {user_engine_config: {model_name: m, provider: p}}",
            f"runner.user_engine_config: calls a model (p, m), {NOT_LIVE}",
        ),
        (
            "runner: {execute_engine_config: {model_name: m}}",
            f"runner.execute_engine_config: calls a model (no provider, m), {NOT_LIVE}",
        ),
        (
            "runner: {user_engine_config: {model_name: m, provider: scripted, answers: 5}}",
            "runner.user_engine_config.answers: must be a list, a mapping or the path of a file, got 5",
        ),
        (
            'runner: {user_engine_config: {model_name: m, provider: scripted, answers: ""}}',
            'runner.user_engine_config.answers: must be a list, a mapping or the path of a file, got ""',
        ),
        (
            "runner: {writes_without_consent: ask}",
            "runner.writes_without_consent: must be 'carry_out' or 'refuse', got \"ask\"",
        ),
        ("runner: {max_tool_calls: 0}", "runner.max_tool_calls: must be at least 1, got 0"),
        ("runner: {generation_seconds: -1}", "runner.generation_seconds: must be at least 0, got -1"),
        ('runner: {output_dir: ""}', 'runner.output_dir: must be a path, got ""'),
        ("runner: {timeout_seconds: 0}", "runner.timeout_seconds: must be more than 0, got 0"),
        ("runner: {max_scenario_duration: -1}", "runner.max_scenario_duration: must be more than 0, got -1"),
        ("runner: {max_turns: -1}", "runner.max_turns: must be at least 0, got -1"),
        ("runner: {user_type: x}", f'runner.user_type: {NOT_YET} ("default")'),
        ("runner: {executor_type: process}", f'runner.executor_type: {NO_EFFECT} ("thread")'),
        ("runner: {max_concurrent_scenarios: 0}", "runner.max_concurrent_scenarios: must be at least 1, got 0"),
        (
            "runner: {judge_only: true}",
            "runner.judge_only: a judge that is not calibrated must not decide alone; set judge.calibration to a file "
            "of pytest-pare judge calibrate, or leave out this key",
        ),
        ("runner: {judge: {}}", "runner.judge: is a section of its own, beside runner"),
        (
            "runner: {tool_augmentation_config: {tool_failure_probability: 1.5}}",
            "runner.tool_augmentation_config.tool_failure_probability: must be at most 1, got 1.5",
        ),
        (
            "runner: {env_events_config: {num_env_events_per_minutes: 3}}",
            "runner.env_events_config.num_env_events_per_minutes: unknown key; did you mean num_env_events_per_minute?",
        ),
        ("noise: 3", "noise: must be a mapping, got 3"),
        ("noise: {schedule: pair}", "noise.schedule: must be 'default' or 'pare', got \"pair\""),
        ("noise: {tool_slo: {}}", "noise.tool_slo: unknown key; did you mean tool_slow?"),
        ("noise: {tool_slow: {seed: x}}", 'noise.tool_slow.seed: must be a whole number, got "x"'),
        ("noise: {user_busy: {turns: 0}}", "noise.user_busy.turns: must be at least 1, got 0"),
        (r'live: "a\x85b\u2028c"', r'live: must be true or false, got "a\u0085b\u2028c"'),
        ("live: maybe", 'live: must be true or false, got "maybe"'),
        ("cassettes: {mode: some}", "cassettes.mode: must be 'none', 'once', 'new' or 'all', got \"some\""),
        ("cassettes: {mod: x}", "cassettes.mod: unknown key; did you mean mode?"),
        ("gate: {robustness: 80}", "gate.robustness: must be a fraction from 0 to 1, got 80; write 0.8 for 80 %"),
        ("1: x", "keys must be text; put quotes around 1"),
        ("gate: {null: x}", "gate: keys must be text; put quotes around null"),
        ("gate: {yes: x}", "gate.yes: unknown key"),
        ("gate: {[a]: x}", "gate: keys must be text; this is a sequence"),
        ("gate: {x: &a [*a]}", "gate.x: unknown key"),
    ],
)
def test_one_problem(line: str, expected: str) -> None:
    assert complaint(f"# suite\n\n{line}\n") == f"pare.yaml:3: {expected}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: [1",
            "1: broken YAML in column 6: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'",
        ),
        (
            "a: [\n1\n",
            "3: broken YAML in column 1: while parsing a flow sequence (line 1), "
            "expected ',' or ']', but got '<stream end>'",
        ),
        (
            "a:\n\tb: 1",
            "2: broken YAML in column 1: while scanning for the next token, "
            "found character '\\t' that cannot start any token; indent with spaces, not tabs",
        ),
        ("runs: 1\na: b: c", "2: broken YAML in column 5: mapping values are not allowed here"),
        ("runs: 1\na: \x01", "2: broken YAML: special characters are not allowed"),
        ("runs: !!int x", "1: broken YAML in column 7: this is no int"),
        ("runs: !!int 010", "1: broken YAML in column 7: this is no int"),
        ("runs: !!float 1:30", "1: broken YAML in column 7: this is no float"),
        ("runs: !!bool x", "1: broken YAML in column 7: this is no bool"),
        ("runs: !!timestamp x", "1: broken YAML in column 7: this is no timestamp"),
        (
            "runs: !!python/name:os.system x",
            "1: broken YAML in column 7: "
            "could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:os.system'",
        ),
        ("a: *b", "1: broken YAML in column 4: found undefined alias 'b'"),
        (
            "runs: 1\n---\nruns: 2",
            "2: broken YAML in column 1: expected a single document in the stream (line 1), but found another document",
        ),
        ("[" * 500, "1: broken YAML: nested too deeply"),
        ("- a", "1: a suite must be a mapping of sections, got a list"),
        (b"\njust text", '2: a suite must be a mapping of sections, got "just text"'),
        ("runs: 1\nruns: 1", "2: runs: duplicate key, already set in line 1"),
        (b"runs: 1\ngate: \xff", "2: is not UTF-8 text"),
    ],
)
def test_broken_text(text: str | bytes, expected: str) -> None:
    assert complaint(text) == f"pare.yaml:{expected}"


def test_all_problems_in_the_order_of_lines() -> None:
    text = """
        runs: 0
        gate:
          min_success_rate: 2
          min_success_rate: 3
        scenarios:
          2: x
          include:
            - a
            - 5
        runner:
          oracle: true
          user_engine_config:
            model: m
          oracle: false
          oracle: true
    """
    assert complaint(text).splitlines() == [
        "pare.yaml:1: runs: must be at least 1, got 0",
        "pare.yaml:4: gate.min_success_rate: duplicate key, already set in line 3",
        "pare.yaml:4: gate.min_success_rate: must be a fraction from 0 to 1, got 3; write 0.03 for 3 %",
        "pare.yaml:6: scenarios: keys must be text; put quotes around 2",
        "pare.yaml:9: scenarios.include[1]: must be text, got 5; put it in quotes",
        "pare.yaml:12: runner.user_engine_config.model_name: is required",
        "pare.yaml:13: runner.user_engine_config.model: unknown key; did you mean model_name?",
        "pare.yaml:14: runner.oracle: duplicate key, already set in line 11",
        "pare.yaml:15: runner.oracle: duplicate key, already set in line 14",
    ]


@pytest.mark.parametrize(("key", "value"), [("oracle", True), ("agent_type", "null"), ("agent_type", "eager")])
def test_an_engine_that_takes_no_part_may_be_any(key: str, value: object) -> None:
    also = Override(f"runner.{key}", value, "-x")
    runner = load("runner: {observe_engine_config: {model_name: m}}", [also]).settings.runner
    assert runner.observe_engine_config.provider is None


def test_anchors_and_merges() -> None:
    suite = load("""
        runner:
          oracle: true
          user_engine_config: &engine
            model_name: m
            provider: p
          observe_engine_config: *engine
          execute_engine_config:
            <<: *engine
            provider: q
    """)
    assert suite.settings.runner.observe_engine_config == LLMEngineConfig(model_name="m", provider="p")
    assert suite.settings.runner.execute_engine_config == LLMEngineConfig(model_name="m", provider="q")


def test_problems_in_what_is_merged() -> None:
    text = """
        runner:
          user_engine_config: &engine
            model_name: 3
          execute_engine_config:
            <<: [*engine, {provider: p, provider: q}]
            provider: 4
    """
    assert complaint(text).splitlines() == [
        "pare.yaml:3: runner.user_engine_config.model_name: must be text, got 3; put it in quotes",
        "pare.yaml:3: runner.execute_engine_config.model_name: must be text, got 3; put it in quotes",
        "pare.yaml:5: runner.execute_engine_config[1].provider: duplicate key, already set in line 5",
        "pare.yaml:6: runner.execute_engine_config.provider: must be text, got 4; put it in quotes",
    ]


def test_an_override_does_not_reach_what_an_anchor_shares() -> None:
    text = """
        runner:
          user_engine_config: &engine {model_name: m, provider: oracle}
          observe_engine_config: *engine
    """
    runner = load(text, [Override("runner.observe_engine_config.model_name", "n", "-o")]).settings.runner
    assert (runner.user_engine_config.model_name, runner.observe_engine_config.model_name) == ("m", "n")


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path, expected in (
        (tmp_path / "no.yaml", "no.yaml: cannot be read: No such file or directory"),
        (tmp_path, ".: cannot be read: Is a directory"),
        (Path("/no/pare.yaml"), "/no/pare.yaml: cannot be read: No such file or directory"),
        (Path("no.yaml"), "no.yaml: cannot be read: No such file or directory"),
    ):
        with pytest.raises(SettingsError) as caught:
            load_suite(path)
        assert str(caught.value) == expected


def test_error_survives_pickling() -> None:
    with pytest.raises(SettingsError) as caught:
        load("runs: 0\nrunner: 3\n")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (
        str(copy)
        == str(caught.value)
        == ("pare.yaml:1: runs: must be at least 1, got 0\npare.yaml:2: runner: must be a mapping, got 3")
    )


def text(**kwargs: int) -> st.SearchStrategy[str]:
    # What looks like a reference is refused.
    signs = st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="$~{")
    return st.text(signs, **kwargs)


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


ENGINE = st.fixed_dictionaries(
    {"model_name": text(min_size=1), "provider": st.just("oracle")}, optional={"endpoint": optional(text(min_size=1))}
)
OF_STAGE = re.compile(r"observe_|execute_(?!max_turns)").match
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "scenarios": st.fixed_dictionaries(
            {},
            optional={
                "paths": st.lists(text(min_size=1)),
                "bundled": st.booleans(),
                "split": optional(text(min_size=1)),
                "include": st.lists(text(min_size=1)),
                "limit": optional(st.integers(min_value=1)),
                "script_errors": st.sampled_from(["fail", "warn"]),
            },
        ),
        "runs": st.integers(min_value=1),
        "runner": st.fixed_dictionaries(
            {},
            optional={
                "oracle": st.booleans(),
                "agent_type": st.sampled_from(["observe-execute", "null", "my_agent:make"]),
                "max_turns": optional(st.integers(min_value=0)),
                "skip_idle_time": st.booleans(),
                "generation_seconds": st.floats(0, 100, exclude_min=True),
                "output_dir": optional(text(min_size=1)),
                "max_scenario_duration": st.integers(min_value=1),
                "timeout_seconds": optional(st.integers(min_value=1)),
                "user_engine_config": ENGINE,
                "execute_engine_config": ENGINE,
                "observe_model_alias": text(min_size=1),
            },
        ),
        "noise": st.fixed_dictionaries(
            {},
            optional={
                "data": optional(text(min_size=1)),
                "tool_failure_probability": optional(st.floats(0, 1)),
                "user_busy": st.fixed_dictionaries({"rate": st.floats(0, 1)}, optional={"turns": st.integers(1)}),
            },
        ),
        "matrix": st.dictionaries(st.from_regex(r"\A[a-z]+\Z"), st.sampled_from([{}, {"max_turns": 3}]), max_size=2),
        "gate": st.fixed_dictionaries({}, optional={"min_success_rate": optional(st.floats(0, 1))}),
        "reports": st.fixed_dictionaries(
            {}, optional={"json": text(min_size=1), "parquet": optional(text(min_size=1))}
        ),
    },
)


@hypothesis.settings(deadline=None)  # A busy machine is no failure.
@given(SETTINGS)
def test_valid_settings_survive_yaml(data: dict[str, Any]) -> None:
    settings = SuiteSettings.model_validate(data)
    without = set() if settings.runner.is_built_in else {key for key in RunnerSettings.model_fields if OF_STAGE(key)}
    if without:
        data = {**data, "runner": {key: value for key, value in data["runner"].items() if key not in without}}
        settings = SuiteSettings.model_validate(data)
    read = load(yaml.safe_dump(data, allow_unicode=True).encode()).settings
    absolute = absolute_paths(settings, Path.cwd())
    assert read == absolute
    assert read.model_dump(by_alias=True, exclude_unset=True) == absolute_paths(data, Path.cwd())
    # A relative path that is a default stays relative until it is written.
    dumped = settings.model_dump(by_alias=True, exclude={"runner": {"noise", "judge", "logs_dir", *without}})
    again = load(yaml.safe_dump(dumped).encode()).settings
    assert again.model_dump() == absolute.model_dump()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["runner", "gate", "oracle", "paths", "model_name", "user_engine_config"]), inner
        )
    ),
    max_leaves=12,
)


@hypothesis.settings(deadline=None)  # A busy machine is no failure.
@given(
    st.dictionaries(
        st.sampled_from(["scenarios", "runs", "runner", "noise", "matrix", "sweep", "gate", "reports", "x"]),
        ANYTHING,
        min_size=1,
    )
)
def test_whatever_is_wrong_has_one_line_with_a_place(data: dict[str, Any]) -> None:
    dumped = yaml.safe_dump(data)
    problems: list[Problem] = []
    complaints = ""
    try:
        load(dumped.encode())
    except SettingsError as error:
        problems, complaints = error.problems, str(error)
    for problem, line in zip(problems, complaints.splitlines(), strict=True):
        assert line == f"pare.yaml:{problem.line}: {problem.key}: {problem.message}"
        assert problem.line in range(1, dumped.count("\n") + 1)


@hypothesis.settings(deadline=None)  # A busy machine is no failure.
@given(st.binary() | st.text("[]{}:,-&*!<> \n\t'\"#?%|ab1.", max_size=40).map(str.encode))
def test_no_text_ends_in_a_traceback(content: bytes) -> None:
    complaints = ""
    try:
        load(content)
    except SettingsError as error:
        complaints = str(error)
    assert all(line.startswith("pare.yaml:") for line in complaints.splitlines())


def test_json_schema() -> None:
    schema = SuiteSettings.model_json_schema()
    sections = {"scenarios", "runs", "runner", "noise", "matrix", "sweep", "live", "cassettes", "gate", "reports"}
    assert set(schema["properties"]) == sections | {"agent_version", "judge", "ledger"}
    assert not {"noise", "judge"} & schema["$defs"]["RunnerSettings"]["properties"].keys()
    assert set(schema["$defs"]["Reports"]["properties"]) == {
        "formats", "github", "html", "json", "known_agents", "markdown", "parquet",
    }  # fmt: skip
    assert schema["$defs"]["RunnerSettings"]["properties"]["oracle"]["default"] is False
    assert schema["$defs"]["RunnerSettings"]["additionalProperties"] is False
    json.dumps(schema)


def test_start_is_free_of_are_polars_and_pytest() -> None:
    code = (
        "import sys, pytest_pare.settings\nprint([name for name in ('are', 'polars', 'pytest') if name in sys.modules])"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_dates_are_shown_as_text() -> None:
    expected = '-o: runs: must be a whole number, got "2024-01-31"'
    assert complaint("", [Override("runs", datetime.date(2024, 1, 31), "-o")]) == expected


@pytest.mark.parametrize("sweep", ["", "sweep: {}"])
def test_a_gate_on_robustness_needs_a_sweep(sweep: str) -> None:
    assert complaint(f"gate: {{robustness: 0.9}}\n{sweep}").endswith(
        "gate.robustness: there is no robustness curve without a sweep of two levels at least; add that section, or "
        "leave out this key"
    )


@pytest.mark.parametrize("levels", ["[]", "[0.1]"])
def test_a_gate_on_robustness_needs_two_levels_and_the_sweep_is_to_blame(levels: str) -> None:
    assert complaint(f"gate: {{robustness: 0.9}}\nsweep: {{noise.tool_slow.rate: {levels}}}") == (
        "pare.yaml:2: sweep.noise.tool_slow.rate: must have at least two levels"
    )


def test_a_gate_on_robustness_is_taken_with_two_levels() -> None:
    assert load("gate: {robustness: 0.9}\nsweep: {noise.tool_slow.rate: [0, 0.1]}").settings.gate.robustness == 0.9


NO_STAGE = "has no effect: agent_type a:b has no {stage} stage; leave it out"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "runner:\n  agent_type: a:b\n  observe_engine_config: {model_name: oracle, provider: oracle}\n"
            "  execute_max_iterations: 3\n  execute_model_alias: mine\n",
            [
                f"pare.yaml:3: runner.observe_engine_config: {NO_STAGE.format(stage='observe')}",
                f"pare.yaml:4: runner.execute_max_iterations: {NO_STAGE.format(stage='execute')}",
                f"pare.yaml:5: runner.execute_model_alias: {NO_STAGE.format(stage='execute')}",
            ],
        ),
        (
            "runner: {observe_max_iterations: 3}\nmatrix:\n  x: {agent_type: 'a:b'}\n  y: {agent_type: eager}\n",
            [f"pare.yaml:1: runner.observe_max_iterations: {NO_STAGE.format(stage='observe')}"],
        ),
        (
            "matrix:\n  x: {}\n  y: {agent_type: 'a:b', observe_max_iterations: 3}\n",
            [f"pare.yaml:3: matrix.y.observe_max_iterations: {NO_STAGE.format(stage='observe')}"],
        ),
    ],
)
def test_what_is_set_for_stages_that_no_agent_has_is_refused(text: str, expected: list[str]) -> None:
    assert complaint(text).splitlines() == expected


def test_what_is_set_over_the_file_for_stages_that_no_agent_has_is_refused() -> None:
    override = Override("runner.observe_engine_config", {"model_name": "oracle", "provider": "oracle"}, "-o")
    expected = f"-o: runner.observe_engine_config: {NO_STAGE.format(stage='observe')}"
    assert complaint("runner: {agent_type: 'a:b'}", [override]) == expected
    assert complaint("runner: {}", [Override("runner.agent_type", "a:b", "-a"), override]) == expected


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        ("runner: {agent_type: 'a:b', execute_max_turns: 3, user_max_iterations: 2}", []),
        ("runner: {observe_max_iterations: 3}\nmatrix: {x: {}, y: {agent_type: 'a:b'}}", []),
        ("runner: {agent_type: 'a:b'}\nmatrix: {x: {agent_type: observe-execute, observe_max_iterations: 3}}", []),
        # The file is right by itself; another agent for a session must not need another file.
        ("runner: {observe_max_iterations: 3}", [Override("runner.agent_type", "null", "-a")]),
        ("matrix: {x: {observe_max_iterations: 3}}", [Override("runner.agent_type", "null", "-a")]),
    ],
)
def test_what_is_set_for_stages_that_an_agent_has_is_not(text: str, overrides: list[Override]) -> None:
    assert load(text, overrides).variants
