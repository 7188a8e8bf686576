"""A suite whose runs have worlds of their own, and the table of known agents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

DRAWN = """
    def init_and_populate_apps(self, *args, **kwargs):
        self.agent_ui = PAREAgentUserInterface()
        self.apps = [self.agent_ui, HomeScreenSystemApp(name="System")]
        self.plant = self.draw.choice("fern", "moss", "ivy", "reed")

    def build_events_flow(self):
        with EventRegisterer.capture_mode():
            offer = self.agent_ui.send_message_to_user(content=f"May I water the {self.plant}?").oracle().delayed(5)
        self.events = [offer]
    """
NAMED = """
    said = [str(one.get_args()) for one in env.event_log.list_view()]
    return ScenarioValidationResult(success=any(self.plant in text for text in said), rationale="dry")
    """
SILENT = """
    def build_events_flow(self):
        self.events = []
    """


def test_each_run_has_a_world_and_the_known_agents_are_shown(example: Example) -> None:
    example.scenario("plants", NAMED, methods=DRAWN).scenario("calm", "pass", methods=SILENT)
    example.suite(
        "{runs: 3, runner: {variation: true, agent_type: replay, max_turns: 4}, "
        "reports: {json: out.json, markdown: out.md}}"
    )
    session = example.run("--pare-config", "pare.yaml", "--pare-known-agents", "-n", "0")
    assert session.code == pytest.ExitCode.TESTS_FAILED
    assert session.open_runs == ["FAILED     plants, 3 of 3 runs: dry"]
    # Equal failures are printed once, with the world of the first.
    assert session.out.count("drawn in this run, by kind and written value:\n  choice fern: ") == 1
    assert "  variation: 1 of 2 scenarios declares no draws: calm" in session.summary
    begin = next(number for number, line in enumerate(session.summary) if "Known agents" in line)
    assert session.summary[begin : begin + 9] == [
        "  Known agents                     stay silent          others",
        "    null                             1/1 100 %       0/1   0 %",
        "    eager                            1/1 100 %       0/1   0 %",
        "    spam                             1/1 100 %       0/1   0 %",
        "    reckless                         1/1 100 %       0/1   0 %",
        "    random                           1/1 100 %       0/1   0 %",
        "    replay                           1/1 100 %       1/1 100 %",
        "    replay, redrawn                          -       0/1   0 %",
        "    eager succeeds (stay silent): calm",
    ]
    report = json.loads((example.path / "out.json").read_text())
    assert report["variation"] == {"scenarios": 2, "without_draws": ["calm"]}
    assert report["known_agents"]["agents"][-1] == {
        "agent": "replay, redrawn",
        "stay_silent": {"scenarios": 0, "succeeded": 0, "success_percent": None},
        "others": {"scenarios": 1, "succeeded": 0, "success_percent": 0.0},
    }
    summary = (example.path / "out.md").read_text()
    assert "| replay, redrawn | - | 0/1 0 % |" in summary
    assert "- spam succeeds (stay silent): calm" in summary
    # The ledger has the line as well, and no session plays the agents without being asked.
    shown = example.run("--pare-config", "pare.yaml", "--pare-set", "runner.variation=false", "-n", "0")
    assert shown.code == pytest.ExitCode.OK
    assert "known agents" not in shown.out.casefold()
    assert "variation" not in "\n".join(shown.summary)
