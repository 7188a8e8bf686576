"""A flat is let before it could be viewed, and the landlord has another one that the user likes as well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.apartment_listing import Apartment
from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulApartmentApp, StatefulCalendarApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import event_times
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_members, verdict


@register_scenario("viewing_swapped")
class ViewingSwapped(PAREScenario):
    """Quarry Road is let. The agent offers to view Linden Court, which is saved too, at the same time instead."""

    tags = ("app:apartment", "app:email", "app:calendar", "skill:distractors", "skill:coordination", "level:hard")
    start_time = datetime(2025, 7, 15, 11, 0, tzinfo=UTC).timestamp()
    user_goal = "You look for a flat in Bristol for less than 1500, and have saved the two that you like."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.landlord = self.draw.person("Miriam Osei", email="m.osei@osei-homes.example")
        self.day, self.at = self.draw.day("2025-07-18", days=2), self.draw.time("17:00")
        self.street = self.draw.choice("Linden Court", "Chapel Row", "Vine Street", "Anchor Hill")
        self.flat = f"{self.street} {self.draw.number(4, 2, 30)}"
        self.flat_id = self.street.lower().replace(" ", "-")
        self.price = 10 * self.draw.number(139, 110, 149)
        self.apartments, self.email = StatefulApartmentApp(name="Apartments"), StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        for apartment_id, name, price in (
            ("heron-house", "Heron House", 1650),
            ("quarry-road", "Quarry Road 9", 1340),
            (self.flat_id, self.flat, self.price),
        ):
            self.apartments.apartments[apartment_id] = Apartment(
                apartment_id=apartment_id,
                name=name,
                location="Bristol",
                zip_code="BS3",
                price=float(price),
                bedrooms=2,
                bathrooms=1,
                property_type="Apartment",
                square_footage=690,
            )
        for apartment_id in ("quarry-road", self.flat_id):
            self.apartments.save_apartment(apartment_id=apartment_id)
        self.viewing = self.calendar.add_calendar_event(
            title="Viewing of Quarry Road 9",
            start_datetime=self.day.at(self.at),
            end_datetime=self.day.at(self.at.plus(30)),
            location="Quarry Road 9",
        )
        self.add_apps(self.apartments, self.email, self.calendar)

    def build_events_flow(self) -> None:
        landlord, day, at = self.landlord, self.day.weekday, self.at
        name = f"{'Ms' if landlord.pronoun == 'she' else 'Mr'} {landlord.last_name}"
        with self.flow() as flow:
            let = flow.at(60, self.apartments.delete_apartment(apartment_id="quarry-road"))
            wrote = flow.world_after(
                let,
                600,
                self.email.send_email_to_user_with_id(
                    email_id="already-let",
                    sender=landlord.email,
                    subject=f"Our viewing on {day}",
                    content=f"Dear Mr Doe, the flat in Quarry Road has just been let, I am sorry. On {day} at {at} I "
                    f"could show you the one in {self.flat} instead, again for half an hour. Would you like that? "
                    f"{landlord.name}",
                ),
            )
            flow.after(wrote, 2, self.email.list_emails())
            flow.then(1, self.apartments.list_saved_apartments())
            flow.then(1, self.calendar.search_events(query="Quarry Road"))
            flow.propose(
                3,
                f"Quarry Road 9 is let. {name} could show you {self.flat} on {day} at {at} instead; you have saved "
                f"that one too, for {self.price}. Shall I tell {landlord.objective} that you come, and change the "
                "viewing in your calendar?",
            )
            flow.accept(45, f"What a pity, but yes, {self.street} then.")
            flow.then(
                2,
                self.email.reply_to_email(
                    email_id="already-let", content=f"Dear {name}, I gladly view {self.street} on {day}. John Doe"
                ),
            )
            flow.then(
                1,
                self.calendar.edit_calendar_event(
                    event_id=self.viewing, title=f"Viewing of {self.flat}", location=self.flat
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        court, agreed = mentions(self.street), mentions((self.street, self.day.weekday, self.day))
        times, landlord = (self.day.at(self.at), self.day.at(self.at.plus(30))), self.landlord.email
        viewing = self.calendar.events.get(self.viewing)
        sent = self.email.folders[EmailFolderName.SENT].emails
        return verdict(
            env,
            Accepted(court),
            Writes(
                (
                    Write("StatefulEmailApp", "reply_to_email", {"email_id": "already-let", "content": agreed}),
                    Write("StatefulEmailApp", "send_email", {"recipients": same_members(landlord), "content": agreed}),
                ),
                Write("StatefulCalendarApp", "edit_calendar_event", {"event_id": self.viewing, "location": court}),
            ),
            State("the landlord has an answer", [landlord] in [mail.recipients for mail in sent]),
            State(
                f"the viewing is at {self.street}, at the same time",
                viewing is not None
                and court(viewing.location)
                and not mentions("Quarry")(viewing.title)
                and event_times(viewing) == times,
            ),
        )
