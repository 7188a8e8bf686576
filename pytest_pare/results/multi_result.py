"""The results of many runs.

Importing this module imports neither ARE nor polars, because the controller imports it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_pare.results.rows import Row
from pytest_pare.results.validation_result import PAREScenarioValidationResult, Status, ratio

if TYPE_CHECKING:
    import polars as pl

    from pytest_pare.results.run_config import RunConfig

_COUNTS: Final[dict[Status, str]] = {
    "success": "successful_count",
    "failed": "failed_count",
    "exception": "exception_count",
    "no_validation": "no_validation_count",
}


@dataclass
class PAREMultiScenarioValidationResult:
    """The results of many runs.

    The four counts follow from the results. An object that is made without results keeps the counts it is given.

    Attributes:
        run_config: The configuration of each run that `run_configs` does not name.
        scenario_results: (scenario id, run number) to result; the run number is None if a scenario is run once.
        duration: Length of the whole job in seconds of real time.
        successful_count: Results of status "success".
        failed_count: Results of status "failed".
        exception_count: Results of status "exception".
        no_validation_count: Results of status "no_validation".
        run_configs: (scenario id, run number) to the run's own configuration.
        other_attempts: Results of the attempts that do not count; only their usage of models is reported.
    """

    run_config: RunConfig
    scenario_results: dict[tuple[str, int | None], PAREScenarioValidationResult] = field(default_factory=dict)
    duration: float = 0.0
    successful_count: int = 0
    failed_count: int = 0
    exception_count: int = 0
    no_validation_count: int = 0
    run_configs: dict[tuple[str, int | None], RunConfig] = field(default_factory=dict, init=False, repr=False)
    other_attempts: list[PAREScenarioValidationResult] = field(default_factory=list, init=False, repr=False)
    # The status that each result was counted with: a result may change, and be added again.
    _counted: dict[tuple[str, int | None], Status] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.scenario_results:
            self.successful_count = self.failed_count = self.exception_count = self.no_validation_count = 0
            for key, result in self.scenario_results.items():
                self._count(key, result.status)

    @property
    def total_proposals(self) -> int:
        """Proposals of all runs."""
        return sum(result.proposal_count for result in self.scenario_results.values())

    @property
    def total_acceptances(self) -> int:
        """Acceptances of all runs."""
        return sum(result.acceptance_count for result in self.scenario_results.values())

    @property
    def total_turns(self) -> int:
        """Turns of all runs."""
        return sum(result.number_of_turns for result in self.scenario_results.values())

    @property
    def total_read_only_actions(self) -> int:
        """Read-only actions of all runs."""
        return sum(result.read_only_actions for result in self.scenario_results.values())

    @property
    def total_write_actions(self) -> int:
        """Write actions of all runs."""
        return sum(result.write_actions for result in self.scenario_results.values())

    @property
    def aggregate_proposal_rate(self) -> float:
        """All proposals per all turns; 0.0 if no turn was played."""
        return ratio(self.total_proposals, self.total_turns)

    @property
    def aggregate_acceptance_rate(self) -> float:
        """All acceptances per all proposals, 0 to 1; 0.0 if nothing was proposed."""
        return ratio(self.total_acceptances, self.total_proposals)

    @property
    def success_rate(self) -> float:
        """Fraction of successes among all results, 0 to 1, as in PARE; 0.0 if there are none.

        Exceptions and missing verdicts count as no success. The report's success rate is a percentage, and leaves them
        out.
        """
        return ratio(self.successful_count, self._total)

    def success_rate_updated(self) -> float:
        """Fraction of successes among all results, 0 to 1: the same as `success_rate`."""
        return self.success_rate

    @property
    def _total(self) -> int:
        return self.successful_count + self.failed_count + self.exception_count + self.no_validation_count

    def add_result(
        self,
        result: PAREScenarioValidationResult,
        scenario_id: str,
        run_number: int | None = None,
        run_config: RunConfig | None = None,
    ) -> None:
        """Add the result of a run; the result of the same run that was there before is replaced and not counted.

        Args:
            result: The result.
            scenario_id: The scenario.
            run_number: The number of the run; `None` if a scenario is run once.
            run_config: The run's own configuration; `None` if it is `self.run_config`.
        """
        key = (scenario_id, run_number)
        self.scenario_results[key] = result
        self.run_configs.pop(key, None)
        if run_config is not None:
            self.run_configs[key] = run_config
        self._count(key, result.status)

    def configs(self) -> list[RunConfig]:
        """Return the configuration of each run, in the order of `scenario_results`."""
        return [self.run_configs.get(key, self.run_config) for key in self.scenario_results]

    def configs_in_order(self) -> list[RunConfig]:
        """Return the configuration of each run, in the order of the rows of `to_polars`."""
        return [row.config for row in self.rows()]

    def to_polars(self, extra_columns: dict[str, str] | None = None) -> pl.DataFrame:
        """Return one row per result with the columns of `RESULT_SCHEMA`, sorted by scenario and run.

        Args:
            extra_columns: Name to value of string columns to add, the same in every row.

        Raises:
            ValueError: An extra column has the name of a column that is there already.
        """
        from pytest_pare.results.table import result_table

        return result_table(self.rows(), extra_columns or {})

    def details_to_polars(self) -> pl.DataFrame:
        """Return the figures of a result without a column in `to_polars`, in the order of its rows."""
        from pytest_pare.results.table import details_table

        return details_table(self.rows())

    def rows(self) -> list[Row]:
        """Return the runs as the rows of a table, in an order that does not depend on that of the results."""
        in_order = sorted(self.scenario_results.items(), key=lambda item: (item[0][0], item[0][1] or 0))
        return [
            Row(key[0], key[1], result, self.run_configs.get(key, self.run_config), self.duration)
            for key, result in in_order
        ]

    def description(self, split: str = "unknown", weight_per_app_class: dict[str, float] | None = None) -> str:
        """Return the report in text, with the current time."""
        from pytest_pare.results.report import generate_validation_report

        now = datetime.now(UTC).isoformat(timespec="seconds")
        return generate_validation_report(self.to_polars(), split, weight_per_app_class, timestamp=now)

    def _repr_html_(self) -> str:
        """Return the results as HTML for a notebook."""
        from pytest_pare.results.notebook import results_html

        counts = {status: vars(self)[name] for status, name in _COUNTS.items()}
        return results_html(self.rows(), counts, self.success_rate)

    def _count(self, key: tuple[str, int | None], status: Status) -> None:
        if key in self._counted:
            self._change_count(self._counted[key], -1)
        self._counted[key] = status
        self._change_count(status, 1)

    def _change_count(self, status: Status, difference: int) -> None:
        vars(self)[_COUNTS[status]] += difference
