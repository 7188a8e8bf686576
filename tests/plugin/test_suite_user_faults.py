"""Suites whose simulated user fails: the failures are listed, and count or are left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

from pytest_pare.ledger.directory import find
from pytest_pare.ledger.reader import read_ledger
from pytest_pare.settings import load_suite

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

METHODS = """
def build_events_flow(self):
    with EventRegisterer.capture_mode():
        offer = self.agent_ui.send_message_to_user(content="May I water the plants?").oracle().delayed(5)
        yes = self.agent_ui.accept_proposal(content="Please do.").oracle().depends_on(offer, delay_seconds=5)
    self.events = [offer, yes]
"""
ACCEPTED = """
from pytest_pare.scenarios.event_log import accepted_at
if accepted_at(env) is None:
    return ScenarioValidationResult(success=False, rationale='the plants are dry')
return ScenarioValidationResult(success=True)
"""
SUITE = """
scenarios: {paths: [scenarios]}
runner:
  max_turns: 3
  skip_idle_time: false
  user_engine_config: {model_name: scripted, provider: scripted, answers: answers.yaml}
gate: {min_success_rate: 0.9, user_faults: USER_FAULTS}
reports: {json: report.json, parquet: rows.parquet}
"""
ANSWERS = """
prune: &yes
- {action: wait}
- {action: PAREAgentUserInterface__accept_proposal, action_input: {content: "Yes."}}
- {action: wait}
sow: *yes
water:
- {action: wait}
- {action: PAREAgentUserInterface__reject_proposal, action_input: {content: "No."}}
- Fine then.
"""
LINE = (
    "the simulated user, not the agent: the reference accepts 'May I water the plants?' ('Please do.'), and the user "
    "rejected 'May I water the plants?' ('No.'), and 1 more"
)


@pytest.fixture
def garden(example: Example) -> Example:
    """Two scenarios whose user does as the reference has it, and one whose user does not."""
    for name in ("prune", "sow", "water"):
        example.scenario(name, ACCEPTED, methods=METHODS)
    return example.write("answers.yaml", ANSWERS)


def test_failures_of_the_user_count_or_are_left_out(garden: Example) -> None:
    garden.suite(SUITE.replace("USER_FAULTS", "count"))
    counted = garden.run("--pare-config", "pare.yaml")
    assert counted.code == 1
    assert counted.verdict[0].startswith("gate FAIL: 2 of 3 runs succeeded (66.7 %")
    figures = "Failures of the simulated user: goal_dropped 1, outside_tools 1; in 1 run, of"
    assert f"  {figures}" in counted.summary
    assert LINE in counted.words
    (row,) = (one for one in json.loads((garden.path / "report.json").read_text())["results"] if one["user_faults"])
    assert (row["scenario"], row["status"]) == ("water", "failed")
    assert [(one["kind"], one["turn"]) for one in row["user_faults"]] == [("goal_dropped", 1), ("outside_tools", 2)]
    assert row["user_faults"][1]["text"] == "the user's answer calls no tool: 'Fine then.'"
    column = pl.read_parquet(garden.path / "rows.parquet")["user_faults"]
    assert [len(json.loads(one)) for one in column] == [0, 0, 2]

    garden.suite(SUITE.replace("USER_FAULTS", "leave_out"))
    left_out = garden.run("--pare-config", "pare.yaml")
    assert left_out.code == 0
    assert left_out.verdict[0].startswith("gate PASS: 2 of 2 runs succeeded (100.0 %")
    verdict = " ".join(line.strip() for line in left_out.verdict)
    assert "not counted: 1 user fault" in verdict
    assert "unreliable rate: the simulated user failed in 1 of 3 runs, more than 10 %" in verdict
    assert [line for line in left_out.open_runs if line.startswith("USER FAULT water: the simulated user, not the")]
    report = json.loads((garden.path / "report.json").read_text())
    assert [one["status"] for one in report["results"]] == ["success", "success", "user_fault"]
    assert report["gate"]["counts"]["user_fault"] == 1
    assert pl.read_parquet(garden.path / "rows.parquet").height == 2
    # The ledger holds the run as it was judged, so that another setting can judge it anew.
    suite = load_suite(garden.path / "pare.yaml")
    ledgers = suite.ledger_dir(garden.path)
    assert ledgers is not None
    path = find(ledgers, "last", "pare.yaml")
    assert '"status":"failed"' in path.read_text()
    results = read_ledger(path).results
    assert sorted(one.kind for one in results.outcomes.values()) == ["success", "success", "user_fault"]
