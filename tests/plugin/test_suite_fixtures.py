"""The fixtures that a scenario is run with, and what users make of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from pytest_pare.scenarios.config import ScenarioRunnerConfig

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")
IMPORTS = """
import pytest
from pytest_pare.scenarios.config import (
    EnvEventsConfig, LLMEngineConfig, MultiScenarioRunnerConfig, ScenarioRunnerConfig, ToolAugmentationConfig
)
"""


@pytest.fixture
def garden(example: Example) -> Example:
    return example.scenario("water").scenario("weed", "fail")


def conftest(example: Example, name: str, body: str, decorator: str = "@pytest.fixture", directory: str = "") -> None:
    example.write(f"{directory}conftest.py", f"{IMPORTS}\n{decorator}\ndef {name}:\n    {body}\n")


def groups(example: Example) -> list[dict[str, Any]]:
    """Return the groups of the JSON report."""
    example.run(*SUITE, "--pare-set", "reports.json=out.json")
    entries: list[dict[str, Any]] = json.loads((example.path / "out.json").read_text())["per_config_results"]
    return entries


# -- fixtures of pytest


@pytest.mark.parametrize("directory", ["", "suites/"])
def test_autouse_fixtures_are_used(example: Example, directory: str) -> None:
    scopes = {"function": 2, "class": 2, "module": 1, "package": 1, "session": 1}
    fixtures = [
        f"@pytest.fixture(autouse=True, scope={scope!r})\ndef of_{scope}():\n    yield; print('seen by {scope}')\n"
        for scope in scopes
    ]
    example.write(f"{directory}conftest.py", "\n".join((IMPORTS, *fixtures)))
    session = example.scenario("water").suite("runs: 2", f"{directory}pare.yaml").run(f"{directory}pare.yaml", "-s")
    assert session.outcomes() == {"passed": 2}
    assert {scope: session.out.count(f"seen by {scope}") for scope in scopes} == scopes


def test_usefixtures(example: Example) -> None:
    conftest(example, "tap(request)", "print('tap for', request.node.nodeid)")
    example.scenario("water", marks="@pytest.mark.usefixtures('tap')").scenario("weed")
    session = example.run(*SUITE, "-s")
    assert [line for line in session.result.outlines if "tap for" in line] == ["pare.yaml tap for pare.yaml::water"]


def test_a_fixture_that_does_not_exist(example: Example) -> None:
    session = example.scenario("water", marks="@pytest.mark.usefixtures('tapp')").scenario("weed").run(*SUITE)
    assert session.outcomes() == {"passed": 1, "errors": 1}
    assert session.open_runs == ["NO RESULT  water: a fixture failed: fixture 'tapp' not found"]


def test_the_run_number_is_a_fixture_and_a_field_of_the_scenario(example: Example) -> None:
    conftest(example, "tell(pare_run_number)", "print('run', pare_run_number)", "@pytest.fixture(autouse=True)")
    example.scenario("water", "print('in', self.run_number)\nreturn ScenarioValidationResult(success=True)")
    out = example.suite("runs: 2").run(*SUITE, "-s").out
    assert all(text in out for text in ("run 1", "in 1", "run 2", "in 2"))
    assert "in None" in example.suite().run(*SUITE, "-s").out


def test_an_ordinary_test_gets_the_defaults(example: Example) -> None:
    example.write(
        "test_shed.py",
        """
        def test_shed(
            pare_config, pare_runner_config, pare_run_number, proactive_agent, user_engine_config,
            tool_augmentation_config,
        ):
            assert pare_config.runs == 1
            assert pare_runner_config.mode == "reference"
            assert pare_run_number is None
            assert proactive_agent is None
            assert user_engine_config.model_name == user_engine_config.provider == "oracle"
            assert tool_augmentation_config is None
        """,
    )
    assert example.run("test_shed.py").outcomes() == {"passed": 1}


_SAME = """
@pytest.fixture(autouse=True)
def same(request):
    values = dict(request.node.funcargs)
    own = [name for name in values if "_config" in name or name.startswith("pare_")]
    print("same", all(request.getfixturevalue(name) is values[name] for name in own), sorted(own))
