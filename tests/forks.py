"""Forks the workers and the processes of sessions inside tests: plain ones import for two seconds of CPU time."""

from __future__ import annotations

import atexit
import os
import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from xdist import workermanage

from tests.forking.start import PRELOAD
from tests.forking.start import start as start_server

# Where coverage tells the processes that a measured one starts that they are to be measured too.
MEASURE = "COVERAGE_PROCESS_CONFIG"

# The packages of plugins. pytest imports them in each worker.
_PLUGINS = ("_pytest", "anyio", "hypothesis", "xdist")

_plain_specs = workermanage.parse_tx_spec_config


@dataclass
class Forks:
    """How the sessions of a test get their processes.

    Attributes:
        shim: Returns the command of a forked process.
        wanted: Whether processes are forked at all.
    """

    shim: Callable[[], str]
    wanted: bool = True

    @property
    def are_possible(self) -> bool:
        """Whether to fork: a process is measured from its start or not at all."""
        return self.wanted and sys.platform == "linux" and MEASURE not in os.environ

    def specs(self, config: pytest.Config) -> list[str]:
        """Return the specs of a session's workers."""
        specs = _plain_specs(config)
        return [f"popen//python={self.shim()}" if spec == "popen" and self.are_possible else spec for spec in specs]

    def command(self, args: Sequence[str]) -> list[str]:
        """Return the command of a pytest session in a forked process."""
        code = f"from {__name__} import run_session; run_session({self.shim()!r}, {[*args]!r})"
        return [*shlex.split(self.shim()), "-c", code]


def run_session(shim: str, args: list[str]) -> NoReturn:
    """Run a pytest session in this process, which is forked, and end it."""
    forks = Forks(lambda: shim)
    workermanage.parse_tx_spec_config = forks.specs
    sys.argv[:] = ["pytest", *args]
    # As `python -m pytest` does.
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as text
    status = pytest.console_main()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@contextmanager
def fork_server() -> Iterator[Callable[[], str]]:
    """Yield a function that returns the command of a forked process, and first starts the process to fork from."""

    def start() -> str:
        plugins = sorted(name for name in sys.modules if name.partition(".")[0] in _PLUGINS)
        return start_server(owner, [*plugins, "xdist.remote", *PRELOAD, "tests.warmup", __name__])

    with ExitStack() as stack:
        owner: Any = SimpleNamespace(add_cleanup=stack.callback)
        yield cache(start)
