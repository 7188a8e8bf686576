"""Runs that sessions have kept: the nearest one that passed, and what ledgers say of the cause of a difference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.ledger.kept_runs import run_in
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.timeline.kept import compare_runs, document_of
from pytest_pare.timeline.nearest import earlier_ledgers, nearest
from tests.cli.recorded import record
from tests.timeline.made import agent, call, trace

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.ledger.reader import Ledger

PASSED = trace(call(), agent("send_email", time=2, args={"to": "ann"}))
FAILED = replace(PASSED, entries=(replace(PASSED.calls[0], fingerprint="x"), *PASSED.entries[1:]))


def session(path: Path, day: int, letters: str, *kept: int, source: str = "1", **fields: Any) -> Ledger:
    """Record a session of `mow`, in which the runs with these numbers have kept their traces."""
    many = len(letters) > 1
    names = {f"mow[run{number}]" if many else "mow": number for number in kept}
    traces = {
        name: replace(PASSED if letters[number - 1] == "S" else FAILED, **fields) for name, number in names.items()
    }
    name = record(path, day, {"mow": letters}, traces=traces, sources={"mow": source})
    return read_ledger(path / f".pare/runs/{name}.jsonl")


@pytest.mark.parametrize(
    ("sessions", "found"),
    [
        # The next number of the same session, then the last earlier session that has kept one.
        ([("SSfS", 1, 2, 3, 4)], "mow[run2]"),
        ([("SSfS", 1, 3, 4)], "mow[run4]"),
        ([("SSSS", 1, 2, 3, 4), ("fSff", 1, 2, 3)], "mow[run2]"),
        ([("SSSS", 1, 2, 3, 4), ("ffff", 3)], "1:mow[run3]"),
        ([("SSSS", 1, 2, 3, 4), ("SSSS",), ("ffff", 3)], "1:mow[run3]"),
        ([("SSSS", 1, 2, 3, 4), ("SSSS", 1), ("ffff", 3)], "2:mow[run1]"),
        ([("ffff", 3)], None),
    ],
)
def test_the_nearest_run_that_passed(
    tmp_path: Path, sessions: list[tuple[str, *tuple[int]]], found: str | None
) -> None:
    ledgers = [session(tmp_path, day, *kept) for day, kept in enumerate(sessions)]
    last = ledgers[-1]
    of_last = run_in(last, "pare.yaml::mow[run3]")
    other = nearest(of_last, last, earlier_ledgers(last))
    names = {ledger.header.session: f"{number}:" for number, ledger in enumerate(ledgers[:-1], 1)}
    assert (None if other is None else f"{names.get(other.ledger.header.session, '')}{other.run_id}") == found


@pytest.mark.parametrize(("source", "cause"), [("1", "code"), ("2", "scenario")])
def test_the_ledger_says_whether_the_scenario_changed(tmp_path: Path, source: str, cause: str) -> None:
    a, b = session(tmp_path, 0, "f", 1), session(tmp_path, 1, "S", 1, source=source)
    assert compare_runs(run_in(a, "pare.yaml::mow"), run_in(b, "pare.yaml::mow")).cause == cause


def test_settings_that_differ_are_named(tmp_path: Path) -> None:
    a, b = (run_in(session(tmp_path, day, letter, 1), "pare.yaml::mow") for day, letter in enumerate("fS"))
    # How much is logged changes no run.
    b.outcome.config = {**(b.outcome.config or {}), "max_turns": 3, "log_level": "DEBUG"}
    assert compare_runs(a, b).sentence.endswith("; settings differ: max_turns (10 and 3)")


def test_the_document_of_a_run(tmp_path: Path) -> None:
    document = document_of(run_in(session(tmp_path, 0, "Sf", 2), "pare.yaml::mow[run2]"))
    assert (document["run"], document["status"], len(document["steps"])) == ("mow[run2]", "failed", 2)
