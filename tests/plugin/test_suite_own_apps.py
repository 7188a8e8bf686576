"""Suites whose agents meet apps: prices that are asked again, and an app whose author overrides a tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

FARES = """
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCabApp
from pytest_pare.scenarios import PAREScenario, register_scenario


@register_scenario("fares")
class Fares(PAREScenario):
    def init_and_populate_apps(self, *args, **kwargs):
        self.cab = StatefulCabApp(name="Cab")
        self.apps = [PAREAgentUserInterface(), HomeScreenSystemApp(name="System"), self.cab]

    def build_events_flow(self):
        self.events = []

    def validate(self, env):
        asked = [e for e in env.event_log.list_view() if e.function_name() == "get_quotation"]
        prices = [e.metadata.return_value.price for e in asked]
        same = prices[0::3] == prices[1::3] == prices[2::3]
        return ScenarioValidationResult(success=len(prices) == 90 and same and min(prices) > 0, rationale=str(prices))
"""

OFFICE = """
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario


class OfficeMail(StatefulEmailApp):
    def send_email(self, recipients=None, subject="", content="", cc=None, attachment_paths=None):
        if any(not one.endswith("@office.example") for one in recipients or []):
            raise ValueError("outside of the office")
        return super().send_email(recipients, subject, content, cc, attachment_paths)


class Silent(StatefulEmailApp):
    send_email = None


class Office(PAREScenario):
    mail = OfficeMail

    def init_and_populate_apps(self, *args, **kwargs):
        self.inbox = self.mail(name="Emails")
        self.apps = [PAREAgentUserInterface(), HomeScreenSystemApp(name="System"), self.inbox]

    def build_events_flow(self):
        self.events = []

    def validate(self, env):
        tried = [e for e in env.event_log.list_view() if e.function_name() == "send_email" and e.failed()]
        sent = self.inbox.list_emails("SENT").total_emails
        return ScenarioValidationResult(success=len(tried) == 1 and sent == 0, rationale=f"{sent} mail left the office")


@register_scenario("office")
class OverriddenTool(Office):
    pass


@register_scenario("silent_office")
class NoTool(Office):
    mail = Silent
"""

AGENT = """
def agent(turn):
    if turn.number:
        return
    if "Emails__send_email" in turn.tools:
        try:
            turn.call("Emails__send_email", {"recipients": ["press@paper.example"], "subject": "The figures"})
        except ValueError:
            pass
        return
    for stop in range(30):
        ride = {"start_location": "Harbour", "end_location": f"Stop {stop}", "service_type": "Default"}
        for one in (ride, ride, {**ride, "ride_time": "2025-01-20 10:00:00"}):
            turn.call("Cab__get_quotation", one)
"""


def test_prices_stay_and_overridden_tools_count(example: Example) -> None:
    example.write("library/fares.py", FARES)
    example.write("library/office.py", OFFICE)
    example.write("asker.py", AGENT)
    suite = 'scenarios: {paths: [library]}\nrunner: {agent_type: "asker:agent"}'
    session = example.suite(suite).run("--pare-config", "pare.yaml", "-o", "pythonpath=.")
    assert session.outcomes() == {"passed": 2, "failed": 1}
    assert (
        "silent_office: Silent.send_email overrides a tool without @app_tool() and @event_registered(), so it would "
        "not be used; make it a method with these decorators"
    ) in session.words
    assert session.has_no_traceback_of_ours()
