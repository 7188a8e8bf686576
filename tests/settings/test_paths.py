"""Paths in settings are absolute once a suite is loaded."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pytest_pare.scenarios.config import MultiScenarioRunnerConfig, NoiseConfig
from pytest_pare.settings import Override, Suite, SuiteSettings, load_suite
from pytest_pare.settings.keys import PATH_KEYS
from pytest_pare.settings.paths import absolute_paths

ALL = """
scenarios: {paths: [a, ../b], split: c}
runner:
  output_dir: d
  logs_dir: l
  user_engine_config: {model_name: s, provider: scripted, answers: e}
noise: {data: f}
cassettes: {}
reports: {json: g, parquet: /h}
matrix: {one: {output_dir: i, noise: {data: j}, observe_engine_config: {answers: k, model_name: m}}, two: {}}
"""


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    path = tmp_path / "suites" / "pare.yaml"
    path.parent.mkdir()
    path.write_text(ALL, encoding="utf-8")
    return load_suite(path, [Override("reports.json", "g", "--pare-set", tmp_path)])


def test_every_path_of_a_suite_is_absolute(suite: Suite, tmp_path: Path) -> None:
    settings, here = suite.settings, f"{tmp_path}/suites"
    assert settings.scenarios.paths == [f"{here}/a", f"{tmp_path}/b"]
    assert settings.scenarios.split == f"{here}/c"
    assert settings.runner.output_dir == f"{here}/d"
    assert settings.runner.logs_dir == f"{here}/l"
    assert settings.runner.user_engine_config.answers == f"{here}/e"
    assert settings.noise.data == f"{here}/f"
    assert settings.reports.json_path == f"{tmp_path}/g"
    assert settings.reports.parquet_path == "/h"
    assert settings.cassettes is not None
    assert settings.cassettes.dir == f"{here}/cassettes"


def test_every_path_of_a_variant_is_absolute(suite: Suite, tmp_path: Path) -> None:
    here = f"{tmp_path}/suites"
    one, two = (variant.settings for variant in suite.variants)
    assert [one.runner.output_dir, one.noise.data] == [f"{here}/i", f"{here}/j"]
    assert one.runner.observe_engine_config.answers == f"{here}/k"
    assert [two.runner.output_dir, two.noise.data] == [f"{here}/d", f"{here}/f"]


def test_the_paths_of_a_config_are_those_of_the_section_runner(tmp_path: Path) -> None:
    config = MultiScenarioRunnerConfig(output_dir="traces", noise=NoiseConfig(data="noise.json"))
    changed = absolute_paths(config, tmp_path, ("runner",))
    assert changed.output_dir == f"{tmp_path}/traces"
    assert changed.noise.data == f"{tmp_path}/noise.json"
    assert config.output_dir == "traces"
    assert changed.logs_dir == "logs", "a default is the same on every machine"


def test_settings_without_a_relative_path_stay_the_same_object(tmp_path: Path) -> None:
    for settings in (SuiteSettings(), SuiteSettings.model_validate({"noise": {"data": str(tmp_path)}, "runs": 2})):
        assert absolute_paths(settings, Path("/elsewhere")) is settings


def test_every_field_of_a_path_is_known() -> None:
    def paths(model: type[BaseModel], prefix: str = "") -> set[str]:
        found = set()
        for name, field in model.model_fields.items():
            key = prefix + (field.alias or name)
            if key in ("runner.noise", "runner.judge"):
                continue
            pattern = any(getattr(one, "pattern", None) == r"^[^\x00]+$" for one in _metadata(field))
            if pattern:
                found.add(f"{key}[]" if str(field.annotation).startswith(("list[", "dict[")) else key)
            for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
                if isinstance(part, type(BaseModel)):
                    found |= paths(part, f"{key}.")
        return found

    # Answers may be a path, or the answers themselves.
    assert paths(SuiteSettings) == {key for key in PATH_KEYS if not key.endswith(".answers")}


def _metadata(field: Any) -> list[Any]:
    """Return what annotates the type of a field, or a type in it."""
    found, types = list(field.metadata), [field.annotation]
    while types:
        one = types.pop()
        for annotation in getattr(one, "__metadata__", ()):
            found += getattr(annotation, "metadata", [annotation])
        types += getattr(one, "__args__", ())
    return found
