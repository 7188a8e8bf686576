"""A flat that fits the user's note gets cheaper, and cheaper still, but nobody should live there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.apartment_listing import Apartment
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulApartmentApp, StatefulNotesApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Rejected, State, mentions, verdict


@register_scenario("flat_by_the_tracks")
class FlatByTheTracks(PAREScenario):
    """A flat in Montreal falls below the user's limit. The user has heard the trains there, and rejects it for good.

    Three days later its rent falls again. The agent must remember the rejection.
    """

    tags = ("app:apartment", "app:note", "skill:rejection", "skill:several_days", "level:medium")
    start_time = datetime(2025, 4, 22, 16, 20, tzinfo=UTC).timestamp()
    user_goal = (
        "You look for a quiet flat. One of those in the list is right beside the railway, and you have struck it off, "
        "whatever it costs."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.street = self.draw.choice("Rue Wellington 4410", "Rue Lafontaine 2875", "Rue Masson 3020")
        self.rent, self.limit = self.draw.amounts(1620, 1650, currency="CAD")
        self.user_goal = f"{self.user_goal} It is {self.street}."
        self.apartments = StatefulApartmentApp(name="Apartments")
        self.notes = StatefulNotesApp(name="Notes")
        for apartment_id, name, rent, bedrooms in (
            ("flat-31", self.street, self.limit.amount + 140, 2),
            ("flat-32", "Rue Beaubien 1512", self.limit.amount + 210, 2),
            ("flat-33", "Avenue de Lorimier 96", self.limit.amount - 300, 1),
        ):
            self.apartments.apartments[apartment_id] = Apartment(
                apartment_id=apartment_id,
                name=name,
                location="Montreal",
                zip_code="H4G",
                price=rent,
                bedrooms=bedrooms,
                bathrooms=1,
                property_type="Apartment",
                square_footage=700,
            )
        self.notes.create_note_with_time(
            folder="Personal",
            title="New flat",
            content=f"- two bedrooms\n- Montreal\n- not more than {self.limit} a month",
            created_at="2025-04-02 20:10:00",
        )
        self.add_apps(self.apartments, self.notes)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            cheaper = flow.at(45, self.apartments.update_apartment(apartment_id="flat-31", new_price=self.rent.amount))
            flow.after(cheaper, 2, self.apartments.search_apartments(location="Montreal"))
            flow.then(1, self.notes.search_notes(query="flat"))
            flow.propose(
                3,
                f"The two-bedroom flat {self.street} now costs {self.rent} a month, below the limit in your note. "
                "Shall I save it?",
            )
            flow.reject(30, "No, leave that one out for good. I stood in it, and every train goes through the kitchen.")
            again = flow.world_after(
                cheaper,
                timedelta(days=3).total_seconds(),
                self.apartments.update_apartment(apartment_id="flat-31", new_price=self.rent.amount - 120),
            )
            flow.after(again, 2, self.apartments.search_apartments(location="Montreal"))
            flow.then(1, self.agent_ui.wait())

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        flat = self.apartments.apartments["flat-31"]
        return verdict(
            env,
            Rejected(mentions(self.street, self.rent)),
            State("the rent has fallen twice", lambda: flat.price == self.rent.amount - 120),
            State("the user was asked only once", lambda: len(self.agent_ui.get_all_messages_from_agent()) == 1),
            State("no flat is saved", lambda: not self.apartments.saved_apartments),
        )
