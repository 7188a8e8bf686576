"""Workers of pytest-xdist that are forked from one process, in which everything has been imported once."""

from __future__ import annotations

import os
import re
import select
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_pare.base.redaction import REDACTED
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
"""What every worker of a suite with live engines imports."""

# The value of a variable in a spec of execnet.
_VARIABLE = re.compile(r"(//env:[^=]*=).*?(?=//|\Z)")

# Most time that importing it all may take.
_START_SECONDS = 120.0
# How long the server has to end, when no workers are left.
_END_SECONDS = 2.0

# The libraries below start threads when they are imported, which a fork would not take along.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # numpy: a pool, one thread for each core
    "_RJEM_MALLOC_CONF": "background_thread:false",  # polars: jemalloc's housekeeping
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow, which pandas imports: the same
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # LiteLLM: asks the network for prices, or else a file of its own
}


def fork_workers(config: pytest.Config, preload: Sequence[str]) -> str | None:
    """Let this session's workers be forked from one process that has imported `preload`.

    A plain worker takes seconds to start and memory for all that it imports; a forked one takes neither. To call before
    the session starts. The process, and what it has forked, ends with this one, however that ends.

    Args:
        config: The controller's configuration.
        preload: Names of modules. None may be one that pytest has to rewrite, or the user's.

    Returns:
        Why nothing was done, on one line; `None` if it was, or there is nothing to do.
    """
    if config.getoption("collectonly"):
        return None
    specs: list[str] = config.getoption("tx", [])
    if config.getoption("dist", "no") == "no" or not specs:
        return "one run at a time; -n 40 plays 40 at once"
    reason = _obstacle(specs)
    if reason is None:
        try:
            # Not users' plugins, the asserts of which pytest has to rewrite. anyio's is one that LiteLLM brings along.
            own = sorted(name for name in sys.modules if name.partition(".")[0] in ("_pytest", "anyio", "xdist"))
            shim = _start(config, [*own, *preload])
        except (OSError, ChildProcessError) as error:
            reason = str(error)
    if reason is not None:
        return f"workers are not forked, and take more memory: {reason}"
    config.option.tx = [spec.replace("popen", f"popen//python={shim}") for spec in specs]
    return None


def _obstacle(specs: Sequence[str]) -> str | None:
    # What macOS's own libraries keep does not bear a fork.
    if sys.platform != "linux":
        return f"{sys.platform} is not Linux"
    more = next((spec for spec in specs if not re.fullmatch(r"(\d+\*)?popen", spec)), None)
    if more is None:
        return None
    # Whatever its name, a variable that a worker is given may be a key.
    without_values = _VARIABLE.sub(rf"\1{REDACTED}", more)
    return f"{without_values} is more than popen"


def _start(config: pytest.Config, preload: Sequence[str]) -> str:
    """Start the server and return the command that has it fork a worker.

    Raises:
        OSError: If a process cannot be started.
        ChildProcessError: If this one cannot fork workers; the message tells why.
    """
    import execnet
    from execnet.gateway_io import popen_args

    server = subprocess.Popen(  # noqa: S603 - this very Python
        popen_args(execnet.XSpec("popen")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **_ENVIRONMENT},
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
        # Workers are left, which end when their own pipes do.
        server.kill()
        server.wait()
