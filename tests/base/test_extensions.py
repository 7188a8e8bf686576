"""Extensions of other distributions: found by their entry points, loaded, and refused with their name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base import extensions
from pytest_pare.base.extensions import BUILT_IN, KINDS, ExtensionError, load_all, named, takes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install a distribution of its name, with a module of its own and entry points."""

    def add(distribution: str, code: str, **entry_points: str) -> None:
        module = distribution.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = [f"{name} = {module}:{target}" for name, target in entry_points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[pytest_pare]", *lines]) + "\n")
        extensions._all.cache_clear()
        installed.append(module)

    installed: list[str] = []
    monkeypatch.syspath_prepend(tmp_path)
    extensions._all.cache_clear()
    yield add
    extensions._all.cache_clear()
    for module in installed:
        sys.modules.pop(module, None)


def test_what_is_built_in_loads() -> None:
    for kind in KINDS:
        assert [*named(kind)][: len(BUILT_IN[kind])] == [*BUILT_IN[kind]]
        for extension in named(kind).values():
            found = extension.load()
            assert callable(found.apply if kind == "tool_fault" else found)


def test_an_extension_is_found_by_kind_and_name(install: Callable[..., None]) -> None:
    install("two-reports", "class A:\n    def write(path, report): ...\n", **{"report.a-b": "A.write"})
    found = named("report")["a-b"]
    assert found.load().__name__ == "write"
    assert str(found) == "extension report.a-b = two_reports:A.write (of two-reports 1.0)"
    load_all()
    assert "a-b" not in named("criterion")


@pytest.mark.parametrize(
    ("code", "target", "reason"),
    [
        ("import nowhere_at_all", "x", "cannot be loaded: ModuleNotFoundError: No module named 'nowhere_at_all'; "),
        ("", "x", "cannot be loaded: AttributeError: module 'broken' has no attribute 'x'; "),
        ("raise SystemExit(3)", "x", "cannot be loaded: SystemExit: 3; "),
        ("raise SystemExit", "x", "cannot be loaded: SystemExit; "),
        ("import pytest\npytest.skip('no', allow_module_level=True)", "x", "cannot be loaded: Skipped: no; "),
        ("x = 3", "x", "expected a ReportFormat: a function of path and report; got an object of type int"),
        ("def x(path): ...", "x", "expected a ReportFormat: a function of path and report; got x(path)"),
    ],
)
def test_a_broken_extension_is_named(install: Callable[..., None], code: str, target: str, reason: str) -> None:
    install("broken", code, **{"report.csv": target})
    with pytest.raises(ExtensionError) as caught:
        load_all()
    assert str(caught.value).startswith(f"extension report.csv = broken:{target} (of broken 1.0): {reason}")


def test_two_of_one_name_are_refused(install: Callable[..., None]) -> None:
    install("first", "", **{"report.csv": "x"})
    install("second", "", **{"report.csv": "x"})
    with pytest.raises(ExtensionError, match=r"of second 1\.0\): there is another one of this name: .*first:x"):
        named("report")


@pytest.mark.parametrize("name", ["engine.local", "engine.oracle", "offline_engine.oracle"])
def test_engines_of_both_kinds_share_their_names(install: Callable[..., None], name: str) -> None:
    install("first", "", **{"offline_engine.local": "x"})
    install("second", "", **{name: "x"})
    with pytest.raises(ExtensionError, match=r"there is another one of this name: extension"):
        named("engine")


@pytest.mark.parametrize("code", ["def x(call, settings): ...", "class x:\n    def apply(call, settings): ..."])
def test_a_tool_fault_is_complete(install: Callable[..., None], code: str) -> None:
    install("partly", code, **{"tool_fault.odd": "x"})
    with pytest.raises(ExtensionError, match=r"extension tool_fault\.odd .*partly 1\.0\): expected a ToolFault"):
        load_all()


def test_a_class_without_a_signature_is_described(install: Callable[..., None]) -> None:
    install("builtin", "x = iter", **{"tool_fault.odd": "x"})
    with pytest.raises(ExtensionError, match=r"expected a ToolFault, .*; got iter"):
        load_all()


@pytest.mark.parametrize("name", ["csv", "report", "report.", "format.csv", ".csv"])
def test_a_name_without_a_kind_is_refused(install: Callable[..., None], name: str) -> None:
    install("odd", "", **{name: "x"})
    with pytest.raises(
        ExtensionError, match=r"^entry point .* \(group pytest_pare, of odd 1\.0\): expected a name KIND"
    ):
        load_all()


@pytest.mark.parametrize(
    ("candidate", "count", "expected"),
    [
        (lambda: 0, 0, True),
        (lambda a: a, 0, False),
        (lambda a, b=1: a, 1, True),
        (lambda *a: a, 5, True),
        (lambda *, a: a, 0, False),
        (print, 2, True),
        (3, 0, False),
    ],
)
def test_takes(candidate: object, count: int, expected: bool) -> None:
    assert takes(candidate, count) is expected
