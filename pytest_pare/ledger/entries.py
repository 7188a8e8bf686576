"""The entries of a ledger for attempts at runs.

An attempt has a *record* on the report of pytest: `result`, `config`, `problem`, `setup_seconds`, and `reason` if it
has no result. An entry holds the same, without what is zero or missing, and names the config by its hash.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted
from pytest_pare.ledger.outcomes import Outcome
from pytest_pare.ledger.run_id import RunId
from pytest_pare.results.gate_input import KINDS
from pytest_pare.results.validation_result import (
    PAREScenarioValidationResult,
    result_from_record,
    result_to_record,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1
"""Version of the format of ledgers; a reader refuses other ones."""

_WITHOUT_RESULT = ("skipped", "xfailed")
_OF_RECORD = ("problem", "setup_seconds", "key", "trace", "undrawn")
_OF_OUTCOME = ("replaced", "died", "reused", "resumed_from", "left_out")
_NO_RUN = RunId("").to_dict()


def config_hash(config: Mapping[str, Any]) -> str:
    """Return 12 hex digits that identify a config within a ledger."""
    text = json.dumps(config, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:12]


def entry_of(node: str, run: RunId, outcome: Outcome, record: Mapping[str, Any], config: str | None) -> dict[str, Any]:
    """Return the entry of an attempt.

    Args:
        node: The part of its node id after the suite file.
        run: The run.
        outcome: The outcome of the attempt.
        record: Its record; empty without one.
        config: The hash of its config; `None` without one.
    """
    entry: dict[str, Any] = {"run": node, "status": outcome.kind}
    # What the node id says already is left out.
    entry["id"] = {name: value for name, value in run.to_dict().items() if value != _NO_RUN[name]}
    result = record.get("result")
    if result is not None:
        nothing = _nothing()
        entry |= {"config": config, "result": {k: v for k, v in result.items() if v != nothing.get(k)}}
    reason = outcome.reason
    if outcome.result is not None and result is not None and outcome.kind == "failed" and result["success"]:
        # pytest or another plugin objects to a success.
        reason = outcome.result.rationale or ""
    entry |= {"reason": redacted(reason)} if reason else {}
    entry |= {name: record[name] for name in _OF_RECORD if record.get(name)}
    return entry | {name: value for name in _OF_OUTCOME if (value := getattr(outcome, name))}


def run_of(entry: Mapping[str, Any]) -> RunId:
    """Return the run of an entry."""
    return RunId.from_dict({**_NO_RUN, **entry["id"]})


def record_of(entry: Mapping[str, Any], configs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the record of an attempt, as the report of pytest carried it.

    Raises:
        KeyError: The config is not known.
        ValueError: The result is not as this version writes it.
    """
    rest = {name: entry[name] for name in _OF_RECORD if name in entry}
    if "result" not in entry:
        return {"result": None, "reason": entry.get("reason", ""), **rest}
    result = {**_nothing(), **entry["result"]}
    result_from_record(result)
    return {"result": result, "config": configs[entry["config"]], **rest}


def outcome_from(entry: Mapping[str, Any], record: Mapping[str, Any]) -> Outcome:
    """Return the outcome of an attempt.

    Args:
        entry: The entry.
        record: Its record.

    Raises:
        ValueError: The status is not one that this version knows.
    """
    kind, reason = entry["status"], entry.get("reason", "")
    if kind not in KINDS:
        raise ValueError(f"unknown status {kind!r}")
    flags = {name: entry[name] for name in _OF_OUTCOME if name in entry}
    if record["result"] is None or kind in _WITHOUT_RESULT:
        return Outcome(kind, reason=reason, **flags)
    result = result_from_record(record["result"])
    if kind == "failed" and result.status == "success":
        result.success, result.rationale = False, reason
        return Outcome(kind, result, record["config"], **flags)
    return Outcome(kind, result, record["config"], reason, **flags)


@cache
def _nothing() -> dict[str, Any]:
    return result_to_record(PAREScenarioValidationResult(success=None))
