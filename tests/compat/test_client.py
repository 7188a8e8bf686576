"""The client's README on a clean machine: two environments, made from wheels, that share no distribution."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.clients.fake_host import CLIENT
from tests.clients.pythons import newest
from tests.docs.test_docs import blocks
from tests.packaging.test_distribution import ROOT, hatch, run

README = CLIENT / "README.md"


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a new environment with pytest-pare and what it requires; the network is needed."""
    directory = tmp_path_factory.mktemp("plugin")
    uv = [sys.executable, "-m", "uv"]
    run(*uv, "venv", "--quiet", "--python", sys.executable, directory / "venv")
    python = directory / "venv" / "bin" / "python"
    run(*uv, "pip", "install", "--quiet", "--python", python, hatch(ROOT, "wheel", directory))
    return python


def test_the_readme_from_wheels(plugin: Path, tmp_path: Path) -> None:
    run(newest(), "-m", "venv", tmp_path / "agent-env")
    agents = tmp_path / "agent-env" / "bin" / "python"
    wheel = hatch(CLIENT, "wheel", tmp_path / "dist")
    run(agents, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", wheel)
    for block in blocks(README):
        if block.file is not None:
            (tmp_path / block.file).write_text(block.code, encoding="utf-8")

    where = run(plugin, "-c", "import pytest_pare; print(pytest_pare.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(plugin.parents[1])
    where = run(agents, "-c", "import pytest_pare_agent; print(pytest_pare_agent.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(tmp_path / "agent-env")
    missing = "import importlib.util, sys; print([n for n in sys.argv[1:] if importlib.util.find_spec(n)])"
    assert run(plugin, "-c", missing, "pytest_pare_agent", cwd=tmp_path) == "[]\n"
    assert run(agents, "-c", missing, "pytest_pare", "pytest", "are", "pydantic", cwd=tmp_path) == "[]\n"

    output = run(plugin, "-m", "pytest", "--pare-config", "pare.yaml", "-p", "no:cacheprovider", cwd=tmp_path)
    assert "gate PASS: 1 of 1 run succeeded" in output
    assert "proactive=program:agent.py" in output
