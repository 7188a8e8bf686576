"""Everyday changes take few files: two of them are made here, in a copy of the package, and have their effect."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).parents[1]
MOST = 3

# A file of the package to the text after which a text is inserted.
Edits = dict[str, tuple[str, str]]

METRIC: Edits = {
    "results/validation_result.py": (
        '        label="Rejections {}",\n    )\n',
        '    waits: int = metric("count", "The agent\'s waits.", aggregation="sum", label="waits {}")\n',
    ),
    "simulation/run.py": (
        "    result.usage = trace.usage()\n",
        '    result.waits = sum(event.function == "wait" for event in trace.events if event.kind == "AGENT")\n',
    ),
}

TOOL_FAULT: Edits = {
    "base/extensions.py": (
        '        "tool_partial": "pytest_pare.simulation.tool_faults:PARTIAL",\n',
        '        "tool_empty": "pytest_pare.simulation.tool_faults:EMPTY",\n',
    ),
    "scenarios/noise_config.py": (
        "class NoiseConfig(Value):\n",
        '    tool_empty: Fault = Field(default=Fault(), description="A read that finds nothing.")\n',
    ),
    "simulation/tool_faults.py": (
        "PARTIAL = ToolFault(_partial, changes_result=True)\n",
        "EMPTY = ToolFault(lambda call, settings: [] if call.result else call.result, changes_result=True)\n",
    ),
}


def changed(directory: Path, edits: Edits) -> Path:
    """Copy the package into a directory, and edit it."""
    shutil.copytree(ROOT / "pytest_pare", directory / "pytest_pare", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "scenarios", directory / "scenarios", ignore=shutil.ignore_patterns("__pycache__"))
    for name, (place, text) in edits.items():
        path = directory / "pytest_pare" / name
        before = path.read_text(encoding="utf-8")
        assert before.count(place) == 1, name
        path.write_text(before.replace(place, place + text), encoding="utf-8")
    return directory


def session(directory: Path, *arguments: str) -> tuple[dict[str, object], pl.DataFrame, str]:
    """Play a scenario with the package in `directory`; return the JSON report's metadata, the table and the output."""
    suite = "scenarios: {bundled: true, include: [dinner_moved]}\nreports: {json: r.json, parquet: r.parquet}\n"
    (directory / "pare.yaml").write_text(suite + "gate: {min_success_rate: 0}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pare-config", "pare.yaml", "-p", "no:cacheprovider", *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    metadata = json.loads((directory / "r.json").read_text(encoding="utf-8"))["metadata"]
    return metadata, pl.read_parquet(directory / "r.parquet"), done.stdout


@pytest.mark.parametrize("edits", [METRIC, TOOL_FAULT])
def test_the_change_takes_few_files(edits: Edits) -> None:
    assert len(edits) <= MOST


def test_a_metric_that_is_declared_and_set_is_in_every_report(tmp_path: Path) -> None:
    metadata, table, output = session(changed(tmp_path, METRIC))
    (waits,) = table["waits"].to_list()
    assert waits > 0
    assert metadata["waits"] == waits
    assert f"waits {waits}" in output


def test_a_fault_that_is_declared_and_named_hits_calls(tmp_path: Path) -> None:
    arguments = ("--pare-set", "noise.tool_empty.rate=1", "--pare-set", "runner.agent_type=random")
    metadata, table, _ = session(changed(tmp_path, TOOL_FAULT), *arguments)
    (faults,) = map(json.loads, table["faults"].to_list())
    assert sum(faults["tool_empty"].values()) > 0
    assert metadata["faults"] == {"tool_empty": sum(faults["tool_empty"].values())}
