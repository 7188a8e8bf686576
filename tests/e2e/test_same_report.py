"""The report of bundled scenarios is the same however they are run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SUITE = """
scenarios: {bundled: true, split: smoke}
runs: 2
gate: {min_success_rate: 1}
reports: {json: out.json, parquet: rows.parquet}
"""


@pytest.fixture
def report(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """A function that runs the suite in a process of its own and returns what it reports, without real times."""
    pytester.makeini("[pytest]")
    (pytester.path / "pare.yaml").write_text(SUITE)

    def run(*args: str, hash_seed: str) -> list[Any]:
        monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
        result = pytester.runpytest_subprocess("--pare-config", "pare.yaml", *args, timeout=120)
        assert result.ret == pytest.ExitCode.OK
        summary = [
            line
            for line in result.outlines[result.outlines.index("PARE validation report") : -1]
            if not re.search(r"^    (Run|Job) duration", line)
        ]
        document = json.loads((pytester.path / "out.json").read_text())
        for group in (document["metadata"], *document["per_config_results"]):
            for key in [key for key in group if "duration" in key or key == "timestamp"]:
                del group[key]
        import polars as pl

        rows = pl.read_parquet(pytester.path / "rows.parquet").drop("run_duration", "job_duration").rows()
        # What workers cost depends on the machine.
        header = [line for line in result.outlines if line.startswith("pare: ") and "leave out -n" not in line]
        return [header, summary, document, rows]

    return run


def test_the_report_does_not_depend_on_workers_or_hashes(report: Callable[..., list[Any]]) -> None:
    alone = report("-p", "no:xdist", hash_seed="1")
    assert report("-n2", hash_seed="2") == alone
    header, _, document, rows = alone
    (group,) = document["per_config_results"]
    assert group["success_rate"] == 100.0
    assert len(rows) == group["total_runs"] == 2 * group["total_scenarios"] > 0
    assert header[0].startswith(f"pare: pare.yaml, {len(rows)} runs planned")
