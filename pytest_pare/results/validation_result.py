"""What a run came to, and what many runs came to.

Importing this module imports neither ARE nor polars: it is on the path of every worker and of the controller.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pytest_pare.base.redaction import redacted_plain, redacted_repr
from pytest_pare.base.serialization import to_builtins, to_short_text, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from pytest_pare.scenarios.config import MultiScenarioRunnerConfig

Status = Literal["success", "failed", "exception", "no_validation"]
ErrorKind = Literal["configuration", "infrastructure"]
Ending = Literal["max_turns", "duration", "max_scenario_duration", "stopped", "nothing_left"]

# A run has a score only if it was judged: an exception or a missing verdict is no zero.
_SCORES: dict[Status, bool] = {"success": True, "failed": False}


# What a result tells and PARE's table of results has no column for.
_DETAILS = (
    "rejection_count", "writes_without_consent", "turns_saved", "prompt_version",
    "error_kind", "noise_events", "faults", "usage", "script_events_missed", "ended_by",
)  # fmt: skip


class RecordedException(Exception):  # noqa: N818 - it stands in for any exception, an error or not
    """An exception that was raised in another process, or that no result can hold, by its type's name and its message.

    Attributes:
        type_name: Name of the class of the original exception.
        message: What `str()` said of the original exception.
    """

    def __init__(self, type_name: str, message: str) -> None:
        # Both go into `args`, so that the exception can be pickled and copied.
        super().__init__(type_name, message)
        self.type_name = type_name
        self.message = message

    def __str__(self) -> str:
        return self.message


def exception_type_name(exception: BaseException) -> str:
    """Return the name of the exception's class, for a recorded exception that of the original."""
    return exception.type_name if isinstance(exception, RecordedException) else type(exception).__name__


@dataclass
class PAREScenarioValidationResult:
    """The result of one run.

    Attributes:
        success: The validator's verdict; None if there is none.
        exception: What ended the run early, if anything did.
        export_path: Where the run's trace was written.
        rationale: Why the validator decided as it did.
        duration: Length of the run in seconds of real time.
        proposal_count: How often the proactive agent asked the user.
        acceptance_count: How often the user said yes to that.
        read_only_actions: The agent's calls of tools that change nothing, its messages to the user and waits left out.
        write_actions: The agent's calls of tools that change something, those that failed included.
        number_of_turns: Turns played.
        rejection_count: How often the user said no to a proposal.
        writes_without_consent: How often the agent tried to write while the user had accepted nothing.
        turns_saved: Turns in which nothing would have been done, had time not jumped to what happens next.
        prompt_version: Version of the prompts that the user and the built-in agent were told.
        error_kind: What the exception came of where that was neither scenario nor agent: `configuration` or
            `infrastructure`.
        noise_events: Events of noise that happened in the world.
        faults: Kind of fault to (what it hit, such as the tool's name, to how often).
        usage: Role to the calls of its engine: `calls`; `live`, whether a model answered; `prompt_tokens`,
            `completion_tokens` and `cost` in US dollars, `None` for what is not known of all live calls;
            `finish_reasons`, why their answers ended, to how often.
        script_events_missed: Events of the scenario's own script that were sure to come, had the run not ended before.
        ended_by: What let the turns come to their end: `max_turns`, `max_scenario_duration`, the scenario's `duration`,
            `stopped` (a `StopEvent`, a validation event that failed) or `nothing_left` to happen; `None` where nothing
            did, as without turns.
    """

    success: bool | None
    exception: Exception | None = None
    export_path: str | None = None
    rationale: str | None = None
    duration: float | None = None
    proposal_count: int = 0
    acceptance_count: int = 0
    read_only_actions: int = 0
    write_actions: int = 0
    number_of_turns: int = 0
    rejection_count: int = 0
    writes_without_consent: int = 0
    turns_saved: int = 0
    prompt_version: str | None = None
    error_kind: ErrorKind | None = None
    noise_events: int = 0
    faults: dict[str, dict[str, int]] = field(default_factory=dict)
    usage: dict[str, dict[str, Any]] = field(default_factory=dict)
    script_events_missed: int = 0
    ended_by: Ending | None = None

    __repr__ = redacted_repr

    @property
    def status(self) -> Status:
        """What the run counts as. An exception wins over any value of `success`: a run that broke was not judged."""
        if self.exception is not None:
            return "exception"
        if self.success is None:
            return "no_validation"
        return "success" if self.success else "failed"

    @property
    def proposal_rate(self) -> float:
        """Proposals per turn; 0.0 if no turn was played."""
        return _ratio(self.proposal_count, self.number_of_turns)

    @property
    def acceptance_rate(self) -> float:
        """Acceptances per proposal, 0 to 1; 0.0 if nothing was proposed."""
        return _ratio(self.acceptance_count, self.proposal_count)


