"""A stand-in for `vscode_pytest`, the adapter of Visual Studio Code's Python extension, as a plugin of that name.

It reads items as the adapter does, and stands no more than the adapter: an error while it reads one item loses the
tree. The extension shows the tree, and runs a test by its `id`; a result belongs to the test with the id that is made
of the report's node id.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PATHS: dict[str, Path] = {}


def absolute_id(nodeid: str, path: Path) -> str:
    return "::".join([str(path), *nodeid.split("::")[1:]])


def parameters(item: Any, node: dict[str, Any]) -> dict[str, Any]:
    """Return the node of a function with parameters."""
    name, section = node["name"].split("[", 1)
    node["name"] = f"[{section}"
    class_and_method = item.nodeid.rsplit("::", 1)[0].rsplit(".py", 1)[1] + "::"
    parent_id = f"{item.path}{class_and_method}{name}"
    return {"name": item.originalname, "id": parent_id, "path": str(item.path), "children": [node]}


def test_node(item: Any) -> dict[str, Any]:
    line = "" if item.location[1] is None else str(item.location[1] + 1)
    return {"name": item.name, "path": str(item.path), "line": line, "id": absolute_id(item.nodeid, item.path)}


def tree(session: pytest.Session) -> dict[str, Any]:
    files: dict[str, dict[str, Any]] = {}
    item: Any
    for item in session.items:
        node: dict[str, Any] = test_node(item)
        assert callable(item.function)
        if hasattr(item, "callspec"):
            node = parameters(item, node)
        parents = item.listchain()
        assert isinstance(item.parent, pytest.File)
        assert parents[0] is session
        file = {"name": item.parent.path.name, "id": str(item.parent.path), "children": []}
        files.setdefault(str(item.parent.path), file)["children"].append(node)
    return files


def pytest_runtest_protocol(item: pytest.Item) -> None:
    PATHS[item.nodeid] = item.path


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: Any, config: pytest.Config) -> None:
    if report.when == "call":
        # A controller of workers runs no protocol.
        path = PATHS.get(report.nodeid, config.rootpath / report.nodeid.split("::")[0])
        with (config.rootpath / "results.txt").open("a") as results:
            results.write(f"{report.outcome} {absolute_id(report.nodeid, path)}\n")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send the tree of what was collected, or else an error alone."""
    try:
        sent: dict[str, Any] = {"tests": tree(session)}
    except Exception as error:  # noqa: BLE001 - the adapter does so
        sent = {"error": repr(error)}
    (session.config.rootpath / "discovered.json").write_text(json.dumps(sent))
