"""What an installed but unused plugin costs: the start of a session without tests."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.figures import Figure, alternate
from benchmarks.processes import cpu_seconds

HEADING = "an empty pytest session, installed but unused; processor time"

# pytest and pytest-xdist, on which the plugin depends, alone: what other plugins need is not ours, and hides the rest.
_WITHOUT = ["-m", "pytest", "-p", "xdist"]
_WITH = [*_WITHOUT, "-p", "pare"]


def measure(*, quick: bool = False) -> list[Figure]:
    """Start sessions with and without the plugin in turns, and compare the medians."""
    repeats = 1 if quick else 31
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "pytest.ini").write_text("[pytest]\n")

        def start(arguments: list[str]) -> float:
            return cpu_seconds(arguments, project, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")

        if not quick:
            start(_WITH)
        with_plugin, without = alternate(lambda: start(_WITH), lambda: start(_WITHOUT), repeats)
    return [
        Figure(f"without the plugin, median of {repeats}", 1000 * without, "ms"),
        Figure(f"with it, median of {repeats}", 1000 * with_plugin, "ms"),
        Figure("with / without", with_plugin / without, "x", at_most=1.05),
    ]
