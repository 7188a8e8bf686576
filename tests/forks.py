"""Forks the workers and the processes of sessions inside tests: plain ones import for two seconds of CPU time."""

from __future__ import annotations

import atexit
import os
import runpy
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

import pytest
from xdist import workermanage

from tests.forking.start import PRELOAD
from tests.forking.start import start as start_server

# Where coverage tells the processes that a measured one starts that they are to be measured too.
MEASURE = "COVERAGE_PROCESS_CONFIG"

# Modules of plugins, which pytest imports in each worker. Those that a test is the first to import are not among them:
# the plugin of hypothesis warns of some.
_PLUGINS = sorted(name for name in sys.modules if name.partition(".")[0] in ("_pytest", "anyio", "hypothesis", "xdist"))

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
        """Return the command of a process that does what `python` does with `-m` or `-c` and further arguments."""
        if not self.are_possible:
            return [sys.executable, *args]
        code = f"from {__name__} import run_python; run_python({self.shim()!r}, {[*args]!r})"
        return [*shlex.split(self.shim()), "-c", code]

    def popen(self) -> type[subprocess.Popen[Any]]:
        """Return a class like `Popen` that forks the processes of `python -m` and `python -c`."""
        forks = self

        class Popen(subprocess.Popen[Any]):
            def __init__(self, args: Any, **options: Any) -> None:
                if args[0] == sys.executable and args[1:2] in (["-m"], ["-c"]):
                    args = forks.command(args[1:])
                super().__init__(args, **options)

        return Popen


def run_python(shim: str, args: list[str]) -> NoReturn:
    """Do in this process, which is forked, what `python` does with `-m` or `-c` and further arguments, and end it."""
    forks = Forks(lambda: shim)
    workermanage.parse_tx_spec_config = forks.specs
    option, what, *others = args
    # As Python does.
    sys.path.insert(0, os.getcwd() if option == "-m" else "")  # noqa: PTH109 - as text
    sys.argv[:] = [option if option == "-c" else what, *others]
    status = 0
    try:
        if option == "-c":
            sys.modules["__main__"] = main = ModuleType("__main__")
            exec(compile(what, "<string>", "exec"), vars(main))
        else:
            runpy.run_module(what, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        # As Python does with a text.
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@contextmanager
def fork_server() -> Iterator[Callable[[], str]]:
    """Yield a function that returns the command of a forked process, and first starts the process to fork from."""

    def start() -> str:
        return start_server(owner, [*_PLUGINS, "xdist.remote", *PRELOAD, "tests.warmup", __name__])

    with ExitStack() as stack:
        owner: Any = SimpleNamespace(add_cleanup=stack.callback)
        yield cache(start)
