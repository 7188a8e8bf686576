"""The user compares two flats on the phone and saves one of them. An older mail has the times of its viewings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.apartment_listing import Apartment
from are.simulation.apps.email_client import Email, EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulApartmentApp,
    StatefulCalendarApp,
    StatefulEmailApp,
)
from pytest_pare.apps.apartment import ApartmentDetail, ApartmentHome
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, event_times, mentions, same_members

AGENCY = "hello@meyer-homes.example"
ROW = mentions("Orchard Row")
CHOICE = mentions("Orchard Row", ("Friday", "24 October", "October 24"), ("8:00", "8 am", "8am", "at 8", "at eight"))
FLATS = (("canal-loft", "Canal Loft", 1350.0), ("orchard-row", "Orchard Row 6", 1190.0))


@register_scenario("flat_shortlist")
class FlatShortlist(PAREScenario):
    """The user looks at two flats and saves the second. The agent offers the viewing that fits the calendar.

    No message arrives: the only clue for the agent is what the user does on the screens.
    """

    start_time = datetime(2025, 10, 20, 20, 15, tzinfo=UTC).timestamp()
    user_goal = (
        "You look for a flat in Ghent, and compare Canal Loft with Orchard Row 6 on your phone. You save the one that "
        "costs less, and would like to view it this week."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.apartments = StatefulApartmentApp(name="Apartments")
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        for apartment_id, name, price in FLATS:
            self.apartments.apartments[apartment_id] = Apartment(
                apartment_id=apartment_id,
                name=name,
                location="Ghent",
                zip_code="9000",
                price=price,
                bedrooms=2,
                bathrooms=1,
                property_type="Apartment",
                square_footage=760,
            )
        self.email.add_email(
            Email(
                email_id="viewing-hours",
                sender=AGENCY,
                recipients=[self.email.user_email],
                subject="Viewings from 21 to 24 October",
                content="Dear Mr Doe, this week we show Canal Loft on Tuesday at 12:00, and Orchard Row 6 on Wednesday "
                "at 18:00 and on Friday at 8:00, for half an hour each. A short mail with the flat and the time is "
                "enough. Jo Meyer",
                timestamp=datetime(2025, 10, 20, 9, 5, tzinfo=UTC).timestamp(),
                is_read=True,
            )
        )
        self.calendar.add_calendar_event(
            title="Swimming class", start_datetime="2025-10-22 17:30:00", end_datetime="2025-10-22 19:00:00"
        )
        self.apps = [self.agent_ui, self.system, self.apartments, self.email, self.calendar]

    def build_events_flow(self) -> None:
        flats, flat = ApartmentHome(), ApartmentDetail("orchard-row")
        for screen in (flats, flat):
            screen.bind_to_app(self.apartments)
        with EventRegisterer.capture_mode():
            opened = self.system.open_app(app_name="Apartments").oracle().delayed(10)
            loft = flats.view_apartment(apartment_id="canal-loft").oracle().depends_on(opened, delay_seconds=8)
            back = self.apartments.go_back().oracle().depends_on(loft, delay_seconds=25)
            row = flats.view_apartment(apartment_id="orchard-row").oracle().depends_on(back, delay_seconds=5)
            kept = flat.save().oracle().depends_on(row, delay_seconds=40)
            saved = self.apartments.list_saved_apartments().oracle().depends_on(kept, delay_seconds=2)
            found = self.email.search_emails(query="Orchard Row").oracle().depends_on(saved, delay_seconds=1)
            looked = (
                self.calendar.get_calendar_events_from_to(
                    start_datetime="2025-10-22 00:00:00", end_datetime="2025-10-25 00:00:00"
                )
                .oracle()
                .depends_on(found, delay_seconds=1)
            )
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Orchard Row 6, which you have just saved, can be viewed on Wednesday at 18:00, when you "
                    "swim, or on Friday at 8:00. Shall I tell Meyer Homes that you come on Friday, and put it into "
                    "your calendar?"
                )
                .oracle()
                .depends_on(looked, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Yes, before work is fine.")
                .oracle()
                .depends_on(proposed, delay_seconds=15)
            )
            replied = (
                self.email.reply_to_email(
                    email_id="viewing-hours",
                    content="Dear Jo Meyer, I would like to view Orchard Row 6 on Friday at 8:00. John Doe",
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            entered = (
                self.calendar.add_calendar_event(
                    title="Viewing of Orchard Row 6",
                    start_datetime="2025-10-24 08:00:00",
                    end_datetime="2025-10-24 08:30:00",
                    location="Orchard Row 6",
                )
                .oracle()
                .depends_on(replied, delay_seconds=1)
            )
        self.events = [opened, loft, back, row, kept, saved, found, looked, proposed, accepted, replied, entered]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = ("2025-10-24 08:00:00", "2025-10-24 08:30:00")
        entries = [event_times(event) for event in self.calendar.events.values() if ROW(event.title)]
        sent = self.email.folders[EmailFolderName.SENT].emails
        return check_consented_writes(
            env,
            (
                Write("StatefulEmailApp", "reply_to_email", {"email_id": "viewing-hours", "content": CHOICE}),
                Write("StatefulEmailApp", "send_email", {"recipients": same_members(AGENCY), "content": CHOICE}),
            ),
            Write(
                "StatefulCalendarApp",
                "add_calendar_event",
                {"title": ROW, "start_datetime": times[0], "end_datetime": times[1]},
            ),
            proposal=mentions("Orchard Row", "Friday"),
            state={
                "the agency has an answer": [AGENCY] in [mail.recipients for mail in sent],
                "the viewing is in the calendar, on Friday at 8": times in entries,
            },
        )
