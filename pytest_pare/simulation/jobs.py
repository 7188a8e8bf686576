"""The runs of many scenarios, and how one of them is made and sent between processes."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pytest_pare.base.serialization import to_short_text
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.engines.errors import EngineError
from pytest_pare.results.validation_result import (
    PAREScenarioValidationResult,
    RecordedException,
    exception_type_name,
    result_from_record,
    result_to_record,
)
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.registry import registry
from pytest_pare.scenarios.scenario import PAREScenario
from pytest_pare.simulation.processes import ProcessFailure
from pytest_pare.simulation.run import Run
from pytest_pare.simulation.runner import run_scenario
from pytest_pare.simulation.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.engines.cassette_spec import CassetteSpec
    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig


class RunOptions(NamedTuple):
    """What all runs have in common: their configuration, their agent, and where their cassettes are."""

    config: MultiScenarioRunnerConfig
    script_errors: Literal["fail", "warn"]
    agent_factory: Callable[[], ProactiveAgent] | None
    cassette_of: Callable[[str, int | None], CassetteSpec] | None = None


@dataclass(frozen=True)
class Job:
    """A run to make.

    Attributes:
        scenario: The scenario, or the exception of its constructor.
        scenario_id: Its id.
        run_number: The number of the run.
    """

    scenario: PAREScenario | Exception
    scenario_id: str
    run_number: int | None

    def play(self, options: RunOptions) -> Run:
        """Make the run, and return it."""
        if isinstance(self.scenario, Exception):
            return self.failed(self.scenario)
        try:
            scenario = copy.deepcopy(self.scenario)
        except Exception as error:  # noqa: BLE001 - an object may raise anything when it is copied
            return self.failed(
                ScenarioDefect(f"{self.scenario_id}: the scenario cannot be copied ({to_short_text(error)})")
            )
        return play(scenario, self.run_number, options)

    def failed(self, error: Exception) -> Run:
        """Return the run with an exception as its result."""
        return failed_run(error, self.scenario_id, self.run_number)


def jobs_of(scenarios: Iterable[PAREScenario | type[PAREScenario] | str], runs: int) -> list[Job]:
    """Return the runs of scenarios.

    Args:
        scenarios: Instances, classes or ids.
        runs: How many runs each scenario has.

    Raises:
        ValueError: If an id is unknown, a scenario is given twice, or `runs` is less than 1.
        TypeError: If an object is no scenario.
    """
    if runs < 1:
        raise ValueError(f"runs must be at least 1, got {runs}")
    jobs: dict[tuple[str, int | None], Job] = {}
    for given in scenarios:
        scenario_id, scenario = _scenario(given)
        own = None if isinstance(scenario, Exception) else scenario.run_number
        for number in [own] if runs == 1 else range(1, runs + 1):
            if (scenario_id, number) in jobs:
                run = "" if number is None else f", run {number},"
                raise ValueError(f"scenario {scenario_id!r}{run} is given twice; each run has one result")
            jobs[scenario_id, number] = Job(scenario, scenario_id, number)
    return list(jobs.values())


def _scenario(given: object) -> tuple[str, PAREScenario | Exception]:
    if isinstance(given, str):
        scenario_id, cls = given, _registered(given)
    elif isinstance(given, type) and issubclass(given, PAREScenario):
        scenario_id, cls = given.scenario_id, given
    elif isinstance(given, PAREScenario):
        if given._initialized:
            raise ValueError(f"{given.scenario_id}: this instance was initialized before; give a new one")
        return given.scenario_id, given
    else:
        raise TypeError(f"a scenario is an instance or a subclass of PAREScenario, or an id; got {given!r:.80}")
    try:
        # By its id: a class that is registered with two ids has only the last one as an attribute.
        return scenario_id, cls(scenario_id=scenario_id)
    except Exception as error:  # noqa: BLE001 - a scenario's constructor may raise anything
        return scenario_id, error


def _registered(scenario_id: str) -> type[PAREScenario]:
    known: dict[str, Any] = registry.registered()
    if scenario_id not in known:
        # This loads the default library the first time.
        known = registry.get_all_scenarios()
    if scenario_id not in known:
        raise ValueError(f"there is no scenario {scenario_id!r}{did_you_mean(scenario_id, known)}")
    cls: type[PAREScenario] = known[scenario_id]
    return cls


def play(
    scenario: PAREScenario, run_number: int | None, options: RunOptions, on_start: Callable[[], None] = lambda: None
) -> Run:
    """Make one run of a scenario, and return it.

    Args:
        scenario: A new instance.
        run_number: The number of the run; `None` for a single one.
        options: What all runs have in common.
        on_start: Called when the run's clock starts.
    """
    scenario.run_number = run_number
    try:
        agent = None if options.agent_factory is None or options.config.oracle else options.agent_factory()
        config = options.config
        logs_dir = Path(config.build_logs_dir()) if config.log_to_file else None
        cassette = None if options.cassette_of is None else options.cassette_of(scenario.scenario_id, run_number)
        return run_scenario(
            scenario,
            config,
            options.script_errors,
            agent=agent,
            cassette=cassette,
            on_start=on_start,
            logs_dir=logs_dir,
        )
    except (Exception, SystemExit) as error:  # noqa: BLE001 - of the factory, or a `sys.exit()` anywhere
        exception = error if isinstance(error, Exception) else RecordedException("SystemExit", to_short_text(error))
        return failed_run(exception, scenario.scenario_id, run_number)


def failed_run(error: Exception, scenario_id: str, run_number: int | None) -> Run:
    """Return a run with an exception as its result, and an empty trace."""
    # Only these have the attribute with this meaning.
    kind = error.kind if isinstance(error, ProcessFailure | EngineError) else None
    result = PAREScenarioValidationResult(success=None, exception=error, exception_kind=kind)
    return Run(result, Trace(scenario_id, 0.0, (), run_number=run_number))


def play_to_record(
    argument: tuple[PAREScenario, int | None, RunOptions], on_start: Callable[[], None]
) -> dict[str, Any]:
    """Play a run, and return it as builtins: exceptions cannot all be pickled."""
    scenario, run_number, _ = argument
    run = play(*argument, on_start)
    try:
        return run_to_record(run)
    except Exception as error:  # noqa: BLE001 - a run without a record must not cost the process
        return run_to_record(failed_run(error, scenario.scenario_id, run_number))


def run_to_record(run: Run) -> dict[str, Any]:
    """Return a run as builtins."""
    error = run.agent_error
    return {
        "result": result_to_record(run.result),
        "trace": run.trace.to_jsonl(),
        "warnings": list(run.warnings),
        "export_error": run.export_error,
        "setup_seconds": run.setup_seconds,
        "agent_error": None if error is None else [exception_type_name(error), to_short_text(error)],
    }


def run_from_record(record: dict[str, Any]) -> Run:
    """Return the run of a record."""
    error = record["agent_error"]
    return Run(
        result=result_from_record(record["result"]),
        trace=Trace.from_jsonl(record["trace"]),
        warnings=tuple(record["warnings"]),
        export_error=record["export_error"],
        setup_seconds=record["setup_seconds"],
        agent_error=None if error is None else RecordedException(*error),
    )
