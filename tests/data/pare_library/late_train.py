"""The user says yes whatever happens: an acceptance that is an event of the script."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.sandbox_file_system import SandboxLocalFileSystem
from are.simulation.scenarios.scenario import ScenarioStatus, ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer, EventType

from pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulApartmentApp,
    StatefulCabApp,
    StatefulEmailApp,
    StatefulShoppingApp,
)
from pare.scenarios import PAREScenario
from pare.scenarios.utils.registry import register_scenario


@register_scenario("late_train")
class LateTrain(PAREScenario):
    """Class attributes without annotation: fields of the base class, and constants of the scenario's own."""

    start_time = datetime(2025, 3, 30, 0, 59, 0, tzinfo=UTC).timestamp()
    status = ScenarioStatus.Valid
    is_benchmark_ready = True
    additional_system_prompt = "You wait for a train and answer at once."
    ALEX_EMAIL_ID = "alex-late"

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system_app = HomeScreenSystemApp(name="System")
        self.files = SandboxLocalFileSystem(name="Files")
        self.email = StatefulEmailApp(name="Emails")
        self.cab = StatefulCabApp(name="Cab")
        # Apps that nothing happens in, found by their class names.
        self.apartment = StatefulApartmentApp()
        self.shopping = StatefulShoppingApp()
        self.email.internal_fs = self.files
        with self.files.open("/timetable.txt", "wb") as f:
            f.write(b"01:20, platform 4")

        self.apps = [
            self.agent_ui,
            self.system_app,
            self.files,
            self.email,
            self.cab,
            self.apartment,
            self.shopping,
        ]

    def build_events_flow(self) -> None:
        aui = self.get_typed_app(PAREAgentUserInterface)
        email_app = self.get_typed_app(StatefulEmailApp, "Emails")
        assert self.get_typed_app(StatefulApartmentApp) is self.apartment
        assert self.get_typed_app(StatefulShoppingApp) is self.shopping

        with EventRegisterer.capture_mode():
            mail = email_app.send_email_to_user_with_id(
                email_id=self.ALEX_EMAIL_ID,
                sender="alex@station.example",
                subject="Train",
                content="When does it leave?",
            ).delayed(5)
            proposal = (
                aui.send_message_to_user(content="Shall I send Alex the timetable?")
                .oracle()
                .depends_on(mail, delay_seconds=2)
            )
            # A plain event of the script: it happens with agents, too.
            acceptance = aui.accept_proposal(content="Yes").depends_on(mail, delay_seconds=4)
            answered = (
                email_app.reply_to_email(
                    email_id=self.ALEX_EMAIL_ID,
                    content="Here it is.",
                    attachment_paths=["/timetable.txt"],
                )
                .oracle()
                .depends_on([proposal, acceptance], delay_seconds=1)
            )

        self.events = [mail, proposal, acceptance, answered]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        try:
            replied = any(
                e.event_type == EventType.AGENT
                and e.action.class_name == "StatefulEmailApp"
                and e.action.function_name == "reply_to_email"
                and e.action.args["email_id"] == self.ALEX_EMAIL_ID
                for e in env.event_log.list_view()
            )
            return ScenarioValidationResult(success=replied)
        except Exception as e:
            return ScenarioValidationResult(success=False, exception=e)
