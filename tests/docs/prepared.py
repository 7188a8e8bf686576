"""Commands in forked processes, which have all imported already: most of the cost of a short session.

One process imports the project and its dependencies once, and forks for each command.

Run as a script, this is that process: a line of JSON on standard input is a command, and a line of output its status.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import subprocess
import sys
import traceback
from types import ModuleType
from typing import TYPE_CHECKING

from tests.forking.memory import import_for_forks
from tests.forking.start import ENVIRONMENT

if TYPE_CHECKING:
    from pathlib import Path

IMPORTED = (
    "_pytest.junitxml",
    "anyio.pytest_plugin",
    "hypothesis",
    "pytest",
    "pytest_pare.cli",
    "pytest_pare.plugin",
    "pytest_pare.plugin.pare_fixture",
    "pytest_pare.plugin.session",
    "pytest_pare.plugin.summary",
    "pytest_pare.results.files",
    "pytest_pare.scenarios.checks",
    "pytest_pare.simulation.runner",
    "xdist.dsession",
)


class PreparedPython:
    """The process that forks.

    Args:
        environment: Environment variables of all commands.
        output: A file for the output of a command.
    """

    def __init__(self, environment: dict[str, str], output: Path) -> None:
        self._output = output
        # With -P, the files beside this one cannot be imported.
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            env=environment | ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, program: str, arguments: list[str], directory: Path) -> tuple[int, str]:
        """Run a command in `directory`, and return its exit status and output.

        Args:
            program: `pytest`, `pytest-pare`, or `-c` for the code that is the only argument.
            arguments: Its arguments.
            directory: The working directory.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        task = {"program": program, "arguments": arguments, "directory": str(directory), "output": str(self._output)}
        print(json.dumps(task), file=stdin, flush=True)
        return int(stdout.readline()), self._output.read_text(encoding="utf-8")

    def end(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)


def serve() -> None:
    """Fork for each command, and print its exit status."""
    import_for_forks(IMPORTED)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            gc.enable()
            status = perform(**json.loads(line))
            sys.stdout.flush()
            sys.stderr.flush()
            # Skips the teardown of all imported modules, which takes time.
            os._exit(status)
        _, wait_status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(wait_status)}\n")
        sys.stdout.flush()


def perform(program: str, arguments: list[str], directory: str, output: str) -> int:
    """Run a command as its own process does, and return the exit status."""
    os.chdir(directory)
    printed = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, printed), (2, printed)):
        os.dup2(file, descriptor)
    sys.argv = [program, *arguments]
    try:
        if program == "pytest":
            runpy.run_module("pytest", run_name="__main__", alter_sys=True)
        elif program == "pytest-pare":
            from pytest_pare.cli import main

            main()
        else:
            sys.path.insert(0, "")
            sys.modules["__main__"] = main_module = ModuleType("__main__")
            exec(compile(arguments[0], "<string>", "exec"), vars(main_module))
        return 0
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:  # noqa: BLE001 - as Python does at the end of a process
        traceback.print_exc()
    return 1


if __name__ == "__main__":
    serve()
