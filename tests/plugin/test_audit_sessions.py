"""Sessions with `--pare-audit`: items, summary, gate, exit status, and what they leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

PLAIN = """\
from datetime import datetime, UTC
from typing import Any
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import EventRegisterer, EventType
from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulNotesApp
from pytest_pare.scenarios import PAREScenario, register_scenario

@register_scenario({name!r})
class Milk(PAREScenario):
    def init_and_populate_apps(self, *args, **kwargs):
        self.ui, self.notes = PAREAgentUserInterface(), StatefulNotesApp(name="Notes")
        self.apps = [self.ui, HomeScreenSystemApp(name="System"), self.notes]

    def build_events_flow(self):
        with EventRegisterer.capture_mode():
            ask = self.ui.send_message_to_user(content="Shall I note milk?").oracle().delayed(1)
            yes = self.ui.accept_proposal(content="Yes").oracle().depends_on(ask, delay_seconds=1)
            note = self.notes.create_note(title="Milk", content="Buy milk").oracle().depends_on(yes, delay_seconds=1)
        self.events = [ask, yes, note]

    def validate(self, env):
        log = [event for event in env.event_log.list_view() if not event.failed()]
        calls = [(event.event_type, event.function_name(), event.get_args()) for event in log]
        names = [name for _, name, _ in calls if name not in ("list_folders", "send_message_to_user")]
        {body}
"""
RIGHT = """\
title, text = next(((a["title"], a["content"]) for t, n, a in calls if n == "create_note"
                            and t is EventType.AGENT), ("", ""))
        asked = [a["content"] for _, n, a in calls if n == "send_message_to_user"][:1]
        right = names == ["accept_proposal", "create_note"] and "milk" in title.lower() and "milk" in text.lower()
        return ScenarioValidationResult(success=right and "milk" in str(asked).lower())
"""
WRONG_STEP = """\
def build_events_flow(self):
    _flow(self)
    with EventRegisterer.capture_mode():
        self.events.append(self.notes.delete_note(note_id="gone").delayed(1))

Milk.build_events_flow = build_events_flow
"""
WEAK = "return ScenarioValidationResult(success='accept_proposal' in names)"


def write(example: Example, **bodies: str) -> Example:
    for name, body in bodies.items():
        example.write(f"scenarios/{name}.py", PLAIN.format(name=name, body=body))
    return example


def test_audit_of_a_plain_library(example: Example) -> None:
    write(example, milk=RIGHT, cream=WEAK)
    session = example.run("--pare-audit", "--pare-config=pare.yaml", "--tb=short")
    assert session.code == 1
    assert session.header == ["pare.yaml, audit of validators, no agent tested"]
    outcomes = session.outcomes()
    assert outcomes["failed"] == 15
    assert "pare.yaml::milk" not in "".join(line for line in session.result.outlines if line.startswith("FAILED"))
    failure = "\n".join(
        [
            "cream[failing-write:create_note] survived: the validator accepted a wrong run",
            "  Notes.create_note fails: the network is down",
            f"  validator: {example.path / 'scenarios/cream.py'}:8",
        ]
    )
    assert failure in session.out
    summary = session.summary
    assert summary[0] == "mutants rejected:      23 of 38 (60.5 %)"
    assert "  failing-write: 1 of 2 (50 %)" in summary
    assert "  cream: mutants 4 of 19 (21 %), alternatives 13 of 13 (100 %)" in summary
    assert not any(line.startswith("  milk:") for line in summary)
    assert "cream[nothing] survived" not in session.out
    assert summary[-1] == "FAIL: all cases must be judged rightly"
    assert session.has_no_traceback_of_ours()
    assert not (example.path / ".pare").exists()


def test_gate_decides_and_node_ids_select(example: Example) -> None:
    write(example, milk=RIGHT, cream=WEAK).suite("gate: {min_audit_score: 0.5}\n")
    session = example.run("--pare-audit", "pare.yaml", "-n", "1")
    assert session.code == 0
    assert session.summary[-1] == "PASS: at least 0.5 of mutants and alternatives must be judged rightly"
    one = "pare.yaml::cream[failing-write:create_note]"
    assert (selected := example.run("--pare-audit", one)).code == 1
    assert selected.outcomes() == {"failed": 1}
    assert example.run("--pare-audit", "pare.yaml", "-k", "milk and consent").code == 0
    # The cases before the first failure have no score that the gate may judge.
    stopped = example.run("--pare-audit", "pare.yaml", "-x")
    assert stopped.code == 1
    assert stopped.summary[-2].startswith("the other cases were not played: stopping after 1 failure")
    assert stopped.summary[-1].startswith("FAIL")


def test_audit_that_plays_nothing_is_not_green(example: Example) -> None:
    write(example, milk="import os; os._exit(0) if 'create_note' not in names else None; " + RIGHT)
    session = example.run_process("--pare-audit", "pare.yaml")
    assert session.code == 1
    assert "the other cases were not played: os._exit(0) was called, at" in session.out
    write(example, milk=RIGHT.rstrip() + "\n\nimport pytest\npytestmark = pytest.mark.skip\n")
    assert example.run("--pare-audit", "pare.yaml").code == 5


def test_audit_takes_the_settings_of_the_suite(example: Example) -> None:
    write(example, milk=RIGHT.rstrip() + "\n\n_flow = Milk.build_events_flow\n\n" + WRONG_STEP)
    assert "the reference run does not succeed: ScenarioDefect" in example.run("--pare-audit", "pare.yaml").out
    example.suite("scenarios: {script_errors: warn}\n")
    session = example.run("--pare-audit", "pare.yaml", "-k", "reference or nothing")
    assert (session.code, session.outcomes()["passed"]) == (0, 3)


def test_reference_run_that_fails_is_an_item(example: Example) -> None:
    write(example, cream="return ScenarioValidationResult(success=False, rationale='sour')")
    session = example.run("--pare-audit", "pare.yaml")
    assert session.outcomes() == {"failed": 1}
    assert "cream: the reference run does not succeed: sour" in session.out
    assert "FAILED pare.yaml::cream[reference]" in session.out


@pytest.mark.parametrize("flag", ["--pare-runs=2", "--pare-oracle", "--pare-budget=1usd", "--pare-resume"])
def test_flags_about_runs_are_refused(example: Example, flag: str) -> None:
    session = example.run("--pare-audit", "--pare-config=pare.yaml", flag)
    name = flag.partition("=")[0]
    assert session.code == 4
    assert f"{name} has no effect with --pare-audit, which plays no agent; leave one out" in session.err
