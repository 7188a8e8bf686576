"""The baselines of a session's suites, read before the first run, so that a wrong one costs no run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.documents import DocumentError
from pytest_pare.base.redaction import redacted
from pytest_pare.ledger.errors import LedgerError
from pytest_pare.plugin.early_stopping import EarlyStopping
from pytest_pare.results.rounds import Rounds, compare_session
from pytest_pare.settings.runs import RunRange

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_pare.plugin.session_ledger import SessionLedger
    from pytest_pare.results.comparison import Comparison
    from pytest_pare.results.run_set import RunSet
    from pytest_pare.settings import Suite


class Baselines:
    """The baselines of the suites that name one, and the comparisons with them.

    Args:
        suites: The suites, by the node ids of their files.
        rootdir: The rootdir of the session.
        ledgers: The ledgers of the suites in this session, by the same node ids.

    Raises:
        pytest.UsageError: If a baseline cannot be read, or is that of another suite.
    """

    def __init__(self, suites: Mapping[str, Suite], rootdir: Path, ledgers: Mapping[str, SessionLedger]) -> None:
        self._suites = suites
        self._ledgers = ledgers
        self._baselines: dict[str, RunSet] = {}
        self._comparisons: dict[str, tuple[RunSet, Comparison]] = {}
        for name, suite in suites.items():
            reference = suite.settings.gate.baseline
            if reference is None:
                continue
            from pytest_pare.ledger.baseline_source import baseline_runs

            try:
                self._baselines[name] = baseline_runs(reference, name, rootdir, suite.ledger_dir(rootdir))
            except (DocumentError, LedgerError) as error:
                raise pytest.UsageError(redacted(str(suite.error(("gate", "baseline"), str(error))))) from error

    def compared(self, ledger: SessionLedger) -> Comparison | None:
        """Return the comparison of a suite's runs, which is made once for the same runs; `None` without a baseline.

        Args:
            ledger: The ledger of the suite in this session.
        """
        baseline = self._baselines.get(ledger.name)
        runs = None if baseline is None else ledger.run_set()
        if baseline is None or runs is None:
            return None
        known, comparison = self._comparisons.get(ledger.name, (None, None))
        if known != runs or comparison is None:
            settings = self._suites[ledger.name].settings
            margin, rounds = settings.gate.max_regression, rounds_of(settings.runs)
            comparison = compare_session(baseline, runs, rounds, margin)
            self._comparisons[ledger.name] = (runs, comparison)
        return comparison

    def early_stopping(self) -> dict[str, EarlyStopping]:
        """Return the rule of each suite that may stop early, by the node id of its file."""
        rules = {}
        for name, baseline in self._baselines.items():
            settings = self._suites[name].settings
            rounds = rounds_of(settings.runs)
            if rounds is not None:
                runs = self._ledgers[name].run_set
                rules[name] = EarlyStopping(baseline, runs, rounds, settings.gate.max_regression)
        return rules


def rounds_of(runs: int | RunRange) -> Rounds | None:
    """Return the rounds that the key `runs` of a suite sets; `None` if the suite may not stop early."""
    return Rounds(runs.min, runs.max) if isinstance(runs, RunRange) else None