"""
_HOOK = """
def pytest_fixture_setup(fixturedef):
    print("set up", fixturedef.argname)
"""


def test_a_fixture_gets_the_very_values_that_the_run_has(garden: Example) -> None:
    out = garden.suite("runs: 2").write("conftest.py", f"import pytest\n{_SAME}").run(*SUITE, "-s").out
    assert out.count("same True ['agent_engine_config', 'env_events_config', ") == 4


def test_plugins_and_options_see_each_fixture(garden: Example) -> None:
    out = garden.write("conftest.py", _HOOK).run(*SUITE, "-s").out
    assert out.count("set up pare_config\n") == out.count("set up pare_variant\n") == 2
    assert garden.write("conftest.py", "").run(*SUITE, "--setup-show").out.count("SETUP    F pare_config ") == 2


# -- overriding


@pytest.mark.parametrize("role", ["user", "observe", "execute"])
def test_an_engine(garden: Example, role: str) -> None:
    conftest(garden, f"{role}_engine_config()", "return LLMEngineConfig(model_name='parrot', provider='oracle')")
    (group,) = groups(garden)
    assert "parrot" in group["user_model" if role == "user" else "proactive_model"]


def test_an_engine_may_be_ares_object(garden: Example) -> None:
    body = (
        "from are.simulation.agents.are_simulation_agent_config import LLMEngineConfig as ARE;"
        "return ARE(model_name='parrot', provider='oracle')"
    )
    conftest(garden, "observe_engine_config()", body)
    (group,) = groups(garden)
    assert group["proactive_model"] == "observe-execute_parrot_oracle"


def test_an_override_sees_what_it_overrides(garden: Example) -> None:
    conftest(
        garden,
        "user_engine_config(user_engine_config)",
        "return user_engine_config.model_copy(update={'model_name': 'my-' + user_engine_config.model_name})",
    )
    garden.suite("runner: {user_engine_config: {model_name: parrot, provider: oracle}}")
    assert groups(garden)[0]["user_model"] == "my-parrot"


def test_an_override_stands_for_a_directory(garden: Example) -> None:
    conftest(garden, "user_engine_config()", "return LLMEngineConfig(model_name='top', provider='oracle')")
    low = "return LLMEngineConfig(model_name='low', provider='oracle')"
    conftest(garden, "user_engine_config()", low, directory="suites/")
    garden.suite("", "suites/pare.yaml")
    assert "user=low" in garden.run("suites/pare.yaml").out
    assert "user=top" in garden.run("pare.yaml").out


def test_the_whole_config(garden: Example) -> None:
    conftest(garden, "pare_runner_config()", "return ScenarioRunnerConfig(oracle=True, user_model_alias='parrot')")
    assert groups(garden)[0]["user_model"] == "parrot"


def test_the_config_may_be_of_a_class_of_the_users_own(garden: Example) -> None:
    body = "return type('Mine', (MultiScenarioRunnerConfig,), {'__annotations__': {'hue': int}, 'hue': 3})(oracle=True)"
    conftest(garden, "pare_runner_config()", body)
    assert garden.run(*SUITE).outcomes() == {"passed": 1, "failed": 1}


def test_the_suites_settings(garden: Example) -> None:
    conftest(
        garden,
        "pare_config(pare_config)",
        "return pare_config.model_copy(update={'runner': pare_config.runner.model_copy("
        "update={'user_engine_config': LLMEngineConfig(model_name='x', provider='oracle'), "
        "'user_model_alias': 'parrot'})})",
    )
    assert groups(garden)[0]["user_model"] == "parrot"


def test_noise_that_is_none(garden: Example) -> None:
    conftest(garden, "tool_augmentation_config()", "return None")
    conftest(garden, "env_events_config()", "return None", directory="suites/")
    assert garden.suite("", "suites/pare.yaml").run("suites/pare.yaml").outcomes() == {"passed": 1, "failed": 1}


# -- parametrising


@pytest.fixture
def models(garden: Example) -> Example:
    """Each scenario is run with two observers."""
    params = "params=['parrot', 'owl'], ids=['small', 'large-run7']"
    body = "return LLMEngineConfig(model_name=request.param, provider='oracle')"
    conftest(garden, "observe_engine_config(request)", body, f"@pytest.fixture({params})")
    return garden


def test_node_ids_of_variants(models: Example) -> None:
    assert models.collected(*SUITE) == [
        "pare.yaml::water[small]",
        "pare.yaml::water[large-run7]",
        "pare.yaml::weed[small]",
        "pare.yaml::weed[large-run7]",
    ]
    assert models.suite("runs: 2").collected("pare.yaml::weed") == [
        "pare.yaml::weed[small-run1]",
        "pare.yaml::weed[small-run2]",
        "pare.yaml::weed[large-run7-run1]",
        "pare.yaml::weed[large-run7-run2]",
    ]


@pytest.mark.parametrize("runs", [1, 2])
def test_variants_are_groups_of_the_report(models: Example, runs: int) -> None:
    models.suite(f"{{runs: {runs}, reports: {{parquet: rows.parquet}}}}")
    keys = ("variant", "proactive_model", "total_runs", "success_runs")
    found = [tuple(group[key] for key in keys) for group in groups(models)]
    assert found == [
        ("small", "observe-execute_parrot_oracle", 2 * runs, runs),
        ("large-run7", "observe-execute_owl_oracle", 2 * runs, runs),
    ]
    import polars as pl

    rows = pl.read_parquet(models.path / "rows.parquet")
    assert set(rows["variant"]) == {"small", "large-run7"}
    assert set(rows["run_number"]) == ({None} if runs == 1 else {1, 2})
    session = models.run(*SUITE)
    of = "" if runs == 1 else f", {runs} of {runs} runs"
    assert session.open_runs == [
        f"FAILED     weed[small]{of}: the plants are dry",
        f"FAILED     weed[large-run7]{of}: the plants are dry",
    ]
    assert session.verdict[0].startswith(f"gate FAIL: {2 * runs} of {4 * runs} runs succeeded (50.0 %)")


def test_one_variant_of_several_is_a_partial_session(models: Example) -> None:
    session = models.run(*SUITE, "-k", "small")
    assert session.verdict[-1] == "partial session (-k small)"


def test_parametrising_by_a_hook_leaves_the_run_number_last(garden: Example) -> None:
    garden.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture(autouse=True)
        def soil(request):
            return request.param

        def pytest_generate_tests(metafunc):
            if "soil" in metafunc.fixturenames:
                metafunc.parametrize("soil", ["clay"], indirect=True)
        """,
    )
    assert garden.suite("runs: 2").collected("pare.yaml::weed") == [
        "pare.yaml::weed[clay-run1]",
        "pare.yaml::weed[clay-run2]",
    ]


