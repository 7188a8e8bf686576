"""The process of a program: how it is started, and how it has ended, in words."""

from __future__ import annotations

import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pytest_pare.agents.errors import ProgramError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_pare.scenarios.agent_program import AgentProgram


def start_child(spec: AgentProgram, environment: Mapping[str, str], name: str) -> subprocess.Popen[bytes]:
    """Start the process of a program, with pipes as its standard streams.

    Args:
        spec: The program.
        environment: Its environment variables.
        name: The program's name in messages.

    Raises:
        ProgramError: If it cannot be started.
    """
    if not Path(spec.cwd).is_dir():
        raise ProgramError(f"{name} cannot be started: there is no directory {spec.cwd} (cwd)")
    try:
        return subprocess.Popen(  # noqa: S603 - the user's own program
            spec.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=spec.cwd,
            env=dict(environment),
            # A group of its own, to be killed with its children. An interrupt of the terminal does not reach it.
            start_new_session=True,
        )
    except FileNotFoundError:
        if Path(spec.cwd, spec.command[0]).exists():
            raise ProgramError(f"{name} cannot be started: the interpreter in its first line does not exist") from None
        where = f"relative to {spec.cwd} (cwd)" if "/" in spec.command[0] else "in PATH"
        raise ProgramError(f"{name} cannot be started: there is no {spec.command[0]} {where}") from None
    except (OSError, ValueError) as error:
        raise ProgramError(f"{name} cannot be started: {getattr(error, 'strerror', None) or error}") from None


def close_files(*files: IO[bytes] | None) -> None:
    """Close the pipes of a process. What was not written is lost with it."""
    for file in files:
        with suppress(OSError):
            if file is not None:
                file.close()


def how_ended(status: int) -> str:
    """Return how a process has ended, by the status that `subprocess` returns."""
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name} (signal {-status})"
    except ValueError:
        return f"was ended by signal {-status}"
