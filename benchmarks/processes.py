"""The processor time and the memory of other processes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def descendants(pid: int) -> Iterator[int]:
    """Yield the child processes of a process, and their descendants."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (thread / "children").read_text().split()):
            yield child
            yield from descendants(child)


def megabytes(pid: int) -> float:
    """Return the proportional set size of a process: shared memory is divided among the processes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
