"""The commands of `docs/install.md`, as far as a resolver tells: nothing is installed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
OVERRIDES = "".join(re.findall(r"^```toml\n(.+?)```", PAGE, flags=re.MULTILINE | re.DOTALL))
REFUSED, *COMMANDS = re.findall(r"^\$ uv pip install (.+)$", PAGE, flags=re.MULTILINE)
(PLAIN,) = re.findall(r"^\$ pip install (\. .+)$", PAGE, flags=re.MULTILINE)


def resolve(project: Path, arguments: str, pyproject: str = "") -> tuple[int, dict[str, Version]]:
    """Return the exit status of uv, and the versions that it would install into a new environment."""
    (project / "pyproject.toml").write_text(pyproject)
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable], cwd=project, check=True)
    requirements = [str(ROOT) if one == "." else one for one in shlex.split(arguments)]
    # uv would take the environment that it is started from.
    command = [*uv, "pip", "install", "--dry-run", "--python", ".venv", *requirements]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    found = re.findall(r"^ \+ (\S+)==(\S+)$", done.stderr, flags=re.MULTILINE)
    return done.returncode, {name: Version(version) for name, version in found}


def test_some_frameworks_fit_beside_every_pin(tmp_path: Path) -> None:
    status, versions = resolve(tmp_path, PLAIN)
    assert status == 0
    assert (str(versions["pydantic"]), str(versions["mcp"])) == ("2.10.6", "1.11.0")
    assert versions["langgraph"] >= Version("1.2")
    assert versions["smolagents"] >= Version("1.26")


def test_an_old_release_is_taken_where_no_lowest_version_is_named(tmp_path: Path) -> None:
    status, versions = resolve(tmp_path, ". pydantic-ai openai-agents")
    assert status == 0
    assert versions["pydantic-ai"] < Version("1")
    assert versions["openai-agents"] < Version("0.5")


def test_others_are_refused_without_an_override(tmp_path: Path) -> None:
    assert resolve(tmp_path, REFUSED)[0] != 0


@pytest.mark.parametrize("arguments", COMMANDS)
def test_overrides_let_others_in(arguments: str, tmp_path: Path) -> None:
    status, versions = resolve(tmp_path, arguments, OVERRIDES)
    assert status == 0
    pins = [f"{name}=={versions[name]}" for name in ("pydantic", "mcp", "python-dotenv")]
    assert all(f'"{pin}"' in OVERRIDES for pin in pins)
