"""Sessions of this version and of commit 2e2717c, in turn: start-up, and what one more run costs."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.figures import Figure
from benchmarks.processes import cpu_seconds
from benchmarks.versions import ROOT, unpack, variables

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADING = "sessions of this version and of commit 2e2717c, with the installed libraries; processor time"

_PYTEST = ["-m", "pytest", "-p", "xdist", "-p", "pytest_pare.plugin", "-p", "no:cacheprovider", "-q"]
# What one more run costs is the slope between these numbers of runs of each scenario.
_FEW, _MANY = 1, 11

# Its check reads the notes in a way that has changed.
_CHANGED = {"packing_list"}

_LABELS = {
    "one": "a session of one scenario",
    "oracle_run": "one more run in oracle mode",
    "reference_run": "one more run by the reference steps",
}


class _Seconds(NamedTuple):
    """Processor time of sessions."""

    one: float
    oracle_run: float
    reference_run: float


def measure(*, quick: bool = False) -> list[Figure]:
    """Alternate the versions, and compare the medians.

    A quick run plays one scenario of this version only, so it needs no history.
    """
    with tempfile.TemporaryDirectory() as directory:
        then = ROOT if quick else Path(directory, "then")
        if not quick:
            unpack(then)
        # Both play the same files: the scenarios that are bundled now draw values, and check more.
        scenarios = sorted({path.stem for path in (then / "scenarios").glob("[a-z]*.py")} - _CHANGED)
        ids = scenarios[: 1 if quick else None]
        sides = [(ROOT, Path(directory, "now")), (then, Path(directory, "before"))][: 1 if quick else 2]
        for _, project in sides:
            _write(project, then / "scenarios", ids)
        pairs = []
        for number in range(1 if quick else 6):
            sessions = [_session(root, project, len(ids)) for root, project in sides]
            # The first ones write bytecode.
            if number or quick:
                pairs.append((sessions[0], sessions[-1]))
    bounds = {"one": 0.7, "oracle_run": 0.5, "reference_run": 0.5}
    return [figure for name, bound in bounds.items() for figure in _figures(name, bound, pairs)]


def _figures(name: str, at_most: float, pairs: Sequence[tuple[_Seconds, _Seconds]]) -> list[Figure]:
    now, before = (statistics.median(getattr(one, name) for one in side) for side in zip(*pairs, strict=True))
    return [
        Figure(f"{_LABELS[name]}, now", 1000 * now, "ms"),
        Figure(f"{_LABELS[name]}, now / then", now / before if before else 0.0, "x", at_most=at_most),
    ]


def _write(project: Path, library: Path, ids: list[str]) -> None:
    project.mkdir()
    (project / "pytest.ini").write_text("[pytest]\n")
    suite = "scenarios: {{paths: [{library}], include: {ids}}}\nruns: {runs}\nrunner: {{oracle: {oracle}}}\n"
    for mode, oracle in (("oracle", "true"), ("reference", "false")):
        for runs in (_FEW, _MANY):
            text = suite.format(library=library, ids=ids, runs=runs, oracle=oracle)
            (project / f"{mode}-{runs}.pare.yaml").write_text(text)
    (project / "one.pare.yaml").write_text("scenarios: {bundled: true, include: [dinner_moved]}\n")


def _session(root: Path, project: Path, scenarios: int) -> _Seconds:
    def play(suite: str) -> float:
        return cpu_seconds([*_PYTEST, "--pare-config", f"{suite}.pare.yaml"], project, **variables(root))

    def slope(mode: str) -> float:
        return (play(f"{mode}-{_MANY}") - play(f"{mode}-{_FEW}")) / (scenarios * (_MANY - _FEW))

    return _Seconds(play("one"), slope("oracle"), slope("reference"))
