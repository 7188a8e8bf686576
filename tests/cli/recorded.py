"""Sessions that were recorded, without a session of pytest."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pytest_pare.ledger.directory import reserve, session_of, traces_dir
from pytest_pare.ledger.header import Commit, Header
from pytest_pare.ledger.outcomes import Outcome
from pytest_pare.ledger.plan import ScenarioSource, SuitePlan
from pytest_pare.ledger.run_id import RunId
from pytest_pare.ledger.suite_results import SuiteResults
from pytest_pare.ledger.verdict import judge
from pytest_pare.ledger.writer import LedgerWriter
from pytest_pare.results.validation_result import PAREScenarioValidationResult, RecordedException, result_to_record
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.settings import Gate

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.simulation.trace import Trace

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
AGENT = MultiScenarioRunnerConfig(agent_type="null").model_dump(mode="json")
_ORACLE = {"provider": "oracle", "model_name": "oracle"}
REFERENCE = {
    **AGENT,
    "agent_type": "observe-execute",
    **{f"{role}_engine_config": _ORACLE for role in ("user", "observe", "execute")},
}
RESULTS = {
    "S": PAREScenarioValidationResult(success=True, number_of_turns=4),
    "f": PAREScenarioValidationResult(success=False, rationale="the plants are dry", number_of_turns=6),
    "e": PAREScenarioValidationResult(success=None, exception=RecordedException("KeyError", "'soil'")),
    "i": PAREScenarioValidationResult(
        success=None, exception=RecordedException("RateLimitError", "slow"), exception_kind="infrastructure"
    ),
}
COMMIT = Commit("0123456789abcdef", dirty=False)


def record(
    rootdir: Path,
    day: int,
    outcomes: dict[str, str],
    *,
    suite: str = "pare.yaml",
    agent: str | None = "1.0",
    gate: dict[str, Any] | None = None,
    commit: Commit | None = COMMIT,
    shard: tuple[int, int] | None = None,
    sources: dict[str, str] | None = None,
    end: dict[str, Any] | None = None,
    mode: str = "agent",
    traces: dict[str, Trace] | None = None,
    sweep: tuple[str, list[float]] | None = None,
) -> str:
    """Write the ledger of a session, and return the session's name.

    Args:
        rootdir: The rootdir.
        day: How many days after the first of December.
        outcomes: The scenarios, with a letter of `RESULTS` for each run, or a hyphen for one that was not begun.
        suite: The suite file.
        agent: Version of the agent.
        gate: Keys of the suite's gate.
        commit: The commit.
        shard: Number of the shard, and of all.
        sources: The hashes of scenarios that are not that of all others.
        end: What differs at the end of the session; empty for one without an end.
        mode: What the runs play.
        traces: The traces that are kept, by the names of the runs.
        sweep: The key of the sweep and its levels; each level has all runs, and one scenario more that fails.
    """
    began = START + timedelta(days=day)
    path = reserve(rootdir / ".pare/runs", suite, began)
    plan = SuitePlan(
        suite,
        runs=max(map(len, outcomes.values())),
        gate=Gate.model_validate(gate or {}),
        sweep={} if sweep is None else {sweep[0]: sweep[1]},
        sources={name: ScenarioSource((sources or {}).get(name, "1"), f"{name}.py", 1) for name in outcomes},
    )
    versions = {"pytest-pare": "9.9", "python": "3.11"}
    writer = LedgerWriter(path)
    header = Header(session_of(path), began.isoformat(), versions, commit, {}, plan, agent, shard)
    writer.begin(header)
    nodes = [(name, number) for name, letters in outcomes.items() for number in range(1, len(letters) + 1)]
    many = plan.runs > 1
    levels = [None] if sweep is None else [(sweep[0], level) for level in sweep[1]]
    runs = [
        RunId(name, "" if level is None else f"{level[1]:g}", number if many else None, level=level)
        for level in levels
        for name, number in nodes
    ]
    writer.plan([str(run) for run in runs])
    results = SuiteResults(plan)
    config = REFERENCE if mode == "reference" else AGENT
    for run in runs:
        lost = 0 if run.level is None or sweep is None else sweep[1].index(run.level[1])
        letter = outcomes[run.scenario_id][(run.run_number or 1) - 1]
        if run.scenario_id in [*outcomes][len(outcomes) - lost :]:
            letter = "f"
        outcome = Outcome("no_result", reported=False)
        if letter in RESULTS:
            result = RESULTS[letter]
            outcome = Outcome(result.status, result, config)
            kept = {}
            if (trace := (traces or {}).get(str(run))) is not None:
                file = traces_dir(path) / f"{run}.jsonl.gz"
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(gzip.compress(trace.to_jsonl().encode("utf-8"), mtime=0))
                kept = {"trace": f"{file.parent.name}/{file.name}"}
            writer.note(str(run), run, outcome, {"result": result_to_record(result), "config": config, **kept})
        results.identify(f"{suite}::{run}", run)
        results.keep(f"{suite}::{run}", outcome)
    if end != {}:
        values = {"partial": [], "interrupted": False, "duration": 2.5, **(end or {})}
        of_shard = None if shard is None else f"{shard[0]}/{shard[1]}"
        word = judge(results, partial=values["partial"], interrupted=values["interrupted"], shard=of_shard).word
        writer.end({"verdict": word, **values})
    writer.close()
    return session_of(path)
