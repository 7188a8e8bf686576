"""Where the baseline of a suite comes from; sessions of pytest are in `tests/plugin/test_suite_baselines.py`."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from pytest_pare.ledger.baseline import Acceptance, Baseline, write
from pytest_pare.ledger.baseline_source import baseline_runs
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.results.run_set import ComparedRun, RunSet

if TYPE_CHECKING:
    from pathlib import Path

BASELINE = Baseline(
    "agents/pare.yaml",
    RunSet("one", [ComparedRun("mow", "", 1, "success")], {"mow": "1"}),
    (Acceptance("2026-12-01", "one", "first", None, 1),),
)


def test_the_file_in_a_commit_is_found_from_a_directory_below_the_repository(tmp_path: Path) -> None:
    rootdir = tmp_path / "project"
    write(rootdir / "baselines/agents/pare.json", BASELINE)
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "Accept"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    runs = baseline_runs("git:HEAD", "agents/pare.yaml", rootdir, None)
    assert (runs.name, runs.runs) == ("git:HEAD:./baselines/agents/pare.json", BASELINE.runs.runs)
    message = "git:nope: git show nope:./baselines/agents/pare.json failed: "
    with pytest.raises(LedgerError, match=f"^{re.escape(message)}.*; name another commit, or a file$"):
        baseline_runs("git:nope", "agents/pare.yaml", rootdir, None)


def test_git_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    expected = "git:main: git cannot be run: No such file or directory; name a file instead"
    with pytest.raises(LedgerError, match=f"^{expected}$"):
        baseline_runs("git:main", "pare.yaml", tmp_path, None)


def test_a_file_is_relative_to_the_rootdir(tmp_path: Path) -> None:
    write(tmp_path / "b.json", BASELINE)
    assert baseline_runs("b.json", "agents/pare.yaml", tmp_path, None).runs == BASELINE.runs.runs
    with pytest.raises(LedgerError, match="is the baseline of the suite agents"):
        baseline_runs("b.json", "pare.yaml", tmp_path, None)
