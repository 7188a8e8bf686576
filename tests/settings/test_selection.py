"""Which scenarios a suite selects, without a session."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.scenarios.library import bundled_library_dir, bundled_split, ids_in_source, library_modules
from pytest_pare.scenarios.registration import LIBRARY_MODULE, SCENARIOS_DIR_VARIABLE
from pytest_pare.scenarios.registry import ScenarioRegistry
from pytest_pare.settings import SettingsError, Suite, SuiteSettings
from pytest_pare.settings.selection import Plan, libraries, load_selected, plan, select_ids

if TYPE_CHECKING:
    from collections.abc import Iterator


LIBRARY = {"b2": ("app:email", "level:easy"), "a1": ("app:email",), "b1": (), "a2": ("level:easy",)}


def suite_with(path: Path, **scenarios: Any) -> Suite:
    return Suite(path / "pare.yaml", SuiteSettings.model_validate({"scenarios": scenarios}))


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SCENARIOS_DIR_VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("scenarios", "expected"),
    [
        ({}, ["a1", "a2", "b1", "b2"]),
        ({"include": ["a*"]}, ["a1", "a2"]),
        ({"include": ["a*", "b1"]}, ["a1", "a2", "b1"]),
        ({"exclude": ["?1"]}, ["a2", "b2"]),
        ({"include": ["a*"], "exclude": ["a1"]}, ["a2"]),
        ({"include": ["[ab]2"]}, ["a2", "b2"]),
        ({"split": "ids.txt"}, ["b2", "a1", "b1"]),
        ({"split": "ids.txt", "exclude": ["b*"]}, ["a1"]),
        ({"limit": 1}, ["a1", "a2", "b1", "b2"]),
        ({"tags": ["app:email"]}, ["a1", "b2"]),
        ({"tags": ["app:*", "level:easy"]}, ["b2"]),
        ({"tags": ["app:*"], "exclude": ["b2"]}, ["a1"]),
    ],
)
def test_selection(tmp_path: Path, scenarios: dict[str, Any], expected: list[str]) -> None:
    (tmp_path / "ids.txt").write_text("b2\na1\nb1\n")
    assert select_ids(LIBRARY, suite_with(tmp_path, **scenarios)) == expected


def test_a_bundled_split_has_a_name_and_a_file_of_that_name_a_path(tmp_path: Path) -> None:
    bundled = dict.fromkeys(ids_in_source(bundled_library_dir()), ())
    smoke = select_ids(bundled, suite_with(tmp_path, split="smoke"))
    assert len(smoke) == 8
    assert set(smoke) < set(select_ids(bundled, suite_with(tmp_path, split="core"))) < set(bundled)
    assert select_ids(bundled, suite_with(tmp_path, split="full")) == sorted(bundled)
    with pytest.raises(SettingsError, match=f"there is no scenario '{smoke[0]}'; set scenarios.bundled: true"):
        select_ids(LIBRARY, suite_with(tmp_path, split="smoke"))
    (tmp_path / "smoke").write_text("a1\n")
    assert select_ids(LIBRARY, suite_with(tmp_path, split="./smoke")) == ["a1"]


def test_globs_mind_the_case_of_letters(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'A' matches no scenario"):
        select_ids({"a": ()}, suite_with(tmp_path, include=["A"]))


def test_an_unknown_id(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("airport_cap\n")
    with pytest.raises(SettingsError, match=r"there is no scenario 'airport_cap'; did you mean 'airport_cab'\?"):
        select_ids({"airport_cab": ()}, suite_with(tmp_path, split="ids.txt"))


def test_an_unknown_tag(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'app:mail' matches no tag; did you mean 'app:email'\?"):
        select_ids(LIBRARY, suite_with(tmp_path, tags=["app:mail"]))
    with pytest.raises(SettingsError, match="no scenario is selected, of 4 in the library"):
        select_ids(LIBRARY, suite_with(tmp_path, tags=["level:easy"], include=["b1"]))


def test_libraries(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    assert libraries(suite_with(tmp_path, paths=["lib"]), tmp_path) == ([tmp_path / "lib"], False)
    assert libraries(suite_with(tmp_path, bundled=True), tmp_path) == ([bundled_library_dir()], False)
    assert libraries(suite_with(tmp_path), tmp_path) == ([bundled_library_dir()], True)
    (tmp_path / "scenarios").mkdir()
    assert libraries(suite_with(tmp_path), tmp_path) == ([tmp_path / "scenarios"], True)


def test_a_plan_is_of_what_comes_before_the_limit(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/a.py").write_text("@register_scenario('a')\nclass A: pass\n@register_scenario('b')\nclass B: pass")
    assert plan(suite_with(tmp_path, paths=["lib"], limit=1), tmp_path) == Plan(("a", "b"), is_all=True)
    assert plan(suite_with(tmp_path, paths=["lib"], include=["b"]), tmp_path) == Plan(("b",), is_all=True)


def test_a_plan_with_tags_reads_them_in_the_source(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    module = tmp_path / "lib/a.py"
    module.write_text(
        "@register_scenario('a')\nclass A(PAREScenario):\n    tags = ('app:email',)\n"
        "@scenarios.register_scenario('b')\nclass B(PAREScenario):\n    tags: tuple[str, ...] = ['app:cab']\n"
        "@register_scenario(scenario_id='c')\nclass C(PAREScenario):\n    pass\n"
    )
    suite = suite_with(tmp_path, paths=["lib"], tags=["app:*"])
    assert plan(suite, tmp_path) == Plan(("a", "b"), is_all=True)
    for unknown in ("(Base)", "(PAREScenario):\n    tags = TAGS\n#"):
        module.write_text(f"@register_scenario('a')\nclass A{unknown}:\n    tag = 1\n")
        assert plan(suite, tmp_path) == Plan((), is_all=False)


def test_a_plan_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = Plan((), is_all=False)
    assert plan(suite_with(tmp_path, paths=["nowhere"]), tmp_path) == unknown
    assert plan(suite_with(tmp_path, bundled=True, include=["no such id"]), tmp_path) == unknown
    monkeypatch.setenv(SCENARIOS_DIR_VARIABLE, "nowhere")
    assert plan(suite_with(tmp_path), tmp_path) == unknown


def test_entry_points_may_add_to_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios/a.py").write_text("@register_scenario('a')\nclass A: pass\n")
    assert plan(suite_with(tmp_path), tmp_path).is_all
    monkeypatch.setattr("pytest_pare.settings.selection.metadata.entry_points", lambda group: [group])
    assert plan(suite_with(tmp_path), tmp_path) == Plan(("a",), is_all=False)
    assert plan(suite_with(tmp_path, paths=["scenarios"]), tmp_path) == Plan(("a",), is_all=True)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScenarioRegistry]:
    """An empty registry, instead of that of this process."""
    before = {name: module for name, module in sys.modules.items() if name.startswith(LIBRARY_MODULE)}
    empty = ScenarioRegistry()
    monkeypatch.setattr("pytest_pare.scenarios.registry.registry", empty)
    yield empty
    for name in [name for name in sys.modules if name.startswith(LIBRARY_MODULE)]:
        del sys.modules[name]
    sys.modules.update(before)


def test_of_the_bundled_library_only_selected_modules_are_imported(tmp_path: Path, registry: ScenarioRegistry) -> None:
    def loaded(**scenarios: Any) -> tuple[list[str], list[Any]]:
        classes, failures = load_selected(suite_with(tmp_path, bundled=True, **scenarios), tmp_path)
        return [*classes], failures

    assert loaded(include=["dinner_*"]) == (["dinner_moved"], [])
    assert [Path(file).stem for file in registry.loaded_files] == ["dinner_moved"]
    # Scenarios whose modules are not imported can be excluded, or be beyond the limit.
    assert loaded(include=["d*"], exclude=["dentist_*", "s*"], limit=1) == (["dinner_moved"], [])
    # In the order of the split.
    split = [line for line in bundled_split("smoke").read_text().splitlines() if line and not line.startswith("#")]
    assert loaded(split="smoke") == (split, [])
    assert len(registry.loaded_files) < len(library_modules(bundled_library_dir()))
    with pytest.raises(SettingsError, match="'dinner' matches no scenario"):
        loaded(include=["dinner"])


def test_modules_of_other_libraries_are_always_imported(tmp_path: Path, registry: ScenarioRegistry) -> None:
    (tmp_path / "lib").mkdir()
    made = "from pytest_pare.scenarios import PAREScenario, register_scenario\n"
    made += "for name in ('made_1', 'dentist_moves'):\n    register_scenario(name)(type('Made', (PAREScenario,), {}))\n"
    (tmp_path / "lib/maker.py").write_text(made)
    (tmp_path / "lib/broken.py").write_text("1 / 0")

    def loaded(*include: str) -> tuple[list[str], list[str]]:
        suite = suite_with(tmp_path, paths=["lib"], bundled=True, include=[*include])
        classes, failures = load_selected(suite, tmp_path)
        return [*classes], [failure.path.name for failure in failures]

    # A bundled scenario with an id of another library is reported, although it is not selected.
    assert loaded("dinner_*") == (["dinner_moved"], ["broken.py", "dentist_moves.py"])
    assert len(registry.loaded_files) == 2
    # The source does not show that one is made.
    assert loaded("dinner_*", "made_*") == (["dinner_moved", "made_1"], ["broken.py", "dentist_moves.py"])
