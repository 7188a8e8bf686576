"""Makes the dictionary of kept traces: `python -m tests.simulation.trace_dictionary FILE` writes it.

It is trained on traces of the bundled library: of the environment, of the reference steps, and of control agents that
fail. A dictionary that has been released must not change, or the traces that were compressed with it could not be read:
a better one is another file.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from zstandard import train_dictionary

from pytest_pare.simulation.trace_files import read_trace

# Zstandard recommends a hundredth of the samples, and at most this.
_SIZE = 112_640
_RUNNERS = ("oracle: true", "oracle: false", 'agent_type: "null"', "agent_type: random", "agent_type: eager")


def samples() -> list[bytes | bytearray | memoryview[int]]:
    """Play the bundled library, and return the lines of the traces."""
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "pytest.ini").write_text("[pytest]\n")
        for number, runner in enumerate(_RUNNERS):
            suite = f"scenarios: {{bundled: true}}\nrunner: {{{runner}, export: true, output_dir: traces-{number}}}\n"
            (project / "pare.yaml").write_text(suite)
            command = [sys.executable, "-m", "pytest", "-q", "-p", "pare", "--pare-config", "pare.yaml"]
            environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
            subprocess.run(command, cwd=project, env=environment, check=False, stdout=subprocess.DEVNULL)
        return [read_trace(path).to_jsonl().encode("utf-8") for path in sorted(project.glob("traces-*/*"))]


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(train_dictionary(_SIZE, samples(), level=19).as_bytes())
