"""Sessions of pytest in processes that have ARE imported already, which is most of what a short session costs.

One process imports what is not this project's, once, and forks for each session. Whatever the project does itself, its
imports among them, happens in the session, as in a process of its own.

Run as a script, this is that process: a line of JSON on standard input is a session, and a line of output its status.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import subprocess
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IMPORTED = (
    "are.simulation.agents.default_agent.base_agent",
    "are.simulation.environment",
    "are.simulation.scenarios.scenario",
    "pytest",
)


class PreparedPython:
    """The process that forks.

    Args:
        environment: Environment variables of all sessions.
        output: A file, for what a session prints.
    """

    def __init__(self, environment: dict[str, str], output: Path) -> None:
        self._output = output
        # As with `python -P`: what is beside this file is nothing that can be imported.
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def pytest(self, arguments: list[str], directory: Path) -> tuple[int, str]:
        """Do what `python -P -m pytest` does in `directory`, and return its exit status and what it has printed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        task = {"arguments": arguments, "directory": str(directory), "output": str(self._output)}
        print(json.dumps(task), file=stdin, flush=True)
        return int(stdout.readline()), self._output.read_text(encoding="utf-8")

    def end(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)


def serve() -> None:
    """Fork for each session, and tell how it has ended."""
    for name in IMPORTED:
        import_module(name)
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = session(**json.loads(line))
            sys.stdout.flush()
            sys.stderr.flush()
            # Without the time that it takes to tidy up what was imported.
            os._exit(status)
        _, wait_status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(wait_status)}\n")
        sys.stdout.flush()


def session(arguments: list[str], directory: str, output: str) -> int:
    """Run pytest as its command does, and return the exit status."""
    os.chdir(directory)
    printed = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, printed), (2, printed)):
        os.dup2(file, descriptor)
    sys.argv = ["pytest", *arguments]
    try:
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:  # noqa: BLE001 - what Python does at the end of a process
        traceback.print_exc()
    return 1


if __name__ == "__main__":
    serve()
