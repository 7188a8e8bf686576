"""The registry: valid ids, places of registration, and discovery."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
from are.simulation.scenarios.scenario import Scenario
from are.simulation.scenarios.utils.registry import ScenarioRegistry as AreScenarioRegistry
from are.simulation.scenarios.utils.registry import registry as are_registry
from hypothesis import given
from hypothesis import strategies as st

import pytest_pare.scenarios
from pytest_pare.scenarios import PAREScenario, ScenarioRegistry, register_scenario
from pytest_pare.scenarios.errors import DuplicateScenarioError, InvalidScenarioIdError
from pytest_pare.scenarios.registration import SCENARIOS_DIR_VARIABLE
from pytest_pare.scenarios.registry import Place, registry

HERE = str(Path(__file__))


def line() -> int:
    """Return the line that this is called from."""
    return sys._getframe(1).f_lineno


# -- ids

REFUSED = [
    "", " ", "\t", "a::b", "::", "a[1]", "[", "]", "a@b", " a", "a ", "a\n", "\na", "a\nb", "a\tb", "a\x00", "a\u00a0b",
    "setup_module", "teardown_module", "setUpModule", "tearDownModule", "setup_function", "setup", "teardown",
    "pytestmark", "pytest_plugins", "pytest_generate_tests", "collect_ignore", "__name__", "__doc__", "__getattr__",
]  # fmt: skip
TAKEN = [
    "a", "a-b", "a_b", "a.b", "a b", "a:b", "a/b", "ünïcode", "3", "test_it", "pytestmarks", "setup_wizard",
    "setup_modules", "run1", "-x", "(a)",
]  # fmt: skip


@pytest.mark.parametrize("scenario_id", REFUSED)
def test_an_id_that_pytest_would_misread_is_refused(scenario_id: str) -> None:
    with pytest.raises(InvalidScenarioIdError) as info:
        register_scenario(scenario_id)
    assert str(info.value).startswith(f"scenario id {scenario_id!r} cannot be used: ")


@pytest.mark.parametrize("scenario_id", [None, 3, b"a", PAREScenario])
def test_an_id_must_be_text(scenario_id: Any) -> None:
    with pytest.raises(InvalidScenarioIdError, match="must be a string"):
        register_scenario(scenario_id)


@pytest.mark.parametrize("scenario_id", TAKEN)
def test_any_other_id_is_taken(scenario_id: str) -> None:
    cls: type[PAREScenario] = register_scenario(scenario_id)(type("Mine", (PAREScenario,), {}))
    assert registry.registered() == {scenario_id: cls}
    assert cls.scenario_id == cls().scenario_id == scenario_id


@given(st.text())
def test_an_id_that_is_taken_can_stand_in_a_node_id(scenario_id: str) -> None:
    fresh = ScenarioRegistry()
    try:
        fresh.register(scenario_id)(type("Mine", (PAREScenario,), {}))
    except InvalidScenarioIdError:
        return
    node_id = f"pare.yaml::{scenario_id}[run2]"
    assert node_id.split("::") == ["pare.yaml", f"{scenario_id}[run2]"]
    assert node_id.split("[", maxsplit=1)[0] == f"pare.yaml::{scenario_id}"
    assert len(node_id.splitlines()) == 1
    assert node_id == node_id.strip()
    assert not hasattr(ModuleType("m"), scenario_id)


# -- registering


def test_a_class_is_registered_with_its_place() -> None:
    @register_scenario("mine")  # the line below this one less two
    class Mine(PAREScenario):
        """A scenario."""

    at = line() - 4
    assert registry.place_of("mine") == Place(HERE, at, Mine.__qualname__)
    assert str(registry.place_of("mine")) == f"{HERE}:{at} ({Mine.__qualname__})"
    assert registry.registered() == {"mine": Mine}
    assert Mine().scenario_id == "mine"


def test_the_place_is_the_same_through_the_registry_itself() -> None:
    fresh = ScenarioRegistry()
    fresh.register("mine")(type("Mine", (PAREScenario,), {}))
    assert fresh.place_of("mine") == Place(HERE, line() - 1, "Mine")
    assert registry.registered() == {}


def test_a_registry_calls_its_own_loader_before_the_first_lookup() -> None:
    called: list[ScenarioRegistry] = []

    def load(target: ScenarioRegistry) -> None:
        called.append(target)
        target.register("mine")(type("Mine", (PAREScenario,), {}))

    fresh = ScenarioRegistry(load)
    assert called == []
    assert fresh.get_scenario("mine").scenario_id == "mine"
    assert "mine" in fresh.get_all_scenarios()
    assert called == [fresh]


@pytest.mark.parametrize("name", pytest_pare.scenarios.__all__)
def test_every_name_of_the_package_can_be_imported(name: str) -> None:
    assert getattr(pytest_pare.scenarios, name).__name__ == name


def test_an_unknown_id_has_no_place() -> None:
    with pytest.raises(KeyError):
        registry.place_of("nope")


def test_one_id_from_two_places_is_an_error_that_names_both() -> None:
    @register_scenario("mine")
    class Mine(PAREScenario):
        """One."""

    first = line() - 4
    with pytest.raises(DuplicateScenarioError) as info:

        @register_scenario("mine")
        class Other(PAREScenario):
            """Another."""

    second = line() - 4
    message = str(info.value)
    assert "'mine'" in message
    assert f"{HERE}:{first} ({Mine.__qualname__})" in message
    assert f"{HERE}:{second} (" in message
    assert registry.registered() == {"mine": Mine}


def test_one_id_twice_in_a_file_is_an_error_even_if_the_classes_share_a_name() -> None:
    def copied() -> None:
        @register_scenario("mine")
        class Mine(PAREScenario):
            """One."""

        @register_scenario("mine")
        class Mine(PAREScenario):  # type: ignore[no-redef]  # noqa: F811 - as after copy and paste
            """Another."""

    with pytest.raises(DuplicateScenarioError, match="registered twice"):
        copied()


def test_the_same_place_again_replaces_the_class() -> None:
    def make() -> type[PAREScenario]:
        @register_scenario("mine")
        class Mine(PAREScenario):
            """The same, as after a second import."""

        return Mine

    first, second = make(), make()
    assert first is not second
    assert registry.registered() == {"mine": second}


def test_a_registered_parent_does_not_give_its_id_to_its_child() -> None:
    @register_scenario("parent")
    class Parent(PAREScenario):
        """One."""

    @register_scenario("child")
    class Child(Parent):
        """Another."""

    assert (Parent().scenario_id, Child().scenario_id) == ("parent", "child")
    assert Child(scenario_id="other").scenario_id == "other"


@pytest.mark.parametrize("thing", [Scenario, object, int, "Mine", None, lambda: None, PAREScenario(scenario_id="x")])
def test_only_a_scenario_class_can_be_registered(thing: Any) -> None:
    with pytest.raises(TypeError, match=r"mine: .* is not a subclass of PAREScenario"):
        register_scenario("mine")(thing)
    assert registry.registered() == {}


def test_what_is_returned_cannot_change_the_registry() -> None:
    registry.registered()["mine"] = PAREScenario
    assert registry.registered() == {}


def test_a_file_can_be_forgotten() -> None:
    register_scenario("mine")(type("Mine", (PAREScenario,), {}))
    registry.loaded_files[HERE] = (1, 1)
    registry.forget_file("/another.py")
    assert [*registry.registered()] == ["mine"]
    registry.forget_file(HERE)
    assert (registry.registered(), registry.loaded_files) == ({}, {})
    with pytest.raises(KeyError):
        registry.place_of("mine")


def test_ids_are_found_by_the_directory_of_their_file() -> None:
    register_scenario("mine")(type("Mine", (PAREScenario,), {}))
    assert registry.ids_below(Path(HERE).parent) == registry.ids_below(Path(HERE).parents[2]) == {"mine"}
    assert registry.ids_below(Path(HERE).parent / "deeper") == registry.ids_below(Path("/nowhere")) == set()


# -- ARE's registry


def test_the_registry_is_independent_of_ares() -> None:
    assert isinstance(registry, AreScenarioRegistry)
    assert registry is not are_registry
    before = dict(are_registry._registry)
    register_scenario("mine")(type("Mine", (PAREScenario,), {}))
    assert are_registry._registry == before
    are_registry.register("theirs")(type("Theirs", (Scenario,), {}))
    try:
        assert [*registry.registered()] == ["mine"]
    finally:
        are_registry._registry.pop("theirs")


def test_ares_own_scenarios_are_never_loaded(tmp_path: Path) -> None:
    code = dedent("""
        import sys
        from pytest_pare.scenarios.registry import registry
        found = registry.get_all_scenarios()
        own = [m for m in sys.modules if m.startswith("are.simulation.scenarios.scenario_")]
        print([m for m in own if "imported_from_json" not in m], [i for i in found if i.startswith("scenario_")])
    """)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60
    )
    assert done.stdout.strip() == "[] []"


# -- discovery


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory that discovery looks into."""
    directory = tmp_path / "library"
    directory.mkdir()
    monkeypatch.setenv(SCENARIOS_DIR_VARIABLE, str(directory))
    return directory


