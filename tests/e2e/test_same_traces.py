"""Equal runs have equal traces, byte for byte: in one process, with workers, in threads and in processes.

PARE_TRACE_REPEATS=13 makes 52 runs of each scenario of the split smoke, 13 in each of the four ways.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.library import bundled_library_dir, bundled_split
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.multi_runner import MultiScenarioRunner
from pytest_pare.simulation.trace import Trace
from tests.unpacked import unpacked_text

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.simulation.runner import Run

REPEATS = int(os.environ.get("PARE_TRACE_REPEATS", "1"))

SUITE = """\
scenarios: {bundled: true, split: smoke}
runs: %d
runner: {export: true, output_dir: %s}
"""


def ids() -> list[str]:
    load_library(registry, bundled_library_dir())
    return bundled_split("smoke").read_text(encoding="utf-8").split("\n")[1:-1]


def without_number(text: str) -> str:
    """Return a trace without the number of its run, in which alone repeats may differ."""
    header, _, rest = text.partition("\n")
    facts = json.loads(header)
    del facts["run_number"]
    return json.dumps(facts) + "\n" + rest


def by_pytest(directory: Path, workers: int, hash_seed: int) -> Counter[tuple[str, str]]:
    suite = directory / f"n{workers}.pare.yaml"
    suite.write_text(SUITE % (REPEATS, f"n{workers}"))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            str(workers),
            "--pare-config",
            suite.name,
            "-p",
            "no:cacheprovider",
        ],
        cwd=directory,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    texts = [unpacked_text(path) for path in (directory / f"n{workers}").iterdir()]
    return Counter((Trace.from_jsonl(text).scenario_id, without_number(text)) for text in texts)


def by_runner(
    directory: Path, executor_type: str, hash_seed: int, monkeypatch: pytest.MonkeyPatch
) -> Counter[tuple[str, str]]:
    monkeypatch.setenv("PYTHONHASHSEED", str(hash_seed))
    oracle = LLMEngineConfig(model_name="oracle", provider="oracle")
    suites = RunnerSettings().model_dump(include={"observe_max_iterations", "execute_max_iterations"})
    config = MultiScenarioRunnerConfig(
        user_engine_config=oracle,
        observe_engine_config=oracle,
        execute_engine_config=oracle,
        executor_type=executor_type,  # type: ignore[arg-type]
        max_concurrent_scenarios=2,
        log_to_file=False,
        # With the states of the apps, as the traces of the sessions.
        export=True,
        output_dir=str(directory / executor_type),
        **suites,
    )
    found: Counter[tuple[str, str]] = Counter()

    def keep(run: Run) -> None:
        assert run.success, run.result
        found[run.trace.scenario_id, without_number(run.trace.to_jsonl())] += 1

    MultiScenarioRunner().run(config, ids(), runs=REPEATS, on_run=keep)
    return found


def test_every_repeat_of_a_bundled_scenario_has_the_same_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = by_pytest(tmp_path, workers=0, hash_seed=1)
    assert sorted(scenario_id for scenario_id, _ in first) == ids(), "repeats in one process differ"
    assert set(first.values()) == {REPEATS}
    assert by_pytest(tmp_path, workers=2, hash_seed=2) == first
    assert by_runner(tmp_path, "thread", 3, monkeypatch) == first
    assert by_runner(tmp_path, "process", 4, monkeypatch) == first
