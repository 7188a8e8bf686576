"""Makes the dictionary of packed traces: `python -m tests.simulation.trace_dictionary FILE` writes it.

It chooses whole lines from the reference runs of the bundled library. A dictionary that has been released must not
change, or the traces that it has packed could not be read: a better one is another file.
"""

from __future__ import annotations

import heapq
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from pytest_pare.simulation.trace_codec import to_rows
from pytest_pare.simulation.trace_files import read_trace
from pytest_pare.simulation.trace_packing import without_ids

# What zlib looks back at.
_SIZE = 32_768
_PIECE = 8
_SUITE = "scenarios: {bundled: true}\nrunner: {export: true, output_dir: traces}\n"


def dictionary(texts: list[bytes]) -> bytes:
    """Return the lines whose pieces are in most of the texts, the best at the end, where zlib finds them best."""
    counts = Counter(piece for text in texts for piece in _pieces(text))
    taken: set[bytes] = set()

    def value(line: bytes) -> float:
        return sum(counts[piece] - 1 for piece in _pieces(line) - taken) / (len(line) + _PIECE)

    lines = {line for text in texts for line in text.splitlines(keepends=True)}
    queue = [(-value(line), line) for line in lines]
    heapq.heapify(queue)
    chosen: list[bytes] = []
    size = 0
    while queue and size < _SIZE:
        before, line = heapq.heappop(queue)
        now = -value(line)
        if now > before:
            # Lines that were taken since have some of its pieces.
            heapq.heappush(queue, (now, line))
            continue
        chosen.append(line)
        size += len(line)
        taken |= _pieces(line)
    return b"".join(reversed(chosen))[-_SIZE:]


def _pieces(text: bytes) -> set[bytes]:
    return {text[start : start + _PIECE] for start in range(len(text) - _PIECE + 1)}


def texts_of_the_library() -> list[bytes]:
    """Play the reference runs of the bundled library, and return their traces as they are packed."""
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "pytest.ini").write_text("[pytest]\n")
        (project / "pare.yaml").write_text(_SUITE)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "pare", "--pare-config", "pare.yaml"]
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        subprocess.run(command, cwd=project, env=environment, check=True)
        traces = [read_trace(path) for path in sorted((project / "traces").iterdir())]
    return [without_ids(to_rows(vars(trace)).encode("utf-8"))[0] for trace in traces]


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(dictionary(texts_of_the_library()))
