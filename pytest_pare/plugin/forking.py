"""Forks the workers of pytest-xdist from one process that has imported everything once."""

from __future__ import annotations

import os
import re
import select
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_pare.base.secret_shapes import REDACTED
from pytest_pare.fork import server as fork_server
from pytest_pare.fork import shim as fork_shim

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

PRELOAD = (
    "filelock",
    "pdb",
    "pytest_pare.engines.live",
    "pytest_pare.plugin.pare_fixture",
    "pytest_pare.plugin",
    "pytest_pare.plugin.warmup",
    "pytest_pare.scenarios.checks",
    "pytest_pare.plugin.session",
)
"""The modules that every worker of a suite with live engines imports."""

# The value of a variable in a spec of execnet.
_VARIABLE = re.compile(r"(//env:[^=]*=).*?(?=//|\Z)")

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


def fork_workers(config: pytest.Config, preload: Sequence[str]) -> str | None:
    """Make this session's workers forks of one process that has imported `preload`.

    A plain worker takes seconds to start, and memory for all that it imports; a forked one needs neither. Call this
    before the session starts. The process and its forks end with this one, in whatever way this one ends.

    Args:
        config: The controller's configuration.
        preload: Names of modules. Modules that pytest rewrites, and the user's own, are not allowed.

    Returns:
        Why workers are not forked, on one line; `None` if they are, or if there are none.
    """
    if config.getoption("collectonly"):
        return None
    specs: list[str] = config.getoption("tx", [])
    if config.getoption("dist", "no") == "no" or not specs:
        return "one run at a time; -n 40 plays 40 at once"
    reason = _obstacle(specs)
    if reason is None:
        try:
            # Without users' plugins, whose asserts pytest rewrites. anyio is a plugin too, and LiteLLM installs it.
            own = sorted(name for name in sys.modules if name.partition(".")[0] in ("_pytest", "anyio", "xdist"))
            shim = _start(config, [*own, *preload])
        except (OSError, ChildProcessError) as error:
            reason = str(error)
    if reason is not None:
        return f"workers are not forked, and take more memory: {reason}"
    config.option.tx = [spec.replace("popen", f"popen//python={shim}") for spec in specs]
    return None


def _obstacle(specs: Sequence[str]) -> str | None:
    # macOS's own libraries do not support forks.
    if sys.platform != "linux":
        return f"{sys.platform} is not Linux"
    more = next((spec for spec in specs if not re.fullmatch(r"(\d+\*)?popen", spec)), None)
    if more is None:
        return None
    # Any variable of a worker may hold a key.
    without_values = _VARIABLE.sub(rf"\1{REDACTED}", more)
    return f"{without_values} is more than popen"


def _start(config: pytest.Config, preload: Sequence[str]) -> str:
    """Start the server and return the command with which it forks a worker.

    Raises:
        OSError: If a process cannot be started.
        ChildProcessError: If the server cannot fork workers; the message gives the reason.
    """
    import execnet
    from execnet.gateway_io import popen_args

    server = subprocess.Popen(  # noqa: S603 - this very Python
        popen_args(execnet.XSpec("popen")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **ENVIRONMENT},
    )
    config.add_cleanup(lambda: _end(server))
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
