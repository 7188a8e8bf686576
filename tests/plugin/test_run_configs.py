"""Each run is reported with its own configuration, whatever gives runs of one variant different ones."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")
REPORTS = "gate: {min_success_rate: 0}\nreports: {json: out.json, parquet: out.parquet}"


def test_settings_that_depend_on_scenario_mark_and_run_number(example: Example) -> None:
    example.suite(f"runs: 2\n{REPORTS}").scenario("a").scenario("b", marks="@pytest.mark.noisy").scenario("c")
    example.pytester.makeini("[pytest]\nmarkers =\n    noisy")
    example.write(
        "conftest.py",
        """
        import pytest
        from pytest_pare.scenarios.config import (
            EnvEventsConfig, LLMEngineConfig, NoiseConfig, ToolAugmentationConfig
        )

        @pytest.fixture
        def tool_augmentation_config(request):
            fails = request.node.originalname == "a"
            return ToolAugmentationConfig(tool_failure_probability=0.5) if fails else None

        @pytest.fixture
        def env_events_config(request):
            noisy = request.node.get_closest_marker("noisy")
            return EnvEventsConfig(num_env_events_per_minute=6) if noisy else None

        @pytest.fixture
        def noise_config(request):
            noisy = request.node.get_closest_marker("noisy")
            return NoiseConfig.model_validate({"user_busy": {"rate": 0.5}}) if noisy else NoiseConfig()

        @pytest.fixture
        def user_engine_config(pare_run_number, user_engine_config):
            if pare_run_number == 1:
                return user_engine_config
            return LLMEngineConfig(model_name="script", provider="scripted", answers=["Done."] * 9)
        """,
    )
    session = example.run(*SUITE)
    table = pl.read_parquet(example.path / "out.parquet")
    columns = ("base_scenario_id", "user_model", "user_provider", "tool_failure_probability")
    assert table.select(*columns, "num_env_events_per_minute", "mode").rows() == [
        (name, user, provider, tools, world, mode)
        for name, tools, world in (("a", 0.5, 0), ("b", 0.0, 6), ("c", 0.0, 0))
        for user, provider, mode in (("oracle", "oracle", "reference"), ("script", "scripted", "agent"))
    ]
    report = json.loads((example.path / "out.json").read_text())
    keys = ("mode", "user_model", "tool_failure_probability", "num_env_events_per_minute", "fault_rates")
    assert [tuple(group.get(key) for key in keys) for group in report["per_config_results"]] == [
        (mode, user, tools, world, faults)
        for mode, user in (("agent", "script"), ("reference", "oracle"))
        for tools, world, faults in ((0.0, 0, ""), (0.0, 6, "user_busy 0.5"), (0.5, 0, ""))
    ]
    assert report["metadata"]["mode"] == "agent, reference"
    # Of its 3 runs that have noise in the world, all have the same weights.
    assert report["metadata"]["weight_per_app_class"]["StatefulEmailApp"] == 1.0
    assert session.summary[1] == "Reference check, no agent tested in 3 of 6 runs."
    table_lines = session.summary[session.summary.index("Split: full") + 2 :][:7]
    assert [line.split()[0] for line in table_lines] == ["Variant", *["script,"] * 3, *["oracle,"] * 3]


def test_a_variant_that_holds_several_agents_and_modes(example: Example) -> None:
    example.suite(f"matrix: {{one: {{}}, two: {{max_turns: 2}}}}\n{REPORTS}").scenario("a").scenario("b").scenario("c")
    example.write(
        "conftest.py",
        """
        import pytest

        def silent(turn):
            turn.wait()

        @pytest.fixture
        def proactive_agent(request):
            return silent if "a[" in request.node.name else None

        @pytest.fixture
        def pare_runner_config(request, pare_runner_config):
            oracle = {"oracle": True} if "b[" in request.node.name else {}
            return pare_runner_config.model_copy(update=oracle)
        """,
    )
    session = example.run(*SUITE, "-k", "one")
    rows = pl.read_parquet(example.path / "out.parquet").select("base_scenario_id", "variant", "mode", "agent_type")
    assert rows.rows() == [
        ("a", "one", "agent", "conftest:silent"),
        ("b", "one", "oracle", "observe-execute"),
        ("c", "one", "reference", "observe-execute"),
    ]
    lines = session.summary
    assert lines[1:3] == [
        "Oracle mode, no agent tested in 1 of 3 runs; Reference check, no agent tested in",
        "    1 of 3 runs.",
    ]
    assert [line for line in lines if line.startswith("variant ")] == [
        "variant one: mode agent: user=oracle, proactive=conftest:silent, tool_fail=0.0,",
        "variant one: mode oracle: user=oracle, proactive=observe-execute_oracle_oracle,",
        "variant one: mode reference: user=oracle,",
    ]
    assert sum("no agent took part" in line for line in lines) == 1
    # A table shows the settings that differ among the groups of a variant; a long name is cut in the middle.
    table = re.findall(r"^  (one|two), (\w+)", "\n".join(example.run(*SUITE).summary), re.MULTILINE)
    assert table == [(variant, mode[:6]) for variant in ("one", "two") for mode in ("agent", "oracle", "reference")]
