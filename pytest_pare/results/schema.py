"""The columns of a table of results. Importing this module imports polars: import it when a table is made."""

from __future__ import annotations

from typing import Final

import polars as pl

RESULT_SCHEMA: Final = pl.Schema(
    {
        "base_scenario_id": pl.String,
        "run_number": pl.Int64,
        "success_numeric": pl.Float64,
        "success_bool": pl.Boolean,
        "status": pl.String,
        "has_exception": pl.Boolean,
        "exception_type": pl.String,
        "exception_message": pl.String,
        "rationale": pl.String,
        "export_path": pl.String,
        "run_duration": pl.Float64,
        "job_duration": pl.Float64,
        "user_model": pl.String,
        "user_provider": pl.String,
        "observe_model": pl.String,
        "observe_provider": pl.String,
        "execute_model": pl.String,
        "execute_provider": pl.String,
        "agent_type": pl.String,
        "proactive_model": pl.String,
        "tool_failure_probability": pl.Float64,
        "num_env_events_per_minute": pl.Int64,
        "proposal_count": pl.Int64,
        "acceptance_count": pl.Int64,
        "read_only_actions": pl.Int64,
        "write_actions": pl.Int64,
        "number_of_turns": pl.Int64,
        "proposal_rate": pl.Float64,
        "acceptance_rate": pl.Float64,
    }
)
"""The columns that PARE's tables of results have."""

PARE_RESULT_SCHEMA: Final = RESULT_SCHEMA
"""Under PARE's name."""
"""One row is one run; the order is that of the table."""

DETAILS_SCHEMA: Final = pl.Schema(
    {
        "rejection_count": pl.Int64,
        "writes_without_consent": pl.Int64,
        "turns_saved": pl.Int64,
        "prompt_version": pl.String,
        "error_kind": pl.String,
        "noise_events": pl.Int64,
        "faults": pl.String,
        "usage": pl.String,
        "script_events_missed": pl.Int64,
    }
)
"""What a run tells beyond PARE's columns; faults and usage as JSON."""
