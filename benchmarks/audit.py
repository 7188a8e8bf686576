"""The audit of validators: a changed run beside the reference run, and a whole session per case."""

from __future__ import annotations

import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, alternate
from benchmarks.processes import cpu_seconds

if TYPE_CHECKING:
    from pytest_pare.scenarios import PAREScenario

SCENARIO = "dinner_moved"
_AUDIT = ["-m", "pytest", "--pare-config", "pare.yaml", "--pare-audit", "-q", "--tb=no", "-p", "no:cacheprovider"]

HEADING = f"the audit of {SCENARIO}, and a session with --pare-audit of the bundled library"


def measure(*, quick: bool = False) -> list[Figure]:
    """Compare a case of an audit with a reference run, and measure the processor time of a session per case."""
    from pytest_pare.audit.audit import audit_of
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
    from pytest_pare.simulation.runner import run_scenario

    scenario_class = _scenario_class()
    audit = audit_of(scenario_class)
    cases = list(audit.cases)[: 5 if quick else None]

    def case() -> float:
        began = time.process_time()
        for case_id in cases:
            audit.play(case_id)
        return (time.process_time() - began) / len(cases)

    def reference() -> float:
        began = time.process_time()
        for _ in cases:
            run_scenario(scenario_class(), MultiScenarioRunnerConfig(oracle=True))
        return (time.process_time() - began) / len(cases)

    played, compared = alternate(case, reference, 1 if quick else 5)
    seconds, count = _session(f"[{SCENARIO}]" if quick else "['*']")
    return [
        Figure("a case, beside a reference run", played / compared, "x", at_most=1.5),
        Figure("a case, processor time", 1000 * played, "ms"),
        Figure(f"a session of {count} cases, processor time of a case", 1000 * seconds / count, "ms", at_most=25),
    ]


def _session(scenarios: str) -> tuple[float, int]:
    """Return the processor time of a session in a process of its own, with its start, and its number of cases."""
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "pare.yaml").write_text(f"scenarios: {{bundled: true, include: {scenarios}}}\n", encoding="utf-8")
        (project / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        seconds = cpu_seconds([*_AUDIT, "--pare-set=gate.min_audit_score=0"], project)
        words = (project / "output").read_text(encoding="utf-8").splitlines()[-1].replace(",", "").split()
    return seconds, sum(int(number) for number, word in pairwise(words) if word in ("passed", "failed"))


def _scenario_class() -> type[PAREScenario]:
    from pytest_pare.scenarios.library import bundled_library_dir
    from pytest_pare.scenarios.registration import load_library
    from pytest_pare.scenarios.registry import registry

    load_library(registry, bundled_library_dir())
    scenario_class: type[PAREScenario] = registry.registered()[SCENARIO]
    return scenario_class
