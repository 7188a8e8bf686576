"""`Row`, one run in a table of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from pytest_pare.results.run_config import RunConfig
    from pytest_pare.results.validation_result import PAREScenarioValidationResult


class Row(NamedTuple):
    """One run of many.

    Attributes:
        scenario_id: The scenario.
        run_number: The number of the run; None if the scenario is run once.
        result: The run's result.
        config: The run's configuration.
        job_duration: Length of the whole job in seconds of real time.
    """

    scenario_id: str
    run_number: int | None
    result: PAREScenarioValidationResult
    config: RunConfig
    job_duration: float


class HasRows(Protocol):
    """The results of many runs."""

    def rows(self) -> list[Row]:
        """Return a row for each run."""
