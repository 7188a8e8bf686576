"""A flat is let before it could be viewed, and the landlord has another one that the user likes as well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.apartment_listing import Apartment
from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulApartmentApp,
    StatefulCalendarApp,
    StatefulEmailApp,
)
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, event_times, mentions, same_members

LANDLORD = "m.osei@osei-homes.example"
COURT = mentions("Linden Court")
YES = mentions(("Linden Court", "Friday"))
FLATS = (("heron-house", "Heron House", 1650.0), ("quarry-road", "Quarry Road 9", 1340.0))


@register_scenario("viewing_swapped")
class ViewingSwapped(PAREScenario):
    """Quarry Road is let. The agent offers to view Linden Court, which is saved too, at the same time instead."""

    start_time = datetime(2025, 7, 15, 11, 0, tzinfo=UTC).timestamp()
    user_goal = "You look for a flat in Bristol for less than 1500, and have saved the two that you like."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.apartments = StatefulApartmentApp(name="Apartments")
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        for apartment_id, name, price in (*FLATS, ("linden-court", "Linden Court 4", 1390.0)):
            self.apartments.apartments[apartment_id] = Apartment(
                apartment_id=apartment_id,
                name=name,
                location="Bristol",
                zip_code="BS3",
                price=price,
                bedrooms=2,
                bathrooms=1,
                property_type="Apartment",
                square_footage=690,
            )
        for apartment_id in ("quarry-road", "linden-court"):
            self.apartments.save_apartment(apartment_id=apartment_id)
        self.viewing = self.calendar.add_calendar_event(
            title="Viewing of Quarry Road 9",
            start_datetime="2025-07-18 17:00:00",
            end_datetime="2025-07-18 17:30:00",
            location="Quarry Road 9",
        )
        self.apps = [self.agent_ui, self.system, self.apartments, self.email, self.calendar]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            let = self.apartments.delete_apartment(apartment_id="quarry-road").delayed(60)
            wrote = self.email.send_email_to_user_with_id(
                email_id="already-let",
                sender=LANDLORD,
                subject="Our viewing on Friday",
                content="Dear Mr Doe, the flat in Quarry Road has just been let, I am sorry. On Friday at 17:00 I "
                "could show you the one in Linden Court 4 instead, again for half an hour. Would you like that? "
                "Miriam Osei",
            ).depends_on(let, delay_seconds=600)
            read = self.email.list_emails().oracle().depends_on(wrote, delay_seconds=2)
            saved = self.apartments.list_saved_apartments().oracle().depends_on(read, delay_seconds=1)
            found = self.calendar.search_events(query="Quarry Road").oracle().depends_on(saved, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Quarry Road 9 is let. Ms Osei could show you Linden Court 4 on Friday at 17:00 instead; "
                    "you have saved that one too, for 1390. Shall I tell her that you come, and change the viewing in "
                    "your calendar?"
                )
                .oracle()
                .depends_on(found, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="What a pity, but yes, Linden Court then.")
                .oracle()
                .depends_on(proposed, delay_seconds=45)
            )
            replied = (
                self.email.reply_to_email(
                    email_id="already-let", content="Dear Ms Osei, I gladly view Linden Court on Friday. John Doe"
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            changed = (
                self.calendar.edit_calendar_event(
                    event_id=self.viewing, title="Viewing of Linden Court 4", location="Linden Court 4"
                )
                .oracle()
                .depends_on(replied, delay_seconds=1)
            )
        self.events = [let, wrote, read, saved, found, proposed, accepted, replied, changed]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = ("2025-07-18 17:00:00", "2025-07-18 17:30:00")
        viewing = self.calendar.events.get(self.viewing)
        sent = self.email.folders[EmailFolderName.SENT].emails
        return check_consented_writes(
            env,
            (
                Write("StatefulEmailApp", "reply_to_email", {"email_id": "already-let", "content": YES}),
                Write("StatefulEmailApp", "send_email", {"recipients": same_members(LANDLORD), "content": YES}),
            ),
            Write("StatefulCalendarApp", "edit_calendar_event", {"event_id": self.viewing, "location": COURT}),
            proposal=COURT,
            state={
                "the landlord has an answer": [LANDLORD] in [mail.recipients for mail in sent],
                "the viewing is at Linden Court, at the same time": viewing is not None
                and COURT(viewing.location)
                and not mentions("Quarry")(viewing.title)
                and event_times(viewing) == times,
            },
        )