# -- fixtures that fail


def test_a_failing_fixture_costs_the_runs_that_use_it_and_the_gate(example: Example) -> None:
    example.suite("gate: {min_success_rate: 0}").scenario("weed").scenario("prune", "fail")
    example.scenario("water", marks="@pytest.mark.usefixtures('tap')")
    conftest(example, "tap()", "raise ConnectionError('no water')")
    session = example.run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"passed": 1, "failed": 1, "errors": 1}
    assert session.open_runs == [
        "FAILED     prune: the plants are dry",
        "NO RESULT  water: a fixture failed: ConnectionError: no water",
    ]
    assert session.verdict == [
        "gate FAIL: 1 of 3 runs succeeded (33.3 %), 0.0 % needed: 1 failed, 1 no result",
        "cannot pass: 1 run has no result",
    ]
    assert "raise ConnectionError('no water')" in session.out
    assert session.has_no_traceback_of_ours()


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        (
            "user_engine_config()",
            "return 'gpt-5'",
            "fixture user_engine_config: Input should be a valid dictionary or instance of LLMEngineConfig",
        ),
        (
            "observe_engine_config()",
            "return LLMEngineConfig.model_construct(model_name='', provider='oracle')",
            "fixture observe_engine_config.model_name: String should have at least 1 character",
        ),
        (
            "user_engine_config()",
            "return LLMEngineConfig(model_name='gpt-5', provider='openai')",
            "the user engine calls a model, gpt-5 (openai), which may cost money: set live: true in the suite, "
            "or add --pare-live",
        ),
        (
            "execute_engine_config()",
            "return {'model_name': 3}",
            "fixture execute_engine_config.model_name: Input should be a valid string",
        ),
        (
            "env_events_config()",
            "return {'weight_per_app_class': {}}",
            "fixture env_events_config.weight_per_app_class: all weights are 0, so no app would get noise",
        ),
        (
            "tool_augmentation_config()",
            "return object()",
            "fixture tool_augmentation_config: Input should be a valid dictionary or instance of "
            "ToolAugmentationConfig",
        ),
        (
            "noise_config()",
            "return None",
            "fixture noise_config: Input should be a valid dictionary or instance of NoiseConfig",
        ),
        (
            "noise_config(noise_config)",
            "return {'tool_slow': {'rate': 2}}",
            "fixture noise_config.tool_slow.rate: Input should be less than or equal to 1",
        ),
        ("pare_config()", "return {}", "fixture pare_config: must return SuiteSettings, got {}"),
        ("pare_config()", "return None", "fixture pare_config: must return SuiteSettings, got None"),
        (
            "pare_runner_config()",
            "return {'oracle': True}",
            "fixture pare_runner_config: must return a ScenarioRunnerConfig, got {'oracle': True}",
        ),
        (
            "pare_runner_config()",
            "return ScenarioRunnerConfig(oracle=False)",
            "the user engine calls a model, gpt-5-mini (openai), which may cost money: set live: true in the suite, "
            "or add --pare-live",
        ),
        ("pare_run_number()", "return 'one'", None),
    ],
)
def test_a_fixture_that_returns_nonsense(garden: Example, name: str, body: str, message: str | None) -> None:
    conftest(garden, name, body)
    session = garden.run(*SUITE)
    if message is not None:
        assert session.code == pytest.ExitCode.TESTS_FAILED
        assert message in session.result.outlines
        assert "validation error" not in session.out
    assert session.has_no_traceback_of_ours()


