"""The cost of the installed but unused plugin in a session without tests, and the cost of a session of one scenario."""

from __future__ import annotations

import tempfile
from importlib.metadata import entry_points
from pathlib import Path

from benchmarks.figures import Figure, alternate
from benchmarks.processes import cpu_seconds

HEADING = "an empty pytest session, installed but unused, and one of one scenario; processor time"

# Only pytest and pytest-xdist, on which the plugin depends: the cost of other plugins would hide the difference. The
# others are blocked, because to name the two by `-p NAME` would read all entry points once for each.
_OTHERS = sorted({one.name for one in entry_points(group="pytest11")} - {"pare", "xdist", "xdist.looponfail"})
_WITH = ["-m", "pytest", *(f"-pno:{name}" for name in _OTHERS)]
_WITHOUT = [*_WITH, "-pno:pare"]
_SUITE = "scenarios: {bundled: true, include: [dinner_moved]}"
_ONE = [*_WITH, "--pare-config", "pare.yaml"]
_IMPORT = ["-c", "import are.simulation.scenario_runner"]


def measure(*, quick: bool = False) -> list[Figure]:
    """Alternate sessions with and without the plugin, and compare the medians."""
    repeats = 1 if quick else 31
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "pytest.ini").write_text("[pytest]\n")

        def start(arguments: list[str]) -> float:
            return cpu_seconds(arguments, project)

        if not quick:
            start(_WITH)
        with_plugin, without = alternate(lambda: start(_WITH), lambda: start(_WITHOUT), repeats)
        (project / "pare.yaml").write_text(_SUITE)
        if not quick:
            start(_ONE)
        one, imported = alternate(lambda: start(_ONE), lambda: start(_IMPORT), 1 if quick else 11)
    return [
        Figure(f"without the plugin, median of {repeats}", 1000 * without, "ms"),
        Figure(f"with it, median of {repeats}", 1000 * with_plugin, "ms"),
        Figure("with / without", with_plugin / without, "x", at_most=1.02),
        Figure("importing ARE's own runner", 1000 * imported, "ms"),
        Figure("a session that plays one scenario", 1000 * one, "ms"),
        Figure("a session / importing ARE's own runner", one / imported, "x", at_most=1.2),
    ]
