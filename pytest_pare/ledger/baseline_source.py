"""The baseline that a suite names: a file, the file in a commit, or an earlier session."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_pare.base.documents import DocumentError
from pytest_pare.ledger.baseline import baseline_file, parse, read
from pytest_pare.ledger.directory import find
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.reader import read_ledger

if TYPE_CHECKING:
    from pytest_pare.ledger.baseline import Baseline
    from pytest_pare.results.run_set import RunSet

_GIT_SECONDS: Final = 10.0
_FIRST_TIME: Final = "run the suite with --pare-set gate.baseline=null, and write one with pytest-pare accept"


def baseline_runs(reference: str, suite: str, rootdir: Path, ledger_dir: Path | None) -> RunSet:
    """Return the runs of a baseline.

    Args:
        reference: A file, relative to the rootdir; `git:REF`, the suite's file at its usual place in a commit; or
            `session:ID`.
        suite: The suite file, relative to the rootdir.
        rootdir: The rootdir.
        ledger_dir: The directory of the suite's ledgers; None if it keeps none.

    Raises:
        DocumentError: If the file cannot be read, or is not as `accept` writes it.
        LedgerError: If there is no such commit or session, or the baseline is that of another suite.
    """
    kind, _, value = reference.partition(":")
    if kind == "session":
        if ledger_dir is None:
            raise LedgerError(f"{reference}: the suite keeps no ledgers (ledger: false); name a file instead")
        return read_ledger(find(ledger_dir, value, suite)).run_set()
    baseline = _of_commit(value, suite, rootdir) if kind == "git" else _of_file(rootdir / reference)
    if baseline.suite != suite:
        raise LedgerError(
            f"{baseline.runs.name}: is the baseline of the suite {baseline.suite}, not of {suite}; name another file"
        )
    return baseline.runs


def _of_file(path: Path) -> Baseline:
    try:
        return read(path)
    except DocumentError as error:
        if path.exists():
            raise
        raise LedgerError(f"{error}; {_FIRST_TIME}") from error


def _of_commit(revision: str, suite: str, rootdir: Path) -> Baseline:
    # Relative to the directory in which git is called, which need not be the top of the repository.
    file = f"{revision}:./{baseline_file(suite)}"
    command = ("git", "-C", str(rootdir), "show", "--end-of-options", file)
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_GIT_SECONDS)  # noqa: S603 - no shell
    except (OSError, subprocess.SubprocessError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LedgerError(f"git:{revision}: git cannot be run: {reason}; name a file instead") from error
    if done.returncode:
        reason = " ".join(done.stderr.decode("utf-8", "replace").split()).removeprefix("fatal: ")
        raise LedgerError(f"git:{revision}: git show {file} failed: {reason}; name another commit, or a file")
    return parse(done.stdout.decode("utf-8", "replace"), f"git:{file}")
