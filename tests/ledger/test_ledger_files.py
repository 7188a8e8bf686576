"""Ledger files that are damaged, and sessions that are not there."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.ledger.directory import find, ledgers, reserve, session_of
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.header import Commit, Header
from pytest_pare.ledger.outcomes import Outcome
from pytest_pare.ledger.plan import ScenarioSource, SuitePlan, VariantKey
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.ledger.run_id import RunId
from pytest_pare.ledger.writer import LedgerWriter
from pytest_pare.results.validation_result import PAREScenarioValidationResult, result_to_record
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.settings.gate import Gate

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def write(directory: Path, suite: str = "pare.yaml", runs: int = 2) -> Path:
    """Write a ledger of a session that has not ended, and return it."""
    path = reserve(directory, suite, NOW)
    writer = LedgerWriter(path)
    writer.begin(Header(session_of(path), NOW.isoformat(), {"pytest-pare": "9.9"}, None, {}, SuitePlan(suite)))
    writer.plan([f"rose[run{number}]" for number in range(1, runs + 1)])
    config = MultiScenarioRunnerConfig().model_dump(mode="json")
    for number in range(1, runs + 1):
        result = PAREScenarioValidationResult(success=True, number_of_turns=number)
        record: dict[str, Any] = {"result": result_to_record(result), "config": config}
        run = RunId("rose", f"run{number}")
        writer.note(f"rose[run{number}]", run, Outcome("success", result, config), record)
    writer.close()
    return path


def test_each_line_is_read(tmp_path: Path) -> None:
    ledger = read_ledger(write(tmp_path))
    assert [outcome.kind for outcome in ledger.results.outcomes.values()] == ["success", "success"]
    assert ledger.results.attempts["pare.yaml::rose[run2]"][0].result.number_of_turns == 2  # type: ignore[union-attr]
    assert not ledger.is_torn
    assert not ledger.judge().passed


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path)
    whole = path.read_bytes()
    for size in range(whole.index(b"\n") + 1, len(whole)):
        path.write_bytes(whole[:size])
        ledger = read_ledger(path)
        assert ledger.is_torn == (whole[size - 1 : size] != b"\n")
        assert sum(map(len, ledger.records.values())) == whole[:size].count(b'"result"') - (
            ledger.is_torn and b'"result"' in whole[:size].rpartition(b"\n")[2]
        )


def wrong(path: Path) -> str:
    with pytest.raises(LedgerError) as caught:
        read_ledger(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def test_a_ledger_cut_in_the_middle(tmp_path: Path) -> None:
    path = write(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], lines[3][:40] + "\n", *lines[4:]]))
    assert wrong(path) == ":4: the line is no JSON object: the ledger was changed or damaged, and cannot be used"


@pytest.mark.parametrize(
    ("key", "value"), [("result", {"grapes": 1}), ("config", "unknown"), ("id", None), ("run", 7), ("status", None)]
)
def test_a_ledger_that_was_edited(tmp_path: Path, key: str, value: object) -> None:
    path = write(tmp_path)
    lines = path.read_text().splitlines()
    lines[-1] = json.dumps({**json.loads(lines[-1]), key: value})
    path.write_text("\n".join(lines) + "\n")
    assert re.match(rf":{len(lines)}: the line is not as this version writes it", wrong(path))


def test_a_line_of_another_kind(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text() + '{"grapes": 1}\n[]\n')
    assert "unknown keys: grapes" in wrong(path)


def test_a_ledger_of_a_later_version(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text().replace('{"pare_ledger":1', '{"pare_ledger":2', 1))
    assert wrong(path) == (
        ": a ledger of version 2, written by pytest-pare 9.9; this one reads version 1: install that version, or run "
        "the suite again"
    )


@pytest.mark.parametrize("text", ["", "{", "[]\n", '{"suite": 1}\n', "no\n", '"a"\n'])
def test_another_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    assert wrong(path).startswith(": not a ledger")


def test_a_header_that_was_edited(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(path.read_text().replace('"session":', '"sessions":', 1))
    assert wrong(path).startswith(":1: the header is not as this version writes it: session")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert wrong(tmp_path / "none.jsonl") == ": cannot be read: No such file or directory"
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\n")
    assert "cannot be read" in wrong(tmp_path / "bytes.jsonl")


# -- sessions


def test_sessions_are_in_the_order_of_their_begin(tmp_path: Path) -> None:
    paths = [write(tmp_path) for _ in range(11)]
    other = write(tmp_path, "b/smoke.pare.yaml")
    assert ledgers(tmp_path, "pare.yaml") == paths
    assert [session_of(path) for path in (paths[0], paths[10], other)] == [
        "20260102T030405Z-pare",
        "20260102T030405Z-pare-11",
        "20260102T030405Z-b-smoke",
    ]
    assert find(tmp_path, "last", "pare.yaml") == paths[10]
    assert find(tmp_path, "last~9", "pare.yaml") == paths[1]
    assert find(tmp_path, "20260102T030405Z-pare") == paths[0]
    assert find(tmp_path, "20260102T030405Z-b") == other
    assert find(tmp_path, other.name) == other


@pytest.mark.parametrize(
    ("session", "message"),
    [
        ("", "must name a session, such as last"),
        ("last~5", r"last~5: only 2 sessions of pare.yaml in .+"),
        ("2026", r"2026: 2 sessions of pare.yaml begin like that: 20260102T030405Z-pare, 20260102T030405Z-pare-2"),
        (
            "20260102T030405Z-pear",
            r".+: there is no such session of pare.yaml in .+; did you mean '20260102T030405Z-pare'\?; the latest are: "
            r"20260102T030405Z-pare-2, 20260102T030405Z-pare",
        ),
    ],
)
def test_sessions_that_are_not_there(tmp_path: Path, session: str, message: str) -> None:
    write(tmp_path)
    write(tmp_path)
    with pytest.raises(LedgerError) as caught:
        find(tmp_path, session, "pare.yaml")
    assert re.fullmatch(message, str(caught.value)), str(caught.value)


def test_no_session_at_all(tmp_path: Path) -> None:
    reserve(tmp_path, "pare.yaml", NOW)
    for suite in (None, "pare.yaml"):
        with pytest.raises(LedgerError, match=r"no session.* is recorded there; run the suite first"):
            find(tmp_path, "last", suite)


def test_a_header_is_read_as_it_was_written() -> None:
    sources = {
        "mow": ScenarioSource("1f", "library/mow.py", 3, ("app:email", "level:low")),
        "rake": ScenarioSource("2a", "b.py", 1),
    }
    variants = (VariantKey("a", "few", ("noise.x", 0.5)), VariantKey())
    gate = Gate(min_success_rate=0.5, robustness=None)
    plan = SuitePlan("pare.yaml", "custom", 3, variants, {"noise.x": [0.0, 0.5]}, gate, 2, {"a": [1]}, sources, 2)
    for commit, shard in ((None, None), (Commit("1f", dirty=True), (1, 2))):
        header = Header("s", NOW.isoformat(), {"python": "3"}, commit, {"processors": None}, plan, "7", shard, "before")
        values = header.to_dict()
        assert list(values) == [*(one.name for one in fields(Header)), "digest"]
        assert Header.from_dict(json.loads(json.dumps(values))) == header
        assert values["digest"] == plan.digest
        assert values["plan"]["gate"]["min_success_rate"] == 0.5
