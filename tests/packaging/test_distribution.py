"""The distribution: what is in it, and that it runs the bundled library in somebody else's project."""

from __future__ import annotations

import configparser
import email
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_pare.scenarios.library import ids_in_source, library_modules

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command outside of this test run: no plugin options, no path of ours."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH", "PARE_"))
    }
    done = subprocess.run(command, cwd=cwd, env=inherited, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hatch(source: Path, target: str, directory: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", directory, cwd=source)
    return next(directory.glob("*.whl" if target == "wheel" else "*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hatch(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hatch(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_package_and_the_bundled_library_and_nothing_else(wheel: Path) -> None:
    kinds = ("*.py", "*.jinja", "*.css", "*.js", "data/*.json", "data/*.dict", "py.typed")
    package = {path.relative_to(ROOT).as_posix() for kind in kinds for path in (ROOT / "pytest_pare").rglob(kind)}
    library = {f"pytest_pare/bundled_scenarios/{path.name}" for path in library_modules(ROOT / "scenarios")}
    library |= {f"pytest_pare/bundled_scenarios/splits/{path.name}" for path in (ROOT / "scenarios/splits").iterdir()}
    assert len(library) > 3
    found = {name for name in names(wheel) if ".dist-info/" not in name}
    assert found == package | library
    assert {"pytest_pare/agents/prompts/user.jinja", "pytest_pare/data/noise.json"} < found


def test_the_wheel_names_the_plugin_and_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt"))
        text = archive.read(name).decode()
    points = configparser.ConfigParser()
    points.read_string(text)
    assert {section: dict(points[section]) for section in points.sections()} == {
        "console_scripts": {"pytest-pare": "pytest_pare.cli:main"},
        "pytest11": {"pare": "pytest_pare.plugin"},
    }


def test_the_wheel_carries_its_licence(wheel: Path, metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names(wheel))


def test_the_metadata_say_what_the_project_file_says(metadata: Message) -> None:
    assert (metadata["Name"], metadata["Version"]) == (PROJECT["name"], PROJECT["version"])
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    classifiers = metadata.get_all("Classifier") or []
    assert {"Framework :: Pytest", "Typing :: Typed"} <= set(classifiers)
    # Two distributions that own the same files must not stand beside each other.
    required = {re.split(r"[<>=!~ ]", line)[0] for line in metadata.get_all("Requires-Dist") or []}
    assert "polars-lts-cpu" in required
    assert "polars" not in required


def test_the_long_description_is_the_readme(metadata: Message) -> None:
    text = metadata.get_payload()
    assert isinstance(text, str)
    assert text.strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()


def test_the_sdist_holds_all_that_the_wheel_is_built_from_and_the_tests_need(
    sdist: Path, wheel: Path, tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    source = next(tmp_path.iterdir())
    for needed in (
        "tests", "docs/suites.md", "benchmarks/__main__.py", "clients/python/pyproject.toml", "pare.yaml", "Makefile",
        "CHANGELOG.md", "CONTRIBUTING.md",
    ):  # fmt: skip
        assert (source / needed).exists(), needed
    assert names(hatch(source, "wheel", tmp_path / "dist")) == names(wheel)


@pytest.fixture(scope="module", params=["wheel", "editable"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A new environment with the project in it; the dependencies are those of this environment.

    Returns:
        Its Python, and where it must find the package.
    """
    directory = tmp_path_factory.mktemp(request.param)
    venv.create(directory, with_pip=False)
    python = directory / "bin" / "python"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(directory)}))
    # A path, not a site directory: this environment's own editable install does not count there.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    what: list[str | Path] = ["--editable", ROOT]
    if request.param == "wheel":
        what = [request.getfixturevalue("wheel")]
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check",
        "--no-index", "--no-deps", "--no-build-isolation", *what,
    )  # fmt: skip
    return python, packages if request.param == "wheel" else ROOT


def test_an_installation_runs_the_bundled_library_in_another_project(
    installed: tuple[Path, Path], tmp_path: Path
) -> None:
    python, home = installed
    (tmp_path / "pare.yaml").write_text("scenarios:\n  bundled: true\n")
    found = run(python, "-c", "import pytest_pare; print(pytest_pare.__file__)", cwd=tmp_path)
    assert Path(found.strip()) == home / "pytest_pare" / "__init__.py"
    output = run(python, "-m", "pytest", "--pare-config", "pare.yaml", "-p", "no:cacheprovider", cwd=tmp_path)
    count = len(ids_in_source(ROOT / "scenarios"))
    assert f"{count} runs planned" in output
    assert f"gate PASS: {count} of {count} runs succeeded" in output


def test_an_installation_leaves_one_library(installed: tuple[Path, Path]) -> None:
    python, home = installed
    copies = [path for path in python.parents[1].rglob("bundled_scenarios") if path.is_dir()]
    assert copies == ([] if home == ROOT else [home / "pytest_pare" / "bundled_scenarios"])
