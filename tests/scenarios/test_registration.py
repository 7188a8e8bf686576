"""Loading scenario modules: their directories, each module once, and the report of a broken one."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_pare.scenarios.library import bundled_library_dir, ids_in_source
from pytest_pare.scenarios.registration import (
    SCENARIOS_DIR_VARIABLE,
    ImportFailure,
    ScenarioImportError,
    default_library_dirs,
    load_library,
    register_pare_scenarios,
)
from pytest_pare.scenarios.registry import registry


@pytest.fixture(autouse=True)
def _forget_modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("pare_library"):
            del sys.modules[name]


class Library:
    """A directory of modules."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, name: str, text: str = "", scenario_id: str | None = None) -> Path:
        """Write a module: `text`, and the registration of a scenario below it."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if scenario_id is not None:
            text = dedent(text) + dedent(f"""
                from pytest_pare.scenarios import PAREScenario, register_scenario

                @register_scenario("{scenario_id}")
                class Mine(PAREScenario):
                    pass
            """)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    def load(self) -> list[ImportFailure]:
        return load_library(registry, self.directory)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


# -- directories


@pytest.fixture
def rootdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(SCENARIOS_DIR_VARIABLE, raising=False)
    for name in ("scenarios", "more/deep", "elsewhere"):
        (tmp_path / "root" / name).mkdir(parents=True)
    (tmp_path / "absolute").mkdir()
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("value", "directories"),
    [
        (None, ["scenarios"]),
        ("", ["scenarios"]),
        ("scenarios", ["scenarios"]),
        ("more", ["more"]),
        ("more/deep, elsewhere ,", ["more/deep", "elsewhere"]),
        ("../absolute", ["../absolute"]),
    ],
)
def test_directories_are_relative_to_the_rootdir(
    rootdir: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, directories: list[str]
) -> None:
    if value is not None:
        monkeypatch.setenv(SCENARIOS_DIR_VARIABLE, value)
    assert default_library_dirs(rootdir) == [rootdir / name for name in directories]


def test_a_directory_may_be_absolute(rootdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absolute = rootdir.parent / "absolute"
    monkeypatch.setenv(SCENARIOS_DIR_VARIABLE, f"{absolute},more")
    assert default_library_dirs(rootdir) == [absolute, rootdir / "more"]


@pytest.mark.parametrize("value", [None, "scenarios", "scenarios/"])
def test_the_bundled_library_stands_in_where_the_rootdir_has_none(
    rootdir: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    (rootdir / "scenarios").rmdir()
    if value is not None:
        monkeypatch.setenv(SCENARIOS_DIR_VARIABLE, value)
    assert default_library_dirs(rootdir) == [bundled_library_dir()]


def test_a_directory_may_be_a_part_of_the_bundled_library(
    rootdir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundled = tmp_path / "bundled"
    (bundled / "hard").mkdir(parents=True)
    monkeypatch.setattr("pytest_pare.scenarios.registration.bundled_library_dir", lambda: bundled)
    monkeypatch.setenv(SCENARIOS_DIR_VARIABLE, "hard")
    assert default_library_dirs(rootdir) == [bundled / "hard"]
    (rootdir / "hard").mkdir()
    assert default_library_dirs(rootdir) == [rootdir / "hard"]


@pytest.mark.parametrize("value", ["nowhere", "more,nowhere", "/nowhere", "more/deep/file.py"])
def test_a_directory_that_is_not_there_is_an_error(rootdir: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    (rootdir / "more" / "deep" / "file.py").touch()
    monkeypatch.setenv(SCENARIOS_DIR_VARIABLE, value)
    with pytest.raises(FileNotFoundError) as info:
        default_library_dirs(rootdir)
    missing = value.removeprefix("more,")
    assert str(info.value) == (
        f"PARE_SCENARIOS_DIR: no directory {missing!r}, neither in {rootdir} nor in the bundled library"
    )


# -- modules


def test_every_module_below_the_directory_is_loaded_in_order(library: Library) -> None:
    library.write("b.py", scenario_id="in_b")
    library.write("a.py", scenario_id="in_a")
    library.write("sub dir/with a space in it.py", scenario_id="in_space")
    library.write("dots.in.name.py", scenario_id="in_dots")
    assert library.load() == []
    assert [*registry.registered()] == ["in_a", "in_b", "in_dots", "in_space"]
    place = registry.place_of("in_space")
    assert place.file == str(library.directory / "sub dir" / "with a space in it.py")
    assert "@register_scenario" in Path(place.file).read_text().splitlines()[place.line - 1]


@pytest.mark.parametrize("name", ["_private.py", "__init__.py", "_helpers/a.py", ".hidden/a.py", "a.txt", "a.pyc"])
def test_what_is_no_scenario_module_is_left_alone(library: Library, name: str) -> None:
    library.write(name, "raise RuntimeError")
    assert library.load() == []


def test_a_class_can_be_pickled_by_the_name_of_its_module(library: Library) -> None:
    names = ["a.py", "a b.py", "a_b.py", "a.b.py", "v1.0/a.py", "v1_0/a.py"]
    for number, name in enumerate(names):
        library.write(name, scenario_id=f"mine{number}")
    assert library.load() == []
    for number, name in enumerate(names):
        cls = registry.registered()[f"mine{number}"]
        assert pickle.loads(pickle.dumps(cls)) is cls
        assert sys.modules[cls.__module__].__file__ == str(library.directory / name)


COUNTED = "import os; os.environ['LOADED'] = os.environ.get('LOADED', '') + 'x'"


def test_a_module_is_loaded_again_only_after_a_change(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADED", "")
    path = library.write("a.py", COUNTED, "before")
    for _ in range(3):
        assert library.load() == []
    assert os.environ["LOADED"] == "x"
    first = registry.registered()["before"]

    library.write("a.py", f"\n\n{COUNTED}  # changed", "after")
    assert library.load() == []
    assert os.environ["LOADED"] == "xx"
    # What the file no longer registers is gone.
    assert [*registry.registered()] == ["after"]
    assert registry.registered()["after"] is not first

    os.utime(path, ns=(0, 0))
    assert library.load() == []
    assert os.environ["LOADED"] == "xxx"


def test_a_scenario_that_moves_within_its_file_is_no_duplicate(library: Library) -> None:
    library.write("a.py", scenario_id="mine")
    library.load()
    library.write("a.py", "# a line more\n# and another", "mine")
    assert library.load() == []
    assert [*registry.registered()] == ["mine"]


# -- broken modules

HELPER = """
    def first():
        second()

    def second():
        return undefined_name
