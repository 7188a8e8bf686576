"""Runs measurements and prints a table. The exit status is 1 if a figure is out of its bounds."""

from __future__ import annotations

import argparse
import platform
import sys

from benchmarks import (
    agent_mcp,
    agent_programs,
    agents_in_flight,
    audit,
    collection,
    executors,
    forks_of_runs,
    full_phone,
    gate_errors,
    growth,
    in_flight,
    kept_traces,
    large_report,
    ledger,
    noise,
    oracle,
    population,
    rate_intervals,
    replay,
    report_page,
    results_table,
    since_2e2717c,
    startup,
    suite,
    trivial_runs,
    two_agents,
    workers,
)
from benchmarks.figures import rows, table

MEASUREMENTS = {
    "oracle": oracle,
    "population": population,
    "full_phone": full_phone,
    "collection": collection,
    "audit": audit,
    "startup": startup,
    "since_2e2717c": since_2e2717c,
    "suite": suite,
    "trivial_runs": trivial_runs,
    "workers": workers,
    "two_agents": two_agents,
    "agent_programs": agent_programs,
    "noise": noise,
    "growth": growth,
    "forks_of_runs": forks_of_runs,
    "in_flight": in_flight,
    "agents_in_flight": agents_in_flight,
    "executors": executors,
    "replay": replay,
    "agent_mcp": agent_mcp,
    "ledger": ledger,
    "kept_traces": kept_traces,
    "results_table": results_table,
    "large_report": large_report,
    "report_page": report_page,
    "gate_errors": gate_errors,
    "rate_intervals": rate_intervals,
}


def main(arguments: list[str] | None = None) -> int:
    """Run the named measurements, or all of them, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(MEASUREMENTS)}")
    parser.add_argument("--quick", action="store_true", help="a short run without a check of the bounds")
    parser.add_argument("--markdown", action="store_true", help="print the rows of a table of the manual")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in MEASUREMENTS]:
        parser.error(f"there is no measurement {unknown[0]}; there are {', '.join(MEASUREMENTS)}")
    print(f"Python {platform.python_version()} on {platform.machine()}", flush=True)
    within_bounds = True
    for name in options.names or MEASUREMENTS:
        figures = MEASUREMENTS[name].measure(quick=options.quick)
        within_bounds &= all(figure.is_within_bounds for figure in figures)
        lines = rows(figures) if options.markdown else table(name, MEASUREMENTS[name].HEADING, figures)
        print(*lines, sep="\n", flush=True)
    return 0 if within_bounds or options.quick else 1


if __name__ == "__main__":
    sys.exit(main())
