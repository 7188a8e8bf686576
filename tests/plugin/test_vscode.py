"""Visual Studio Code: what its adapter discovers, and what it runs by the ids that it has discovered."""

from __future__ import annotations

import json
import linecache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

ADAPTER = Path(__file__).with_name("vscode_adapter.py").read_text(encoding="utf-8")

SHED = """
import pytest

@pytest.mark.parametrize("tool", ["rake", "hoe"])
def test_shed(tool): pass
"""

AGENTS = """
import pytest

@pytest.fixture(params=["polite", "silent"])
def proactive_agent(request):
    def act(turn):
        if request.param == "polite":
            turn.propose("May I water the plants?")
    return act

@pytest.fixture(params=[1, 2], scope="module", autouse=True)
def season(request):
    return request.param
"""


@pytest.fixture
def project(example: Example, monkeypatch: pytest.MonkeyPatch) -> Example:
    example.write("vscode_pytest.py", ADAPTER).write("test_shed.py", SHED)
    example.scenario("water").scenario("weed", "fail")
    example.pytester.makeini("[pytest]\npare_config = pare.yaml")
    monkeypatch.syspath_prepend(example.path)
    return example


def discovered(project: Example, *args: str) -> dict[str, Any]:
    """Return what the adapter sends of the project: by file, what it lists there."""
    session = project.run("-p", "vscode_pytest", f"--rootdir={project.path}", "--collect-only", *args)
    assert session.code == pytest.ExitCode.OK, session.out
    sent = json.loads((project.path / "discovered.json").read_text())
    assert "error" not in sent
    return {Path(path).name: file["children"] for path, file in sent["tests"].items()}


@pytest.mark.parametrize(
    ("suite", "conftest", "listed"),
    [
        ("", "", ["water", "weed"]),
        ("runs: 2", "", ["water[run1]", "water[run2]", "weed[run1]", "weed[run2]"]),
        (
            "matrix: {calm: {max_turns: 8}, busy: {max_turns: 9}}",
            "",
            ["water[calm]", "water[busy]", "weed[calm]", "weed[busy]"],
        ),
        (
            "sweep: {runner.max_turns: [8, 9]}",
            "",
            ["water[max_turns_8]", "water[max_turns_9]", "weed[max_turns_8]", "weed[max_turns_9]"],
        ),
        ("scenarios: {include: [water]}", AGENTS, ["water[1-polite]", "water[1-silent]", "water[2-polite]"]),
    ],
)
def test_every_run_is_discovered_and_runs_by_its_id(
    suite: str, conftest: str, listed: list[str], project: Example
) -> None:
    project.suite(suite).write("conftest.py", conftest)
    files = discovered(project)
    assert set(files) == {"pare.yaml", "test_shed.py"}
    nodes = files["pare.yaml"]
    assert set(listed) <= {node["name"] for node in nodes}
    shed = [node for function in files["test_shed.py"] for node in function["children"]]
    assert {node["name"].rpartition("-")[2].strip("[]") for node in shed} == {"rake", "hoe"}
    ids = [node["id"] for node in [*nodes, *shed]]
    session = project.run("-p", "vscode_pytest", f"--rootdir={project.path}", *ids)
    assert sum(session.outcomes().values()) == len(ids)
    results = dict(line.split()[::-1] for line in (project.path / "results.txt").read_text().splitlines())
    assert set(results) == set(ids)
    assert {results[node["id"]] for node in nodes if "weed" in node["name"]} <= {"failed"}
    assert results[next(node["id"] for node in nodes if node["name"].startswith("water"))] == "passed"


def test_one_run_is_run_alone_by_its_id(project: Example) -> None:
    project.suite("runs: 2")
    (node,) = (node for node in discovered(project)["pare.yaml"] if node["name"] == "water[run2]")
    session = project.run("-p", "vscode_pytest", node["id"])
    assert session.outcomes() == {"passed": 1}
    assert session.verdict == [
        "gate PASS: 1 of 1 run succeeded (100.0 %), every run must succeed (no rate set)",
        "partial session (node ids): 1 of 4 runs selected",
    ]


def test_the_place_of_a_run_is_where_its_suite_selects_scenarios(project: Example) -> None:
    project.suite("# A comment.\nruns: 2\nscenarios:\n  include: [water]\n")
    for node in discovered(project)["pare.yaml"]:
        assert linecache.getline(node["path"], int(node["line"])) == "scenarios:\n"


def test_parameters_are_hidden_from_no_other_plugin(project: Example) -> None:
    project.suite("runs: 2").write(
        "conftest.py", "def pytest_collection_finish(session): print([hasattr(i, 'callspec') for i in session.items])"
    )
    assert "[True, True, True, True, True, True]" in project.run("-s").out
