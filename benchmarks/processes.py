"""Other processes, and the processor time that they take."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def cpu_seconds(arguments: list[str], directory: Path, **variables: str) -> float:
    """Run Python and return the processor time that it took, its own and the system's.

    Processor time, because it changes less than the wall clock when the machine has other work. What Python prints goes
    to the file `output` in `directory`. Bytecode is written and read, as it is for users.

    Args:
        arguments: What follows `python` on the command line.
        directory: Where it runs.
        **variables: Set in its environment.

    Raises:
        RuntimeError: If it ends with an exit status other than 0, and other than pytest's 5 ("no tests collected").
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with (directory / "output").open("w") as output:
        status = subprocess.run(
            [sys.executable, *arguments],
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
