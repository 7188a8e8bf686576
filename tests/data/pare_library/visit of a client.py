"""A client comes on another day; calendar and contacts follow. The file's name has spaces in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.calendar import CalendarEvent
from are.simulation.apps.contacts import Contact, Gender
from are.simulation.scenarios.scenario import ScenarioStatus, ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, Action, EventRegisterer, EventType

from pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulCalendarApp,
    StatefulContactsApp,
    StatefulEmailApp,
)
from pare.scenarios import PAREScenario
from pare.scenarios.utils.registry import register_scenario


@register_scenario("visit_of_a_client")
class VisitOfAClient(PAREScenario):
    """The client's assistant moves the visit and tells a new number."""

    start_time = datetime(2025, 11, 18, 9, 0, 0, tzinfo=UTC).timestamp()
    status = ScenarioStatus.Draft
    is_benchmark_ready = True

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system_app = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.contacts = StatefulContactsApp(name="Contacts")

        self.contacts.add_contact(
            Contact(
                first_name="Priya",
                last_name="Nair",
                contact_id="contact-priya",
                gender=Gender.FEMALE,
                phone="+1 555 0100",
                email="priya.nair@client.example",
            )
        )
        visit = CalendarEvent(
            event_id="visit",
            title="Visit of Priya Nair",
            start_datetime=datetime(2025, 11, 20, 10, 0, 0, tzinfo=UTC).timestamp(),
            end_datetime=datetime(2025, 11, 20, 11, 0, 0, tzinfo=UTC).timestamp(),
            attendees=["Priya Nair"],
        )
        self.calendar.set_calendar_event(visit)
        # Meant to add another one. It has never added anything.
        lunch = CalendarEvent(
            event_id="lunch",
            title="Lunch",
            start_datetime=datetime(2025, 11, 20, 12, 0, 0, tzinfo=UTC).timestamp(),
            end_datetime=datetime(2025, 11, 20, 13, 0, 0, tzinfo=UTC).timestamp(),
        )
        self.calendar.add_event(lunch)

        self.apps = [self.agent_ui, self.system_app, self.email, self.calendar, self.contacts]

    def build_events_flow(self) -> None:
        aui = self.get_typed_app(PAREAgentUserInterface)
        email_app = self.get_typed_app(StatefulEmailApp, "Emails")
        calendar_app = self.get_typed_app(StatefulCalendarApp, "Calendar")
        contacts_app = self.get_typed_app(StatefulContactsApp, "Contacts")

        with EventRegisterer.capture_mode():
            mail = email_app.send_email_to_user_with_id(
                email_id="visit-moved",
                sender="priya.nair@client.example",
                subject="My visit",
                content="I can only come on Friday, same time. My new number is +1 555 0177.",
            ).delayed(10)
            looked = (
                calendar_app.get_calendar_events_from_to(
                    start_datetime="2025-11-20 00:00:00", end_datetime="2025-11-22 00:00:00"
                )
                .oracle()
                .depends_on(mail, delay_seconds=2)
            )
            found = contacts_app.search_contacts(query="Priya").oracle().depends_on(looked, delay_seconds=1)
            proposal = (
                aui.send_message_to_user(
                    content="Priya Nair comes on Friday. Shall I move the visit and note her number?"
                )
                .oracle()
                .depends_on(found, delay_seconds=1)
            )
            acceptance = aui.accept_proposal(content="Yes, both.").oracle().depends_on(proposal, delay_seconds=2)
            moved = (
                calendar_app.edit_calendar_event(
                    event_id="visit", start_datetime="2025-11-21 10:00:00", end_datetime="2025-11-21 11:00:00"
                )
                .oracle()
                .depends_on(acceptance, delay_seconds=1)
            )
            noted = (
                contacts_app.edit_contact(contact_id="contact-priya", updates={"phone": "+1 555 0177"})
                .oracle()
                .depends_on(moved, delay_seconds=1)
            )

        self.events = [mail, looked, found, proposal, acceptance, moved, noted]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        try:
            agent_actions = [
                e.action
                for e in env.event_log.list_view()
                if e.event_type == EventType.AGENT and isinstance(e.action, Action)
            ]
            moved = any(
                a.class_name == "StatefulCalendarApp"
                and a.function_name == "edit_calendar_event"
                and (a.resolved_args or a.args)["event_id"] == "visit"
                and "2025-11-21" in a.args.get("start_datetime", "")
                for a in agent_actions
            )
            noted = any(
                a.class_name == "StatefulContactsApp"
                and a.function_name == "edit_contact"
                and a.args.get("updates", {}).get("phone") == "+1 555 0177"
                for a in agent_actions
            )
            missing = [what for what, done in (("calendar", moved), ("contact", noted)) if not done]
            return ScenarioValidationResult(
                success=not missing, rationale=f"missing: {', '.join(missing)}" if missing else None
            )
        except Exception as e:
            return ScenarioValidationResult(success=False, exception=e)