def result_to_record(result: PAREScenarioValidationResult) -> dict[str, Any]:
    """Return the result as builtins that survive JSON and any channel between processes.

    Values of other types that a validator or an agent left in the result (a path, a number of numpy's) become builtins
    too. The exception becomes its type's name and its message. Texts are cut to
    `MOST_CHARACTERS`, and secrets are redacted.
    """
    exception = result.exception
    record = {
        "success": None if result.success is None else bool(result.success),
        "exception": None
        if exception is None
        else {"type": to_text(exception_type_name(exception)), "message": to_short_text(exception)},
        "export_path": _optional_text(result.export_path),
        "rationale": _optional_text(result.rationale),
        "duration": None if result.duration is None else float(result.duration),
        "proposal_count": int(result.proposal_count),
        "acceptance_count": int(result.acceptance_count),
        "read_only_actions": int(result.read_only_actions),
        "write_actions": int(result.write_actions),
        "number_of_turns": int(result.number_of_turns),
        "rejection_count": int(result.rejection_count),
        "writes_without_consent": int(result.writes_without_consent),
        "turns_saved": int(result.turns_saved),
        "prompt_version": _optional_text(result.prompt_version),
        "error_kind": _optional_text(result.error_kind),
        "noise_events": int(result.noise_events),
        "faults": to_builtins(result.faults),
        "usage": to_builtins(result.usage),
        "script_events_missed": int(result.script_events_missed),
        "ended_by": _optional_text(result.ended_by),
    }
    # A figure may happen to be equal to a secret, and must stay one.
    figures = {name: value for name, value in record.items() if isinstance(value, int | float) or name == "usage"}
    return {**redacted_plain(record), **figures}


