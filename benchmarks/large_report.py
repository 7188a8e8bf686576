"""What the report and the gate on a session of 100,000 runs cost, from its results in memory to the lines."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

from benchmarks.figures import Figure
from benchmarks.results_table import RUNS_OF_EACH, records

HEADING = "the gate and the report on 100,000 runs in a terminal, in a process of its own; processor time"


def measure(*, quick: bool = False) -> list[Figure]:
    """Report in a new process, because the memory of this one is that of all measurements before."""
    count = 40 if quick else 100_000
    command = [sys.executable, "-m", "benchmarks.large_report", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, of_json, serialized, megabytes = json.loads(done.stdout)
    return [
        Figure(f"gate and report on {count:,} runs", seconds, "s"),
        Figure("the JSON file with each run", of_json, "s"),
        Figure("the records of these runs from and to JSON", serialized, "s"),
        Figure("gate and report / from and to JSON", seconds / serialized, "x", at_most=1),
        Figure("memory of the process", megabytes, "MB", at_most=700),
    ]


def _main(count: int) -> None:
    import tempfile
    from pathlib import Path

    from pytest_pare.ledger.lines import open_runs, report_lines
    from pytest_pare.ledger.outcomes import outcome_of_record
    from pytest_pare.ledger.plan import SuitePlan, VariantKey
    from pytest_pare.ledger.suite_results import SuiteResults
    from pytest_pare.ledger.verdict import judge
    from pytest_pare.results.files import write_json

    results = SuiteResults(SuitePlan("pare.yaml", runs=RUNS_OF_EACH, variants=(VariantKey("a"), VariantKey("b"))))
    serialized = 0.0
    for nodeid, record in records(count):
        began = time.process_time()
        # As a ledger has it, without objects that several runs share.
        copy = json.loads(json.dumps(record))
        serialized += time.process_time() - began
        results.keep(nodeid, outcome_of_record({**copy, "config": record["config"]}, replaced=False))
        results.run_id(nodeid)
    began = time.process_time()
    results.verdict = judge(results)
    report_lines(results, 1.0), list(open_runs(results)), results.verdict.lines
    seconds = time.process_time() - began
    # Linux counts in kilobytes.
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.process_time()
    with tempfile.TemporaryDirectory() as directory:
        write_json(Path(directory) / "report.json", results.report(1.0))
    print(json.dumps([seconds, time.process_time() - began, serialized, megabytes]))


if __name__ == "__main__":
    _main(int(sys.argv[1]))
