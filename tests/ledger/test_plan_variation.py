"""Redrawn worlds are a difference between the settings of two sessions."""

from __future__ import annotations

from pathlib import Path

from pytest_pare.ledger.plan import settings_of
from pytest_pare.results.run_set import RunSet, simulation_changes
from pytest_pare.settings import Suite, SuiteSettings


def test_a_comparison_names_redrawn_worlds() -> None:
    def runs(*, variation: bool) -> RunSet:
        settings = SuiteSettings.model_validate({"runner": {"variation": variation}})
        return RunSet("x", [], {}, settings=settings_of(Suite(Path("/p/pare.yaml"), settings), Path("/p")))

    written, redrawn = runs(variation=False), runs(variation=True)
    assert simulation_changes(written, redrawn) == "runner.variation false, now true"
    assert simulation_changes(redrawn, written) == "runner.variation true, now false"
    assert simulation_changes(written, written) == simulation_changes(redrawn, redrawn) == ""
    # As in the plans of earlier versions.
    assert "runner.variation" not in written.settings
