"""The results of one suite at the end of a session: built once, then printed and written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pytest_pare.results.attempts import Attempts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from pytest_pare.results.gate import Verdict
    from pytest_pare.results.groups import GroupStatistics
    from pytest_pare.results.known_agents import KnownAgents
    from pytest_pare.results.multi_result import PAREMultiScenarioValidationResult
    from pytest_pare.results.robustness import Curve
    from pytest_pare.results.run_config import RunConfig
    from pytest_pare.results.run_entries import RunEntry
    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.results.variation import Variation

VERSION: Final = 1
"""Version of the JSON report. It is raised if the meaning of a key changes, or if one is removed."""


@dataclass
class SuiteReport:
    """The results of one suite. The table and the statistics are made when they are first used.

    Attributes:
        suite: Name of the suite.
        results: The results of each variant, by its name.
        split: Name of the set of scenarios that was run.
        verdict: The gate's verdict; None without a gate.
        curves: The robustness curves of the suite's sweep.
        attempts: How often the runs were played.
        setup_seconds: Real time in seconds that it took to import and to make the agents.
        min_robustness: The least area under a curve that passes the gate; None if it is no criterion.
        entries: Each selected run, in the order of the collection.
        undrawn: The scenarios that were played as written although `variation` is on.
        known_agents: How the control agents do on the suite; `None` if nobody has asked.
        ledger: The ledger of the session; None without one.
    """

    suite: str
    results: Mapping[str, PAREMultiScenarioValidationResult]
    split: str = "full"
    verdict: Verdict | None = None
    curves: Sequence[Curve] = ()
    attempts: Attempts = field(default_factory=Attempts)
    setup_seconds: float = 0.0
    min_robustness: float | None = None
    entries: Sequence[RunEntry] = ()
    undrawn: Sequence[str] = ()
    known_agents: KnownAgents | None = None
    ledger: Path | None = None

    @cached_property
    def table(self) -> pl.DataFrame:
        """A row for each run, with all columns of `table.suite_table`."""
        from pytest_pare.results.table import suite_table

        return suite_table(self.suite, self.results)

    @cached_property
    def groups(self) -> list[GroupStatistics]:
        """The statistics of each group of runs."""
        from pytest_pare.results.groups import groups_of_variants

        return groups_of_variants(self.results)

    @property
    def variation(self) -> Variation | None:
        """The scenarios with redrawn worlds; None without `variation`."""
        from pytest_pare.results.variation import Variation

        varied = {
            scenario
            for one in self.results.values()
            if one.run_config.variation
            for scenario, _ in one.scenario_results
        }
        return Variation(len(varied), tuple(self.undrawn)) if varied else None

    @property
    def runs(self) -> list[PAREScenarioValidationResult]:
        """The attempt that counts of each run."""
        return [run for one in self.results.values() for run in one.scenario_results.values()]

    @property
    def other_attempts(self) -> list[PAREScenarioValidationResult]:
        """The attempts that do not count."""
        return [attempt for one in self.results.values() for attempt in one.other_attempts]

    @cached_property
    def configs(self) -> list[tuple[RunConfig, int]]:
        """Each configuration with the number of its runs; 0 for a variant without a result."""
        counts: Counter[int] = Counter()
        known: dict[int, RunConfig] = {}
        for one in self.results.values():
            configs = one.configs()
            known |= {id(config): config for config in configs or [one.run_config]}
            counts.update(map(id, configs))
        return [(config, counts[key]) for key, config in known.items()]

    @property
    def modes(self) -> Counter[str]:
        """The number of runs in each mode; 0 for the mode of a variant without a result."""
        counts: Counter[str] = Counter()
        for config, runs in self.configs:
            counts[config.mode] += runs
        return counts
