"""What keeps a session from being resumed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.header import Header
from pytest_pare.ledger.outcomes import Outcome
from pytest_pare.ledger.plan import ScenarioSource, SuitePlan
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.ledger.resuming import finished_runs, refuse_changes, refuse_edited
from pytest_pare.ledger.run_id import RunId
from pytest_pare.ledger.shards import Shard
from pytest_pare.ledger.writer import LedgerWriter
from pytest_pare.results.validation_result import PAREScenarioValidationResult, result_to_record

if TYPE_CHECKING:
    from pathlib import Path

PLAN = SuitePlan("pare.yaml", settings={"runner.max_turns": 3, "scenarios.include": ["a*"]})
HEADER = Header("night", "2026-01-01T00:00:00+00:00", {"python": "3.12"}, None, {}, PLAN)


def refusal(header: Header, plan: SuitePlan, versions: dict[str, str]) -> list[str]:
    with pytest.raises(LedgerError) as caught:
        refuse_changes(header, plan, versions)
    first, *lines = str(caught.value).splitlines()
    assert first == (
        f"{plan.name} has changed since the session night, which cannot be resumed: undo the change, or run the suite "
        "without --pare-resume"
    )
    return [line.removeprefix("  ") for line in lines]


def test_the_same_suite_can_be_resumed() -> None:
    refuse_changes(HEADER, PLAN, {"python": "3.12"})
    refuse_changes(replace(HEADER, plan=replace(PLAN, runs=2)), replace(PLAN, runs=5), {"python": "3.12"})


def test_each_difference_is_named() -> None:
    plan = replace(
        PLAN, name="b.pare.yaml", settings={"runner.max_turns": 4, "scenarios.include": [], "noise.data": ""}
    )
    assert refusal(HEADER, plan, {"python": "3.13", "litellm": "1.0"}) == [
        "suite: pare.yaml there, b.pare.yaml here",
        "runner.max_turns: 3 there, 4 here",
        "scenarios.include: ['a*'] there, [] here",
        "noise.data: absent there, '' here",
        "python: 3.12 there, 3.13 here",
        "litellm: absent there, 1.0 here",
    ]


def test_many_differences_are_counted() -> None:
    lines = refusal(HEADER, replace(PLAN, settings={f"key{n}": n for n in range(12)}), {"python": "3.12"})
    assert len(lines) == 11
    assert lines[-1] == "4 more"


def test_without_sources_nothing_is_compared() -> None:
    sources = {"a": ScenarioSource("1", "a.py", 1)}
    edited = {"a": ScenarioSource("2", "a.py", 1)}
    refuse_edited(HEADER, edited)
    refuse_edited(replace(HEADER, plan=replace(PLAN, sources=sources)), {})
    with pytest.raises(LedgerError, match="scenario a: 1 there, 2 here"):
        refuse_edited(replace(HEADER, plan=replace(PLAN, sources=sources)), edited)


def test_the_earlier_sessions_of_a_session_are_followed_as_far_as_they_can_be_read(tmp_path: Path) -> None:
    def write(name: str, resumed_from: str, *nodes: str) -> Path:
        writer = LedgerWriter(tmp_path / f"{name}.jsonl")
        writer.path.touch()
        writer.begin(replace(HEADER, session=name, resumed_from=resumed_from))
        writer.plan(["dig", "mow"])
        for node in nodes:
            result = PAREScenarioValidationResult(success=True)
            record = {"result": result_to_record(result), "config": {}}
            writer.note(node, RunId(node), Outcome("success", result, {}), record)
        writer.close()
        return writer.path

    def finished(name: str) -> dict[str, str]:
        runs = finished_runs(read_ledger(tmp_path / f"{name}.jsonl"))
        return {node.partition("::")[2]: run.session for node, run in runs.items()}

    write("a", "c", "dig", "mow")
    write("b", "a", "dig")
    write("c", "b")
    assert finished("c") == {"dig": "b", "mow": "a"}, "each resumes the other, which ends"
    (tmp_path / "a.jsonl").write_text("damaged")
    assert finished("c") == {"dig": "b"}
    (tmp_path / "b.jsonl").unlink()
    assert finished("c") == {}


def test_another_shard_is_another_session() -> None:
    sharded = replace(HEADER, shard=(2, 5))
    refuse_changes(sharded, PLAN, {"python": "3.12"}, Shard(2, 5))
    for header, shard, line in (
        (sharded, Shard(1, 5), "shard: 2/5 there, 1/5 here"),
        (HEADER, Shard(1, 5), "shard: none there, 1/5 here"),
        (sharded, None, "shard: 2/5 there, none here"),
    ):
        with pytest.raises(LedgerError, match=line):
            refuse_changes(header, PLAN, {"python": "3.12"}, shard)
