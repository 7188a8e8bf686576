"""What a later session can expect of workers, from the ledger of an earlier one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_pare.ledger.work import Work, advice, last_work, seconds_of_workers

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = {"runner.max_turns": 10, "scenarios.include": ["a"]}
WORK = {"runs": 4, "seconds": 2.0, "start_seconds": 1.5}


def write(directory: Path, number: int, end: object, settings: object = SETTINGS) -> None:
    header = {"pare_ledger": 1, "plan": {"name": "pare.yaml", "settings": settings}}
    lines = [header, {"run": "a"}, *([] if end is None else [{"end": end}])]
    path = directory / f"2026010{number}T000000Z-pare.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_the_last_session_that_tells_times_counts(tmp_path: Path) -> None:
    assert last_work(tmp_path, "pare.yaml", SETTINGS) is None
    write(tmp_path, 1, {"work": {**WORK, "runs": 9}})
    write(tmp_path, 2, {"work": WORK})
    # One was killed, and one has reused all results.
    write(tmp_path, 3, None)
    write(tmp_path, 4, {"verdict": "PASS"})
    assert last_work(tmp_path, "pare.yaml", SETTINGS) == Work(4, 2.0, 1.5)
    assert last_work(tmp_path, "other.yaml", SETTINGS) is None


def test_only_a_session_with_the_same_settings_of_runs_counts(tmp_path: Path) -> None:
    write(tmp_path, 1, {"work": WORK}, {"runner.max_turns": 10, "scenarios.include": []})
    assert last_work(tmp_path, "pare.yaml", SETTINGS) is not None
    assert last_work(tmp_path, "pare.yaml", {**SETTINGS, "runner.max_turns": 11}) is None


@pytest.mark.parametrize("text", ["", "no JSON\n", '{"end": {"work": {}}}', "[]\n"])
def test_a_ledger_that_is_not_whole_tells_nothing(text: str, tmp_path: Path) -> None:
    write(tmp_path, 1, None)
    with next(tmp_path.glob("*.jsonl")).open("a") as file:
        file.write(text)
    assert last_work(tmp_path, "pare.yaml", SETTINGS) is None


@pytest.mark.parametrize(
    ("runs", "workers", "processors", "expected"),
    [
        # The start and the end of the controller and of a worker, and the share of the runs.
        (10, 2, 2, (1 + 2) * 1.1 + 5),
        (10, 2, 8, (1 + 2) * 1.1 + 5),
        # Workers that share a processor start, and play, one after the other.
        (10, 4, 2, (1 + 4) * 1.1 + 5),
        (1, 2, 2, (1 + 2) * 1.1 + 10),
    ],
)
def test_seconds_of_workers(runs: int, workers: int, processors: int, expected: float) -> None:
    assert seconds_of_workers(Work(runs, 10.0, 2.0), workers, processors, 1.0) == pytest.approx(expected)


def test_the_advice() -> None:
    assert advice(Work(64, 1.8, 2.0), 2, 2, 1.1) == (
        "64 runs take about 4.0 s in one process and 4.3 s with 2 workers: leave out -n"
    )
    assert advice(Work(1, 9.0, 2.0), 1, 2, 1.1) == (
        "1 run takes about 11 s in one process and 12 s with 1 worker: leave out -n"
    )
    assert advice(Work(64, 60.0, 2.0), 2, 2, 1.1) is None
