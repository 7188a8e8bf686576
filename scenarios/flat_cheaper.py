"""A flat that a future flatmate likes is too expensive at first, and cheaper two days later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.apartment_listing import Apartment
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulApartmentApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, verdict

DAY = timedelta(days=1).total_seconds()


@register_scenario("flat_cheaper")
class FlatCheaper(PAREScenario):
    """Kofi likes Tannery Yard, below 1500. Two days later it is; the agent offers to save it and to tell him.

    Another flat becomes cheaper in between, but not cheap enough, and Kofi has not mentioned it.
    """

    tags = ("app:messaging", "app:apartment", "skill:several_days", "skill:timing", "level:medium")
    start_time = datetime(2025, 8, 18, 19, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.kofi = self.draw.person("Kofi Mensah")
        self.yard = self.draw.choice("Tannery Yard", "Foundry Court", "Saddler Row", "Weaver House", "Bell Wharf")
        self.limit = 50 * self.draw.number(30, 24, 36)
        self.yard_id = self.yard.lower().replace(" ", "-")
        self.messaging, self.apartments = (
            StatefulMessagingApp(name="Messages"),
            StatefulApartmentApp(name="Apartments"),
        )
        self.chat = self.kofi.first_name.lower()
        self.kofi_id = self.messaging.add_chat(self.chat, self.kofi.name)
        for apartment_id, name, price in (
            ("mill-loft", "Mill Loft", self.limit + 20),
            (self.yard_id, self.yard, self.limit + 150),
        ):
            self.apartments.apartments[apartment_id] = Apartment(
                apartment_id=apartment_id,
                name=name,
                location="Leeds",
                zip_code="LS10",
                price=float(price),
                bedrooms=2,
                bathrooms=1,
                property_type="Apartment",
                square_footage=740,
            )
        self.add_apps(self.messaging, self.apartments)

    def build_events_flow(self) -> None:
        kofi, yard, limit, now = self.kofi, self.yard, self.limit, self.limit - 20
        with self.flow() as flow:
            wished = flow.at(
                20,
                self.messaging.create_and_add_message(
                    self.chat,
                    self.kofi_id,
                    f"{yard} is the nicest flat of all, but {limit + 150} is too much for the two of us. If it ever "
                    f"costs less than {limit}, save it and tell me at once!",
                ),
            )
            other = flow.world_after(
                wished, DAY, self.apartments.update_apartment(apartment_id="mill-loft", new_price=limit + 5.0)
            )
            cheaper = flow.world_after(
                wished, 2 * DAY, self.apartments.update_apartment(apartment_id=self.yard_id, new_price=float(now))
            )
            flow.after([other, cheaper], 2, self.apartments.search_apartments(name=yard))
            flow.then(1, self.apartments.list_saved_apartments())
            flow.then(1, self.messaging.read_conversation(self.chat))
            flow.propose(
                2,
                f"{yard} costs {now} now, below the {limit} that {kofi.first_name} named. Shall I save it and tell "
                f"{kofi.objective}?",
            )
            flow.accept(7, "Wow, yes, quickly!")
            flow.then(2, self.apartments.save_apartment(apartment_id=self.yard_id))
            flow.then(
                1,
                self.messaging.send_message(user_id=self.kofi_id, content=f"{yard} is down to {now}! I've saved it."),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        named = mentions(self.yard)
        return verdict(
            env,
            Accepted(mentions(self.yard, self.kofi.first_name)),
            Writes(
                Write("StatefulApartmentApp", "save_apartment", {"apartment_id": self.yard_id}),
                Write("StatefulMessagingApp", "send_message", {"user_id": self.kofi_id, "content": named}),
            ),
            State(f"{self.yard}, and nothing else, is saved", self.apartments.saved_apartments == [self.yard_id]),
            State(f"{self.kofi.first_name} knows", any(map(named, own_messages(self.messaging, self.chat)))),
        )
