"""The files that a suite's results are written to. Importing this module imports polars."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import polars as pl

from pytest_pare.base.redaction import redacted_plain
from pytest_pare.base.run_files import write_whole
from pytest_pare.results.details import details_to_dict
from pytest_pare.results.report import generate_json_stats_report
from pytest_pare.results.schema import DETAILS_SCHEMA, RESULT_SCHEMA
from pytest_pare.results.statistics import combine_variants

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_pare.results.gate import Verdict
    from pytest_pare.results.robustness import Curve
    from pytest_pare.results.validation_result import PAREMultiScenarioValidationResult


def write_json(
    path: Path,
    suite: str,
    results: Mapping[str, PAREMultiScenarioValidationResult],
    split: str,
    verdict: Verdict | None,
    curves: Sequence[Curve] = (),
    setup_seconds: float = 0.0,
) -> None:
    """Write the statistics, the robustness curves and the gate's verdict as JSON; the file appears whole or not at all.

    Raises:
        OSError: If the file cannot be written.
        ValueError: If a figure is not finite, which JSON has no word for.
    """
    timestamp = datetime.now(UTC).isoformat(timespec="seconds")
    configs = [config for one in results.values() for config in one.configs_in_order() or [one.run_config]]
    weights = [noise.weight_per_app_class for noise in (config.env_events_config for config in configs) if noise]
    # One figure for all groups; where they differ there is none.
    shared = weights[0] if weights and all(one == weights[0] for one in weights) else None
    report = generate_json_stats_report(combine_variants(results), split, shared, timestamp)
    # Without it, a reference check would look like the work of the models that the configuration names.
    report["metadata"] |= {
        "suite": suite,
        "mode": ", ".join(sorted({config.mode for config in configs})) or None,
        "agent_setup_duration": setup_seconds,
        **details_to_dict(
            [run for result in results.values() for run in result.scenario_results.values()],
            [run for result in results.values() for run in result.other_attempts],
        ),
    }
    report["robustness"] = [curve.to_dict() for curve in curves]
    if verdict is not None:
        report["attempts"] = verdict.given.attempts.to_dict()
    report["gate"] = None if verdict is None else verdict.to_dict()
    write_whole(path, json.dumps(redacted_plain(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_parquet(path: Path, suite: str, results: Mapping[str, PAREMultiScenarioValidationResult]) -> None:
    """Write a row for each run, with suite, variant, mode and what else its result tells as additional columns.

    The file appears whole or not at all.

    Raises:
        OSError: If the file cannot be written.
    """
    tables = [
        result.to_polars({"suite": suite, "variant": variant})
        .hstack([pl.Series("mode", [config.mode for config in result.configs_in_order()], pl.String)])
        .hstack(result.details_to_polars())
        for variant, result in results.items()
    ]
    texts = pl.Schema(dict.fromkeys(("suite", "variant", "mode"), pl.String))
    empty = pl.DataFrame(schema={**RESULT_SCHEMA, **texts, **DETAILS_SCHEMA})
    # In memory: the errors of polars name no file, and it leaves half of one behind.
    file = BytesIO()
    pl.concat([empty, *tables]).write_parquet(file)
    write_whole(path, file.getvalue())