"""

BROKEN = {
    "syntax": ("x = 1\n\ndef f(:\n    pass\n", 3, "SyntaxError: invalid syntax"),
    "indent": ("def f():\nreturn 1\n", 2, "IndentationError: expected an indented block after function definition"),
    "null": ("x = '\0'\n", 1, "SyntaxError: source code string cannot contain null bytes"),
    "import": ("\nimport no_such_module\n", 2, "ModuleNotFoundError: No module named 'no_such_module'"),
    "name": ("import os\nos.nope\n", 2, "AttributeError: module 'os' has no attribute 'nope'"),
    "raise": ("\n\nraise ValueError('one\\n   two')\n", 3, "ValueError: one two"),
    "exit": ("import sys\n\n\nsys.exit('needs a key')\n", 4, "SystemExit: needs a key"),
    "id": (
        "from pytest_pare.scenarios import register_scenario\nregister_scenario('a::b')\n", 2,
        "InvalidScenarioIdError: scenario id 'a::b' cannot be used: it must not hold",
    ),
    "class": (
        "from pytest_pare.scenarios import register_scenario\n@register_scenario('x')\nclass A: pass\n", 2,
        "TypeError: x: A is not a subclass of PAREScenario",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_module_is_told_with_its_line_and_the_others_are_loaded(library: Library, name: str) -> None:
    text, line, cause = BROKEN[name]
    library.write("a.py", scenario_id="in_a")
    path = library.write("broken.py", text)
    library.write("c.py", scenario_id="in_c")
    (failure,) = library.load()
    assert (failure.path, failure.line) == (path, line)
    assert failure.cause.startswith(cause)
    assert str(failure) == f"{path}:{line}: {failure.cause}"
    assert len(str(failure).splitlines()) == 1
    assert [*registry.registered()] == ["in_a", "in_c"]


def test_a_fault_deep_in_a_helper_is_told_with_the_line_of_the_module(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pare_test_helper.py").write_text(dedent(HELPER))
    monkeypatch.syspath_prepend(tmp_path)
    path = library.write("a.py", "import pare_test_helper\n\npare_test_helper.first()\n")
    assert library.load() == [ImportFailure(path, 3, "NameError: name 'undefined_name' is not defined")]
    sys.modules.pop("pare_test_helper")


def test_a_syntax_error_in_a_helper_is_told_with_the_line_of_the_import(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pare_broken_helper.py").write_text("\n\n\n\ndef f(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    path = library.write("a.py", "\nimport pare_broken_helper\n")
    assert library.load() == [ImportFailure(path, 2, "SyntaxError: invalid syntax")]


def test_an_id_in_two_modules_is_told_with_both_places(library: Library) -> None:
    first = library.write("a.py", scenario_id="mine")
    second = library.write("b.py", scenario_id="mine")
    (failure,) = library.load()
    assert failure.path == second
    assert f"{first}:4 (Mine)" in failure.cause
    assert f"{second}:4 (Mine)" in failure.cause
    assert registry.place_of("mine").file == str(first)


def test_what_a_module_registered_before_it_broke_is_forgotten_and_it_is_tried_again(library: Library) -> None:
    text = "from pytest_pare.scenarios import PAREScenario, register_scenario\n"
    text += "register_scenario('half')(type('A', (PAREScenario,), {}))\n"
    path = library.write("a.py", text + "raise ValueError('later')\n")
    for _ in range(2):
        assert library.load() == [ImportFailure(path, 3, "ValueError: later")]
        assert registry.registered() == {}
    assert str(path) not in [getattr(module, "__file__", None) for module in sys.modules.values()]
    library.write("a.py", text)
    assert library.load() == []
    assert [*registry.registered()] == ["half"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit])
def test_an_interrupt_goes_through(library: Library, kind: type[BaseException]) -> None:
    library.write("a.py", f"raise {kind.__name__}")
    with pytest.raises(kind):
        library.load()


def test_a_file_that_python_has_no_loader_for_is_told(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    path = library.write("a.py")
    monkeypatch.setattr("importlib.util.spec_from_file_location", lambda *args: None)
    assert library.load() == [ImportFailure(path, 1, "not a Python module")]


# -- all at once


def test_all_failures_of_all_directories_are_told_at_once(
    rootdir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(SCENARIOS_DIR_VARIABLE, "more,elsewhere")
    one = Library(rootdir / "more").write("one.py", "1 / 0")
    Library(rootdir / "more").write("ok.py", scenario_id="fine")
    two = Library(rootdir / "elsewhere").write("two.py", "\n[][0]")
    with pytest.raises(ScenarioImportError) as info:
        register_pare_scenarios(registry, rootdir)
    assert str(info.value).splitlines() == [
        f"{one}:1: ZeroDivisionError: division by zero",
        f"{two}:2: IndexError: list index out of range",
    ]
    assert [failure.path for failure in info.value.failures] == [one, two]
    assert [*registry.registered()] == ["fine"]


def test_without_a_rootdir_the_working_directory_counts(rootdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Library(rootdir / "scenarios").write("a.py", scenario_id="here")
    monkeypatch.chdir(rootdir)
    register_pare_scenarios(registry)
    assert [*registry.registered()] == ["here"]


def test_the_bundled_library_registers_what_its_source_says() -> None:
    assert load_library(registry, bundled_library_dir()) == []
    assert [*registry.registered()] == ids_in_source(bundled_library_dir())
    assert registry.ids_below(bundled_library_dir()) == set(registry.registered())


def test_a_function_that_makes_two_scenarios_under_one_id_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cities.py").write_text(
        "from pytest_pare.scenarios import PAREScenario, register_scenario\n"
        "def make(name):\n"
        "    @register_scenario(name)\n"
        "    class City(PAREScenario): ...\n"
        "make('berlin')\n"
        "make('berlin')\n"
    )
    (failure,) = load_library(registry, tmp_path)
    assert "scenario id 'berlin' is registered twice" in failure.cause
    assert "berlin" not in registry.registered()


def test_tests_are_no_scenario_modules(tmp_path: Path) -> None:
    for name in ("conftest.py", "test_water.py"):
        (tmp_path / name).write_text("raise RuntimeError('not to be run')\n")
    assert load_library(registry, tmp_path) == []


def test_threads_that_load_one_library_wait_until_it_is_loaded(tmp_path: Path) -> None:
    loads = tmp_path / "loads.txt"
    for number in range(3):
        (tmp_path / f"part_{number}.py").write_text(
            dedent(
                f"""
                import time
                from pytest_pare.scenarios import PAREScenario, register_scenario

                with open({str(loads)!r}, "a") as file:
                    file.write("x")
                time.sleep(0.01)

                @register_scenario("part_{number}")
                class Part(PAREScenario):
                    pass
                """
            )
        )
    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(lambda _: (load_library(registry, tmp_path), set(registry.registered())), range(8)))
    assert ids == [([], {"part_0", "part_1", "part_2"})] * 8
    assert loads.read_text() == "xxx"
