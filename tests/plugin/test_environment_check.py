"""The header names what does not fit together in the environment, and the check is made once."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.plugin import requirements

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Example

SUITE = ("--pare-config", "pare.yaml")
READ = requirements.installed


def dist_info(directory: Path, name: str, version: str, *requires: str) -> None:
    (directory / f"{name}-{version}.dist-info").mkdir(parents=True)
    fields = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {one}" for one in requires)]
    (directory / f"{name}-{version}.dist-info" / "METADATA").write_text("\n".join(fields))


def test_the_header_names_what_is_broken_in_the_environment(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    example.scenario("water")
    site = example.path / "site"
    dist_info(site, "Some_Agent", "3.1", "pydantic>=2.12", "mcp[cli]<99; extra == 'mcp'")
    dist_info(site, "polars", "1.35.1")
    monkeypatch.syspath_prepend(site)
    session = example.run(*SUITE)
    assert session.code == pytest.ExitCode.OK
    assert session.header[1:] == [
        "Some_Agent 3.1 requires pydantic>=2.12, and 2.10.6 is installed",
        "try: pip install pydantic==2.14.4 mcp==2.3.0",
        "polars 1.35.1 and polars-lts-cpu 1.33.1 own the same files, and ARE needs the second",
        "try: pip uninstall --yes polars polars-lts-cpu && pip install polars-lts-cpu==1.33.1",
    ]
    (example.path / "test_shed.py").write_text("def test_shed(): pass\n")
    assert example.run("test_shed.py").header == []


@pytest.fixture
def checks(example: Example, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One item for each time that the requirements are compared, in a project with a broken one."""
    example.scenario("water")
    dist_info(example.path / "site", "Some_Agent", "3.1", "missing>=2")
    monkeypatch.syspath_prepend(example.path / "site")
    made: list[int] = []
    compare = requirements.problem_lines
    # The fixture `example` replaces it by one that reads each import path once.
    monkeypatch.setattr(requirements, "installed", READ)

    def counted(distributions: Any) -> list[str]:
        made.append(1)
        return compare(distributions)

    monkeypatch.setattr(requirements, "problem_lines", counted)
    return made


BROKEN = ["Some_Agent 3.1 requires missing>=2, and no version of it is installed", "try: pip install 'missing>=2'"]


def test_the_check_is_made_again_when_something_is_installed(example: Example, checks: list[int]) -> None:
    for _ in range(2):
        assert example.run(*SUITE).header[1:] == BROKEN
    assert len(checks) == 1
    dist_info(example.path / "site", "missing", "2.0")
    for _ in range(2):
        assert example.run(*SUITE).header[1:] == []
    assert len(checks) == 2
    # An installer that replaces a version by itself changes the directory of that distribution.
    shutil.rmtree(example.path / "site" / "Some_Agent-3.1.dist-info")
    dist_info(example.path / "site", "Some_Agent", "3.1", "missing>=3")
    assert example.run(*SUITE).header[1] == BROKEN[0].replace(">=2", ">=3").replace("no version of it", "2.0")
    assert len(checks) == 3


def test_the_check_is_made_each_time_without_a_cache(example: Example, checks: list[int]) -> None:
    for _ in range(2):
        assert example.run(*SUITE, "-p", "no:cacheprovider").header[1:] == BROKEN
    assert len(checks) == 2


@pytest.mark.parametrize("kept", [[], {"lines": "x"}, {"state": 1, "lines": []}, {"lines": [1]}, "x"])
def test_a_result_of_another_form_is_not_used(example: Example, checks: list[int], kept: Any) -> None:
    example.run(*SUITE)
    file = example.path / ".pytest_cache" / "v" / "pare" / "environment"
    good = json.loads(file.read_text())
    file.write_text(json.dumps({**good, **kept} if isinstance(kept, dict) else kept))
    assert example.run(*SUITE).header[1:] == BROKEN
    assert len(checks) == 2
    assert json.loads(file.read_text()) == good
