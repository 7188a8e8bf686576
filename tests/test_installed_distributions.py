"""What does not fit together in an environment."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from pytest_pare.plugin.requirements import Distribution, installed, problem_lines

ARE = "meta-agents-research-environments"
FITTING = {ARE: ("1.2.0", "pydantic==2.10.6", "mcp[cli]==1.11.0", "python-dotenv==1.0.1", "polars-lts-cpu==1.33.1")}
OF_ARE = {"pydantic": ("2.10.6",), "mcp": ("1.11.0",), "python-dotenv": ("1.0.1",), "polars-lts-cpu": ("1.33.1",)}


def lines(changed: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return what is wrong with ARE, what it requires, and other distributions: name to version and requirements."""
    found = {**FITTING, **OF_ARE, **changed}
    return problem_lines(
        {
            canonicalize_name(name): Distribution(name, version, tuple(requires))
            for name, (version, *requires) in found.items()
        }
    )


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"agent": ("1.0", "pydantic>=2.10", "Python.DotEnv")},
        {"agent": ("1.0", "missing; python_version < '3'", "other; sys_platform == 'nowhere'")},
        {"agent": ("1.0", "not a requirement ===")},
        {"agent": ("1.0", "mcp>=1"), "mcp": ("2.4.0b1",), "pydantic": ("2.15.0",)},
        {"agent": ("1.0", "polars>=1")},
        {"python-dotenv": ("1.3.0",)},
        {"agent": ("1.0", "tool>=2"), "tool": ("built last summer",)},
    ],
    ids=["nothing", "met", "elsewhere", "unreadable", "tested", "same module", "newer dotenv", "no version"],
)
def test_nothing_is_said_of_what_works(changed: Mapping[str, tuple[str, ...]]) -> None:
    assert lines(changed) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"pydantic-ai-slim": ("2.68.0", "pydantic>=2.12")},
            [
                "pydantic-ai-slim 2.68.0 requires pydantic>=2.12, and 2.10.6 is installed",
                "try: pip install pydantic==2.14.4 mcp==2.3.0",
            ],
        ),
        (
            {"fastmcp-slim": ("4.2.3", "python-dotenv>=1.1.0")},
            [
                "fastmcp-slim 4.2.3 requires python-dotenv>=1.1.0, and 1.0.1 is installed",
                "try: pip install python-dotenv==1.2.2",
            ],
        ),
        (
            {"pydantic": ("2.14.4",)},
            [
                f"{ARE} 1.2.0 requires pydantic==2.10.6, and 2.14.4 is installed",
                "try: pip install pydantic==2.14.4 mcp==2.3.0",
            ],
        ),
        (
            {"polars-lts-cpu": ("1.20.0",)},
            [
                f"{ARE} 1.2.0 requires polars-lts-cpu==1.33.1, and 1.20.0 is installed",
                "try: pip install polars-lts-cpu==1.33.1",
            ],
        ),
        (
            {"agent": ("1.0", "tool>=2,<3")},
            [
                "agent 1.0 requires tool<3,>=2, and no version of it is installed",
                "try: pip install 'tool<3,>=2'",
            ],
        ),
        (
            {"agent": ("1.0", "Tool_Box[all]>=2"), "tool.box": ("1.9",)},
            ["agent 1.0 requires Tool_Box>=2, and 1.9 is installed", "try: pip install 'Tool_Box>=2'"],
        ),
        (
            {"agent": ("1.0", "polars>=1.35")},
            [
                "agent 1.0 requires polars>=1.35, and 1.33.1 is installed",
                "try: pip install 'polars-lts-cpu>=1.35'",
            ],
        ),
        (
            {"mcp": ("unreadable",), "pydantic": ("2.14.4",)},
            [
                f"{ARE} 1.2.0 requires pydantic==2.10.6, and 2.14.4 is installed",
                "try: pip install pydantic==2.14.4 mcp==2.3.0",
            ],
        ),
        (
            {"polars": ("1.35.1",)},
            [
                "polars 1.35.1 and polars-lts-cpu 1.33.1 own the same files, and ARE needs the second",
                "try: pip uninstall --yes polars polars-lts-cpu && pip install polars-lts-cpu==1.33.1",
            ],
        ),
    ],
)
def test_what_is_broken_is_named_with_what_helps(changed: Mapping[str, tuple[str, ...]], expected: list[str]) -> None:
    assert lines(changed) == expected


def test_each_distribution_is_named_where_many_are_broken() -> None:
    found = lines({f"agent-{letter}": ("1.0", "tool>=2") for letter in "fedcba"})
    assert found == [
        *(f"agent-{letter} 1.0 requires tool>=2, and no version of it is installed" for letter in "abcd"),
        "broken requirements have also agent-e, agent-f; pip check lists all",
        "try: pip install 'tool>=2'",
    ]


def test_what_is_installed_is_read_as_the_standard_library_reads_it() -> None:
    found = installed()
    for name in (ARE, "pytest", "polars-lts-cpu"):
        requires = [one for one in metadata.requires(name) or () if "extra" not in one.partition(";")[2]]
        assert found[name] == Distribution(metadata.metadata(name)["Name"], metadata.version(name), tuple(requires))


def test_what_an_installer_left_behind_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {
        "broken": b"",
        "nameless": b"Version: 1.0\n\nName: text\n",
        "bytes": b"Name: \xff\nVersion: 1",
        "pytest": b"Name: pytest\nVersion: 1\nRequires-Dist: sklearn-extra\nRequires-Dist: x; extra == 'y'\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}-1.dist-info").mkdir()
        (tmp_path / f"{name}-1.dist-info" / "METADATA").write_bytes(text)
    (tmp_path / "empty-1.dist-info").mkdir()
    (tmp_path / "developed.egg-info").mkdir()
    (tmp_path / "developed.egg-info" / "PKG-INFO").write_text("Name: developed\nVersion: 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = installed()
    # The first one on the path is what is imported.
    assert found["pytest"] == Distribution("pytest", "1", ("sklearn-extra",))
    assert found["developed"].version == "2"
    assert not {"broken", "nameless", "text", "bytes", "empty"} & set(found)
