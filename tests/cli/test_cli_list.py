"""`pytest-pare list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.cli.options import project_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

SCENARIO = '''\
from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulNotesApp
from pytest_pare.scenarios import PAREScenario, register_scenario
{head}

@register_scenario("{name}")
class {name}(PAREScenario):
    """{doc}"""

    def init_and_populate_apps(self, *args, **kwargs):
        self.apps = [PAREAgentUserInterface(), HomeScreenSystemApp(name="System"), StatefulNotesApp(name="Notes")]
        {populate}

    def build_events_flow(self):
        self.events = []
'''


def scenario(name: str, doc: str = "Water.", head: str = "", populate: str = "") -> str:
    return SCENARIO.format(name=name, doc=doc, head=head, populate=populate)


@pytest.fixture
def garden(shell: Shell) -> Shell:
    """A project with a library of three scenarios and a suite that selects two of them."""
    shell.write("pytest.ini", "[pytest]\n")
    shell.write("library/a.py", scenario("weed", "The weeds\n    are high.\n\n    More of it.\n    "))
    shell.write("library/b.py", scenario("water"))
    shell.write("library/c.py", scenario("mow", head="print('hello')", populate="raise ValueError('no\\nfuel')"))
    shell.write("pare.yaml", "scenarios: {paths: [library], exclude: [mow]}\n")
    return shell


def test_scenarios_of_a_suite(garden: Shell) -> None:
    assert garden.lines("list") == [
        "pare.yaml: 2 scenarios",
        "",
        "water (Notes)",
        "    Water.",
        "",
        "weed (Notes)",
        "    The weeds are high.",
    ]


def test_scenarios_as_json(garden: Shell) -> None:
    printed = garden.json("list", "pare.yaml", "-k", "weed")
    assert printed == {
        "command": "list",
        "version": 1,
        "suites": [
            {
                "name": "pare.yaml",
                "scenarios": [
                    {
                        "id": "weed",
                        "description": "The weeds\nare high.\n\nMore of it.",
                        "file": str(garden.path / "library/a.py"),
                        "line": 5,
                        "tags": [],
                        "apps": [
                            {"name": "PAREAgentUserInterface", "class": "PAREAgentUserInterface"},
                            {"name": "System", "class": "HomeScreenSystemApp"},
                            {"name": "Notes", "class": "StatefulNotesApp"},
                        ],
                        "problem": None,
                    }
                ],
                "problems": [],
            }
        ],
    }


def test_scenarios_of_a_directory_of_modules(garden: Shell) -> None:
    result = garden("list", "library")
    assert result.status == 0
    # What a module prints is not in the output.
    assert result.out.splitlines()[:5] == [
        "library: 3 scenarios",
        "",
        "mow (Notes)",
        "    Water.",
        "    cannot be set up: ValueError: no fuel",
    ]
    assert result.err == "hello\n"


def test_a_secret_is_redacted_before_lines_are_broken(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_API_KEY", "tulip bulb 4711")
    shell.write("library/a.py", scenario("mow", doc=f"{'x' * 65} tulip bulb 4711"))
    assert shell.lines("list", "library")[-1].endswith("xx [redacted]")


def test_a_scenario_that_exits(shell: Shell) -> None:
    shell.write("library/a.py", scenario("mow", populate="raise SystemExit(3)"))
    assert shell.lines("list", "library")[-1] == "    cannot be set up: SystemExit: 3"


def test_a_directory_with_suites_stands_for_them(garden: Shell) -> None:
    garden.write("more/one.pare.yaml", "scenarios: {paths: [../library], limit: 1}\n")
    garden.write("more/two.pare.yaml", "scenarios: {paths: [../library], include: [weed]}\n")
    titles = [line for line in garden.lines("list", "more") if line.endswith("scenario")]
    assert titles == ["more/one.pare.yaml: 1 scenario", "more/two.pare.yaml: 1 scenario"]


def test_globs_choose_scenarios(garden: Shell) -> None:
    assert [line for line in garden.lines("list", "library", "-k", "w*", "-k", "m?w") if "(Notes)" in line] == [
        "mow (Notes)",
        "water (Notes)",
        "weed (Notes)",
    ]
    assert garden.error("list", "-k", "wader") == "-k: 'wader' matches no scenario; did you mean 'water'?"
    # As for pytest's -k, where a part is enough.
    assert garden.error("list", "-k", "wat") == "-k: 'wat' matches no scenario; did you mean '*wat*'?"


def test_the_bundled_library(shell: Shell) -> None:
    assert shell.lines("list", "--bundled", "-k", "parcel_next_door")[0] == "bundled library: 1 scenario"
    # That of a project without suites and scenarios is the same.
    assert shell.lines("list", "-k", "parcel_next_door")[0] == "default libraries: 1 scenario"
    assert shell.error("list", "--bundled", ".") == "--bundled takes no suite and no directory"


def test_modules_that_cannot_be_imported_are_named_after_the_others(garden: Shell) -> None:
    garden.write("library/d.py", "import nothing_like_this\n")
    result = garden("list")
    assert result.status == 4
    assert "water (Notes)" in result.out
    path = garden.path / "library/d.py"
    message = f"{path}:1: ModuleNotFoundError: No module named 'nothing_like_this'"
    assert f"Error: {message}\n" in result.err
    assert "Traceback" not in result.err


def test_a_library_without_a_module_that_works(shell: Shell) -> None:
    shell.write("library/a.py", "import nothing_like_this\n")
    result = shell("list", "library")
    assert (result.status, result.out) == (4, "library: 0 scenarios\n")


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ("runz: 3\n", "pare.yaml:1: runz: unknown key; did you mean runs?"),
        ("scenarios: {paths: [nowhere]}\n", "pare.yaml:1: scenarios.paths[0]: nowhere: No such file or directory"),
        ("scenarios: {paths: [library], include: [wader]}\n", "'wader' matches no scenario; did you mean 'water'?"),
    ],
)
def test_a_suite_that_is_wrong(garden: Shell, suite: str, message: str) -> None:
    garden.write("pare.yaml", suite)
    assert message in garden.error("list")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\npare_config = garden.yaml\npythonpath = src\n"),
        ("tox.ini", "[pytest]\npare_config =\n    garden.yaml\npythonpath = src\n"),
        ("setup.cfg", "[tool:pytest]\npare_config = garden.yaml\npythonpath = src 100%\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\npare_config = "garden.yaml"\npythonpath = ["src"]\n'),
        ("pyproject.toml", '[tool.pytest]\npare_config = ["garden.yaml"]\npythonpath = ["src"]\n'),
        ("pytest.toml", '[pytest]\npare_config = ["garden.yaml"]\npythonpath = ["src"]\n'),
    ],
)
def test_settings_of_pytest_count(shell: Shell, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write(name, text)
    shell.write("src/garden_tools.py")
    shell.write("library/a.py", scenario("weed", head="import garden_tools"))
    shell.write("garden.yaml", "scenarios: {paths: [library]}\n")
    shell.write("other.pare.yaml", "runz: 1\n")
    (shell.path / "deep/below").mkdir(parents=True)
    monkeypatch.chdir("deep/below")
    assert shell.lines("list")[0] == f"{shell.path / 'garden.yaml'}: 1 scenario"


@pytest.mark.parametrize("value", ["true", "True", "1"])
def test_modules_written_for_pare(shell: Shell, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[bool] = []
    monkeypatch.setattr("pytest_pare.compat.install", lambda: installed.append(True))
    shell.write("pytest.ini", f"[pytest]\npare_import_alias = {value}\n")
    shell.lines("list", "--bundled", "-k", "parcel_next_door")
    assert installed == [True]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("pytest.ini", "[pytest]\nx = 1\nx = 2\n", "option 'x' in section 'pytest' already exists"),
        ("pyproject.toml", "[tool.pytest\n", "Expected ']'"),
    ],
)
def test_settings_of_pytest_that_are_broken(shell: Shell, name: str, text: str, reason: str) -> None:
    path = shell.write(name, text)
    message = shell.error("list")
    assert message.startswith(f"{path}: cannot be read: ")
    assert reason in message


def test_a_directory_that_cannot_be_read(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(directory: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(directory))

    shell.write("library/a.py")
    monkeypatch.setattr("pytest_pare.cli.libraries.suite_files_in", refuse)
    assert shell.error("list", "library") == "library: cannot be read: Permission denied"


def test_the_rootdir(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(rootdir: Path | None = None) -> tuple[Path, Path | None]:
        project = project_of(rootdir)
        return project.rootdir, project.settings_file

    root = shell.path
    (root / "a/b/c").mkdir(parents=True)
    monkeypatch.chdir("a/b/c")
    assert found() == (root / "a/b/c", None)
    shell.write("setup.py")
    assert found() == (root, None)
    shell.write("a/pyproject.toml")
    assert found() == (root / "a", None)
    ini = shell.write("pytest.ini")
    assert found() == (root, ini)
    (root / "a/b/.pare").mkdir()
    assert found() == (root / "a/b", None)
    assert found(root) == (root, ini)
    assert found(root / "a") == (root / "a", None)
