"""The processor time of other processes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def cpu_seconds(arguments: list[str], directory: Path, *, python: str = sys.executable, **variables: str) -> float:
    """Run Python and return its processor time, in user and system mode.

    Other work on the machine changes processor time less than wall-clock time. The output goes to the file `output` in
    `directory`. Bytecode is written and read, as for users.

    Args:
        arguments: The arguments of `python`.
        directory: Working directory of the process.
        python: The interpreter.
        **variables: Variables for its environment.

    Raises:
        RuntimeError: If the exit status is neither 0 nor pytest's 5 ("no tests collected").
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with (directory / "output").open("w") as output:
        status = subprocess.run(
            [python, *arguments],
            cwd=directory,
            env={**environment, **variables},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status not in (0, 5):
        raise RuntimeError(f"python {' '.join(arguments)}: {status}\n{(directory / 'output').read_text()}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
