"""Libraries without an import: modules and ids."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import pytest_pare
from pytest_pare.scenarios.library import bundled_library_dir, ids_in_source, library_modules


def test_the_bundled_library_is_beside_the_package_in_a_checkout() -> None:
    assert bundled_library_dir() == Path(pytest_pare.__path__[0]).parent / "scenarios"
    assert library_modules(bundled_library_dir())


def test_the_bundled_library_is_in_the_package_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "pytest_pare"
    (installed / "bundled_scenarios").mkdir(parents=True)
    monkeypatch.setattr("pytest_pare.scenarios.library.__file__", str(installed / "scenarios" / "library.py"))
    assert bundled_library_dir() == installed / "bundled_scenarios"


def test_modules_are_sorted_and_private_ones_are_none(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "c/d.py", "_e.py", ".f.py", "_g/h.py", "__pycache__/i.py", "j.txt", "k l.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in library_modules(tmp_path)]
    assert found == ["a.py", "b.py", "c/d.py", "k l.py"]


def test_a_private_directory_may_hold_a_library(tmp_path: Path) -> None:
    library = tmp_path / "_private" / ".hidden"
    library.mkdir(parents=True)
    (library / "a.py").touch()
    assert library_modules(library) == [library / "a.py"]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ('@register_scenario("a")\nclass A: ...', ["a"]),
        ("@register_scenario('a')\nclass A: ...", ["a"]),
        ('@register_scenario(\n    "a",\n)\nclass A: ...', ["a"]),
        ('@register_scenario(scenario_id="a")\nclass A: ...', ["a"]),
        ('@pytest_pare.scenarios.register_scenario("a")\nclass A: ...', ["a"]),
        ('@registry.register("a b")\nclass A: ...', ["a b"]),
        ('@register_scenario("it\'s")\nclass A: ...', ["it's"]),
        ('@register_scenario("a")\nclass A: ...\n@register_scenario("b")\nclass B: ...', ["a", "b"]),
        ('# @register_scenario("a")', []),
        ('    @register_scenario("in a docstring")', []),
        ('register_scenario("a")(A)', []),
        ("@register_scenario(NAME)\nclass A: ...", []),
        ("", []),
    ],
)
def test_ids_are_read_from_decorators(tmp_path: Path, text: str, ids: list[str]) -> None:
    (tmp_path / "a.py").write_text(text, encoding="utf-8")
    assert ids_in_source(tmp_path) == ids


def test_a_file_that_is_no_text_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b'\xff\xfe\n@register_scenario("a")\nclass A: ...')
    assert ids_in_source(tmp_path) == ["a"]


def test_reading_ids_imports_neither_are_nor_the_library() -> None:
    code = (
        "import sys; from pytest_pare.scenarios.library import *; ids = ids_in_source(bundled_library_dir()); "
        "print(bool(ids), [m for m in sys.modules if m.startswith(('are.', 'pare_library'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "True []"
