"""What a matrix and a sweep make of a suite, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import hypothesis
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.scenarios.config import EnvEventsConfig, NoiseConfig
from pytest_pare.settings import (
    Override,
    SettingsError,
    Suite,
    SuiteSettings,
    Variant,
    load_suite,
    parse_assignment,
    parse_sweep,
)
from pytest_pare.settings.variants import RUN_NUMBER, VariantsError, variants_of


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str, *overrides: Override) -> Suite:
    path = Path("pare.yaml").absolute()
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return load_suite(path, overrides)


def complaint(text: str, *overrides: Override) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(text, *overrides)
    return str(caught.value).splitlines()


def names(suite: Suite) -> list[str]:
    return [variant.name for variant in suite.variants]


# -- the matrix


@pytest.mark.parametrize("text", ["", "matrix:\nsweep:\n", "{matrix: {}, sweep: {}}"])
def test_a_suite_that_names_no_variant_is_one_without_a_name(text: str) -> None:
    suite = load(text)
    assert suite.variants == (Variant("", suite.settings, None),)
    assert suite.variants[0].settings is suite.settings


def test_a_cell_is_laid_over_the_runner_and_the_noise() -> None:
    suite = load("""
        runs: 2
        runner:
          max_turns: 7
          env_events_config: {num_env_events_per_minute: 2, env_events_seed: 5}
          user_engine_config: {model_name: m, provider: oracle}
        noise:
          tool_slow: {rate: 0.2, seed: 4}
        gate: {min_success_rate: 0.5}
        matrix:
          quiet: {env_events_config: null}
          noisy:
            env_events_config: {num_env_events_per_minute: 6}
            noise: {tool_slow: {rate: 0.3}, tool_failure_probability: 0.1}
          other: {max_turns: 3, user_engine_config: {model_name: n}}
          same:
    """)
    assert names(suite) == ["quiet", "noisy", "other", "same"]
    quiet, noisy, other, same = (variant.settings for variant in suite.variants)
    assert quiet.runner.env_events_config is None
    assert noisy.runner.env_events_config == EnvEventsConfig(num_env_events_per_minute=6, env_events_seed=5)
    assert noisy.noise == NoiseConfig.model_validate(
        {"tool_slow": {"rate": 0.3, "seed": 4}, "tool_failure_probability": 0.1}
    )
    assert noisy.runner.max_turns == 7
    assert (other.runner.max_turns, other.runner.user_engine_config.provider) == (3, "oracle")
    assert other.runner.user_model_alias == "n"
    without = suite.settings.model_dump(exclude={"matrix"})
    assert [one.model_dump(exclude={"matrix"}) == without for one in (quiet, noisy, other, same)] == [
        False, False, False, True,
    ]  # fmt: skip
    assert all((one.runs, one.gate, one.matrix, one.sweep) == (2, suite.settings.gate, {}, {}) for one in (quiet, same))
    assert {variant.level for variant in suite.variants} == {None}


ENGINE = """
    runner:
      observe_engine_config:
        model_name: small
        endpoint: http://here/v1
        temperature: 0.5
        seed: 7
        max_tokens: 100
        timeout_seconds: 9.0
        retries: 1
        price: {input: 1, output: 4}
      observe_model_alias: ours
    live: true
