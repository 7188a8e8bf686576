"""`pytest-pare judge calibrate`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_pare.judge.prompt import version

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

# Not the nearest directory with sessions, which may be above the one of a test.
CALIBRATE = ("judge", "calibrate", "--rootdir", ".")


def labels(count: int) -> str:
    """Return labels, of which every second claim holds."""
    return "\n".join(
        json.dumps({"claim": f"claim {n}", "evidence": "it rains", "label": n % 2 == 0, "by": "Ann" if n % 3 else "Bo"})
        for n in range(count)
    )


def answers(count: int, *wrong: int) -> list[Any]:
    return [{"holds": (n % 2 == 0) != (n in wrong), "reason": ""} for n in range(count)]


def suite(*given: Any, **changes: Any) -> str:
    engine = {"model_name": "j-1", "provider": "scripted", "answers": [*given]}
    return json.dumps({"runner": {"judge_engine_config": engine}} | changes)


def test_calibration_by_labels_of_known_errors(shell: Shell) -> None:
    # Of 100 labels the judge gets 6 wrong that hold and 4 that do not; the second time two answers are others.
    wrong = (0, 2, 4, 6, 8, 10, 1, 3, 5, 7)
    shell.write("labels.jsonl", labels(100))
    shell.write("pare.yaml", suite(*answers(100, *wrong), *answers(100, *wrong, 20, 21)))
    assert shell.lines(*CALIBRATE, "labels.jsonl", "--repeats", "2") == [
        f"judge j-1, prompt {version()}: 100 labels by 2 people, each judged 2 times",
        "  label             judge: holds    does not",
        "  holds                       44           6",
        "  does not                     4          46",
        "  Unknown answers     0",
        "  Agreement           90.0 %",
        "  Cohen's kappa       0.800 (95 % CI 0.682 to 0.918)",
        "  Precision           91.7 %",
        "  Recall              88.0 %",
        "  Flips               2 of 100 labels over 2 repeats",
        "wrote judge-calibration.json: the judge may decide on success",
    ]
    written = json.loads((shell.path / "judge-calibration.json").read_text())
    assert (written["model"], written["prompt"], written["sufficient"]) == ("j-1", version(), True)
    found = json.loads(shell(*CALIBRATE, "labels.jsonl", "--json", "--model", "j-2", "--output", "b.json").out)
    assert (found["model"], found["figures"], found["calls"]) == (
        "j-2",
        written["figures"] | {"flips": 0},
        100,
    )


def test_too_few_labels(shell: Shell) -> None:
    shell.write("labels.jsonl", labels(50))
    # One answer cannot be read, twice.
    shell.write("other.yaml", suite("?", "?", *answers(50)[1:]))
    lines = shell.lines(*CALIBRATE, "labels.jsonl", "--suite", "other.yaml")
    assert lines[4] == "  Unknown answers     1"
    assert " ".join(" ".join(lines[-2:]).split()).startswith(
        "wrote judge-calibration.json: it does not suffice, the judge decides nothing: 49 labels"
    )
    assert not json.loads((shell.path / "judge-calibration.json").read_text())["sufficient"]


def test_what_cannot_be_calibrated(shell: Shell) -> None:
    shell.write("labels.jsonl", labels(2))
    assert "name the suite with the judge by --suite FILE; the project has none" in shell.error(
        *CALIBRATE, "labels.jsonl"
    )
    shell.write("pare.yaml", "runs: 1")
    assert "pare.yaml: runner.judge_engine_config: there is no judge; set its model" in shell.error(
        *CALIBRATE, "labels.jsonl"
    )
    shell.write("pare.yaml", suite(*answers(1)))
    assert "the scripted answers of role judge have run out" in shell.error(*CALIBRATE, "labels.jsonl")
    shell.write("pare.yaml", json.dumps({"runner": {"judge_engine_config": {"model_name": "m"}}}))
    assert "calls a model (no provider, m), which may cost money" in shell.error(*CALIBRATE, "labels.jsonl")
