"""The columns of the table of results: name, type, description, and value in a row."""

from __future__ import annotations

import json
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.base.extensions import BUILT_IN
from pytest_pare.base.redaction import redacted_all
from pytest_pare.base.serialization import to_builtins, to_short_text, to_text
from pytest_pare.results.metrics import DTYPES, Metric
from pytest_pare.results.validation_result import METRICS, exception_type_name, optional_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_pare.results.rows import Row
    from pytest_pare.results.run_config import RunConfig
    from pytest_pare.results.validation_result import Status

# Only a run that was judged has a score: an exception or a missing verdict is not a zero.
_SCORES: Final[dict[Status, bool]] = {"success": True, "failed": False}
_to_json: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=to_builtins).encode


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        name: Its name.
        dtype: Name of its type in polars.
        about: Its description, a sentence.
        value: Returns its value in a row.
        of_config: Returns its value for a configuration, if it is the same in all rows of one; None if it is not.
    """

    name: str
    dtype: str
    about: str
    value: Callable[[Row], Any]
    of_config: Callable[[RunConfig], Any] | None = None


def _config_column(name: str, dtype: str, about: str, of_config: Callable[[RunConfig], Any]) -> Column:
    return Column(name, dtype, about, lambda row: of_config(row.config), of_config)


def _exception_type(row: Row) -> str | None:
    exception = row.result.exception
    return None if exception is None else to_text(exception_type_name(exception))


def _exception_message(row: Row) -> str | None:
    exception = row.result.exception
    return None if exception is None else to_short_text(exception)


def _score(row: Row) -> bool | None:
    return _SCORES.get(row.result.status)


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _of_stage(attribute: str) -> Callable[[RunConfig], str | None]:
    """Return the value of a stage's column; it is null for an agent of the user's own, which has no stages."""
    value = attrgetter(attribute)
    return lambda config: value(config) if config.is_built_in else None


def _proactive_model(config: RunConfig) -> str:
    if not config.is_built_in:
        # The control agents ask no model.
        model = None if config.agent_type in BUILT_IN["agent"] else config.agent_engine_config
        return config.agent_type if model is None else f"{config.agent_type}_{model.model_name}"
    return f"{config.agent_type}_{config.observe_model_alias}_{config.execute_model_alias}"


def _events_per_minute(config: RunConfig) -> int:
    return 0 if config.env_events_config is None else config.env_events_config.num_env_events_per_minute


def _of_metric(metric: Metric) -> Column:
    get = attrgetter(f"result.{metric.name}")
    values: dict[str, Callable[[Row], Any]] = {
        "count": lambda row: int(get(row)),
        "text": lambda row: optional_text(get(row)),
        "mapping": lambda row: _to_json(get(row)),
        "list": lambda row: _to_json(get(row)),
    }
    return Column(metric.name, DTYPES[metric.kind], metric.about, values[metric.kind])


def _fault_rates(config: RunConfig) -> str:
    # In oracle mode no agent calls a tool, and no user answers.
    prefix = "event_" if config.oracle else ""
    return ", ".join(f"{kind} {rate:g}" for kind, rate in config.noise.rates.items() if kind.startswith(prefix))


COLUMNS: Final = (
    Column("base_scenario_id", "String", "The scenario.", lambda row: row.scenario_id),
    Column("run_number", "Int64", "1 and up; null if each scenario is run once.", lambda row: row.run_number),
    Column("success_numeric", "Float64", "The score: 1, 0 or null.", lambda row: _number(_score(row))),
    Column("success_bool", "Boolean", "The score as true, false or null.", _score),
    Column("status", "String", "What the run counts as.", attrgetter("result.status")),
    Column(
        "has_exception", "Boolean", "Whether the status is `exception`.", lambda row: _exception_type(row) is not None
    ),
    Column("exception_type", "String", "Class of the exception.", _exception_type),
    Column("exception_message", "String", "Its message.", _exception_message),
    Column(
        "rationale", "String", "Why the validator decided as it did.", lambda row: optional_text(row.result.rationale)
    ),
    Column(
        "export_path",
        "String",
        "File of the run's trace; null if none was written.",
        lambda row: optional_text(row.result.export_path),
    ),
    Column("run_duration", "Float64", "Real time of the run, in seconds.", lambda row: _number(row.result.duration)),
    Column("job_duration", "Float64", "Real time of the session, in seconds.", lambda row: float(row.job_duration)),
    _config_column("user_model", "String", "Alias of the user agent's model.", attrgetter("user_model_alias")),
    _config_column("user_provider", "String", "Its provider.", attrgetter("user_engine_config.provider")),
    _config_column(
        "observe_model",
        "String",
        "Alias of the observe stage's model; these four are null without stages.",
        _of_stage("observe_model_alias"),
    ),
    _config_column("observe_provider", "String", "Its provider.", _of_stage("observe_engine_config.provider")),
    _config_column("execute_model", "String", "Alias of the execute stage's model.", _of_stage("execute_model_alias")),
    _config_column("execute_provider", "String", "Its provider.", _of_stage("execute_engine_config.provider")),
    _config_column("agent_type", "String", "The proactive agent.", attrgetter("agent_type")),
    _config_column("proactive_model", "String", "Its name in the report.", _proactive_model),
    _config_column(
        "tool_failure_probability",
        "Float64",
        "Noise in the tools; 0.0 without.",
        lambda config: float(config.tool_failure_probability),
    ),
    _config_column(
        "num_env_events_per_minute",
        "Int64",
        "Noise in the world; 0 without.",
        _events_per_minute,
    ),
    *(_of_metric(one) for one in METRICS if one.place is not None),
    Column("proposal_rate", "Float64", "Proposals per turn; 0.0 without a turn.", attrgetter("result.proposal_rate")),
    Column(
        "acceptance_rate",
        "Float64",
        "Acceptances per proposal; 0.0 without a proposal.",
        attrgetter("result.acceptance_rate"),
    ),
)
"""The columns of PARE's tables, in PARE's order."""

DETAILS: Final = tuple(_of_metric(one) for one in METRICS if one.place is None and one.is_always_there)
"""A column for each further figure of a run, in the order of their declaration."""

OPTIONAL: Final = tuple(_of_metric(one) for one in METRICS if not one.is_always_there)
"""A column for each figure that a table has only if one of its runs has it."""

MODE: Final = _config_column("mode", "String", "What was played.", attrgetter("mode"))
"""A column of the tables of suites."""

FAULT_RATES: Final = _config_column("fault_rates", "String", "Kinds of faults with their rates.", _fault_rates)
"""A column of the tables for statistics."""


def values_of(column: Column, rows: Sequence[Row]) -> list[Any]:
    """Return the values of a column, redacted: tables are written or printed."""
    if column.of_config is None:
        values = list(map(column.value, rows))
    else:
        # Most runs share a configuration.
        configs = {id(row.config): row.config for row in rows}
        by_config = {key: column.of_config(config) for key, config in configs.items()}
        values = [by_config[id(row.config)] for row in rows]
    if column.dtype == "String":
        safe = redacted_all(value for value in values if value is not None)
        values = [None if value is None else safe[value] for value in values]
    return values
