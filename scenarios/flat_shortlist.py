"""The user compares two flats on the phone and saves one of them. An older mail has the times of its viewings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.apartment_listing import Apartment
from are.simulation.apps.email_client import Email, EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulApartmentApp, StatefulCalendarApp, StatefulEmailApp
from pytest_pare.apps.apartment import ApartmentDetail, ApartmentHome
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import event_times
from pytest_pare.scenarios.draw import Day
from pytest_pare.scenarios.matchers import (
    Accepted,
    State,
    Write,
    Writes,
    mentions,
    one_of,
    same_instant,
    same_members,
    verdict,
)

BUSY, DAY = Day("2025-10-22"), Day("2025-10-24")
AGENCY = "hello@meyer-homes.example"


@register_scenario("flat_shortlist")
class FlatShortlist(PAREScenario):
    """The user looks at two flats and saves the second. The agent offers the viewing that fits the calendar.

    No message arrives: the only clue for the agent is what the user does on the screens.
    """

    tags = ("app:apartment", "app:email", "app:calendar", "skill:coordination", "skill:lookup", "level:hard")
    start_time = datetime(2025, 10, 20, 20, 15, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        street = self.draw.choice("Orchard Row", "Harbour Street", "Weaver Lane", "Mint Square")
        self.flat = f"{street} {self.draw.number(6, 2, 40)}"
        self.flat_id = street.lower().replace(" ", "-")
        self.swim, self.busy_at, self.swim_end = self.draw.times("17:30", "18:00", "19:00", minutes=60)
        self.at = self.draw.time("08:00", minutes=45)
        self.user_goal = (
            f"You look for a flat in Ghent, and compare Canal Loft with {self.flat} on your phone. You save the one "
            "that costs less, and would like to view it this week."
        )
        self.apartments, self.email = StatefulApartmentApp(name="Apartments"), StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        for apartment_id, name, price in (("canal-loft", "Canal Loft", 1350.0), (self.flat_id, self.flat, 1190.0)):
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
                subject="Viewings this week",
                content=f"Dear Mr Doe, this week we show Canal Loft on Tuesday at 12:00, and "
                f"{self.flat} on {BUSY.weekday} at {self.busy_at} and on {DAY.weekday} at {self.at.lstrip('0')}, for "
                "half an hour each. A short mail with the flat and the time is enough. Jo Meyer",
                timestamp=datetime(2025, 10, 20, 9, 5, tzinfo=UTC).timestamp(),
                is_read=True,
            )
        )
        self.calendar.add_calendar_event(
            title="Swimming class",
            start_datetime=BUSY.at(self.swim),
            end_datetime=BUSY.at(self.swim_end),
        )
        self.add_apps(self.apartments, self.email, self.calendar)

    def build_events_flow(self) -> None:
        flats = ApartmentHome().bind_to_app(self.apartments)
        flat = ApartmentDetail(self.flat_id).bind_to_app(self.apartments)
        day, at = DAY, self.at.lstrip("0")
        with self.flow() as flow:
            flow.at(10, self.system.open_app(app_name="Apartments").oracle())
            flow.then(8, flats.view_apartment(apartment_id="canal-loft"))
            flow.then(25, self.apartments.go_back())
            flow.then(5, flats.view_apartment(apartment_id=self.flat_id))
            flow.then(40, flat.save())
            flow.then(2, self.apartments.list_saved_apartments())
            flow.then(1, self.email.search_emails(query=self.flat.rpartition(" ")[0]))
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=BUSY.at("00:00"), end_datetime=day.plus(1).at("00:00")
                ),
            )
            flow.propose(
                3,
                f"{self.flat}, which you have just saved, can be viewed on {BUSY.weekday} at {self.busy_at}, "
                f"when you swim, or on {day.weekday} at {at}. Shall I tell Meyer Homes that you come on "
                f"{day.weekday}, and put it into your calendar?",
            )
            flow.accept(15, "Yes, before work is fine.")
            flow.then(
                2,
                self.email.reply_to_email(
                    email_id="viewing-hours",
                    content=f"Dear Jo Meyer, I would like to view {self.flat} on {day.weekday} at {at}. John Doe",
                ),
            )
            flow.then(
                1,
                self.calendar.add_calendar_event(
                    title=f"Viewing of {self.flat}",
                    start_datetime=day.at(self.at),
                    end_datetime=day.at(self.at.plus(30)),
                    location=self.flat,
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = (DAY.at(self.at), DAY.at(self.at.plus(30)))
        street = mentions(self.flat.rpartition(" ")[0])
        choice = mentions(self.flat.rpartition(" ")[0], (DAY.weekday, DAY), (self.at, self.at.lstrip("0")))
        entries = [event_times(event) for event in self.calendar.events.values() if street(event.title)]
        sent = self.email.folders[EmailFolderName.SENT].emails
        return verdict(
            env,
            Accepted(mentions(self.flat.rpartition(" ")[0], (DAY.weekday, DAY))),
            Writes(
                (
                    Write("StatefulEmailApp", "reply_to_email", {"email_id": "viewing-hours", "content": choice}),
                    Write("StatefulEmailApp", "send_email", {"recipients": same_members(AGENCY), "content": choice}),
                ),
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": street,
                        "start_datetime": same_instant(times[0]),
                        "end_datetime": same_instant(times[1]),
                        "location": one_of(None, street),
                    },
                ),
            ),
            State("the agency has an answer", [AGENCY] in [mail.recipients for mail in sent]),
            State("the viewing is in the calendar, at the right time", times in entries),
        )
