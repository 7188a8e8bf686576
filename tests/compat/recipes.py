"""A recipe as a user has it: a copy of its directory, with an environment of its own in which connections are noted."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_pare.base.redaction import names_secret
from tests.compat.scripted_model import MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping

Settings: TypeAlias = "Mapping[str, object]"

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "python"

# Loaded at the start of each interpreter of the agent's environment. The hook sees connections of any library.
SEAL = """
import os
import sys


def note(line):
    with open({log!r}, "a", encoding="utf-8") as file:
        file.write(line + "\\n")


def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and isinstance(arguments[1], tuple):
        host, port = arguments[1][:2]
    elif event == "socket.getaddrinfo":
        host, port = arguments[:2]
    else:
        return
    if host in (None, "", "127.0.0.1", "::1", "localhost"):
        note(f"{{event}} to {{port}}")
    else:
        note(f"refused {{event}} to {{host}}")
        raise PermissionError(f"a connection to {{host}}")


note("sealed")
sys.addaudithook(watch)
"""


@dataclass
class Recipe:
    """A copy of a recipe, as a user has it.

    Attributes:
        directory: The copy, with an environment of its own in `agent-env`.
        url: The base URL of the model.
        log: What the agent's processes have connected to.
    """

    directory: Path
    url: str
    log: Path

    def play(
        self,
        output: str,
        settings: Settings | None = None,
        *flags: str,
        suite: str = "pare.yaml",
        status: int = 0,
    ) -> dict[str, bytes]:
        """Play a suite, and return the trace of each scenario."""
        self.log.unlink(missing_ok=True)
        model = {"provider": "local", "endpoint": self.url, "model_name": MODEL}
        values = {"runner.agent_engine_config": model, "runner.export": True, "runner.output_dir": output}
        pairs = [f"--pare-set={key}={json.dumps(value)}" for key, value in {**values, **(settings or {})}.items()]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "pare", "-p", "xdist", "--pare-config", suite, *pairs, *flags],
            cwd=self.directory,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=500,
        )
        assert done.returncode == status, done.stdout
        return {
            path.name.partition(".")[0]: gzip.decompress(path.read_bytes())
            for path in (self.directory / output).iterdir()
        }

    def record(self, output: str, settings: Settings | None = None, **options: Any) -> dict[str, bytes]:
        return self.play(output, settings, "--pare-record=all", "--pare-live", **options)

    def require_sealed(self) -> None:
        """Check that the agent's processes were watched, and asked for nothing but the endpoints of the session."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        assert "sealed" in lines
        assert [line for line in lines if line.startswith("refused")] == []
        ports = {line.rpartition(" ")[2] for line in lines if line.startswith("socket.connect")}
        assert ports
        assert self.url.split(":")[2].split("/")[0] not in ports


def environment() -> dict[str, str]:
    """Return the environment without keys, and without what configures this session."""
    ours = ("PYTEST_", "PARE_", "COV_", "COVERAGE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours) and not names_secret(name)}
    return {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "120"}


def copy_recipe(name: str, directory: Path) -> None:
    """Copy the files of a recipe."""
    directory.mkdir()
    for path in (ROOT / "recipes" / name).iterdir():
        if path.is_file():
            shutil.copy(path, directory)


def seal(environment: Path, log: Path) -> None:
    """Note the connections of the interpreters of an environment in a file, and refuse those beyond loopback."""
    (packages,) = (environment / "lib").glob("python*/site-packages")
    (packages / "seal.py").write_text(SEAL.format(log=str(log)), encoding="utf-8")
    (packages / "seal.pth").write_text("import seal\n", encoding="utf-8")
