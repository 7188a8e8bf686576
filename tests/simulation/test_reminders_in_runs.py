"""A phone with reminders, on which nobody looks at them."""

from __future__ import annotations

from typing import Any

import pytest
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import EventRegisterer

from pytest_pare.agents.calibration import null
from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import run_scenario


class Reminders(PAREScenario):
    """A reminder is due 30 seconds after the start, and a message comes a minute later."""

    scenario_id = "reminders"

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.reminders = StatefulReminderApp(name="Reminders")
        self.apps = [self.agent_ui, HomeScreenSystemApp(name="System"), self.reminders]
        self.reminders.add_reminder("Rent", "2025-01-06 09:00:30", "")

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            self.events = [self.agent_ui.send_message_to_agent(content="Hello").delayed(90)]

    def validate(self, env: Any) -> ScenarioValidationResult:
        return ScenarioValidationResult(success=True)


@pytest.mark.parametrize("oracle", [False, True])
def test_looking_for_due_reminders_is_no_event_and_no_action(oracle: bool) -> None:
    """ARE logs a READ of the agent's in each tick."""
    run = run_scenario(Reminders(), RunnerSettings(oracle=oracle), agent=None if oracle else null)
    assert run.success
    assert [event.function for event in run.trace.events] == ["send_message_to_agent"]
    assert run.result.read_only_actions == 0
