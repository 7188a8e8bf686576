"""The validators of the bundled library reject wrong runs and accept right ones: the audit of the whole library."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_pare.audit.audit import audit_of
from pytest_pare.audit.report import report_lines
from pytest_pare.audit.score import score_of
from pytest_pare.audit.trial import Status
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry

LIBRARY = bundled_library_dir()
FAILURES = load_library(registry, LIBRARY)
CLASSES: dict[str, Any] = {name: registry.registered()[name] for name in sorted(registry.ids_below(LIBRARY))}
PARTS = 8
# The classes in which no mutant may survive.
NEVER = ("consent", "order", "extra-write", "failing-write")


@pytest.mark.parametrize("part", range(PARTS))
def test_validators_reject_wrong_runs_and_accept_right_ones(part: int) -> None:
    assert FAILURES == []
    audits = {scenario_id: audit_of(CLASSES[scenario_id]) for scenario_id in list(CLASSES)[part::PARTS]}
    assert {scenario_id: audit.problems for scenario_id, audit in audits.items() if audit.problems} == {}
    trials = [audit.play(case_id) for audit in audits.values() for case_id, case in audit.cases.items() if case.counts]
    report = "\n".join(report_lines(trials))
    score = score_of(trials)
    assert not [trial for trial in trials if trial.status in (Status.RAISED, Status.BAD_EXCUSE)], report
    assert not [trial for trial in trials if trial.status is Status.SURVIVED and trial.group in NEVER], report
    assert score.mutants.share >= 0.98, report
    assert score.alternatives.share >= 0.98, report
    assert not score.has_too_many_excuses, report
    assert min(score.mutants.total, score.alternatives.total) > 50