def module(scenario_id: str) -> str:
    return dedent(f"""
        from pytest_pare.scenarios import PAREScenario, register_scenario

        @register_scenario({scenario_id!r})
        class Mine(PAREScenario):
            pass
    """)


def test_the_library_is_looked_for_when_it_is_asked_for(library: Path) -> None:
    (library / "a.py").write_text(module("lazy"))
    assert registry.registered() == {}
    assert registry.get_scenario("lazy")().scenario_id == "lazy"
    assert [*registry.get_all_scenarios()] == ["lazy"]


def test_the_authoring_api_has_what_it_names_and_nothing_else() -> None:
    for name in pytest_pare.scenarios.__all__:
        assert getattr(pytest_pare.scenarios, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        pytest_pare.scenarios.nope  # noqa: B018 - the access is the point


def test_the_library_is_looked_for_once(library: Path) -> None:
    assert registry.get_all_scenarios() == {}
    (library / "a.py").write_text(module("late"))
    with pytest.raises(KeyError, match="late"):
        registry.get_scenario("late")
    registry.reset()
    assert [*registry.get_all_scenarios()] == ["late"]


# -- entry points


@pytest.fixture
def distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: Path
) -> Iterator[Callable[[dict[str, str], str], None]]:
    """Install a distribution: its entry points by name, and the source of its package `pare_demo`."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(entry_points: dict[str, str], source: str) -> None:
        info = tmp_path / "pare_demo-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pare-demo\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in entry_points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[pare.scenarios]", *lines, ""]))
        (tmp_path / "pare_demo.py").write_text(dedent(source))

    yield install
    sys.modules.pop("pare_demo", None)


LOADER = """
    from pytest_pare.scenarios import PAREScenario, register_scenario

    class Given(PAREScenario):
        pass

    @register_scenario("decorated")
    class Decorated(PAREScenario):
        pass

    def load(registry):
        registry.register("given")(Given)

    def fail(registry):
        raise RuntimeError("no network")

    def leave(registry):
        raise SystemExit("bye")

    NOT_A_FUNCTION = 3
