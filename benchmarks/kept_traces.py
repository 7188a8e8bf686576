"""The size of traces as a ledger stores them, and what storing them costs."""

from __future__ import annotations

import gzip
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, alternate
from benchmarks.processes import cpu_seconds
from pytest_pare.simulation.trace_files import kept, read_trace, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.simulation.trace import Trace

HEADING = "traces of the bundled library, as a ledger stores them"

_SUITE = "scenarios: {{bundled: true{split}}}\nledger: {{traces: all}}\nrunner: {{oracle: {oracle}}}\n"
_COMMAND = ["-m", "pytest", "-q", "-p", "pare", "--pare-config", "pare.yaml"]


def measure(*, quick: bool = False) -> list[Figure]:
    """Play the library in both modes, and compare its stored traces with their lines compressed with gzip."""
    figures = []
    for mode, oracle in (("in oracle mode", "true"), ("of the reference steps", "false")):
        sizes, traces = _stored(_SUITE.format(split=", split: smoke" if quick else "", oracle=oracle))
        lines = [len(gzip.decompress(zipped(trace))) for trace in traces]
        storing, zipping = alternate(_seconds(kept, traces), _seconds(zipped, traces), 1 if quick else 15)
        figures += [
            Figure(f"a run {mode}", sum(sizes) / len(sizes) / 1000, "KB", at_most=1.6),
            Figure("its JSON lines", sum(lines) / len(lines) / 1000, "KB"),
            Figure("time to store one, beside gzip", storing / zipping, "x", at_most=1.5),
        ]
    return figures


def _stored(suite: str) -> tuple[list[int], list[Trace]]:
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "pytest.ini").write_text("[pytest]\n")
        (project / "pare.yaml").write_text(suite)
        cpu_seconds(_COMMAND, project, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
        paths = sorted((project / ".pare/runs").glob("*/*.jsonl.zst"))
        return [path.stat().st_size for path in paths], [read_trace(path) for path in paths]


def _seconds(write: Callable[[Trace], bytes], traces: list[Trace]) -> Callable[[], float]:
    def measured() -> float:
        before = time.process_time()
        for trace in traces:
            write(trace)
        return time.process_time() - before

    return measured
