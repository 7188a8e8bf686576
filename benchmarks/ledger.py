"""What the ledger of a session costs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.figures import Figure, alternate
from benchmarks.processes import cpu_seconds

HEADING = "a session of 30 scenarios x 8 runs, offline, with and without its ledger; processor time"

_SUITE = "{scenarios: {bundled: true, split: core}, runs: 8}"
_WITH = ["-m", "pytest", "-q", "-p", "pare", "--pare-config", "pare.yaml"]
_WITHOUT = [*_WITH, "--pare-set", "ledger=false"]


def measure(*, quick: bool = False) -> list[Figure]:
    """Alternate sessions with and without a ledger, and compare the medians."""
    repeats = 1 if quick else 15
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "pytest.ini").write_text("[pytest]\n")
        (project / "pare.yaml").write_text(_SUITE.replace("8", "1").replace("core", "smoke") if quick else _SUITE)

        def play(arguments: list[str]) -> float:
            return cpu_seconds(arguments, project, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")

        with_ledger, without = alternate(lambda: play(_WITH), lambda: play(_WITHOUT), repeats)
        size = sum(path.stat().st_size for path in (project / ".pare/runs").glob("*.jsonl")) / repeats
    return [
        Figure(f"without a ledger, median of {repeats}", without, "s"),
        Figure(f"with it, median of {repeats}", with_ledger, "s"),
        Figure("with / without", with_ledger / without, "x", at_most=1.03),
        Figure("size of a ledger", size / 1024, "KB"),
    ]
