"""The cost of one more run in a session of the bundled suite, from fixtures to the report."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.processes import cpu_seconds
from pytest_pare.scenarios.library import bundled_split

HEADING = "a session of the bundled suite; processor time"

_PLAY = ["-m", "pytest", "--pare-config", "pare.yaml", "-q", "-p", "no:cacheprovider"]


def measure(*, quick: bool = False) -> list[Figure]:
    """Play the suite with few and with many runs each; the difference is the cost of a run."""
    repeats, many = (1, 2) if quick else (5, 51)
    split = "smoke" if quick else "full"
    scenarios = len(bundled_split(split).read_text(encoding="utf-8").split("\n")[1:-1])
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "pare.yaml").write_text(f"scenarios: {{bundled: true, split: {split}}}\n")
        (project / "pytest.ini").write_text("[pytest]\n")

        def play(runs: int) -> float:
            seconds = cpu_seconds([*_PLAY, f"--pare-runs={runs}"], project)
            if f"{scenarios * runs} passed" not in (project / "output").read_text():
                raise RuntimeError(f"not all of {scenarios * runs} runs passed")
            return seconds

        rounds = [(play(1), play(many)) for _ in range(repeats)]
    once, often = (statistics.median(column) for column in zip(*rounds, strict=True))
    return [
        Figure(f"a session of {scenarios} scenarios, one run each, median of {repeats}", once, "s"),
        Figure("one more run of a scenario", 1000 * (often - once) / (scenarios * (many - 1)), "ms"),
    ]