"""


def test_an_entry_point_registers_scenarios(distribution: Callable[[dict[str, str], str], None]) -> None:
    distribution({"demo": "pare_demo:load"}, LOADER)
    assert registry.load_entry_points() == {"given", "decorated"}
    assert registry.get_scenario("given")().scenario_id == "given"
    # Once is enough.
    sys.modules["pare_demo"].load = None  # type: ignore[attr-defined]
    assert registry.load_entry_points() == {"given", "decorated"}


def test_what_was_imported_before_belongs_to_the_entry_point_all_the_same(
    distribution: Callable[[dict[str, str], str], None],
) -> None:
    distribution({"demo": "pare_demo:load"}, LOADER)
    __import__("pare_demo")
    register_scenario("mine")(type("Mine", (PAREScenario,), {}))
    assert registry.load_entry_points() == {"given", "decorated"}


def test_entry_points_are_a_part_of_discovery(
    distribution: Callable[[dict[str, str], str], None], library: Path
) -> None:
    (library / "a.py").write_text(module("in_a_file"))
    distribution({"demo": "pare_demo:load"}, LOADER)
    assert sorted(registry.get_all_scenarios()) == ["decorated", "given", "in_a_file"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("pare_demo:fail", "RuntimeError: no network"),
        ("pare_demo:leave", "SystemExit: bye"),
        ("pare_demo:NOT_A_FUNCTION", "TypeError: int is not callable; name a function that takes the registry"),
        ("pare_demo", "TypeError: module is not callable; name a function that takes the registry"),
        ("pare_demo:missing", "AttributeError: "),
        ("pare_demo_missing:load", "ModuleNotFoundError: No module named 'pare_demo_missing'"),
    ],
)
def test_an_entry_point_that_fails_is_named(
    distribution: Callable[[dict[str, str], str], None], value: str, reason: str
) -> None:
    distribution({"demo": value}, LOADER)
    with pytest.raises(ImportError) as info:
        registry.load_entry_points()
    assert str(info.value).startswith(f"entry point demo = {value} (group pare.scenarios): {reason}")
    # Discovery reports it as well, each time.
    for _ in range(2):
        with pytest.raises(ImportError, match="entry point demo"):
            registry.get_all_scenarios()


def test_without_entry_points_there_is_nothing_to_load(library: Path) -> None:
    assert registry.load_entry_points() == set()
