"""Starts the process that workers and sessions of tests are forked from."""

from __future__ import annotations

import os
import re
import select
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.forking import server as fork_server
from tests.forking import shim as fork_shim

if TYPE_CHECKING:
    from collections.abc import Sequence

PRELOAD = (
    "filelock",
    "pdb",
    "pytest_pare.engines.live",
    "pytest_pare.plugin.pare_fixture",
    "pytest_pare.plugin",
    "pytest_pare.scenarios.checks",
    "pytest_pare.plugin.session",
)
"""The modules that most workers import."""

# Time limit for importing all of these modules.
_START_SECONDS = 120.0
# How long the server may take to end when no workers are left.
_END_SECONDS = 2.0

ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # numpy: a pool, one thread for each core
    "_RJEM_MALLOC_CONF": "background_thread:false",  # polars: jemalloc's housekeeping
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow, which pandas imports: the same
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # LiteLLM: reads prices from a file of its own instead of the network
}
"""Without these, libraries start threads when they are imported, and a fork does not copy threads."""


def start(owner: Any, preload: Sequence[str]) -> str:
    """Start the server and return the command with which it forks a process.

    Args:
        owner: Its `add_cleanup` gets what ends the server.
        preload: Names of modules. Modules that pytest rewrites, and those of a test's project, are not allowed.

    Raises:
        OSError: If a process cannot be started.
        ChildProcessError: If the server cannot fork workers; the message gives the reason.
    """
    import execnet
    from execnet.gateway_io import popen_args

    server = subprocess.Popen(
        popen_args(execnet.XSpec("popen")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **ENVIRONMENT},
    )
    owner.add_cleanup(lambda: _end(server))
    assert server.stdin is not None
    assert server.stdout is not None
    code = f"import sys; sys.path[:] = {sys.path!r}; from {fork_server.__name__} import serve; serve({list(preload)!r})"
    server.stdin.write(f"{code!r}\n".encode())
    server.stdin.flush()
    answered, _, _ = select.select([server.stdout], [], [], _START_SECONDS)
    if not answered:
        raise ChildProcessError(f"no answer within {_START_SECONDS:g} s")
    answer = server.stdout.readline().decode().strip()
    if not answer.startswith(fork_server.READY):
        raise ChildProcessError(answer or f"the process to fork from ended with status {server.wait()}")
    # Two slashes would end the value of an execnet spec.
    words = (sys.executable, "-I", "-S", str(Path(fork_shim.__file__)), answer.removeprefix(fork_server.READY))
    return shlex.join(re.sub("/+", "/", word) for word in words)


def _end(server: subprocess.Popen[bytes]) -> None:
    for pipe in (server.stdin, server.stdout):
        assert pipe is not None
        pipe.close()
    try:
        server.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        # The remaining workers end when their own pipes are closed.
        server.kill()
        server.wait()
