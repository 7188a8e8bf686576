"""The commands of the manual for a recipe, on a clean machine: a checkout, and two new environments."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.test_docs import blocks, environment, matches
from tests.packaging.test_distribution import ROOT, run

RECIPES = sorted(path.parent.name for path in (ROOT / "recipes").glob("*/agent.py"))
README = next(block for block in blocks(ROOT / "README.md") if block.code.startswith("$ cd recipes/"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a new checkout, with pytest-pare installed into its environment `.venv`; the network is needed."""
    directory = tmp_path_factory.mktemp("clean") / "pytest-pare"
    run("git", "clone", "--quiet", ROOT, directory)
    uv = [sys.executable, "-m", "uv"]
    run(*uv, "venv", "--quiet", "--python", sys.executable, directory / ".venv")
    run(*uv, "pip", "install", "--quiet", "--python", directory / ".venv" / "bin" / "python", directory)
    return directory


def test_every_page_has_the_same_commands() -> None:
    (other,) = [block for block in blocks(ROOT / "docs" / "recipes.md") if block.code.startswith("$ cd recipes/")]
    assert other.code == README.code.replace("pydantic_ai", "plain_loop")


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_commands_of_the_readme(recipe: str, checkout: Path) -> None:
    *commands, last = re.split(r"^\$ ", README.code.replace("pydantic_ai", recipe), flags=re.MULTILINE)[1:]
    play, _, expected = last.partition("\n")
    active = {"PATH": f"{checkout / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}", "PIP_QUIET": "1"}
    script = "\n".join(["set -e", *map(str.strip, commands), play])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=checkout,
        env=environment() | active,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert matches(done.stdout, expected), done.stdout