"""
ASKED = {"temperature": 0.5, "seed": 7, "max_tokens": 100, "timeout_seconds": 9.0, "retries": 1}
HERE = "http://here/v1"
PRICE = {"input": 1.0, "output": 4.0}


@pytest.mark.parametrize(
    ("changes", "price", "endpoint", "alias"),
    [
        ("{model_name: large}", None, HERE, "large"),
        ("{model_name: large, price: {input: 2, output: 3}}", {"input": 2.0, "output": 3.0}, HERE, "large"),
        ("{model_name: large, price: {input: 1, output: 4}}", PRICE, HERE, "large"),
        ("{provider: openai}", None, HERE, "ours"),
        ("{provider: hosted_vllm, model_name: large}", None, HERE, "large"),
        ("{provider: anthropic, model_name: large}", None, None, "large"),
        ("{provider: anthropic, endpoint: 'http://there/v1'}", None, "http://there/v1", "ours"),
        ("{provider: anthropic, price: {input: 1, output: 4}}", PRICE, None, "ours"),
        ("{model_name: small, seed: 7}", PRICE, HERE, "ours"),
        ("{endpoint: 'http://there/v1'}", PRICE, "http://there/v1", "ours"),
        ("{temperature: 0.5}", PRICE, HERE, "ours"),
    ],
)  # fmt: skip
def test_another_model_has_no_price_of_the_first_one(
    changes: str, price: dict[str, float] | None, endpoint: str | None, alias: str
) -> None:
    by_cell = load(f"{ENGINE}\n    matrix: {{other: {{observe_engine_config: {changes}}}}}").variants[0].settings
    assignments = [f"runner.observe_engine_config.{key}={value}" for key, value in yaml.safe_load(changes).items()]
    by_flag = load(ENGINE, *(parse_assignment(one, "--pare-set") for one in assignments)).settings
    by_flag_first = load(ENGINE, *(parse_assignment(one, "--pare-set") for one in reversed(assignments))).settings
    for settings in (by_cell, by_flag, by_flag_first):
        engine = settings.runner.observe_engine_config.model_dump()
        assert (engine["price"], engine["endpoint"], settings.runner.observe_model_alias) == (price, endpoint, alias)
        assert {key: engine[key] for key in ASKED} == ASKED


def test_a_cell_takes_over_the_price_of_a_model_that_the_command_line_names() -> None:
    matrix = "\n    matrix: {same: {}, other: {observe_engine_config: {model_name: huge}}}"
    named = [
        parse_assignment("runner.observe_engine_config.price={input: 5, output: 6}", "--pare-set"),
        parse_assignment("runner.observe_engine_config.model_name=large", "--pare-set"),
    ]
    prices = [one.settings.runner.observe_engine_config.price for one in load(ENGINE + matrix, *named).variants]
    assert [price and price.input for price in prices] == [5.0, None]
    without = [one.settings.runner.observe_engine_config.price for one in load(ENGINE + matrix, named[1]).variants]
    assert without == [None, None]


def test_half_a_price_is_not_made_whole_by_that_of_another_model() -> None:
    halves = [
        parse_assignment("runner.observe_engine_config.price.input=5", "--pare-set"),
        parse_assignment("runner.observe_engine_config.model_name=large", "--pare-set"),
    ]
    assert load(ENGINE, halves[0]).settings.runner.observe_engine_config.price is not None
    (line,) = complaint(ENGINE, *halves)
    assert line.endswith("runner.observe_engine_config.price.output: is required")


def test_scripted_answers_are_those_of_their_provider() -> None:
    text = """
        runner: {user_engine_config: {model_name: s, provider: scripted, answers: [a]}}
        live: true
        matrix: {asked: {user_engine_config: {model_name: m, provider: openai}}, again: {user_engine_config: {seed: 1}}}
    """
    answers = [variant.settings.runner.user_engine_config.answers for variant in load(text).variants]
    assert answers == [None, ["a"]]


def test_a_copy_of_an_engine_with_another_model_has_no_price() -> None:
    engine = load(ENGINE).settings.runner.observe_engine_config
    assert engine.model_copy() == engine
    assert engine.model_copy(update={"seed": 8}).price == engine.price
    assert engine.model_copy(update={"model_name": "small"}).price == engine.price
    other = engine.model_copy(update={"model_name": "large"}, deep=True)
    assert (other.price, other.endpoint, other.seed) == (None, HERE, 7)
    assert engine.model_copy(update={"model_name": "large", "price": engine.price}).price == engine.price
    served = engine.model_copy(update={"provider": "anthropic"})
    assert (served.price, served.endpoint, served.max_tokens) == (None, None, 100)


def test_a_cell_leaves_what_an_anchor_shares_as_it_is() -> None:
    suite = load("""
        matrix:
          one: &one {env_events_config: &events {num_env_events_per_minute: 1}}
          two: {<<: *one, max_turns: 2}
          three: {env_events_config: {<<: *events, env_events_seed: 3}}
    """)
    configs = [variant.settings.runner.env_events_config for variant in suite.variants]
    once = EnvEventsConfig(num_env_events_per_minute=1)
    assert configs == [once, once, EnvEventsConfig(num_env_events_per_minute=1, env_events_seed=3)]
    assert [variant.settings.runner.max_turns for variant in suite.variants] == [10, 2, 10]


def test_a_cell_wins_over_what_the_command_line_says_of_the_runner() -> None:
    suite = load(
        "matrix: {short: {max_turns: 2}, long: {}}",
        Override("runner.max_turns", 5, "-o"),
        Override("noise.tool_slow.rate", 0.5, "-o"),
    )
    assert [variant.settings.runner.max_turns for variant in suite.variants] == [2, 5]
    assert [variant.settings.noise.tool_slow.rate for variant in suite.variants] == [0.5, 0.5]


def test_paths_of_a_matrix_on_the_command_line_are_relative_to_where_it_was_written(tmp_path: Path) -> None:
    text = "matrix={a: {output_dir: x, noise: {data: y}}, b: {user_model_alias: z}}"
    one, other = (variant.settings for variant in load("", parse_assignment(text, "-o", tmp_path / "base")).variants)
    assert one.runner.output_dir == str(tmp_path / "base/x")
    assert one.noise.data == str(tmp_path / "base/y")
    assert other.runner.user_model_alias == "z"


NAME = "the name of a variant has only letters, digits, dots, underscores and hyphens"
LIVE = "may cost money: set live: true in the suite, add --pare-live, or replay cassettes"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("  '': {}", ["1: matrix: a variant must have a name"]),
        *((f'  "{name}": {{}}', [f"2: matrix.{name}: {NAME}"]) for name in ("a b", "a[1]", "a::b", "a@b", "a=b", "ä")),
        *(
            (f"  {name}: {{}}", [f"2: matrix.{name}: the name of a variant must not end like the number of a run"])
            for name in ("run2", "gpt-run12")
        ),
        ("  x: 3", ["2: matrix.x: must be a mapping, got 3"]),
        ("  x: {max_turn: 3}", ["2: matrix.x.max_turn: unknown key; did you mean max_turns?"]),
        ("  x: {nois: {}}", ["2: matrix.x.nois: unknown key; did you mean noise?"]),
        ("  x: {runs: 3}", ["2: matrix.x.runs: unknown key; a variant has keys of runner, and noise"]),
        ("  x: {user_type: y}", ['2: matrix.x.user_type: has no effect in this version of pytest-pare and can only be '
                                 'left at its default ("default")']),
        ("  x:\n    noise:\n      tool_slo: {}", ["4: matrix.x.noise.tool_slo: unknown key; did you mean tool_slow?"]),
        ("  x:\n    noise: 3", ["3: matrix.x.noise: must be a mapping, got 3"]),
        (
            "  x:\n    env_events_config:\n      num_env_events_per_minute: many\n      seed: 3",
            [
                "4: matrix.x.env_events_config.num_env_events_per_minute: must be a whole number, got \"many\"",
                "5: matrix.x.env_events_config.seed: unknown key; did you mean env_events_seed?",
            ],
        ),
        (
            "  x: {}\n  y: {max_turns: -1}\n  z z: {max_turns: -2}",
            [
                "3: matrix.y.max_turns: must be at least 0, got -1",
                f"4: matrix.z z: {NAME}",
                "4: matrix.z z.max_turns: must be at least 0, got -2",
            ],
        ),
        (
            "  x:\n    user_engine_config: {model_name: m, provider: p}",
            [f"3: matrix.x.user_engine_config: calls a model (p, m), which {LIVE}"],
        ),
        (
            "  x: {}\n  y:\n    simulated_generation_time_mode: recorded",
            [
                "4: matrix.y.simulated_generation_time_mode: there are no recordings without cassettes; "
                "add that section, or use fixed or measured"
            ],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_matrix(cells: str, expected: list[str]) -> None:
    assert complaint(f"matrix:\n{cells}\n") == [f"pare.yaml:{line}" for line in expected]


def test_what_a_cell_makes_wrong_elsewhere_is_told_of_the_cell() -> None:
    assert complaint("""
        runner:
          agent_type: eager
          observe_engine_config: {model_name: m, provider: p}
        matrix:
          x: {}
          y: {agent_type: observe-execute}
    """) == [f"pare.yaml:6: matrix.y: runner.observe_engine_config: calls a model (p, m), which {LIVE}"]


@pytest.mark.parametrize("also", ["live: true", "cassettes: {}"])
def test_a_cell_may_ask_a_model_where_the_suite_may(also: str) -> None:
    suite = load(f"{also}\nmatrix: {{x: {{user_engine_config: {{model_name: m, provider: p}}}}}}")
    assert suite.variants[0].settings.runner.user_engine_config.is_live


@pytest.mark.parametrize(("text", "got"), [("matrix: 3", "3"), ("matrix: [a]", "a list"), ("sweep: x", '"x"')])
def test_a_section_of_another_kind(text: str, got: str) -> None:
    key = text.partition(":")[0]
    assert complaint(text) == [f"pare.yaml:1: {key}: must be a mapping, got {got}"]


def test_a_matrix_on_the_command_line_is_to_blame_for_itself() -> None:
    expected = ["-o: matrix.x.max_turns: must be at least 0, got -1"]
    assert complaint("matrix: {x: {max_turns: 1}}", Override("matrix", {"x": {"max_turns": -1}}, "-o")) == expected


# -- the sweep


@pytest.mark.parametrize(
    ("key", "levels", "expected"),
    [
        ("noise.tool_failure_probability", [0.4, 0, 0.1], [0.0, 0.1, 0.4]),
        ("noise.tool_timeout.rate", [1, 0.25], [0.25, 1.0]),
        ("noise.tool_timeout.seconds", [5, 1.5], [1.5, 5.0]),
        ("runner.env_events_config.num_env_events_per_minute", [10, 2], [2.0, 10.0]),
        ("runner.max_turns", [30, 4, 20], [4.0, 20.0, 30.0]),
    ],
)
def test_each_level_is_a_variant(key: str, levels: list[float], expected: list[float]) -> None:
    suite = load(yaml.safe_dump({"sweep": {key: levels}, "noise": {"tool_timeout": {"rate": 0.1}}}))
    assert [variant.level for variant in suite.variants] == [(key, level) for level in expected]
    for variant, level in zip(suite.variants, expected, strict=True):
        value: Any = variant.settings
        for part in key.split("."):
            value = getattr(value, part)
        assert value == level


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        ("noise.tool_failure_probability: [0.0, 0.1]", ["tool_failure_probability_0", "tool_failure_probability_0.1"]),
        ("noise.tool_timeout.rate: [0, 1.0e-7]", ["tool_timeout.rate_0", "tool_timeout.rate_1e-07"]),
        ("noise.tool_slow.seconds: [2, 1.5]", ["tool_slow.seconds_1.5", "tool_slow.seconds_2"]),
        (
            "runner.env_events_config.num_env_events_per_minute: [2, 10]",
            ["num_env_events_per_minute_2", "num_env_events_per_minute_10"],
        ),
        ("runner.max_turns: [9, 1000000]", ["max_turns_9", "max_turns_1000000"]),
    ],
)
def test_names_of_levels(sweep: str, expected: list[str]) -> None:
    assert names(load(f"sweep: {{{sweep}}}\nnoise: {{tool_slow: {{rate: 0.1}}}}")) == expected


def test_a_matrix_and_a_sweep_are_each_with_each() -> None:
    suite = load("""
        matrix:
          quiet: {}
          noisy: {max_turns: 3, noise: {tool_slow: {rate: 0.5, seed: 2}}}
        sweep:
          noise.tool_slow.rate: [0.1, 0]
    """)
    assert [
        (v.name, v.level, v.settings.runner.max_turns, v.settings.noise.tool_slow.seed) for v in suite.variants
    ] == [
        ("quiet-tool_slow.rate_0", ("noise.tool_slow.rate", 0.0), 10, 0),
        ("quiet-tool_slow.rate_0.1", ("noise.tool_slow.rate", 0.1), 10, 0),
        ("noisy-tool_slow.rate_0", ("noise.tool_slow.rate", 0.0), 3, 2),
        ("noisy-tool_slow.rate_0.1", ("noise.tool_slow.rate", 0.1), 3, 2),
    ]
    assert [variant.settings.noise.tool_slow.rate for variant in suite.variants] == [0.0, 0.1, 0.0, 0.1]


NOT_A_NUMBER = "must be a number"
COMPARE = "is no number; compare its values in a matrix"
WEIGHTS = "runner.env_events_config.weight_per_app_class"


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        ("runner.max_turns: 3", ["runner.max_turns: must be a list, got 3"]),
        ("runner.max_turns: []", ["runner.max_turns: must have at least two levels"]),
        ("runner.max_turns: [3]", ["runner.max_turns: must have at least two levels"]),
        ("runner.max_turns: [3, 4, 3]", ["runner.max_turns[2]: 3 is there already"]),
        ("runner.max_turns: [3, 3.0]", ["runner.max_turns[1]: 3.0 is there already"]),
        ("runner.max_turns: [3, true]", ["runner.max_turns[1]: must be a number, got true"]),
        ("runner.max_turns: [3, '4']", ['runner.max_turns[1]: must be a number, got "4"']),
        ("runner.max_turns: [3, null]", ["runner.max_turns[1]: must be a number, got nothing"]),
        ("runner.max_turns: [3, .inf]", ["runner.max_turns[1]: must be a finite number, got Infinity"]),
        ("runner.max_turns: [3, 4.5]", ["runner.max_turns[1]: must be a whole number, got 4.5"]),
        ("runner.max_turns: [-1, 4]", ["runner.max_turns[0]: must be at least 0, got -1"]),
        ("noise.tool_slow.rate: [0, 2]", ["noise.tool_slow.rate[1]: must be at most 1, got 2"]),
        ("runner.oracle: [0, 1]", [f"runner.oracle: {COMPARE}"]),
        ("runner.agent_type: ['a:b', 'c:d']", [f"runner.agent_type: {COMPARE}"]),
        ("noise.schedule: [default]", [f"noise.schedule: {COMPARE}"]),
        ("runner.env_events_config.weight_per_app_class: [0, 1]", [f"{WEIGHTS}: {COMPARE}"]),
        ("noise.tool_slow: [0, 1]", [f"noise.tool_slow: {NOT_A_NUMBER}; did you mean noise.tool_slow.rate?"]),
        ("runner.env_events_config: [0, 1]", [f"runner.env_events_config: {NOT_A_NUMBER}"]),
        ("runs: [1, 2]", ["runs: must be a number of runner or of noise"]),
        ("gate.min_success_rate: [0, 1]", ["gate.min_success_rate: must be a number of runner or of noise"]),
        ("noise: [0, 1]", ["noise: must be a number of runner or of noise"]),
        ("noise.tool_slow.rat: [0, 1]", ["noise.tool_slow.rat: unknown key; did you mean rate?"]),
        ("max_turns: [0, 1]", ["max_turns: unknown key; did you mean runner.max_turns?"]),
        ("runner.noise.tool_slow.rate: [0, 1]", ["runner.noise.tool_slow.rate: unknown key"]),
        ("'': [0, 1]", [": unknown key"]),
        (
            "runner.max_turns: [3, 4], noise.tool_slow.rate: [0, 1]",
            ["noise.tool_slow.rate: a sweep has one key, and runner.max_turns is there already"],
        ),
        (
            "runner.user_engine_config.temperature: [0, 1]",
            ["runner.user_engine_config.temperature: runner.user_engine_config.model_name: is required"],
        ),
    ],
)
def test_what_is_wrong_with_a_sweep(sweep: str, expected: list[str]) -> None:
    assert complaint(f"sweep:\n  {{{sweep}}}\n") == [f"pare.yaml:2: sweep.{line}" for line in expected]


ORACLE = "{model_name: oracle, provider: oracle}"
REAL_TIME = "changes nothing: it limits real time, not simulated time"
SECONDS = "sweep: {noise.tool_slow.seconds: [10, 60]}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SECONDS, "noise.tool_slow.seconds: changes nothing: noise.tool_slow.rate is 0"),
        (
            f"{SECONDS}\nmatrix: {{x: {{}}, y: {{noise: {{tool_partial: {{rate: 1}}}}}}}}",
            "noise.tool_slow.seconds: changes nothing: noise.tool_slow.rate is 0",
        ),
        (
            "sweep: {runner.tool_augmentation_config.tool_failure_probability: [0, 1]}\n"
            "noise: {tool_failure_probability: 0.1}",
            "runner.tool_augmentation_config.tool_failure_probability: changes nothing: "
            "noise.tool_failure_probability is set and takes precedence",
        ),
        (
            "sweep: {runner.observe_max_iterations: [1, 5]}\nrunner: {agent_type: 'a:b'}",
            "runner.observe_max_iterations: changes nothing: agent_type a:b has no observe stage",
        ),
        (
            "sweep: {runner.execute_engine_config.seed: [1, 5]}\n"
            "runner: {agent_type: eager, execute_engine_config: {model_name: m, provider: p}}",
            "runner.execute_engine_config.seed: changes nothing: agent_type eager has no execute stage",
        ),
        (
            f"sweep: {{runner.user_engine_config.temperature: [0, 1]}}\nrunner: {{user_engine_config: {ORACLE}}}",
            "runner.user_engine_config.temperature: changes nothing: the provider oracle calls no model",
        ),
        (
            "sweep: {runner.user_engine_config.price.input: [0, 1]}\nlive: true\n"
            "runner: {user_engine_config: {model_name: m, price: {input: 0, output: 0}}}",
            "runner.user_engine_config.price.input: changes nothing: it changes only the reported cost",
        ),
        ("sweep: {runner.timeout_seconds: [60, 90]}", f"runner.timeout_seconds: {REAL_TIME}"),
        (
            "sweep: {runner.user_engine_config.timeout_seconds: [60, 90]}\nlive: true\n"
            "runner: {user_engine_config: {model_name: m}}",
            f"runner.user_engine_config.timeout_seconds: {REAL_TIME}",
        ),
        (
            "sweep: {runner.env_events_config.env_events_seed: [1, 2]}\n"
            "runner: {env_events_config: {num_env_events_per_minute: 0}}",
            "runner.env_events_config.env_events_seed: changes nothing: "
            "runner.env_events_config.num_env_events_per_minute is 0",
        ),
        (
            "sweep: {runner.env_events_config.n_item_events_per_product: [1, 2]}\nnoise: {schedule: pare}",
            "runner.env_events_config.n_item_events_per_product: changes nothing: "
            "noise.schedule is pare, which adds only mails",
        ),
        (
            "sweep: {noise.event_late.rate: [0, 1]}\nnoise: {event_late: {seconds: 0}}",
            "noise.event_late.rate: changes nothing: noise.event_late.seconds is 0",
        ),
        (
            "sweep: {runner.generation_seconds: [1, 2]}\nlive: true\nrunner: {agent_type: 'a:b', "
            "user_engine_config: {model_name: m}, simulated_generation_time_mode: measured}",
            "runner.generation_seconds: changes nothing: nothing takes this time if "
            "runner.simulated_generation_time_mode is measured",
        ),
    ],
)
def test_a_sweep_that_would_change_nothing_is_refused(text: str, expected: str) -> None:
    assert complaint(text) == [f"pare.yaml:1: sweep.{expected}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"{SECONDS}\nmatrix: {{quiet: {{}}, slow: {{noise: {{tool_slow: {{rate: 1}}}}}}}}",
            ["noise.tool_slow.seconds: changes nothing in the variant quiet: noise.tool_slow.rate is 0"],
        ),
        (
            "sweep: {runner.observe_max_iterations: [1, 5]}\n"
            "matrix: {built_in: {}, mine: {agent_type: 'a:b'}, solution: {oracle: true}}",
            ["runner.observe_max_iterations: changes nothing in the variant mine: agent_type a:b has no observe stage"],
        ),
    ],
)
def test_a_sweep_is_refused_for_each_variant_in_which_it_would_change_nothing(text: str, expected: list[str]) -> None:
    assert complaint(text) == [f"pare.yaml:1: sweep.{line}" for line in expected]


@pytest.mark.parametrize(
    "text",
    [
        "sweep: {runner.tool_augmentation_config.tool_failure_probability: [0, 1]}",
        "sweep: {noise.tool_slow.rate: [0, 1]}",
        # Nobody is tested, and the report says so.
        "sweep: {noise.tool_slow.rate: [0, 1]}\nrunner: {oracle: true}",
        "sweep: {runner.observe_max_iterations: [1, 5]}",
        "sweep: {runner.execute_max_turns: [1, 5]}\nrunner: {agent_type: 'a:b'}",
        "sweep: {runner.user_max_iterations: [1, 5]}\nrunner: {agent_type: 'a:b'}",
        "sweep: {runner.max_scenario_duration: [10, 20]}\nrunner: {oracle: true}",
        "sweep: {runner.env_events_config.num_env_events_per_minute: [0, 2]}\nrunner: {oracle: true}",
        "sweep: {noise.event_late.rate: [0, 1]}\nrunner: {oracle: true}",
        "sweep: {runner.user_engine_config.seed: [1, 5]}\nlive: true\nrunner: {user_engine_config: {model_name: m}}",
        *(
            "sweep: {runner.generation_seconds: [1, 2]}\nlive: true\n"
            f"runner: {{user_engine_config: {{model_name: m}}, {also}}}"
            for also in (
                "agent_type: 'a:b'",
                "simulated_generation_time_mode: measured",
                "agent_type: eager, simulated_generation_time_mode: measured",
            )
        ),
    ],
)
def test_a_sweep_that_changes_something_is_not(text: str) -> None:
    assert load(text).variants


def test_each_level_has_a_line_of_its_own() -> None:
    assert complaint("""
        matrix:
          x: {max_turns: -1}
        sweep:
          runner.generation_seconds:
            - 1
            - -1
    """) == [
        "pare.yaml:2: matrix.x.max_turns: must be at least 0, got -1",
        "pare.yaml:6: sweep.runner.generation_seconds[1]: must be at least 0, got -1",
    ]


def test_what_only_a_cell_and_a_level_together_make_wrong() -> None:
    assert complaint("""
        matrix:
          x: {}
          y: {max_turns: null}
        sweep:
          runner.generation_seconds:
            - 1
            - 0
    """) == [
        "pare.yaml:7: sweep.runner.generation_seconds[1]: with matrix.y: must be above 0 if max_turns is null: "
        "otherwise nothing ends a run"
    ]


def test_a_suite_made_in_code_has_variants_too() -> None:
    settings = SuiteSettings.model_validate({"sweep": {"runner.max_turns": [2, 1]}})
    assert names(Suite(Path("pare.yaml"), settings)) == ["max_turns_1", "max_turns_2"]
    with pytest.raises(VariantsError) as caught:
        variants_of(SuiteSettings.model_validate({"sweep": {"runner.max_turns": [2]}, "matrix": {"": {}}}))
    assert str(caught.value) == (
        "matrix: a variant must have a name\nsweep.runner.max_turns: must have at least two levels"
    )


CELLS = st.fixed_dictionaries(
    {},
    optional={
        "max_turns": st.none() | st.integers(1, 50),
        "agent_type": st.sampled_from(["null", "eager", "observe-execute"]),
        "env_events_config": st.none() | st.fixed_dictionaries({}, optional={"env_events_seed": st.integers(0, 9)}),
        "noise": st.fixed_dictionaries({}, optional={"tool_slow": st.fixed_dictionaries({"rate": st.floats(0, 1)})}),
    },
)
NAMES = st.from_regex(r"\A[A-Za-z0-9._-]{1,8}\Z").filter(lambda name: not RUN_NUMBER.search(name))
LEVELS = st.lists(st.floats(0, 1), min_size=2, max_size=4, unique=True)


@hypothesis.settings(deadline=None, max_examples=40)
@given(CELLS, st.dictionaries(NAMES, CELLS, min_size=1, max_size=3), LEVELS)
def test_variants_are_what_a_suite_would_be_that_said_it_itself(
    base: dict[str, Any], matrix: dict[str, dict[str, Any]], levels: list[float]
) -> None:
    said, sweep = {"noise": base.pop("noise", {}), "runner": base}, {"noise.tool_slow.rate": levels}
    found = variants_of(SuiteSettings.model_validate({**said, "matrix": matrix, "sweep": sweep}))
    assert len({variant.name for variant in found}) == len(found) == len(matrix) * len(levels)
    for variant, (name, level) in zip(found, ((n, one) for n in matrix for one in sorted(levels)), strict=True):
        cell = matrix[name]
        runner = {**base, **{key: value for key, value in cell.items() if key != "noise"}}
        if isinstance(base.get("env_events_config"), dict) and isinstance(cell.get("env_events_config"), dict):
            runner["env_events_config"] = {**base["env_events_config"], **cell["env_events_config"]}
        changed = {"runner": runner, "noise": {"tool_slow": {"rate": level}}, "sweep": sweep}
        expected = SuiteSettings.model_validate(changed)
        assert variant.settings == expected
        assert (variant.name, variant.level) == (
            f"{name}-tool_slow.rate_{str(level).removesuffix('.0')}",
            ("noise.tool_slow.rate", level),
        )


# -- the flag


@pytest.mark.parametrize(
    ("assignments", "sweep"),
    [
        (["noise.tool_slow.rate=0,0.1, 1e-1 ,1"], {"noise.tool_slow.rate": [0, 0.1, 0.1, 1]}),
        ([" runner.max_turns = 3,x"], {"runner.max_turns": [3, "x"]}),
        (["runner.max_turns=010,1_0"], {"runner.max_turns": ["010", "1_0"]}),
        (["runner.max_turns="], {"runner.max_turns": []}),
        (["runner.max_turns=1,"], {"runner.max_turns": [1, ""]}),
        (["runner.max_turns=1", "runner.max_turns=2,3"], {"runner.max_turns": [2, 3]}),
        (["runner.max_turns=1,2", "noise.x=1"], {"runner.max_turns": [1, 2], "noise.x": [1]}),
    ],
)
def test_a_sweep_as_an_option(assignments: list[str], sweep: dict[str, Any]) -> None:
    assert parse_sweep(assignments, "--pare-sweep") == Override("sweep", sweep, "--pare-sweep")


@pytest.mark.parametrize("assignment", ["", "noise.tool_slow.rate", "=1,2", "  =1"])
def test_an_option_that_is_no_sweep(assignment: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_sweep([assignment], "--pare-sweep")
    assert str(caught.value) == (
        f'--pare-sweep: must be KEY=L1,L2,..., such as noise.tool_failure_probability=0,0.2, got "{assignment}"'
    )


def test_a_sweep_on_the_command_line_replaces_the_suites() -> None:
    text = "sweep: {noise.tool_slow.rate: [0, 1]}"
    assert names(load(text, parse_sweep(["runner.max_turns=2,3"], "--pare-sweep"))) == ["max_turns_2", "max_turns_3"]
    assert complaint(text, parse_sweep(["noise.tool_slow.rate=0,2,x"], "--pare-sweep")) == [
        '--pare-sweep: sweep.noise.tool_slow.rate[2]: must be a number, got "x"'
    ]
    assert complaint(text, parse_sweep(["noise.tool_slow.rate=0,2"], "--pare-sweep")) == [
        "--pare-sweep: sweep.noise.tool_slow.rate[1]: must be at most 1, got 2"
    ]


# -- the other spelling of noise


@pytest.mark.parametrize("noise", ["{}", "", "{tool_slow: {rate: 2}}"])
def test_noise_is_a_section_and_no_key_of_the_runner(noise: str) -> None:
    assert complaint(f"runner:\n  noise: {noise}\n") == ["pare.yaml:2: runner.noise: unknown key; did you mean noise?"]
    assert complaint("", parse_assignment(f"runner={{noise: {noise}}}", "-o")) == [
        "-o: runner.noise: unknown key; did you mean noise?"
    ]
    with pytest.raises(SettingsError, match=r"^-o: runner.noise: unknown key; did you mean noise\?$"):
        parse_assignment("runner.noise.tool_slow.rate=1", "-o")