def test_a_teardown_that_fails_leaves_the_result_and_the_exit_status(example: Example) -> None:
    example.suite("gate: {min_success_rate: 0}").scenario("water")
    conftest(example, "tap()", "yield; raise ConnectionError('no water')", "@pytest.fixture(autouse=True)")
    session = example.run(*SUITE)
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.outcomes() == {"passed": 1, "errors": 1}
    assert session.verdict == ["gate PASS: 1 of 1 run succeeded (100.0 %), 0.0 % needed"]


def test_a_config_is_validated_once_after_fixtures(garden: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    validated: list[str] = []
    validate = BaseModel.model_validate.__func__  # type: ignore[attr-defined]

    def noted(cls: type[BaseModel], *args: Any, **kwargs: Any) -> Any:
        validated.append(cls.__name__)
        return validate(cls, *args, **kwargs)

    monkeypatch.setattr(ScenarioRunnerConfig, "model_validate", classmethod(noted))
    garden.suite("runs: 2").run(*SUITE)
    # The controller validates the record of each different config.
    assert validated == ["MultiScenarioRunnerConfig"]
    validated.clear()
    conftest(garden, "noise_config()", "return {'data': 'noise.json', 'tool_slow': {'rate': 0.1}}")
    garden.run(*SUITE)
    assert sorted(validated) == ["MultiScenarioRunnerConfig", *["RunnerSettings"] * 4]


def test_a_path_of_a_fixture_is_relative_to_the_suite(example: Example) -> None:
    example.scenario("water").suite("", "suites/pare.yaml")
    conftest(example, "pare_runner_config(pare_runner_config)", "update = {'export': True, 'output_dir': 'out'}; "
             "return pare_runner_config.model_copy(update=update)")  # fmt: skip
    example.run("suites/pare.yaml")
    assert [path.name for path in (example.path / "suites/out").iterdir()] == ["water.jsonl.gz"]