def result_from_record(record: Mapping[str, Any]) -> PAREScenarioValidationResult:
    """Return the result that `result_to_record` made the record of; its exception is a `RecordedException`.

    Raises:
        ValueError: The record's keys are not those of a result.
    """
    expected = {one.name for one in fields(PAREScenarioValidationResult)}
    if record.keys() != expected:
        raise ValueError(
            f"not a record of a result, these keys are missing or unknown: {sorted(record.keys() ^ expected)}"
        )
    raised = record["exception"]
    exception = None if raised is None else RecordedException(raised["type"], raised["message"])
    return PAREScenarioValidationResult(**{**record, "exception": exception})


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
        other_attempts: Results of attempts at the runs that do not count, but for what they took of models.
    """

    run_config: MultiScenarioRunnerConfig
    scenario_results: dict[tuple[str, int | None], PAREScenarioValidationResult] = field(default_factory=dict)
    duration: float = 0.0
    successful_count: int = 0
    failed_count: int = 0
    exception_count: int = 0
    no_validation_count: int = 0
    run_configs: dict[tuple[str, int | None], MultiScenarioRunnerConfig] = field(
        default_factory=dict, init=False, repr=False
    )
    other_attempts: list[PAREScenarioValidationResult] = field(default_factory=list, init=False, repr=False)
    # As what each result was counted: a result can be changed, and added once more, after that.
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
        return _ratio(self.total_proposals, self.total_turns)

    @property
    def aggregate_acceptance_rate(self) -> float:
        """All acceptances per all proposals, 0 to 1; 0.0 if nothing was proposed."""
        return _ratio(self.total_acceptances, self.total_proposals)

    @property
    def success_rate(self) -> float:
        """Fraction of successes among all results, 0 to 1, as in PARE; 0.0 if there are none.

        Exceptions and missing verdicts count as no success. The report's success rate is a percentage, and leaves them
        out.
        """
        return _ratio(self.successful_count, self._total)

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
        run_config: MultiScenarioRunnerConfig | None = None,
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

    def configs_in_order(self) -> list[MultiScenarioRunnerConfig]:
        """Return the configuration of each run, in the order of the rows of `to_polars`."""
        return [self.run_configs.get(key, self.run_config) for key, _ in self._in_order()]

    def to_polars(self, extra_columns: dict[str, str] | None = None) -> pl.DataFrame:
        """Return one row per result with the columns of `RESULT_SCHEMA`, sorted by scenario and run.

        Args:
            extra_columns: Name to value of string columns to add, the same in every row.

        Raises:
            ValueError: An extra column has the name of a column that is there already.
        """
        import polars as pl

        from pytest_pare.results.schema import RESULT_SCHEMA

        extra = extra_columns or {}
        if shadowed := [name for name in extra if name in RESULT_SCHEMA]:
            raise ValueError(f"extra columns would hide columns of the results: {', '.join(shadowed)}")
        rows = [
            {"job_duration": self.duration, **_config_columns(config), **_row(scenario_id, run, result)}
            for ((scenario_id, run), result), config in zip(self._in_order(), self.configs_in_order(), strict=True)
        ]
        frame = pl.DataFrame(rows, schema=RESULT_SCHEMA)
        return frame.with_columns(pl.lit(to_text(value)).alias(name) for name, value in extra.items())

    def details_to_polars(self) -> pl.DataFrame:
        """Return what a result tells beyond the columns of `to_polars`, in the order of its rows."""
        import polars as pl

        from pytest_pare.results.schema import DETAILS_SCHEMA

        rows = [{name: _flat(getattr(result, name)) for name in DETAILS_SCHEMA} for _, result in self._in_order()]
        return pl.DataFrame(rows, schema=DETAILS_SCHEMA)

    def _in_order(self) -> list[tuple[tuple[str, int | None], PAREScenarioValidationResult]]:
        # In the order of arrival, which depends on the number of workers, equal sessions would have unequal files.
        return sorted(self.scenario_results.items(), key=lambda item: (item[0][0], item[0][1] or 0))

    def description(self, split: str = "unknown", weight_per_app_class: dict[str, float] | None = None) -> str:
        """Return the report in text, with the current time."""
        from pytest_pare.results.report import generate_validation_report

        now = datetime.now(UTC).isoformat(timespec="seconds")
        return generate_validation_report(self.to_polars(), split, weight_per_app_class, timestamp=now)

    def _count(self, key: tuple[str, int | None], status: Status) -> None:
        if key in self._counted:
            self._change_count(self._counted[key], -1)
        self._counted[key] = status
        self._change_count(status, 1)

    def _change_count(self, status: Status, difference: int) -> None:
        name = "successful_count" if status == "success" else f"{status}_count"
        setattr(self, name, getattr(self, name) + difference)


def _config_columns(config: MultiScenarioRunnerConfig) -> dict[str, object]:
    events = config.env_events_config
    # A model that was not asked is not claimed.
    has_stages = config.is_built_in
    return {
        "user_model": config.user_model_alias,
        "user_provider": config.user_engine_config.provider,
        "observe_model": config.observe_model_alias if has_stages else None,
        "observe_provider": config.observe_engine_config.provider if has_stages else None,
        "execute_model": config.execute_model_alias if has_stages else None,
        "execute_provider": config.execute_engine_config.provider if has_stages else None,
        "agent_type": config.agent_type,
        "proactive_model": f"{config.agent_type}_{config.observe_model_alias}_{config.execute_model_alias}"
        if has_stages
        else config.agent_type,
        "tool_failure_probability": config.tool_failure_probability,
        "num_env_events_per_minute": 0 if events is None else events.num_env_events_per_minute,
    }


def _row(scenario_id: str, run_number: int | None, result: PAREScenarioValidationResult) -> dict[str, object]:
    record = result_to_record(result)
    run_duration, exception = record.pop("duration"), record.pop("exception") or {"type": None, "message": None}
    for name in ("success", *_DETAILS):
        del record[name]
    # Not `result.success`, which may say something although the run broke.
    score = _SCORES.get(result.status)
    return {
        **record,
        "base_scenario_id": scenario_id,
        "run_number": run_number,
        "success_numeric": None if score is None else float(score),
        "success_bool": score,
        "status": result.status,
        "has_exception": result.exception is not None,
        "exception_type": exception["type"],
        "exception_message": exception["message"],
        "run_duration": run_duration,
        "proposal_rate": result.proposal_rate,
        "acceptance_rate": result.acceptance_rate,
    }


def _flat(value: object) -> object:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else value


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _optional_text(value: object) -> str | None:
    return None if value is None else to_short_text(value)
